// The file of the target goes, comes back, is written again and is replaced, while the window shows what is in it.
#include "core/memory/open_core.h"
#include "tests/support/growing_demo.h"
#include "tests/ui/hex_view_fixture.h"
#include "ui/models/watch_model.h"
#include "ui/views/banner.h"
#include "ui/views/hex_view.h"
#include "ui/views/theme.h"
#include "ui/windows/hex_tabs.h"
#include "ui/windows/kernel_browser.h"
#include "ui/windows/live_loop.h"
#include "ui/windows/main_window.h"
#include "ui/windows/watch_desk.h"

#include <QLabel>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include <atomic>
#include <cstring>
#include <fstream>
#include <thread>

using namespace ks;
using namespace ks::ui;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr int kPatience = 20000;

} // namespace

class TestWindowFollow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(*qApp); }
    void init();
    void cleanup() { window_.reset(); }
    void aLiveTargetGoesOnWithAnotherFile();
    void whatDoesNotServeIsWaitedFor();
    void aFileThatComesBackIsReadOn();
    void aDumpStaysUntilTheOtherIsWanted();
    void whatIsOpenedMeanwhileIsNoReplacement();
    void whatIsReplacedWhileItIsOpenedIsFollowed();

private:
    void open(bool live);
    TargetRequest requestFor(const fs::path &core, bool live) const;
    /// A core of the demo kernel as it is now, under another name than the target's.
    fs::path save(demo::DemoKernel &kernel);
    KernelBrowser &browser() { return *window_->browser(); }
    QString text(int column) const { return model().index(0, column).data().toString(); }
    WatchModel &model() const { return *window_->watches()->model(); }
    static std::uint64_t jiffies(demo::DemoKernel &kernel);

    std::unique_ptr<ks::test::GrowingDemo> demo_;
    fs::path core_;
    std::atomic<bool> slow_ = false;    ///< what is opened takes until it is cancelled
    std::atomic<bool> waiting_ = false; ///< something is being opened so
    std::unique_ptr<MainWindow> window_;
};

void TestWindowFollow::init()
{
    slow_ = waiting_ = false;
    demo_ = std::make_unique<ks::test::GrowingDemo>();
    core_ = demo_->folder / "core";
    fs::rename(save(*demo_->kernel), core_);
}

fs::path TestWindowFollow::save(demo::DemoKernel &kernel)
{
    const fs::path path = demo_->folder / "core.new";
    if (!kernel.saveCore(path, demo::CoreForm::Vmcore))
        throw std::runtime_error("the core could not be written");
    return path;
}

std::uint64_t TestWindowFollow::jiffies(demo::DemoKernel &kernel)
{
    const auto source = openCore(*FileHandle::duplicate(kernel.coreFd()), {.live = true, .description = {}});
    std::uint64_t value = 0;
    std::memcpy(&value, (*source)->read(*kernel.symbol("jiffies_64"), 8).bytes().data(), 8);
    return value;
}

TargetRequest TestWindowFollow::requestFor(const fs::path &core, bool live) const
{
    TargetRequest request;
    request.options = demo_->options();
    request.options.coreFd.reset();
    request.options.kallsymsFd.reset();
    request.options.core = core;
    request.options.live = live;
    return request;
}

void TestWindowFollow::open(bool live)
{
    Openers openers;
    openers.kernel = [this](const SessionOptions &options, Progress &progress) {
        auto session = Session::open(options, progress);
        while (slow_ && !progress.cancelled()) {
            waiting_ = true;
            std::this_thread::sleep_for(1ms);
        }
        return session;
    };
    window_ = std::make_unique<MainWindow>(std::move(openers), QString());
    window_->show();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened);
    window_->open(requestFor(core_, live));
    QVERIFY(opened.wait(kPatience));
    QTRY_VERIFY_WITH_TIMEOUT(browser().isSettled(), kPatience);
    window_->watches()->watch(QStringLiteral("jiffies_64"));
    QTRY_COMPARE_WITH_TIMEOUT(text(WatchModel::ValueColumn), QString::number(jiffies(*demo_->kernel)), kPatience);
    browser().goTo(*demo_->kernel->symbol("init_task"));
}

void TestWindowFollow::aLiveTargetGoesOnWithAnotherFile()
{
    open(true);
    const QString before = text(WatchModel::ValueColumn);
    // The kernel has been started again: what it is has not changed, where it lies has.
    const auto other = demo::DemoKernel::create(11).value();
    QVERIFY(other->kaslrOffset() != demo_->kernel->kaslrOffset());
    other->tickOnce(5000);
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened);
    fs::rename(save(*other), core_);
    QVERIFY(opened.wait(kPatience));
    QTRY_COMPARE_WITH_TIMEOUT(text(WatchModel::ValueColumn), QString::number(jiffies(*other)), kPatience);
    QCOMPARE(text(WatchModel::PreviousColumn), before); // the list knows what was before
    QTRY_COMPARE_WITH_TIMEOUT(browser().pulse(), TopBar::Pulse::Live, kPatience);
    QCOMPARE(browser().tabs()->currentView()->cursor(), *other->symbol("init_task"));
    QVERIFY(!window_->findChild<Banner *>()->isVisible());
    // It is followed as the first one was.
    other->tickOnce(100);
    fs::rename(save(*other), core_);
    QTRY_COMPARE_WITH_TIMEOUT(text(WatchModel::ValueColumn), QString::number(jiffies(*other)), kPatience);
}

void TestWindowFollow::whatDoesNotServeIsWaitedFor()
{
    open(true);
    const QString before = text(WatchModel::ValueColumn);
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened), failed(window_.get(), &MainWindow::openFailed);
    std::ofstream(demo_->folder / "core.new") << "this is no core";
    fs::rename(demo_->folder / "core.new", core_);
    QVERIFY(failed.wait(kPatience));
    QTRY_COMPARE_WITH_TIMEOUT(browser().pulse(), TopBar::Pulse::Lost, kPatience);
    QVERIFY2(browser().pulseDetail().contains(QLatin1String("another file")), qPrintable(browser().pulseDetail()));
    const VirtAddr task = *demo_->kernel->symbol("init_task");
    QVERIFY(browser().tabs()->currentView()->content().at(task).present()); // the last that was read
    ks::ui::test::spin(1200ms);
    QCOMPARE(failed.count(), 1); // it is not tried again and again
    QCOMPARE(text(WatchModel::ValueColumn), before);
    QCOMPARE(opened.count(), 0);
    demo_->kernel->tickOnce(50);
    fs::rename(save(*demo_->kernel), core_);
    QVERIFY(opened.wait(kPatience));
    QTRY_COMPARE_WITH_TIMEOUT(text(WatchModel::ValueColumn), QString::number(jiffies(*demo_->kernel)), kPatience);
}

void TestWindowFollow::aFileThatComesBackIsReadOn()
{
    open(true);
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened);
    const fs::path away = demo_->folder / "core.away";
    fs::rename(core_, away);
    QTRY_COMPARE_WITH_TIMEOUT(browser().pulse(), TopBar::Pulse::Lost, kPatience);
    QVERIFY2(browser().pulseDetail().contains(QLatin1String("gone")), qPrintable(browser().pulseDetail()));
    QTRY_VERIFY_WITH_TIMEOUT(text(WatchModel::StateColumn).startsWith(QLatin1String("lost")), kPatience);
    fs::rename(away, core_);
    QTRY_COMPARE_WITH_TIMEOUT(browser().pulse(), TopBar::Pulse::Live, kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(text(WatchModel::StateColumn), QString(), kPatience);
    QCOMPARE(opened.count(), 0);
}

void TestWindowFollow::aDumpStaysUntilTheOtherIsWanted()
{
    open(false);
    const QString before = text(WatchModel::ValueColumn);
    auto *banner = window_->findChild<Banner *>();
    QVERIFY(!banner->isVisible());
    demo_->kernel->tickOnce(50);
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened);
    fs::rename(save(*demo_->kernel), core_);
    QTRY_VERIFY_WITH_TIMEOUT(banner->isVisible(), kPatience);
    QCOMPARE(opened.count(), 0);
    QCOMPARE(text(WatchModel::ValueColumn), before);
    auto *button = banner->findChild<QToolButton *>(QStringLiteral("bannerAction"));
    QCOMPARE(button->text(), QStringLiteral("Open the new one"));
    button->click();
    QVERIFY(opened.wait(kPatience));
    QTRY_COMPARE_WITH_TIMEOUT(text(WatchModel::ValueColumn), QString::number(jiffies(*demo_->kernel)), kPatience);
    QVERIFY(!banner->isVisible());
}

void TestWindowFollow::whatIsOpenedMeanwhileIsNoReplacement()
{
    open(true);
    const fs::path other = demo_->folder / "core.other";
    fs::rename(save(*demo_->kernel), other);
    slow_ = true;
    fs::rename(save(*demo_->kernel), core_);
    QTRY_VERIFY_WITH_TIMEOUT(waiting_, kPatience);
    slow_ = false;
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened);
    window_->open(requestFor(other, true));
    QVERIFY(opened.wait(kPatience));
    const QAbstractItemModel &log = *window_->log();
    for (int row = 0; row < log.rowCount(); ++row)
        for (int column = 0; column < log.columnCount(); ++column)
            QVERIFY(!log.index(row, column).data().toString().contains(QLatin1String("going on")));
    QVERIFY(!window_->findChild<Banner *>()->isVisible());
}

void TestWindowFollow::whatIsReplacedWhileItIsOpenedIsFollowed()
{
    open(true);
    slow_ = true;
    demo_->kernel->tickOnce(50);
    fs::rename(save(*demo_->kernel), core_);
    QTRY_VERIFY_WITH_TIMEOUT(waiting_, kPatience); // this one has been opened
    demo_->kernel->tickOnce(50);
    fs::rename(save(*demo_->kernel), core_);
    slow_ = false;
    QTRY_COMPARE_WITH_TIMEOUT(text(WatchModel::ValueColumn), QString::number(jiffies(*demo_->kernel)), kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(browser().pulse(), TopBar::Pulse::Live, kPatience);
}

QTEST_MAIN(TestWindowFollow)
#include "test_window_follow.moc"
