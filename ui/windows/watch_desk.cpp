#include "ui/windows/watch_desk.h"

#include "ui/models/watch_export.h"
#include "ui/models/watch_subject.h"
#include "ui/models/watch_text.h"
#include "ui/views/ask_dialog.h"
#include "ui/windows/kernel_browser.h"

#include <QSaveFile>

namespace ks::ui {

namespace {

/// The cost is a matter of seconds; a number that changes with each tick cannot be read.
constexpr std::chrono::seconds kFooterPause{1};

QList<QPersistentModelIndex> kept(const QModelIndexList &indexes) { return {indexes.begin(), indexes.end()}; }

} // namespace

WatchDesk::WatchDesk(QWidget *parent)
    : QObject(parent), model_(new WatchModel(this)), panel_(new WatchPanel(model_, parent)), plot_(new PlotView(parent))
{
    connect(model_, &WatchModel::countChanged, this, [this](int count) {
        Q_EMIT titleChanged(count ? QStringLiteral("Watch %1").arg(count) : QStringLiteral("Watch"));
        updateFooter();
    });
    connect(model_, &WatchModel::plotChanged, this, &WatchDesk::updatePlot);
    connect(model_, &WatchModel::subscribed, this, [this] {
        if (sampling_)
            sampling_->wake();
    });
    WatchView *view = panel_->view();
    connect(view, &WatchView::goToRequested, this, [this](VirtAddr address) {
        if (!browser_)
            return;
        browser_->goTo(address);
        browser_->inspector()->follow(address);
    });
    connect(view, &WatchView::inspectRequested, this, [this](const QString &expression) {
        if (browser_)
            browser_->inspector()->inspectExpression(expression);
    });
    connect(view, &WatchView::conditionRequested, this, &WatchDesk::askCondition);
    connect(view, &WatchView::groupRequested, this, &WatchDesk::askGroup);
    connect(view, &WatchView::plotRequested, this, &WatchDesk::plotRequested);
}

void WatchDesk::setBrowser(KernelBrowser *browser)
{
    browser_ = browser;
    const std::shared_ptr<Sampling> sampling = browser_ ? browser_->sampling() : nullptr;
    const bool isOther = sampling != sampling_;
    if (isOther) {
        model_->setSampler(nullptr);
        if (sampling_)
            disconnect(sampling_.get(), nullptr, this, nullptr);
        sampling_ = sampling;
        delete std::exchange(worker_, nullptr);
    }
    updatePlot();
    updateFooter();
    if (!sampling_)
        return;
    if (isOther) {
        worker_ = new SessionWorker(browser_->sharedSession(), this);
        naming_ = worker_->newChannel();
    } else {
        worker_->setSession(browser_->sharedSession());
    }
    const auto freeze = [this, live = browser_->live()] { model_->setFrozen(live->isFrozen()); };
    freeze();
    connect(browser_->live(), &LiveLoop::stateChanged, this, freeze);
    connect(browser_, &KernelBrowser::sessionGrown, worker_, &SessionWorker::setSession);
    connect(browser_, &KernelBrowser::watchRequested, this, &WatchDesk::watch);
    connect(browser_, &KernelBrowser::watchBytesRequested, this, &WatchDesk::watchBytes);
    if (!isOther)
        return;
    connect(sampling_.get(), &Sampling::sampled, this, &WatchDesk::take);
    model_->setSampler(sampling_->sampler(), [sampling = sampling_.get()](const live::Subscription &subscription,
                                                                          std::function<void()> open) {
        sampling->prepare(subscription, [sampling, open = std::move(open)] {
            open();
            sampling->wake();
        });
    });
}

void WatchDesk::watch(const QString &expression)
{
    const QModelIndex added = model_->add({expression});
    if (!added.isValid())
        return;
    panel_->view()->setCurrentIndex(added);
    panel_->view()->scrollTo(added);
    Q_EMIT message(QStringLiteral("Watching %1").arg(expression));
    Q_EMIT listRequested();
}

void WatchDesk::watchBytes(const AddrRange &bytes)
{
    if (!worker_ || !browser_)
        return;
    // What the inspector shows is what the person sees; else the types tell what is there.
    if (bytes.first == bytes.last)
        if (const QString shown = browser_->shownMember(bytes.first); !shown.isEmpty())
            return watch(shown);
    worker_->post(
        naming_, [bytes](const Session &session) { return expressionFor(session, bytes); }, this,
        [this](const QString &expression) { watch(expression); });
}

void WatchDesk::take(const SamplePtr &sample)
{
    model_->take(sample);
    if (model_->watchCount() == 0)
        return;
    // A tick may have been for a view that was scrolled.
    const QModelIndexList watches = model_->watches();
    const auto hadTurn = [&](const QModelIndex &index) { return model_->rowAt(index)->result.sampled; };
    if (sample->lost || std::ranges::any_of(watches, hadTurn))
        updatePlot();
    const auto now = std::chrono::steady_clock::now();
    if (now - footerTime_ >= kFooterPause || sample->lost) {
        footerTime_ = now;
        updateFooter();
    }
}

void WatchDesk::updatePlot()
{
    std::vector<PlotSeries> series;
    double end = 0;
    for (const QModelIndex &index : model_->watches()) {
        const WatchRow *row = model_->rowAt(index);
        if (!row->item.plotted)
            continue;
        series.push_back(seriesOf(row->item.expression, model_->historyAt(index)));
        if (!series.back().points.empty())
            end = std::max(end, series.back().points.back().time);
    }
    if (!series.empty() || !plot_->series().empty())
        plot_->setSeries(std::move(series), end);
}

void WatchDesk::updateFooter()
{
    const SamplePtr &sample = model_->sample();
    if (!sampling_ || !sample || model_->watchCount() == 0)
        return panel_->setFooter({}, {}, false);
    if (sample->lost)
        return panel_->setFooter(QStringLiteral("lost: %1").arg(QString::fromStdString(sample->lost->why)),
                                 QString::fromStdString(sample->lost->message()), true);
    if (!sampling_->isLive())
        return panel_->setFooter(QStringLiteral("saved memory: read once"), {}, false);
    panel_->setFooter(costText(model_->watchCount(), sample->cost, sampling_->load()),
                      QStringLiteral("What the last tick has read, and how long that took; the share of one processor "
                                     "is that of the last seconds.\n%1 pages, read %2 times to be sure of them")
                          .arg(sample->pages)
                          .arg(sample->passes),
                      false);
}

void WatchDesk::askCondition(const QModelIndexList &watches)
{
    if (watches.isEmpty())
        return;
    const WatchItem item = model_->rowAt(watches.first())->item;
    auto *dialog = new AskDialog(
        QStringLiteral("Highlight %1").arg(item.expression),
        {{QStringLiteral("When"), item.condition, QStringLiteral("> 5, or a C expression with $value; empty: never")}},
        panel_);
    connect(dialog, &AskDialog::submitted, this, [this, dialog, rows = kept(watches)](const QStringList &answers) {
        for (const QPersistentModelIndex &index : rows)
            if (const WatchRow *row = model_->rowAt(index)) {
                WatchItem changed = row->item;
                changed.condition = answers[0].trimmed().left(kMaxExpression);
                model_->change(index, std::move(changed));
            }
        dialog->accept();
    });
    dialog->open();
}

void WatchDesk::askGroup(const QModelIndexList &watches)
{
    if (watches.isEmpty())
        return;
    auto *dialog = new AskDialog(QStringLiteral("Move to a group"),
                                 {{QStringLiteral("Group"), {}, QStringLiteral("scheduler")}}, panel_);
    connect(dialog, &AskDialog::submitted, this, [this, dialog, rows = kept(watches)](const QStringList &answers) {
        const QModelIndex group = model_->group(answers[0]);
        if (!group.isValid())
            return dialog->showError(QStringLiteral("A group has a name."));
        model_->move({rows.begin(), rows.end()}, group);
        dialog->accept();
    });
    dialog->open();
}

QString WatchDesk::exportTo(const QString &name) const
{
    QSaveFile file(name);
    if (!file.open(QIODevice::WriteOnly))
        return file.errorString();
    file.write(name.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive) ? watchesAsCsv(*model_)
                                                                         : watchesAsJson(*model_));
    return file.commit() ? QString() : file.errorString();
}

} // namespace ks::ui
