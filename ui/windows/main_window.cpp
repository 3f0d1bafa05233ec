#include "ui/windows/main_window.h"

#include "ui/views/banner.h"
#include "ui/views/dock_title.h"
#include "ui/views/open_page.h"
#include "ui/views/palette_popup.h"
#include "ui/views/table_view.h"
#include "ui/views/top_bar.h"
#include "ui/windows/kernel_browser.h"
#include "ui/windows/search_desk.h"
#include "ui/windows/snapshot_desk.h"
#include "ui/windows/watch_desk.h"
#include "ui/workers/session_growth.h"

#include <QAbstractButton>
#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace ks::ui {

namespace {

constexpr int kLayoutVersion = 1;

/// Who samples the target: `before`, when it goes on as the same kernel. Null when there is no memory.
std::shared_ptr<Sampling> samplingOf(const OpenedTarget &target, std::shared_ptr<Sampling> before)
{
    const std::shared_ptr<const Session> &session = target.session;
    if (!session->hasMemory())
        return nullptr;
    if (before) {
        before->goOn(session, session->context(), target.file);
        return before;
    }
    auto sampling = std::make_shared<Sampling>(session, session->context());
    sampling->setTarget(target.file);
    return sampling;
}

} // namespace

MainWindow::MainWindow(Openers openers, const QString &statePath, QWidget *parent)
    : QMainWindow(parent),
      statePath_(statePath),
      opener_(std::move(openers)),
      bookmarks_(new BookmarksModel(this)),
      log_(new LogModel(this)),
      modules_(new ModulesModel(this)),
      vmalloc_(new VmallocModel(this))
{
    setWindowTitle(QStringLiteral("Kernoscope"));
    setDockNestingEnabled(true);
    setTabPosition(Qt::BottomDockWidgetArea, QTabWidget::North);
    setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
    setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);

    QString problem;
    if (!statePath_.isEmpty())
        remembered_ = loadState(statePath_, &problem);
    if (!problem.isEmpty())
        log_->add(LogModel::Level::Warning, problem);

    createActions();
    createMenu();
    topBar_ = new TopBar(freeze_, paletteAction_, menu_, this);
    topBar_->addButton(snapshotButtons_[0], QStringLiteral("Snapshot"));
    topBar_->addButton(snapshotButtons_[1], QStringLiteral("Diff…"));
    setMenuWidget(topBar_);

    auto *centre = new QWidget(this);
    auto *layout = new QVBoxLayout(centre);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    banner_ = new Banner(centre);
    stack_ = new QStackedWidget(centre);
    openPage_ = new OpenPage(stack_);
    stack_->addWidget(openPage_);
    layout->addWidget(banner_);
    layout->addWidget(stack_, 1);
    setCentralWidget(centre);
    createDocks();
    for (TableView *table : findChildren<TableView *>())
        table->restoreColumns(remembered_.columns.value(table->objectName()));
    createStatusLine();
    palette_ = new PalettePopup(this);

    connect(palette_, &PalettePopup::queryChanged, this, &MainWindow::searchPalette);
    connect(palette_, &PalettePopup::chosen, this, &MainWindow::choose);
    connect(palette_, &PalettePopup::watchRequested, this, &MainWindow::watchPaletteItem);
    connect(topBar_, &TopBar::rateChosen, this, [this](double hz) {
        remembered_.rateHz = hz;
        topBar_->setRate(hz);
        if (browser_)
            browser_->live()->setRate(hz);
    });
    connect(openPage_, &OpenPage::cancelRequested, &opener_, &TargetOpener::cancel);
    connect(openPage_, &OpenPage::retryRequested, this, [this] { open(request_); });
    connect(openPage_, &OpenPage::demoRequested, this, [this] { open({TargetRequest::Kind::Demo, {}, false}); });
    connect(openPage_, &OpenPage::rightsRequested, this, &MainWindow::askForRights);
    connect(openPage_, &OpenPage::otherRequested, this, &MainWindow::chooseFile);
    connect(&opener_, &TargetOpener::stageChanged, openPage_, &OpenPage::showProgress);
    connect(&follower_, &TargetFollower::problemChanged, this, &MainWindow::targetChanged);
    connect(&follower_, &TargetFollower::settled, this, &MainWindow::targetSettled);
    connect(&opener_, &TargetOpener::opened, this, &MainWindow::showOpened);
    connect(&opener_, &TargetOpener::failed, this, &MainWindow::showFailure);
    connect(&opener_, &TargetOpener::cancelled, this, [this] {
        showFailure(request_, {ErrorCode::Cancelled, "The opening", "was cancelled", "nothing is open now"});
    });

    bookmarks_->setFromJson(remembered_.bookmarks);
    topBar_->setRate(remembered_.rateHz);
    if (remembered_.theme == QLatin1String("dark"))
        Theme::instance().setMode(ThemeMode::Dark);
    else if (remembered_.theme == QLatin1String("light"))
        Theme::instance().setMode(ThemeMode::Light);
    resize(1280, 800);
    if (!remembered_.geometry.isEmpty())
        restoreGeometry(remembered_.geometry);
    qApp->installEventFilter(this);
}

MainWindow::~MainWindow()
{
    // Docks tell that they are hidden when they go, which is after this.
    for (QDockWidget *dock : findChildren<QDockWidget *>())
        dock->disconnect(this);
    closeKernel();
}

void MainWindow::createStatusLine()
{
    statusBar()->setSizeGripEnabled(false);
    where_ = new QLabel(this);
    layout_ = new QLabel(this);
    counts_ = new QLabel(this);
    where_->setObjectName(QStringLiteral("where"));
    statusBar()->addWidget(where_);
    statusBar()->addWidget(layout_);
    statusBar()->addWidget(changes_);
    growth_ = new QLabel(this);
    growth_->setObjectName(QStringLiteral("growth"));
    growth_->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
    growth_->hide();
    connect(growth_, &QLabel::linkActivated, this, [this] {
        if (browser_)
            browser_->growth()->cancel();
        note(QStringLiteral("types stay as they are"));
    });
    statusBar()->addPermanentWidget(growth_);
    statusBar()->addPermanentWidget(snapshots_->status());
    statusBar()->addPermanentWidget(counts_);
}

void MainWindow::showGrowth(const QString &what, int percent)
{
    growth_->setVisible(!what.isEmpty());
    if (what.isEmpty())
        return;
    const QString done = percent < 0 ? QString() : QStringLiteral(" · %1 %").arg(percent);
    growth_->setText(QStringLiteral("%1%2 · <a href='cancel' style='color:%3; text-decoration:none'>cancel</a>")
                         .arg(what.toHtmlEscaped(), done, Theme::instance().tokens().accent.name()));
}

void MainWindow::open(const TargetRequest &request)
{
    request_ = request;
    // A window shows what there is and gets the rest while it is looked at.
    request_.options.types = TypesChoice::Quick;
    openPage_->showProgress({}, 0, 0);
    // What is open stays in sight until the next one is there.
    if (!browser_)
        stack_->setCurrentWidget(openPage_);
    else
        note(QStringLiteral("Opening…"));
    opener_.open(request_);
}

void MainWindow::openRemembered(const SessionOptions &given)
{
    TargetRequest request{TargetRequest::Kind::Kernel, given, true};
    const QJsonObject &target = remembered_.target;
    const auto fill = [&](std::filesystem::path &path, const char *key) {
        if (path.empty())
            path = target[QLatin1String(key)].toString().toStdString();
    };
    SessionOptions &options = request.options;
    fill(options.core, "core");
    fill(options.vmlinux, "vmlinux");
    fill(options.systemMap, "system_map");
    fill(options.kallsyms, "kallsyms");
    fill(options.btf, "btf");
    if (options.moduleDirs.empty())
        for (const QJsonValue &dir : target[QLatin1String("module_dirs")].toArray())
            options.moduleDirs.emplace_back(dir.toString().toStdString());
    if (!options.kaslrOffset)
        options.kaslrOffset = addressFromJson(target[QLatin1String("kaslr")]);
    open(request);
}

void MainWindow::goToWhenOpen(const QString &expression) { goTo_ = expression; }

void MainWindow::closeKernel(Watches watches)
{
    if (!browser_)
        return;
    if (watches == Watches::Closed)
        watches_->setBrowser(nullptr);
    search_->setBrowser(nullptr);
    snapshots_->setBrowser(nullptr);
    bookmarks_->setSession(nullptr);
    modules_->setSession(nullptr);
    vmalloc_->setAreas(nullptr, {});
    palette_->hide();
    growth_->hide();
    inspectorDock_->setWidget(nullptr);
    mapDock_->setWidget(nullptr);
    // The panels belong to the docks by now.
    delete browser_->inspectorPanel();
    delete browser_->mapPanel();
    delete std::exchange(browser_, nullptr);
}

void MainWindow::showOpened(const OpenedTarget &target)
{
    const bool first = !browser_;
    const bool goesOn = goesOnWith(target);
    const bool wasFrozen = goesOn && browser_->live()->isFrozen();
    if (!first)
        browser_->save(remembered_);
    std::shared_ptr<Sampling> before = goesOn ? browser_->sampling() : nullptr;
    closeKernel(goesOn ? Watches::Kept : Watches::Closed);
    const std::shared_ptr<Sampling> sampling = samplingOf(target, std::move(before));
    openTarget_ = targetToJson(target.request.options, target.demo);
    browser_ = new KernelBrowser(target.session, sampling, stack_);
    stack_->addWidget(browser_);
    stack_->setCurrentWidget(browser_);
    inspectorDock_->setWidget(browser_->inspectorPanel());
    mapDock_->setWidget(browser_->mapPanel());
    topBar_->setTarget(target.session.get(), target.demo);
    freeze_->setChecked(false);
    connect(browser_, &KernelBrowser::statusChanged, this, &MainWindow::updateStatus);
    connect(browser_, &KernelBrowser::pulseChanged, this, &MainWindow::updatePulse);
    connect(browser_, &KernelBrowser::changesChanged, this, &MainWindow::updateChanges);
    connect(browser_, &KernelBrowser::message, this, &MainWindow::note);
    connect(browser_, &KernelBrowser::failed, this, &MainWindow::complain);
    connect(browser_, &KernelBrowser::bookmarkRequested, this, &MainWindow::addBookmark);
    connect(browser_, &KernelBrowser::gotoRequested, this, [this] { openPalette({}); });
    connect(browser_, &KernelBrowser::paletteFound, palette_, &PalettePopup::setItems);
    connect(browser_, &KernelBrowser::sessionGrown, this, [this, demo = target.demo](const auto &session) {
        topBar_->setTarget(session.get(), demo);
        bookmarks_->setSession(session);
        modules_->setSession(session);
    });
    connect(browser_, &KernelBrowser::areasRead, this,
            [this](const auto &areas) { vmalloc_->setAreas(browser_->sharedSession(), areas); });
    browser_->setWantsAreas(vmallocDock_->isVisible());
    connect(browser_, &KernelBrowser::moduleTypesOpened, modules_, &ModulesModel::refreshTypes);
    connect(browser_->growth(), &SessionGrowth::progressed, this, &MainWindow::showGrowth);
    connect(browser_->growth(), &SessionGrowth::grown, this,
            [this](const auto &, const QString &news) { log_->add(LogModel::Level::Note, news); });
    connect(browser_->inspectorPanel(), &InspectorPanel::subjectChanged, this, [this](const QString &subject) {
        inspectorTitle_->setDetail(subject);
        setWindowTitle(
            QStringLiteral("%1 — %2 — Kernoscope")
                .arg(browser_->inspector()->inspected(), QString::fromStdString(browser_->session().info().release)));
    });

    log_->add(LogModel::Level::Note,
              QStringLiteral("opened %1")
                  .arg(QString::fromStdString(target.session->hasMemory() ? target.session->memory().description()
                                                                          : "types and symbols only")));
    for (const std::string &warning : target.session->warnings())
        log_->add(LogModel::Level::Warning, QString::fromStdString(warning));
    bookmarks_->setSession(target.session);
    modules_->setSession(target.session);
    if (goesOn || (first && remembered_.target == openTarget_))
        browser_->restore(remembered_);
    else
        browser_->goHome();
    browser_->live()->setRate(remembered_.rateHz);
    watches_->setBrowser(browser_);
    search_->setBrowser(browser_);
    snapshots_->setBrowser(browser_, target);
    if (!goTo_.isEmpty())
        browser_->goToExpression(std::exchange(goTo_, {}));
    sayDemo(target);
    if (target.request.isReplacement)
        sayGoingOn(target, goesOn);
    browser_->live()->setFrozen(wasFrozen);
    followTarget(target);
    compareWith(remembered_.changesSinceLook ? ChangeBase::Look : ChangeBase::Tick);
    updateStatus();
    updatePulse();
    if (HexView *view = browser_->tabs()->currentView())
        view->setFocus();
    Q_EMIT kernelOpened();
}

void MainWindow::sayDemo(const OpenedTarget &target)
{
    if (!target.demo) {
        banner_->hide();
        return;
    }
    QString sentence = QStringLiteral("This is the demo kernel, not this machine's.");
    if (target.refused) {
        log_->add(LogModel::Level::Warning, QString::fromStdString(target.refused->message()));
        sentence = QStringLiteral("This is the demo kernel: %1 cannot be read (%2).")
                       .arg(QString::fromStdString(target.refused->what), QString::fromStdString(target.refused->why));
        if (!target.refused->remedy.empty() && target.refused->code != ErrorCode::Permission)
            sentence +=
                QStringLiteral(" To open the real one: %1.").arg(QString::fromStdString(target.refused->remedy));
    }
    // The helper is of use only against a missing right.
    const bool rights =
        opener_.openers().privileged && (!target.refused || target.refused->code == ErrorCode::Permission);
    banner_->say(sentence, rights ? QStringLiteral("Open this machine's kernel…") : QString(),
                 [this] { askForRights(); });
}

void MainWindow::showFailure(const TargetRequest &request, const Error &error)
{
    const QString sentence = QString::fromStdString(error.message());
    log_->add(LogModel::Level::Error, sentence);
    statusBar()->clearMessage();
    // It may be half written; whatever comes to its place is tried again.
    if (request.isReplacement) {
        note(sentence);
        Q_EMIT openFailed(error);
        return;
    }
    if (browser_) {
        banner_->say(sentence,
                     request.kind == TargetRequest::Kind::Privileged ? QStringLiteral("Try again…") : QString(),
                     [this] { askForRights(); });
    } else {
        openPage_->showFailure(error, opener_.openers().privileged && error.code == ErrorCode::Permission &&
                                          request.kind != TargetRequest::Kind::Privileged);
        stack_->setCurrentWidget(openPage_);
    }
    Q_EMIT openFailed(error);
}

void MainWindow::askForRights()
{
    TargetRequest request;
    request.kind = TargetRequest::Kind::Privileged;
    request.options.vmlinux = request_.options.vmlinux;
    request.options.systemMap = request_.options.systemMap;
    request.options.btf = request_.options.btf;
    request.options.moduleDirs = request_.options.moduleDirs;
    banner_->say(QStringLiteral("Waiting for the right to read /proc/kcore. It is only ever read, and the program that "
                                "asks ends as soon as it is open."));
    open(request);
}

void MainWindow::setTheme(ThemeMode mode)
{
    Theme::instance().setMode(mode);
    remembered_.theme = mode == ThemeMode::Dark    ? QStringLiteral("dark")
                        : mode == ThemeMode::Light ? QStringLiteral("light")
                                                   : QString();
}

bool MainWindow::save()
{
    if (statePath_.isEmpty())
        return true;
    if (browser_) {
        browser_->save(remembered_);
        remembered_.target = openTarget_;
    }
    remembered_.bookmarks = bookmarks_->toJson();
    remembered_.watches = watches_->save();
    remembered_.search = search_->save();
    for (const TableView *table : findChildren<TableView *>())
        remembered_.columns[table->objectName()] = table->saveColumns();
    remembered_.geometry = saveGeometry();
    remembered_.layout = saveState(kLayoutVersion);
    const QString problem = ui::saveState(statePath_, remembered_);
    if (!problem.isEmpty())
        log_->add(LogModel::Level::Error, problem);
    return problem.isEmpty();
}

void MainWindow::layOutDocks()
{
    // Docks take a share of a large window and leave a small one's width to the bytes.
    resizeDocks({mapDock_, inspectorDock_},
                {std::clamp(width() * 15 / 100, 180, 260), std::clamp(width() * 24 / 100, 290, 520)}, Qt::Horizontal);
    resizeDocks({bottomDocks_.first()}, {std::clamp(height() * 26 / 100, 150, 320)}, Qt::Vertical);
    if (!remembered_.layout.isEmpty())
        restoreState(remembered_.layout, kLayoutVersion);
}

void MainWindow::showEvent(QShowEvent *event)
{
    QMainWindow::showEvent(event);
    // Only now the size is known that the shares are of.
    if (!std::exchange(laidOut_, true))
        layOutDocks();
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    save();
    event->accept();
}

bool MainWindow::eventFilter(QObject *watched, QEvent *event)
{
    // Space presses the button that has the focus; everywhere else it is the window's (freeze).
    if (event->type() == QEvent::ShortcutOverride && static_cast<QKeyEvent *>(event)->key() == Qt::Key_Space &&
        qobject_cast<QAbstractButton *>(watched)) {
        event->accept();
        return true;
    }
    return QMainWindow::eventFilter(watched, event);
}

void MainWindow::updateStatus()
{
    if (browser_) {
        where_->setText(browser_->whereText());
        layout_->setText(browser_->layoutText());
    }
    QString counts = browser_ ? browser_->countsText() + QStringLiteral(" · ") : QString();
    counts += QStringLiteral("%1 %2").arg(log_->errors()).arg(QLatin1String(log_->errors() == 1 ? "error" : "errors"));
    counts_->setText(counts);
}

void MainWindow::updatePulse()
{
    if (!browser_)
        return;
    topBar_->setPulse(browser_->pulse(), browser_->pulseDetail());
    freeze_->setText(browser_->live()->isFrozen() ? QStringLiteral("Unfreeze") : QStringLiteral("Freeze"));
    if (browser_->pulse() == TopBar::Pulse::Lost)
        complain({ErrorCode::Unreadable, browser_->session().memory().description(), "does not answer any more",
                  "what is shown is the last that was read"});
}

void MainWindow::complain(const Error &error)
{
    const QString sentence = QString::fromStdString(error.message());
    log_->add(LogModel::Level::Error, sentence);
    note(sentence);
}

void MainWindow::note(const QString &sentence) { statusBar()->showMessage(sentence, 6000); }

} // namespace ks::ui
