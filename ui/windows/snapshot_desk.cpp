#include "ui/windows/snapshot_desk.h"

#include "core/base/units.h"
#include "core/session/saving.h"
#include "ui/models/diff_export.h"
#include "ui/views/diff_dialog.h"
#include "ui/views/snapshot_dialog.h"
#include "ui/views/theme.h"
#include "ui/windows/kernel_browser.h"

#include <QCheckBox>
#include <QDateTime>
#include <QDir>
#include <QLabel>
#include <QSaveFile>

namespace ks::ui {

namespace {

constexpr int kRamChoice = 3;
/// Of a file in the status line, in pixels.
constexpr int kNameWidth = 160;
/// Parts that were left out, that the log names.
constexpr std::size_t kNamedParts = 20;

QString toQt(const std::string &text) { return QString::fromStdString(text); }
QString nameOf(const std::filesystem::path &file) { return toQt(file.filename().string()); }

/// "6.1.0-2026-11-26-0215.core"
QString defaultFile(const Session &session)
{
    const QString release = session.info().release.empty() ? QStringLiteral("kernel") : toQt(session.info().release);
    QString name = QStringLiteral("%1-%2.core")
                       .arg(release, QDateTime::currentDateTime().toString(QStringLiteral("yyyy-MM-dd-HHmm")));
    return QDir::home().filePath(name.replace(QLatin1Char('/'), QLatin1Char('-')));
}

QString percentText(int percent) { return percent < 0 ? QString() : QStringLiteral(" %1 %").arg(percent); }

QString linkText(const char *target, const QString &text)
{
    return QStringLiteral(" · <a href='%1' style='color:%2; text-decoration:none'>%3</a>")
        .arg(QLatin1String(target), Theme::instance().tokens().accent.name(), text);
}

QString leftOutText(const StatusRun &part)
{
    return QStringLiteral("%1: %2").arg(toQt(toString(part.range)), toQt(part.state.reason()));
}

} // namespace

SnapshotDesk::SnapshotDesk(QWidget *window)
    : QObject(window),
      window_(window),
      model_(new DiffModel(this)),
      panel_(new DiffPanel(model_, window)),
      status_(new QLabel(window))
{
    status_->setObjectName(QStringLiteral("snapshotStatus"));
    status_->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
    status_->hide();
    connect(status_, &QLabel::linkActivated, this, &SnapshotDesk::follow);
    connect(&Theme::instance(), &Theme::changed, this, &SnapshotDesk::showStatus);

    connect(&saver_, &SnapshotWork::progressed, this, [this](const QString &stage, int percent) {
        saving_ = QStringLiteral("snapshot: %1%2").arg(stage, percentText(percent));
        showStatus();
    });
    connect(&saver_, &SnapshotWork::saved, this, &SnapshotDesk::saved);
    connect(&saver_, &SnapshotWork::failed, this, [this](const Error &error) {
        saving_.clear();
        showStatus();
        if (error.code == ErrorCode::Cancelled)
            Q_EMIT message(QStringLiteral("The snapshot was cancelled; nothing is left of it"));
        else
            Q_EMIT failed(error);
    });
    connect(&differ_, &DiffWork::progressed, this, [this](const QString &stage, int percent) {
        comparing_ = QStringLiteral("diff: %1%2").arg(stage, percentText(percent));
        showStatus();
    });
    connect(&differ_, &DiffWork::found, this, [this](std::vector<DiffEntry> entries) {
        model_->append(std::move(entries));
        Q_EMIT titleChanged(QStringLiteral("Diff %1").arg(model_->count()));
    });
    connect(&differ_, &DiffWork::finished, this, &SnapshotDesk::compared);
    connect(&differ_, &DiffWork::failed, this, [this](const Error &error) {
        comparing_.clear();
        showStatus();
        panel_->setSummary(toQt(error.why), toQt(error.message()));
        Q_EMIT failed(error);
    });
}

void SnapshotDesk::setBrowser(KernelBrowser *browser, const OpenedTarget &target)
{
    browser_ = browser;
    options_ = target.request.options;
    // What is compared means the kernel that was open. A snapshot of it may still become whole.
    differ_.cancel();
    comparing_.clear();
    model_->begin({});
    panel_->setSummary({}, {});
    Q_EMIT titleChanged(QStringLiteral("Diff"));
    if (dialog_)
        dialog_->reject();
    if (target.demo) {
        options_ = {};
        options_.useCache = false; // its vmlinux is small, and gone when the program ends
    }
    showStatus();
}

bool SnapshotDesk::hasMemory() const { return browser_ && browser_->session().hasMemory(); }

QList<SnapshotDesk::Choice> SnapshotDesk::choices() const
{
    const Session &session = browser_->session();
    const SegmentMap &segments = session.segments();
    Choice object{QStringLiteral("This &object"), QStringLiteral("the inspector shows none"), {}};
    const Inspector &inspector = *browser_->inspector();
    if (const auto range = inspector.range()) {
        const std::string expression = inspector.inspected().toStdString();
        object.detail =
            QStringLiteral("%1, %2 bytes").arg(inspector.inspected()).arg(static_cast<qulonglong>(range->size()));
        object.request.ranges = {*range};
        object.request.everyByte = true;
        object.request.note.selection = expression;
        object.request.note.objects = {{expression, inspector.model()->root()->type.spelling(), range}};
    }
    const HexView *view = browser_->tabs()->currentView();
    Choice selection{QStringLiteral("The se&lection"), QStringLiteral("no bytes are selected"), {}};
    if (const AddrRange range = view ? view->selection() : AddrRange{}; range.first != range.last) {
        selection.detail = QStringLiteral("%1, %2").arg(toQt(toString(range)), toQt(sizeText(range.size())));
        selection.request.ranges = {range};
        selection.request.note.selection = toString(range);
    }
    Choice segment{QStringLiteral("This s&egment"), QStringLiteral("the cursor is in none"), {}};
    if (const Segment *here = view ? segments.find(view->cursor()) : nullptr) {
        segment.detail = QStringLiteral("%1, %2").arg(displayName(here->kind).toLower(), toQt(toString(here->range())));
        segment.request.ranges = {here->range()};
        segment.request.note.selection = toString(here->range());
    }
    Choice ram{QStringLiteral("All &RAM"), QStringLiteral("what crash, drgn and GDB need"), {}};
    ram.request.ranges = rangesOf(segments, kRamKinds);
    ram.request.note.selection = "ram";
    Choice all{QStringLiteral("Every&thing"), QStringLiteral("vmalloc as well, and whatever else can be read"), {}};
    all.request.ranges = {{VirtAddr(0), VirtAddr(~std::uint64_t{0})}};
    all.request.note.selection = "all";
    QList<Choice> choices{object, selection, segment, ram, all};
    for (Choice &choice : choices) {
        SnapshotNote note = snapshotNoteOf(session);
        note.selection = std::move(choice.request.note.selection);
        note.objects = std::move(choice.request.note.objects);
        choice.request.note = std::move(note);
    }
    return choices;
}

void SnapshotDesk::askSnapshot()
{
    if (!hasMemory())
        return Q_EMIT message(QStringLiteral("There is no memory that could be saved"));
    if (saver_.isSaving())
        return Q_EMIT message(QStringLiteral("A snapshot is being saved; wait for it or cancel it"));
    const QList<Choice> choices = this->choices();
    QList<SnapshotDialog::Choice> shown;
    for (const Choice &choice : choices)
        shown.append({choice.text, choice.detail, !choice.request.ranges.empty()});
    auto *dialog = new SnapshotDialog(shown, kRamChoice, defaultFile(browser_->session()), window_);
    dialog_ = dialog;
    const auto measure = [this, dialog, choices] {
        saver_.measure(browser_->sharedSession(), choices[dialog->choice()].request.ranges, dialog->file()->path(),
                       [dialog = QPointer(dialog)](const Result<SnapshotSpace> &space) {
                           if (dialog)
                               dialog->showSpace(space);
                       });
    };
    connect(dialog, &SnapshotDialog::changed, this, measure);
    connect(dialog, &SnapshotDialog::submitted, this, [this, dialog, choices](bool replace) {
        save(choices[dialog->choice()].request, dialog->file()->path(), replace);
        dialog->accept();
    });
    measure();
    dialog->open();
}

void SnapshotDesk::save(const SnapshotRequest &request, const std::filesystem::path &file, bool replace)
{
    done_.clear();
    saving_ = QStringLiteral("snapshot: planning");
    status_->setToolTip(toQt(file.string()));
    saver_.save(browser_->sharedSession(), request, file,
                replace ? NewFile::Existing::Replace : NewFile::Existing::Keep);
    showStatus();
}

void SnapshotDesk::saved(const std::filesystem::path &file, const SnapshotReport &report)
{
    last_ = file;
    saving_.clear();
    const double seconds = std::chrono::duration<double>(report.end - report.begin).count();
    QString text = QStringLiteral("saved %1 of memory to %2 (%3 on the disk, %4 s)")
                       .arg(toQt(sizeText(report.bytes)), toQt(file.string()), toQt(sizeText(report.usedSpace)))
                       .arg(seconds, 0, 'f', 1);
    QStringList leftOut;
    for (std::size_t i = 0; i < std::min(report.skipped.size(), kNamedParts); ++i)
        leftOut << leftOutText(report.skipped[i]);
    if (report.skipped.size() > kNamedParts)
        leftOut << QStringLiteral("and more parts");
    if (!leftOut.isEmpty())
        text += QStringLiteral("; left out %1:").arg(toQt(sizeText(report.skippedBytes)));
    Q_EMIT logged(LogModel::Level::Note, text);
    for (const QString &part : leftOut)
        Q_EMIT logged(LogModel::Level::Warning, QStringLiteral("left out ") + part);
    const QString name = status_->fontMetrics().elidedText(nameOf(file), Qt::ElideMiddle, kNameWidth);
    done_ = QStringLiteral("saved %1: %2").arg(name, toQt(sizeText(report.bytes)));
    if (!leftOut.isEmpty())
        done_ += QStringLiteral(", %1 left out").arg(toQt(sizeText(report.skippedBytes)));
    status_->setToolTip((QStringList{text} + leftOut).join(QLatin1Char('\n')));
    showStatus();
}

void SnapshotDesk::askDiff()
{
    if (!hasMemory())
        return Q_EMIT message(QStringLiteral("There is no memory that could be compared"));
    auto *dialog = new DiffDialog(toQt(last_.string()), limit_, window_);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        limit_ = dialog->limit();
        compareWith(dialog->file()->path(), dialog->byTypes()->isChecked(), dialog->byBytes()->isChecked());
    });
    dialog->open();
}

void SnapshotDesk::diffWithLast()
{
    if (last_.empty() || !hasMemory())
        askDiff();
    else
        compareWith(last_, true, false);
}

void SnapshotDesk::compareWith(const std::filesystem::path &snapshot, bool byTypes, bool byBytes)
{
    if (!hasMemory())
        return;
    against_ = snapshot;
    std::vector<DiffGroup> groups;
    if (byTypes)
        groups = {DiffGroup::TasksStarted, DiffGroup::TasksEnded, DiffGroup::TasksChanged, DiffGroup::Modules,
                  DiffGroup::Variables};
    if (byBytes)
        groups.push_back(DiffGroup::Bytes);
    model_->begin(std::move(groups));
    Q_EMIT titleChanged(QStringLiteral("Diff 0"));
    panel_->setSummary(QStringLiteral("comparing with %1").arg(nameOf(against_)), toQt(against_.string()));
    comparing_ = QStringLiteral("diff: opening %1").arg(nameOf(against_));
    differ_.start({browser_->sharedSession(), options_, snapshot, byTypes, byBytes, limit_});
    showStatus();
    Q_EMIT diffRequested();
}

void SnapshotDesk::compared(const DiffOutcome &outcome)
{
    comparing_.clear();
    for (const QString &note : outcome.notes)
        Q_EMIT logged(LogModel::Level::Warning, QStringLiteral("diff: ") + note);
    model_->setCuts(outcome.cuts);
    // What is missing comes first: a narrow window cuts the end.
    QString summary = (outcome.cuts + QStringList{outcome.summary}).join(QStringLiteral(" · "));
    if (!outcome.notes.isEmpty())
        summary += QStringLiteral(" · %1 in the log")
                       .arg(outcome.notes.size() == 1 ? QStringLiteral("a remark")
                                                      : QStringLiteral("%1 remarks").arg(outcome.notes.size()));
    panel_->setSummary(
        summary, (QStringList{toQt(against_.string()), outcome.summary} + outcome.cuts + outcome.notes).join(u'\n'));
    Q_EMIT titleChanged(QStringLiteral("Diff %1").arg(model_->count()));
    showStatus();
}

void SnapshotDesk::cancel()
{
    if (saver_.isSaving())
        follow(QStringLiteral("cancel-snapshot"));
    if (differ_.isBusy())
        follow(QStringLiteral("cancel-diff"));
}

void SnapshotDesk::follow(const QString &link)
{
    if (link == QLatin1String("cancel-snapshot")) {
        saver_.cancel();
        saving_ = QStringLiteral("snapshot: cancelling");
    } else if (link == QLatin1String("cancel-diff")) {
        differ_.cancel();
        comparing_.clear();
        panel_->setSummary(QStringLiteral("cancelled: not all was compared"), toQt(against_.string()));
    } else if (link == QLatin1String("open")) {
        Q_EMIT openRequested(snapshotOptions(options_, last_));
    } else if (link == QLatin1String("diff")) {
        diffWithLast();
    }
    if (!link.startsWith(QLatin1String("cancel")))
        done_.clear();
    showStatus();
}

void SnapshotDesk::showStatus()
{
    QStringList parts;
    if (!saving_.isEmpty())
        parts << saving_.toHtmlEscaped() + linkText("cancel-snapshot", QStringLiteral("cancel"));
    else if (!done_.isEmpty())
        parts << done_.toHtmlEscaped() + linkText("open", QStringLiteral("open")) +
                     (hasMemory() ? linkText("diff", QStringLiteral("diff")) : QString()) +
                     linkText("hide", QStringLiteral("hide"));
    if (!comparing_.isEmpty())
        parts << comparing_.toHtmlEscaped() + linkText("cancel-diff", QStringLiteral("cancel"));
    status_->setText(parts.join(QStringLiteral(" &nbsp; ")));
    status_->setVisible(!parts.isEmpty());
}

QString SnapshotDesk::exportTo(const QString &name) const
{
    QSaveFile file(name);
    if (!file.open(QIODevice::WriteOnly))
        return file.errorString();
    file.write(name.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive) ? diffAsCsv(*model_) : diffAsJson(*model_));
    return file.commit() ? QString() : file.errorString();
}

} // namespace ks::ui
