// The window while the kernel changes: rates, what the marks compare with, idleness, and a target that is lost.
#include "resources/demo/demo_session.h"
#include "tests/support/growing_demo.h"
#include "tests/ui/hex_view_fixture.h"
#include "ui/models/saved_state.h"
#include "ui/views/theme.h"
#include "ui/windows/kernel_browser.h"
#include "ui/windows/main_window.h"

#include <QApplication>
#include <QMenu>
#include <QSignalSpy>
#include <QStatusBar>
#include <QTest>
#include <QToolButton>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

using namespace ks;
using namespace ks::ui;
using namespace std::chrono_literals;
using ks::ui::test::spin;

namespace {

constexpr int kPatience = 20000;

/// The bytes of a file that has large holes, in a file of its own.
int copyOf(int file)
{
    const int copy = ::memfd_create("kernoscope-test", MFD_CLOEXEC);
    const off_t size = ::lseek(file, 0, SEEK_END);
    if (copy < 0 || ::ftruncate(copy, size) != 0)
        return -1;
    std::vector<char> buffer(1 << 20);
    for (off_t at = ::lseek(file, 0, SEEK_DATA); at >= 0; at = ::lseek(file, at, SEEK_DATA))
        for (const off_t end = ::lseek(file, at, SEEK_HOLE); at < end;) {
            const auto room = std::min(buffer.size(), static_cast<std::size_t>(end - at));
            const ssize_t count = ::pread(file, buffer.data(), room, at);
            if (count <= 0 || ::pwrite(copy, buffer.data(), static_cast<std::size_t>(count), at) != count)
                return -1;
            at += count;
        }
    return copy;
}

/// Counts what any widget of the program paints.
class AllPaints : public QObject {
public:
    AllPaints() { qApp->installEventFilter(this); }
    bool eventFilter(QObject *watched, QEvent *event) override
    {
        if (event->type() == QEvent::Paint)
            painted << QString::fromLatin1(watched->metaObject()->className());
        return false;
    }
    QStringList painted;
};

} // namespace

class TestWindowChanges : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(*qApp); }
    void cleanup() { window_.reset(); }
    void ratesReachFromSlowToFast();
    void statusSaysWhatIsCompared();
    void keysJumpToChanges();
    void stillWindowPaintsNothing();
    void lostTargetKeepsTheLastSample();

private:
    void open(const TargetRequest &request = {TargetRequest::Kind::Demo, {}, false});
    KernelBrowser &browser() { return *window_->browser(); }
    HexView &view() { return *browser().tabs()->currentView(); }
    QString status() const { return window_->findChild<QToolButton *>(QStringLiteral("changes"))->text(); }
    void goToJiffies();

    std::unique_ptr<MainWindow> window_;
};

void TestWindowChanges::open(const TargetRequest &request)
{
    Openers openers;
    openers.demo = [](const SessionOptions &options, Progress &progress) {
        return demo::openSession(options, progress, 1);
    };
    openers.kernel = [](const SessionOptions &options, Progress &progress) { return Session::open(options, progress); };
    window_ = std::make_unique<MainWindow>(std::move(openers), QString());
    window_->show();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened);
    window_->open(request);
    QVERIFY(opened.wait(kPatience));
    QTRY_VERIFY_WITH_TIMEOUT(browser().isSettled(), kPatience);
}

void TestWindowChanges::goToJiffies()
{
    const auto jiffies = browser().session().symbols().findFirst("jiffies_64");
    QVERIFY(jiffies);
    browser().goTo(jiffies->address);
    QTRY_VERIFY_WITH_TIMEOUT(view().content().at(jiffies->address).present(), kPatience);
}

void TestWindowChanges::ratesReachFromSlowToFast()
{
    open();
    LiveLoop *live = browser().live();
    for (const auto &[asked, given] : {std::pair(0.2, 0.2), {60.0, 60.0}, {0.01, 0.2}, {1000.0, 60.0}}) {
        live->setRate(asked);
        QCOMPARE(live->rate(), given);
    }
    // The bar offers both ends, and what was chosen is kept.
    const auto *rate = window_->findChild<QToolButton *>(QStringLiteral("rate"));
    QStringList offered;
    for (const QAction *action : rate->menu()->actions())
        offered << action->text();
    QCOMPARE(offered.first(), QStringLiteral("0.2 Hz"));
    QCOMPARE(offered.last(), QStringLiteral("60 Hz"));
    for (const double hz : {0.2, 60.0}) {
        SavedState state;
        state.rateHz = hz;
        QCOMPARE(savedStateFromJson(toJson(state))->rateHz, hz);
    }
    rate->menu()->actions().last()->trigger();
    QCOMPARE(live->rate(), 60.0);
    QSignalSpy sampled(live, &LiveLoop::sampled);
    QTRY_VERIFY_WITH_TIMEOUT(sampled.size() > 20, kPatience);
    rate->menu()->actions().first()->trigger();
    QCOMPARE(live->rate(), 0.2);
    sampled.clear();
    spin(1s);
    QVERIFY2(sampled.size() <= 2, qPrintable(QString::number(sampled.size())));
}

void TestWindowChanges::statusSaysWhatIsCompared()
{
    open();
    goToJiffies();
    QTRY_VERIFY_WITH_TIMEOUT(status().contains(QStringLiteral("changed since last tick")) &&
                                 !status().startsWith(QStringLiteral("no")),
                             kPatience);
    QTest::keyClick(window_.get(), Qt::Key_2, Qt::AltModifier);
    QVERIFY2(status().contains(QStringLiteral("since last look")), qPrintable(status()));
    QCOMPARE(view().changeBase(), ChangeBase::Look);
    QTest::keyClick(window_.get(), Qt::Key_3, Qt::AltModifier);
    QVERIFY2(status().contains(QStringLiteral("no bytes kept")), qPrintable(status()));
    QTest::keyClick(window_.get(), Qt::Key_K, Qt::ControlModifier);
    QVERIFY2(status().startsWith(QStringLiteral("no byte differs from bytes kept at")), qPrintable(status()));
    QTRY_VERIFY_WITH_TIMEOUT(!status().startsWith(QStringLiteral("no")), kPatience);
    // A message has the line for itself, however many bytes change meanwhile.
    const auto *item = window_->findChild<QToolButton *>(QStringLiteral("changes"));
    QVERIFY(item->isVisible());
    window_->statusBar()->showMessage(QStringLiteral("message"));
    Q_EMIT browser().changesChanged();
    QVERIFY(!item->isVisible());
    window_->statusBar()->clearMessage();
    QVERIFY(item->isVisible());
    // A tab that is opened now compares with the same.
    QTest::keyClick(window_.get(), Qt::Key_T, Qt::ControlModifier);
    QCOMPARE(view().changeBase(), ChangeBase::Snapshot);
    QCOMPARE(browser().inspector()->model()->changeBase(), ChangeBase::Snapshot);
    QTest::keyClick(window_.get(), Qt::Key_M, Qt::ControlModifier);
    QVERIFY2(status().startsWith(QStringLiteral("no byte changed since last look")), qPrintable(status()));
}

void TestWindowChanges::keysJumpToChanges()
{
    open();
    goToJiffies();
    QTest::keyClick(window_.get(), Qt::Key_2, Qt::AltModifier);
    QTRY_VERIFY_WITH_TIMEOUT(view().changedBytes() > 0, kPatience);
    QTest::keyClick(window_.get(), Qt::Key_Space); // frozen, so that it stands still
    spin(300ms);
    browser().goTo(view().topAddress());
    QTest::keyClick(window_.get(), Qt::Key_F8);
    const VirtAddr first = view().cursor();
    QVERIFY(view().content().changes().isMarked(first));
    QTest::keyClick(window_.get(), Qt::Key_F8);
    QTest::keyClick(window_.get(), Qt::Key_F8, Qt::ShiftModifier);
    QCOMPARE(view().cursor(), first);
}

void TestWindowChanges::stillWindowPaintsNothing()
{
    open();
    QTest::keyClick(window_.get(), Qt::Key_Space);
    QVERIFY(browser().live()->isFrozen());
    // What fades has faded at some time, and the age of the sample has become a time: a second comes without a paint.
    // The strip of the map cools for half a minute, and nothing else moves.
    AllPaints paints;
    for (int i = 0; i < 20; ++i) {
        paints.painted.clear();
        spin(1s);
        paints.painted.removeAll(QStringLiteral("ks::ui::MapStrip"));
        if (paints.painted.isEmpty())
            break;
    }
    QVERIFY2(paints.painted.isEmpty(), qPrintable(paints.painted.join(QLatin1Char(' '))));
    spin(1s);
    paints.painted.removeAll(QStringLiteral("ks::ui::MapStrip"));
    QVERIFY2(paints.painted.isEmpty(), qPrintable(paints.painted.join(QLatin1Char(' ')))); // and it stays so
}

void TestWindowChanges::lostTargetKeepsTheLastSample()
{
    // A live kernel in a file of its own, which can be cut off while it is read.
    ks::test::GrowingDemo demo;
    TargetRequest request;
    request.options = demo.options();
    const int fd = copyOf(demo.kernel->coreFd());
    QVERIFY(fd >= 0);
    request.options.coreFd = fd;
    open(request);
    const VirtAddr task = view().cursor();
    QTRY_VERIFY_WITH_TIMEOUT(view().content().at(task).present(), kPatience);
    Inspector *inspector = browser().inspector();
    const auto comm = [&] {
        return inspector->model()
            ->indexOfPath({QStringLiteral("comm")})
            .siblingAtColumn(StructTreeModel::ValueColumn)
            .data()
            .toString();
    };
    QTRY_COMPARE_WITH_TIMEOUT(comm(), QStringLiteral("\"swapper/0\""), kPatience);

    QCOMPARE(::ftruncate(fd, 0), 0);
    QTRY_COMPARE_WITH_TIMEOUT(browser().pulse(), TopBar::Pulse::Lost, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(!inspector->model()->lostReason().isEmpty(), kPatience);
    spin(500ms);
    QVERIFY(view().content().isStale());
    QVERIFY(view().content().at(task).present()); // the last that was read, dimmed
    QCOMPARE(comm(), QStringLiteral("\"swapper/0\""));
    QVERIFY2(browser().pulseDetail().contains(QStringLiteral("last read ")) &&
                 browser().pulseDetail().contains(browser().live()->lostReason()),
             qPrintable(browser().pulseDetail()));
    // What was never read is not made up, in this tab and in another.
    QTest::keyClick(window_.get(), Qt::Key_T, Qt::ControlModifier);
    spin(500ms);
    QVERIFY(view().content().isStale());
    QVERIFY(!view().content().at(task).present());
    window_.reset();
    ::close(fd);
}

QTEST_MAIN(TestWindowChanges)
#include "test_window_changes.moc"
