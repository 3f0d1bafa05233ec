// The window on the demo kernel, driven by its keys.
#include "core/base/error.h"
#include "resources/demo/demo_session.h"
#include "tests/support/growing_demo.h"
#include "ui/views/banner.h"
#include "ui/views/palette_popup.h"
#include "ui/views/provenance_line.h"
#include "ui/views/theme.h"
#include "ui/windows/kernel_browser.h"
#include "ui/windows/main_window.h"

#include <QApplication>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QTreeView>

using namespace ks;
using namespace ks::ui;

namespace {

constexpr int kPatience = 20000;

std::unique_ptr<MainWindow> makeWindow(const QString &statePath, std::uint64_t seed)
{
    Openers openers;
    openers.kernel = [](const SessionOptions &options, Progress &progress) -> Result<std::shared_ptr<const Session>> {
        if (options.coreFd)
            return Session::open(options, progress);
        return fail(ErrorCode::Permission, "/proc/kcore", "only root may read it", "use the helper");
    };
    openers.demo = [seed](const SessionOptions &options, Progress &progress) {
        return demo::openSession(options, progress, seed);
    };
    auto window = std::make_unique<MainWindow>(std::move(openers), statePath);
    window->show();
    return window;
}

} // namespace

class TestWindow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(*qApp); }
    void init();
    void cleanup();
    void firstStartOpensTheDemoAndSaysSo();
    void paletteShowsInitTask();
    void paletteRanksAndLimits();
    void jiffiesMovesUntilFrozen();
    void treeAndBytesLightEachOther();
    void sessionIsRestored();
    void bookmarksSurviveKaslr();
    void damagedSessionIsKept();
    void failureWithoutDemoIsTold();
    void menuOpensByKey();
    void modulesDockGoesToTheBase();
    void vmallocDockIsReadWhenItIsLookedAt();
    void typesAndModulesGrowInTheOpenWindow();

private:
    void open(std::uint64_t seed = 1);
    void usePalette(const QString &text);
    QString valueOf(const QStringList &path) const;

    QTemporaryDir dir_;
    QString state_;
    std::unique_ptr<MainWindow> window_;
};

void TestWindow::init()
{
    QVERIFY(dir_.isValid());
    state_ = dir_.filePath(QStringLiteral("session.json"));
    QFile::remove(state_);
}

void TestWindow::cleanup() { window_.reset(); }

void TestWindow::open(std::uint64_t seed)
{
    window_ = makeWindow(state_, seed);
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened);
    window_->openRemembered();
    QVERIFY(opened.wait(kPatience));
}

void TestWindow::usePalette(const QString &text)
{
    QTest::keyClick(window_.get(), Qt::Key_P, Qt::ControlModifier);
    QVERIFY(window_->palette()->isVisible());
    window_->palette()->edit()->clear();
    QTest::keyClicks(window_->palette()->edit(), text);
    // Enter may come before the answer.
    QTest::keyClick(window_->palette()->edit(), Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(!window_->palette()->isVisible(), kPatience);
}

QString TestWindow::valueOf(const QStringList &path) const
{
    const StructTreeModel *model = window_->browser()->inspector()->model();
    return model->indexOfPath(path).siblingAtColumn(StructTreeModel::ValueColumn).data().toString();
}

void TestWindow::firstStartOpensTheDemoAndSaysSo()
{
    open();
    const auto *banner = window_->findChild<Banner *>();
    QVERIFY(banner && banner->isVisible());
    const QString sentence = banner->findChild<QLabel *>(QStringLiteral("bannerText"))->text();
    QVERIFY2(sentence.contains(QLatin1String("demo kernel")) && sentence.contains(QLatin1String("/proc/kcore")),
             qPrintable(sentence));
    QCOMPARE(window_->browser()->tabs()->count(), 1);
    QTRY_COMPARE_WITH_TIMEOUT(window_->browser()->inspectorPanel()->subject(),
                              QStringLiteral("struct task_struct @ init_task"), kPatience);
}

void TestWindow::paletteShowsInitTask()
{
    open();
    usePalette(QStringLiteral("jiffies"));
    QTRY_VERIFY_WITH_TIMEOUT(window_->browser()->inspectorPanel()->subject().endsWith(QLatin1String("jiffies")),
                             kPatience);
    usePalette(QStringLiteral("init_task"));
    QTRY_COMPARE_WITH_TIMEOUT(window_->browser()->inspectorPanel()->subject(),
                              QStringLiteral("struct task_struct @ init_task"), kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(valueOf({QStringLiteral("comm")}), QStringLiteral("\"swapper/0\""), kPatience);
    const auto symbol = window_->browser()->session().symbols().findFirst("init_task");
    QVERIFY(symbol);
    // What the page tables say comes from a worker; another page has its own answer.
    const auto *line = window_->findChild<ProvenanceLine *>();
    QTRY_VERIFY_WITH_TIMEOUT(line->text().contains(QStringLiteral("rw- · ")), kPatience);
    usePalette(QStringLiteral("linux_banner"));
    QTRY_VERIFY_WITH_TIMEOUT(line->text().contains(QStringLiteral("linux_banner")) &&
                                 line->text().contains(QStringLiteral("r-- · ")),
                             kPatience);
    usePalette(QStringLiteral("init_task"));
    QTRY_VERIFY_WITH_TIMEOUT(line->text().contains(QStringLiteral("rw- · ")), kPatience);
    QCOMPARE(window_->browser()->tabs()->currentView()->cursor(), symbol->address);
    // The bytes are read without a further key.
    QTRY_VERIFY_WITH_TIMEOUT(window_->browser()->tabs()->currentView()->content().at(symbol->address).present(),
                             kPatience);
}

void TestWindow::paletteRanksAndLimits()
{
    open();
    const auto ask = [&](const QString &text) {
        QSignalSpy answered(window_->browser(), &KernelBrowser::paletteFound);
        window_->palette()->open(text);
        return answered.wait(kPatience);
    };
    QTRY_VERIFY_WITH_TIMEOUT(window_->browser()->countsText().contains(QLatin1String("types")), kPatience);
    QVERIFY(ask(QStringLiteral("struct task_struct")));
    QCOMPARE(window_->palette()->items().at(0)->kind, PaletteItem::Kind::Type);
    QCOMPARE(window_->palette()->items().at(0)->title, QStringLiteral("struct task_struct"));
    QVERIFY(ask(QStringLiteral("init_task.comm")));
    QCOMPARE(window_->palette()->items().at(0)->kind, PaletteItem::Kind::Value);
    QCOMPARE(window_->palette()->items().at(0)->detail, QStringLiteral("\"swapper/0\""));
    QVERIFY(ask(QStringLiteral("new tab")));
    QCOMPARE(window_->palette()->items().at(0)->title, QStringLiteral("New tab"));
    QVERIFY(ask(QStringLiteral("init_task.nothing")));
    QTest::keyClick(window_->palette()->edit(), Qt::Key_Escape);
    QVERIFY(!window_->palette()->isVisible());
}

void TestWindow::jiffiesMovesUntilFrozen()
{
    open();
    usePalette(QStringLiteral("jiffies"));
    QTRY_VERIFY_WITH_TIMEOUT(window_->browser()->inspectorPanel()->subject().endsWith(QLatin1String("jiffies")),
                             kPatience);
    const QString first = valueOf({});
    QTRY_VERIFY_WITH_TIMEOUT(valueOf({}) != first, kPatience);
    QTest::keyClick(window_.get(), Qt::Key_Space);
    QVERIFY(window_->browser()->live()->isFrozen());
    QTest::qWait(500); // what was on its way
    const QString frozen = valueOf({});
    QTest::qWait(700);
    QCOMPARE(valueOf({}), frozen);
    QTest::keyClick(window_.get(), Qt::Key_Space);
    QTRY_VERIFY_WITH_TIMEOUT(valueOf({}) != frozen, kPatience);
}

void TestWindow::treeAndBytesLightEachOther()
{
    open();
    Inspector *inspector = window_->browser()->inspector();
    QTRY_VERIFY_WITH_TIMEOUT(inspector->model()->indexOfPath({QStringLiteral("comm")}).isValid(), kPatience);
    const QModelIndex comm = inspector->model()->indexOfPath({QStringLiteral("comm")});
    const StructRow row = *inspector->model()->rowAt(comm);
    HexView *view = window_->browser()->tabs()->currentView();
    inspector->panel()->tree()->setCurrentIndex(comm);
    QCOMPARE(view->selection().first, *row.address);
    QCOMPARE(view->selection().size(), row.size);
    const StructRow stack = *inspector->model()->rowAt(inspector->model()->indexOfPath({QStringLiteral("stack")}));
    view->goTo(*stack.address + 1);
    QCOMPARE(inspector->panel()->tree()->currentIndex().siblingAtColumn(0).data().toString(), QStringLiteral("stack"));
}

void TestWindow::sessionIsRestored()
{
    open();
    Inspector *inspector = window_->browser()->inspector();
    QTRY_VERIFY_WITH_TIMEOUT(inspector->model()->indexOfPath({QStringLiteral("se")}).isValid(), kPatience);
    inspector->panel()->tree()->expand(inspector->model()->indexOfPath({QStringLiteral("se")}));
    QTRY_VERIFY_WITH_TIMEOUT(inspector->model()->rowCount(inspector->model()->indexOfPath({QStringLiteral("se")})) > 0,
                             kPatience);
    const auto banner = window_->browser()->session().symbols().findFirst("linux_banner");
    QVERIFY(banner);
    window_->browser()->tabs()->addTabAt(banner->address + 4);
    QTest::keyClick(window_.get(), Qt::Key_B, Qt::ControlModifier);
    QCOMPARE(window_->bookmarks()->rowCount(), 1);
    inspector->inspectExpression(QStringLiteral("init_task"), {{QStringLiteral("se")}});
    QTRY_COMPARE_WITH_TIMEOUT(inspector->inspected(), QStringLiteral("init_task"), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(inspector->panel()->tree()->expandedPaths().size() == 1, kPatience);
    QVERIFY(window_->save());

    open(2); // another KASLR offset
    QCOMPARE(window_->browser()->tabs()->count(), 2);
    const auto moved = window_->browser()->session().symbols().findFirst("linux_banner");
    QVERIFY(moved);
    QCOMPARE(window_->browser()->tabs()->currentView()->cursor(), moved->address + 4);
    inspector = window_->browser()->inspector();
    QTRY_COMPARE_WITH_TIMEOUT(inspector->inspected(), QStringLiteral("init_task"), kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(inspector->panel()->tree()->expandedPaths(), QList<QStringList>{{QStringLiteral("se")}},
                              kPatience);
}

void TestWindow::bookmarksSurviveKaslr()
{
    open(1);
    const VirtAddr before = window_->browser()->session().symbols().findFirst("init_task")->address;
    window_->browser()->goTo(before + 0x20);
    QTest::keyClick(window_.get(), Qt::Key_B, Qt::ControlModifier);
    QVERIFY(window_->bookmarks()->setData(window_->bookmarks()->index(0, BookmarksModel::NoteColumn),
                                          QStringLiteral("its stack"), Qt::EditRole));
    QVERIFY(window_->save());
    open(2);
    const VirtAddr after = window_->browser()->session().symbols().findFirst("init_task")->address;
    QVERIFY(after != before);
    QCOMPARE(window_->bookmarks()->rowCount(), 1);
    QCOMPARE(window_->bookmarks()->at(0).note, QStringLiteral("its stack"));
    QCOMPARE(window_->bookmarks()->addressAt(0), std::optional(after + 0x20));
}

void TestWindow::damagedSessionIsKept()
{
    QFile file(state_);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("{\"kernoscope_session\": 1, \"tabs\": [");
    file.close();
    window_ = makeWindow(state_, 1);
    QVERIFY(QFile::exists(state_ + QStringLiteral(".bad")));
    QVERIFY(!QFile::exists(state_));
    QCOMPARE(window_->log()->rowCount(), 1);
    QVERIFY(window_->log()->index(0).data().toString().contains(QLatin1String("damaged")));
}

void TestWindow::failureWithoutDemoIsTold()
{
    window_ = makeWindow(state_, 1);
    QSignalSpy failed(window_.get(), &MainWindow::openFailed);
    TargetRequest request;
    request.options.core = "/nonexistent/vmcore";
    window_->open(request);
    QVERIFY(failed.wait(kPatience));
    QVERIFY(!window_->browser());
    QVERIFY(window_->findChild<QLabel *>(QStringLiteral("openTitle"))
                ->text()
                .contains(QLatin1String("only root may read it")));
}

void TestWindow::menuOpensByKey()
{
    open();
    // The menu has an event loop of its own.
    QString first;
    QTimer::singleShot(300, this, [&] {
        if (const auto *menu = qobject_cast<QMenu *>(QApplication::activePopupWidget()))
            first = menu->actions().first()->text();
        if (QWidget *popup = QApplication::activePopupWidget())
            popup->close();
    });
    QTest::keyClick(window_.get(), Qt::Key_F10);
    QTRY_COMPARE_WITH_TIMEOUT(first, QStringLiteral("&Kernel"), kPatience);
}

void TestWindow::modulesDockGoesToTheBase()
{
    open();
    auto *view = window_->findChild<QTreeView *>(QStringLiteral("modules"));
    auto *dock = window_->findChild<QDockWidget *>(QStringLiteral("modulesDock"));
    QVERIFY(view && dock);
    dock->show();
    dock->raise();
    QCOMPARE(view->model()->rowCount(), 1);
    const QModelIndex name = view->model()->index(0, ModulesModel::NameColumn);
    QCOMPARE(name.data().toString(), QStringLiteral("demo_net"));
    const kernel::Module &module = window_->browser()->session().modules().at(0);
    QVERIFY(window_->browser()->tabs()->currentView()->cursor() != module.layout.base);
    view->setCurrentIndex(name);
    QTest::keyClick(view, Qt::Key_Return);
    QCOMPARE(window_->browser()->tabs()->currentView()->cursor(), module.layout.base);
    QTRY_VERIFY_WITH_TIMEOUT(window_->browser()->tabs()->currentView()->content().at(module.layout.base).present(),
                             kPatience);
}

void TestWindow::vmallocDockIsReadWhenItIsLookedAt()
{
    open();
    auto *view = window_->findChild<QTreeView *>(QStringLiteral("vmalloc"));
    auto *dock = window_->findChild<QDockWidget *>(QStringLiteral("vmallocDock"));
    QVERIFY(view && dock);
    dock->show();
    dock->raise();
    QTRY_VERIFY_WITH_TIMEOUT(view->model()->rowCount() > 10, kPatience);
    view->setCurrentIndex(view->model()->index(3, 0));
    QTest::keyClick(view, Qt::Key_Return);
    const VirtAddr there = window_->browser()->tabs()->currentView()->cursor();
    QCOMPARE(view->currentIndex().data().toString(), QString::fromStdString(hex(there)));
}

void TestWindow::typesAndModulesGrowInTheOpenWindow()
{
    ks::test::GrowingDemo demo;
    window_ = makeWindow(state_, 1);
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened);
    TargetRequest request;
    request.options = demo.options();
    window_->open(request);
    QVERIFY(opened.wait(kPatience));
    KernelBrowser *browser = window_->browser();
    const auto logged = [&](const QString &text) {
        for (int row = 0; row < window_->log()->rowCount(); ++row)
            if (window_->log()->index(row).data().toString().contains(text))
                return true;
        return false;
    };
    QTRY_VERIFY_WITH_TIMEOUT(browser->session().info().typesPending.empty(), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(logged(QStringLiteral("types now come from DWARF of ")), kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(browser->inspectorPanel()->subject(), QStringLiteral("struct task_struct @ init_task"),
                              kPatience);
    demo.unloadModule();
    // A look that is asked for while another is on its way is that one.
    QTRY_VERIFY_WITH_TIMEOUT((browser->refreshNow(), browser->session().modules().empty()), kPatience);
    QVERIFY(logged(QStringLiteral("modules: demo_net unloaded")));
    QCOMPARE(window_->findChild<QTreeView *>(QStringLiteral("modules"))->model()->rowCount(), 0);
    window_.reset(); // before the kernel
}

QTEST_MAIN(TestWindow)
#include "test_window.moc"
