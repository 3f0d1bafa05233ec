// The watch list in the window on the demo kernel, which ticks, driven by keys.
#include "resources/demo/demo_kernel.h"
#include "resources/demo/demo_session.h"
#include "tests/support/growing_demo.h"
#include "ui/views/list_views.h"
#include "ui/views/palette_popup.h"
#include "ui/views/theme.h"
#include "ui/windows/kernel_browser.h"
#include "ui/windows/main_window.h"
#include "ui/windows/watch_desk.h"

#include <QApplication>
#include <QClipboard>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPaintEvent>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

using namespace ks;
using namespace ks::ui;

namespace {

constexpr int kPatience = 20000;

std::unique_ptr<MainWindow> makeWindow(const QString &statePath, std::uint64_t seed)
{
    Openers openers;
    openers.kernel = [](const SessionOptions &options, Progress &progress) { return Session::open(options, progress); };
    openers.demo = [seed](const SessionOptions &options, Progress &progress) {
        return demo::openSession(options, progress, seed);
    };
    auto window = std::make_unique<MainWindow>(std::move(openers), statePath);
    window->show();
    return window;
}

/// What is painted of a widget.
class PaintLog : public QObject {
public:
    QRegion region;
    bool eventFilter(QObject *, QEvent *event) override
    {
        if (event->type() == QEvent::Paint)
            region += static_cast<QPaintEvent *>(event)->region();
        return false;
    }
};

} // namespace

class TestWatchWindow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(*qApp); }
    void init();
    void cleanup() { window_.reset(); }
    void oneKeyWatchesFromEverywhere();
    void aLineAddsAndKeysEdit();
    void theMenuOfARowOpensByKey();
    void valuesMoveUntilFrozen();
    void readingAgainWorksWhileFrozen();
    void returnGoesToTheBytes();
    void theSessionKeepsTheList();
    void plottedRowsAreDrawn();
    void theCostIsTold();
    void onlyWhatChangedIsPainted();
    void savedMemoryIsReadOnce();
    void aFileThatGoesAndComesBackIsTold();
    void moreTypesAndOtherModulesTakeOver();
    void exportWritesAFile();

private:
    void open(std::uint64_t seed = 1);
    enum class Dump { Saved, Written }; // of a kernel that is over, or of one that goes on
    void openDump(Dump dump);
    void focus(QWidget *widget);
    WatchModel *model() const { return window_->watches()->model(); }
    WatchView *view() const { return window_->watches()->panel()->view(); }
    QString text(int row, int column) const { return model()->index(row, column).data().toString(); }

    QTemporaryDir dir_;
    QString state_;
    std::unique_ptr<MainWindow> window_;
};

void TestWatchWindow::init()
{
    QVERIFY(dir_.isValid());
    state_ = dir_.filePath(QStringLiteral("session.json"));
    QFile::remove(state_);
}

void TestWatchWindow::open(std::uint64_t seed)
{
    window_ = makeWindow(state_, seed);
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened);
    window_->open({TargetRequest::Kind::Demo, {}, false});
    QVERIFY(opened.wait(kPatience));
    Inspector *inspector = window_->browser()->inspector();
    QTRY_VERIFY_WITH_TIMEOUT(inspector->model()->indexOfPath({QStringLiteral("comm")}).isValid(), kPatience);
}

void TestWatchWindow::focus(QWidget *widget)
{
    widget->setFocus();
    QTRY_VERIFY_WITH_TIMEOUT(widget->hasFocus(), kPatience);
}

void TestWatchWindow::oneKeyWatchesFromEverywhere()
{
    open();
    KernelBrowser *browser = window_->browser();
    QVERIFY(view()->isVisible()); // the first of the tabs below

    // The object under the cursor of the bytes.
    const auto pid = browser->inspector()->model()->indexOfPath({QStringLiteral("pid")});
    HexView *bytes = browser->tabs()->currentView();
    bytes->goTo(*browser->inspector()->model()->rowAt(pid)->address);
    focus(bytes);
    QTest::keyClick(bytes, Qt::Key_W);
    QTRY_COMPARE_WITH_TIMEOUT(model()->rowCount(), 1, kPatience);
    QCOMPARE(text(0, WatchModel::ExpressionColumn), QStringLiteral("init_task.pid"));

    // The chosen member of the tree.
    StructTreeView *tree = browser->inspectorPanel()->tree();
    focus(tree);
    tree->setCurrentIndex(browser->inspector()->model()->indexOfPath({QStringLiteral("comm")}));
    QTest::keyClick(tree, Qt::Key_W);
    QCOMPARE(model()->rowCount(), 2);
    QCOMPARE(text(1, WatchModel::ExpressionColumn), QStringLiteral("init_task.comm"));

    // What the palette has found.
    QSignalSpy answered(browser, &KernelBrowser::paletteFound);
    QTest::keyClick(window_.get(), Qt::Key_P, Qt::ControlModifier);
    window_->palette()->edit()->setText(QStringLiteral("jiffies + 1"));
    QTRY_VERIFY_WITH_TIMEOUT(window_->palette()->items().at(0) &&
                                 window_->palette()->items().at(0)->title == QLatin1String("jiffies + 1"),
                             kPatience);
    QTest::keyClick(window_->palette()->edit(), Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(model()->rowCount(), 3);
    QCOMPARE(text(2, WatchModel::ExpressionColumn), QStringLiteral("jiffies + 1"));

    // A bookmark.
    bytes->goTo(browser->session().symbols().findFirst("jiffies")->address);
    QTest::keyClick(window_.get(), Qt::Key_B, Qt::ControlModifier);
    auto *bookmarks = window_->findChild<BookmarksView *>();
    window_->findChild<QDockWidget *>(QStringLiteral("bookmarksDock"))->raise();
    bookmarks->setCurrentIndex(bookmarks->model()->index(0, 0));
    focus(bookmarks);
    QTest::keyClick(bookmarks, Qt::Key_W);
    QTRY_COMPARE_WITH_TIMEOUT(model()->rowCount(), 4, kPatience);
    QVERIFY2(text(3, WatchModel::ExpressionColumn).contains(QLatin1String("jiffies")),
             qPrintable(text(3, WatchModel::ExpressionColumn)));
    QVERIFY(view()->isVisible()); // what was added is seen

    // A module.
    auto *modules = window_->findChild<ModulesView *>();
    window_->findChild<QDockWidget *>(QStringLiteral("modulesDock"))->raise();
    modules->setCurrentIndex(modules->model()->index(0, 0));
    focus(modules);
    QTest::keyClick(modules, Qt::Key_W);
    QCOMPARE(model()->rowCount(), 5);

    // In the list itself the key leads to the line that adds.
    focus(view());
    QTest::keyClick(view(), Qt::Key_W);
    QVERIFY(window_->watches()->panel()->edit()->hasFocus());
    QTRY_COMPARE_WITH_TIMEOUT(text(1, WatchModel::ValueColumn), QStringLiteral("\"swapper/0\""), kPatience);
    for (int row = 0; row < model()->rowCount(); ++row)
        QTRY_COMPARE_WITH_TIMEOUT(model()->rowAt(model()->index(row, 0))->result.state, live::ResultState::Value,
                                  kPatience);
}

void TestWatchWindow::aLineAddsAndKeysEdit()
{
    open();
    QTest::keyClick(window_.get(), Qt::Key_W, Qt::ControlModifier | Qt::ShiftModifier);
    QLineEdit *line = window_->watches()->panel()->edit();
    QVERIFY(line->hasFocus());
    QTest::keyClicks(line, QStringLiteral("jiffies w"));
    QTest::keyClick(line, Qt::Key_Backspace);
    QTest::keyClick(line, Qt::Key_Return);
    QCOMPARE(model()->rowCount(), 1);
    QCOMPARE(text(0, WatchModel::ExpressionColumn), QStringLiteral("jiffies"));
    QVERIFY(line->text().isEmpty());
    QCOMPARE(window_->findChild<QDockWidget *>(QStringLiteral("watchDock"))->windowTitle(), QStringLiteral("Watch 1"));
    QTest::keyClick(line, Qt::Key_Up);
    QVERIFY(view()->hasFocus());

    QTest::keyClick(view(), Qt::Key_F2);
    QPointer<QLineEdit> editor;
    QTRY_VERIFY_WITH_TIMEOUT((editor = qobject_cast<QLineEdit *>(QApplication::focusWidget())) && editor != line,
                             kPatience);
    QCOMPARE(editor->text(), QStringLiteral("jiffies"));
    editor->setText(QStringLiteral("init_task.pid"));
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(text(0, WatchModel::ValueColumn), QStringLiteral("0"), kPatience);
    focus(view());
    QTest::keyClick(view(), Qt::Key_D, Qt::ControlModifier);
    QCOMPARE(model()->rowCount(), 2);
    QTest::keyClick(view(), Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("init_task.pid\t0"));
    QTest::keyClick(view(), Qt::Key_Down, Qt::AltModifier);
    QCOMPARE(view()->currentIndex().row(), 1);
    QTest::keyClick(view(), Qt::Key_F);
    QVERIFY(model()->rowAt(model()->index(1, 0))->item.frozen);
    const QPersistentModelIndex group = model()->group(QStringLiteral("g"));
    model()->move({view()->currentIndex()}, group);
    QVERIFY(view()->isExpanded(group)); // what was moved stays in sight
    QCOMPARE(view()->currentIndex().parent(), QModelIndex(group));
    QTest::keyClick(view(), Qt::Key_Delete);
    QCOMPARE(model()->watchCount(), std::size_t{1});
    view()->setCurrentIndex(group);
    QTest::keyClick(view(), Qt::Key_Delete);
    QVERIFY(model()->groups().isEmpty());
    view()->setCurrentIndex(model()->index(0, 0));
    QTest::keyClick(view(), Qt::Key_Delete);
    QCOMPARE(model()->rowCount(), 0);
}

void TestWatchWindow::theMenuOfARowOpensByKey()
{
    open();
    window_->watches()->watch(QStringLiteral("jiffies"));
    QTRY_VERIFY_WITH_TIMEOUT(!text(0, WatchModel::ValueColumn).isEmpty(), kPatience);
    // The menu has an event loop of its own.
    QStringList entries;
    QTimer::singleShot(500, this, [&] {
        if (const auto *menu = qobject_cast<QMenu *>(QApplication::activePopupWidget()))
            for (QAction *action : menu->actions()) {
                entries << action->text().remove(QLatin1Char('&'));
                if (entries.last() == QLatin1String("Freeze"))
                    action->trigger();
            }
        if (QWidget *popup = QApplication::activePopupWidget())
            popup->close();
    });
    focus(view());
    QTest::keyClick(view(), Qt::Key_F10, Qt::ShiftModifier);
    QTRY_VERIFY_WITH_TIMEOUT(!entries.isEmpty(), kPatience);
    for (const char *entry :
         {"Go to its bytes", "Plot", "Highlight when…", "Format", "Rate", "Move to group", "Delete"})
        QVERIFY2(entries.contains(QString::fromUtf8(entry)), entry);
    QVERIFY(model()->rowAt(model()->index(0, 0))->item.frozen);
}

void TestWatchWindow::valuesMoveUntilFrozen()
{
    open();
    window_->watches()->watch(QStringLiteral("jiffies"));
    QTRY_VERIFY_WITH_TIMEOUT(!text(0, WatchModel::PreviousColumn).isEmpty(), kPatience);
    QTest::keyClick(window_.get(), Qt::Key_Space);
    QTRY_VERIFY_WITH_TIMEOUT(text(0, WatchModel::StateColumn).startsWith(QLatin1String("frozen")), kPatience);
    QTest::qWait(300); // what was on its way
    const QString frozen = text(0, WatchModel::ValueColumn);
    QTest::qWait(500);
    QCOMPARE(text(0, WatchModel::ValueColumn), frozen);
    QTest::keyClick(window_.get(), Qt::Key_Space);
    QTRY_VERIFY_WITH_TIMEOUT(text(0, WatchModel::ValueColumn) != frozen, kPatience);
    QCOMPARE(text(0, WatchModel::StateColumn), QString());
}

void TestWatchWindow::readingAgainWorksWhileFrozen()
{
    open();
    window_->watches()->watch(QStringLiteral("jiffies"));
    QTRY_VERIFY_WITH_TIMEOUT(!text(0, WatchModel::PreviousColumn).isEmpty(), kPatience);
    window_->browser()->live()->setFrozen(true);
    QTest::qWait(300); // what was on its way
    const QString frozen = text(0, WatchModel::ValueColumn);
    QTest::keyClick(window_.get(), Qt::Key_F5);
    QTRY_VERIFY_WITH_TIMEOUT(text(0, WatchModel::ValueColumn) != frozen, kPatience);
    const QString once = text(0, WatchModel::ValueColumn);
    QTest::qWait(500);
    QCOMPARE(text(0, WatchModel::ValueColumn), once);
    QVERIFY(text(0, WatchModel::StateColumn).startsWith(QLatin1String("frozen")));
}

void TestWatchWindow::returnGoesToTheBytes()
{
    open();
    window_->watches()->watch(QStringLiteral("jiffies"));
    QTRY_VERIFY_WITH_TIMEOUT(!text(0, WatchModel::ValueColumn).isEmpty(), kPatience);
    const VirtAddr jiffies = window_->browser()->session().symbols().findFirst("jiffies")->address;
    QVERIFY(window_->browser()->tabs()->currentView()->cursor() != jiffies);
    focus(view());
    QTest::keyClick(view(), Qt::Key_Return);
    QCOMPARE(window_->browser()->tabs()->currentView()->cursor(), jiffies);
}

void TestWatchWindow::theSessionKeepsTheList()
{
    open();
    const QModelIndex group = model()->group(QStringLiteral("tasks"));
    model()->add({.expression = QStringLiteral("init_task.comm")}, group);
    model()->add({.expression = QStringLiteral("jiffies"),
                  .style = ValueStyle::Hex,
                  .condition = QStringLiteral("> 0"),
                  .rateHz = 2,
                  .plotted = true});
    const WatchList list = model()->list();
    QVERIFY(window_->save());
    open(2); // another KASLR offset
    QCOMPARE(model()->list(), list);
    QVERIFY(view()->isExpanded(model()->index(0, 0)));
    const QModelIndex comm = model()->index(0, WatchModel::ValueColumn, model()->index(0, 0));
    QTRY_COMPARE_WITH_TIMEOUT(comm.data().toString(), QStringLiteral("\"swapper/0\""), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(text(1, WatchModel::ValueColumn).startsWith(QLatin1String("0x")), kPatience);
    QCOMPARE(model()->rowAt(model()->index(1, 0))->result.holds, std::optional(true));
}

void TestWatchWindow::plottedRowsAreDrawn()
{
    open();
    auto *dock = window_->findChild<QDockWidget *>(QStringLiteral("plotDock"));
    QVERIFY(dock && !dock->isVisible());
    window_->watches()->watch(QStringLiteral("jiffies"));
    focus(view());
    QTest::keyClick(view(), Qt::Key_P);
    QVERIFY(dock->isVisible());
    QVERIFY(view()->isVisible()); // beside it
    PlotView *plot = window_->watches()->plot();
    QTRY_VERIFY_WITH_TIMEOUT(plot->series().size() == 1 && plot->series()[0].points.size() > 2, kPatience);
    QCOMPARE(plot->series()[0].name, QStringLiteral("jiffies"));
    QTest::keyClick(view(), Qt::Key_P);
    QVERIFY(plot->series().empty());
}

void TestWatchWindow::theCostIsTold()
{
    open();
    window_->watches()->watch(QStringLiteral("jiffies"));
    const auto *cost = window_->findChild<QLabel *>(QStringLiteral("watchCost"));
    QTRY_VERIFY2_WITH_TIMEOUT(cost->text().startsWith(QStringLiteral("1 watch · ")) &&
                                  cost->text().contains(QLatin1String("CPU")),
                              qPrintable(cost->text()), kPatience);
}

void TestWatchWindow::onlyWhatChangedIsPainted()
{
    open();
    window_->browser()->live()->setRate(live::kMaxRate);
    for (const char *expression : {"init_task.pid", "init_task.comm", "jiffies"})
        model()->add({QString::fromLatin1(expression)});
    QTRY_VERIFY_WITH_TIMEOUT(!text(2, WatchModel::PreviousColumn).isEmpty(), kPatience);
    // Until the course of what stands fills its room.
    for (const int row : {0, 1})
        QTRY_VERIFY_WITH_TIMEOUT(model()->rowAt(model()->index(row, 0))->sinceChange > WatchRow::kTrail, kPatience);
    PaintLog log;
    view()->viewport()->installEventFilter(&log);
    QSignalSpy taken(model(), &WatchModel::sampleTaken);
    QTRY_VERIFY_WITH_TIMEOUT(taken.size() > 5, kPatience);
    const QRect moving = view()->visualRect(model()->index(2, 0));
    QVERIFY(!log.region.isEmpty());
    QCOMPARE(log.region.boundingRect().top(), moving.top());
    QCOMPARE(log.region.boundingRect().bottom(), moving.bottom());
}

void TestWatchWindow::openDump(Dump dump)
{
    const auto kernel = demo::DemoKernel::create(3).value();
    QVERIFY(kernel->writeTo(dir_.filePath(QStringLiteral("dump")).toStdString()));
    window_ = makeWindow(state_, 1);
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened);
    TargetRequest request;
    request.options.core = dir_.filePath(QStringLiteral("dump/vmcore")).toStdString();
    request.options.vmlinux = dir_.filePath(QStringLiteral("dump/vmlinux")).toStdString();
    request.options.useCache = false;
    request.options.live = dump == Dump::Written;
    window_->open(request);
    QVERIFY(opened.wait(kPatience));
}

void TestWatchWindow::savedMemoryIsReadOnce()
{
    openDump(Dump::Saved);
    window_->watches()->watch(QStringLiteral("init_task.comm"));
    QTRY_COMPARE_WITH_TIMEOUT(text(0, WatchModel::ValueColumn), QStringLiteral("\"swapper/0\""), kPatience);
    const auto samples = [&](int row) { return model()->historyAt(model()->index(row, 0)).samples(); };
    window_->watches()->watch(QStringLiteral("init_task.pid"));
    QTRY_COMPARE_WITH_TIMEOUT(text(1, WatchModel::ValueColumn), QStringLiteral("0"), kPatience);
    QTest::qWait(500);
    QCOMPARE(samples(0), std::uint64_t{1});
    QCOMPARE(samples(1), std::uint64_t{1});
    // It is open, so what is asked for is read also when its file has gone.
    QVERIFY(QFile::remove(dir_.filePath(QStringLiteral("dump/vmcore"))));
    window_->watches()->watch(QStringLiteral("init_task.tgid"));
    QTRY_COMPARE_WITH_TIMEOUT(text(2, WatchModel::ValueColumn), QStringLiteral("0"), kPatience);
    QCOMPARE(text(2, WatchModel::StateColumn), QString());
}

void TestWatchWindow::aFileThatGoesAndComesBackIsTold()
{
    openDump(Dump::Written);
    window_->watches()->watch(QStringLiteral("init_task.comm"));
    QTRY_COMPARE_WITH_TIMEOUT(text(0, WatchModel::ValueColumn), QStringLiteral("\"swapper/0\""), kPatience);
    const QString core = dir_.filePath(QStringLiteral("dump/vmcore"));
    QVERIFY(QFile::rename(core, core + QStringLiteral(".away")));
    QTest::keyClick(window_.get(), Qt::Key_F5);
    QTRY_VERIFY_WITH_TIMEOUT(text(0, WatchModel::StateColumn).startsWith(QLatin1String("lost")), kPatience);
    QCOMPARE(text(0, WatchModel::ValueColumn), QStringLiteral("\"swapper/0\"")); // the last there was
    const auto *footer = window_->findChild<QLabel *>(QStringLiteral("watchCost"));
    QVERIFY2(footer->text().startsWith(QLatin1String("lost: ")), qPrintable(footer->text()));
    QVERIFY(QFile::rename(core + QStringLiteral(".away"), core));
    QTest::keyClick(window_.get(), Qt::Key_F5);
    QTRY_COMPARE_WITH_TIMEOUT(text(0, WatchModel::StateColumn), QString(), kPatience);
}

void TestWatchWindow::moreTypesAndOtherModulesTakeOver()
{
    ks::test::GrowingDemo demo;
    window_ = makeWindow(state_, 1);
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    model()->add({QStringLiteral("jiffies")});
    model()->add({QStringLiteral("demo_net::demo_net_debug")});
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened);
    TargetRequest request;
    request.options = demo.options();
    window_->open(request);
    QVERIFY(opened.wait(kPatience));
    const auto state = [&](int row) { return model()->rowAt(model()->index(row, 0))->result.state; };
    QTRY_VERIFY_WITH_TIMEOUT(window_->browser()->session().info().typesPending.empty(), kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(state(0), live::ResultState::Value, kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(state(1), live::ResultState::Value, kPatience);
    const QString before = text(1, WatchModel::ValueColumn);
    demo.unloadModule();
    QTRY_COMPARE_WITH_TIMEOUT(state(1), live::ResultState::Lost, kPatience);
    QCOMPARE(text(1, WatchModel::ValueColumn), before);
    QCOMPARE(state(0), live::ResultState::Value);
    QTRY_VERIFY_WITH_TIMEOUT(window_->browser()->session().modules().empty(), kPatience);
    demo.loadModule();
    QTRY_COMPARE_WITH_TIMEOUT(state(1), live::ResultState::Value, kPatience);
    window_.reset(); // before the kernel
}

void TestWatchWindow::exportWritesAFile()
{
    open();
    window_->watches()->watch(QStringLiteral("init_task.comm"));
    QTRY_VERIFY_WITH_TIMEOUT(!text(0, WatchModel::ValueColumn).isEmpty(), kPatience);
    const auto written = [&](const char *name) {
        const QString path = dir_.filePath(QString::fromLatin1(name));
        const QString problem = window_->watches()->exportTo(path);
        QFile file(path);
        return problem.isEmpty() && file.open(QIODevice::ReadOnly) ? file.readAll() : problem.toUtf8();
    };
    QVERIFY(written("w.csv").startsWith("group,expression,time,"));
    QVERIFY(written("w.json").startsWith("[\n"));
    QVERIFY(!window_->watches()->exportTo(QStringLiteral("/nonexistent/w.csv")).isEmpty());
}

QTEST_MAIN(TestWatchWindow)
#include "test_watch_window.moc"
