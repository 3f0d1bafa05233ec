// The hex view as a person uses it: keys, mouse, copies, follow and back, members lit both ways, live samples that
// repaint only their rows, and a source of 500 ms a read that costs no frame.
#include "tests/ui/hex_view_fixture.h"
#include "ui/views/theme.h"
#include "ui/workers/live_reader.h"

#include <QAccessible>
#include <QApplication>
#include <QClipboard>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QPaintEvent>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>

using namespace ks;
using namespace ks::ui;
using namespace std::chrono_literals;

namespace {

const VirtAddr kTask(test::kInitTask);
constexpr VirtAddr kLast{~std::uint64_t{0}};

using test::PaintSpy;
using test::Shown;
using test::spin;

AddrRange bytes(VirtAddr first, std::uint64_t size) { return *AddrRange::sized(first, size); }

} // namespace

class TestHexView : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { Theme::instance().install(*qApp); }
    void keysMoveTheCursor();
    void keysSelect();
    void holesAreOneStep();
    void lastByteIsReachable();
    void mouseSelects();
    void dragScrollsAlong();
    void jumpLinkOfAFold();
    void wheelMovesRows();
    void scrollBarReachesBothEnds();
    void followAndBack();
    void controlClickFollows();
    void membersLightBothWays();
    void copies();
    void copyBeyondTheScreenIsRead();
    void optionsKeepThePlace();
    void onlyChangedRowsRepaint();
    void idleIsIdle();
    void unreadableBytesSayWhy();
    void speaks();
    void wholeScreenWithinAFrame();
    void slowSourceCostsNoFrame();
    void frozenReadsOnlyWhatIsNew();
};

void TestHexView::keysMoveTheCursor()
{
    Shown shown;
    QSignalSpy moved(&shown.view, &HexView::cursorMoved);
    shown.key(Qt::Key_Right);
    QCOMPARE(shown.view.cursor(), kTask + 1);
    shown.key(Qt::Key_Down);
    QCOMPARE(shown.view.cursor(), kTask + 17);
    shown.key(Qt::Key_Left, Qt::ControlModifier);
    QCOMPARE(shown.view.cursor(), kTask + 9);
    shown.key(Qt::Key_End);
    QCOMPARE(shown.view.cursor(), kTask + 15);
    shown.key(Qt::Key_Home);
    QCOMPARE(shown.view.cursor(), kTask);
    shown.key(Qt::Key_Up);
    QCOMPARE(shown.view.cursor(), kTask - 16);
    const VirtAddr before = shown.view.cursor();
    shown.key(Qt::Key_PageDown);
    QVERIFY(shown.view.cursor() - before > 16 * 10);
    QVERIFY(!shown.view.byteRect(shown.view.cursor()).isEmpty());
    shown.key(Qt::Key_PageUp);
    QCOMPARE(shown.view.cursor(), before);
    QCOMPARE(moved.size(), 8);
}

void TestHexView::keysSelect()
{
    Shown shown;
    shown.key(Qt::Key_Right, Qt::ShiftModifier);
    shown.key(Qt::Key_Right, Qt::ShiftModifier);
    QCOMPARE(shown.view.selection(), bytes(kTask, 3));
    shown.key(Qt::Key_Down, Qt::ShiftModifier);
    QCOMPARE(shown.view.selection(), bytes(kTask, 19));
    shown.key(Qt::Key_Home, Qt::ShiftModifier);
    QCOMPARE(shown.view.selection(), bytes(kTask, 17));
    shown.key(Qt::Key_Left);
    QCOMPARE(shown.view.selection(), bytes(kTask + 15, 1));
}

void TestHexView::holesAreOneStep()
{
    Shown shown;
    const AddrRange text = shown.fixture.segments->find(kTask)->range();
    shown.view.goTo(text.last);
    shown.key(Qt::Key_Right);
    QCOMPARE(shown.view.cursor(), text.last + 1);
    shown.key(Qt::Key_Right);
    QCOMPARE(shown.view.cursor(), VirtAddr(0xffffffffc0000000));
    shown.key(Qt::Key_Up);
    QCOMPARE(shown.view.cursor(), text.last + 1);
    shown.key(Qt::Key_Left);
    QCOMPARE(shown.view.cursor(), text.last);
}

void TestHexView::lastByteIsReachable()
{
    Shown shown;
    shown.key(Qt::Key_End, Qt::ControlModifier);
    QCOMPARE(shown.view.cursor(), VirtAddr(test::kVsyscall + 0xfff));
    shown.key(Qt::Key_End, Qt::ControlModifier);
    QCOMPARE(shown.view.cursor(), kLast);
    shown.key(Qt::Key_Right);
    shown.key(Qt::Key_PageDown);
    QCOMPARE(shown.view.cursor(), kLast);
    shown.key(Qt::Key_Home, Qt::ControlModifier);
    QCOMPARE(shown.view.cursor(), VirtAddr(test::kDirect + 0x1000));
    shown.key(Qt::Key_Home, Qt::ControlModifier);
    QCOMPARE(shown.view.cursor(), VirtAddr(0));
    shown.key(Qt::Key_Left);
    QCOMPARE(shown.view.cursor(), VirtAddr(0));

    // Where the last page is mapped, its last row ends at 2^64 - 1.
    shown.fixture.source->loads = {test::load(~std::uint64_t{0} - 0xfff, 0x1000)};
    const auto segments =
        std::make_shared<SegmentMap>(SegmentMap::classify(shown.fixture.source->loads, Machine::X86_64, LayoutHints{}));
    shown.view.setTarget({segments, shown.fixture.symbols});
    shown.view.goTo(kLast);
    shown.feed();
    QVERIFY(!shown.view.byteRect(kLast).isEmpty());
    QCOMPARE(shown.view.visibleRanges().back().last, kLast);
    QVERIFY(shown.view.content().at(kLast).present());
}

void TestHexView::mouseSelects()
{
    Shown shown;
    shown.click(kTask + 0x20);
    QCOMPARE(shown.view.cursor(), kTask + 0x20);
    shown.click(kTask + 0x35, Qt::ShiftModifier);
    QCOMPARE(shown.view.selection(), bytes(kTask + 0x20, 0x16));
    QTest::mousePress(shown.view.viewport(), Qt::LeftButton, {}, shown.at(kTask + 0x48));
    QMouseEvent drag(QEvent::MouseMove, shown.at(kTask + 0x41), shown.view.viewport()->mapToGlobal(QPoint()),
                     Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(shown.view.viewport(), &drag);
    QTest::mouseRelease(shown.view.viewport(), Qt::LeftButton, {}, shown.at(kTask + 0x41));
    QCOMPARE(shown.view.selection(), bytes(kTask + 0x41, 8));
    // A double click takes the member.
    QTest::mouseDClick(shown.view.viewport(), Qt::LeftButton, {}, shown.at(kTask + 0x2d));
    QCOMPARE(shown.view.selection(), bytes(kTask + 0x2c, 4));
}

void TestHexView::dragScrollsAlong()
{
    Shown shown;
    const VirtAddr top = shown.view.topAddress();
    QTest::mousePress(shown.view.viewport(), Qt::LeftButton, {}, shown.at(kTask));
    const QPointF below(shown.at(kTask).x(), shown.view.viewport()->height() + 20);
    QMouseEvent drag(QEvent::MouseMove, below, shown.view.viewport()->mapToGlobal(below), Qt::NoButton, Qt::LeftButton,
                     Qt::NoModifier);
    QCoreApplication::sendEvent(shown.view.viewport(), &drag);
    QCOMPARE(shown.view.topAddress(), top + 16);
    // The mouse is held still there, and it goes on until it is let go.
    QTRY_VERIFY(shown.view.topAddress() - top >= 5 * 16);
    QMouseEvent release(QEvent::MouseButtonRelease, below, shown.view.viewport()->mapToGlobal(below), Qt::LeftButton,
                        Qt::NoButton, Qt::NoModifier);
    QCoreApplication::sendEvent(shown.view.viewport(), &release);
    const VirtAddr reached = shown.view.topAddress();
    spin(200ms);
    QCOMPARE(shown.view.topAddress(), reached);
    QCOMPARE(shown.view.selection().first, kTask);
    QVERIFY(!shown.view.byteRect(shown.view.cursor()).isEmpty());
}

void TestHexView::jumpLinkOfAFold()
{
    Shown shown;
    const AddrRange text = shown.fixture.segments->find(kTask)->range();
    shown.view.goTo(text.last + 1);
    shown.feed();
    // Enter on the fold, as the link at its end does.
    shown.key(Qt::Key_Return);
    QCOMPARE(shown.view.cursor(), VirtAddr(0xffffffffc0000000));
    QVERIFY(shown.view.canGoBack());
}

void TestHexView::wheelMovesRows()
{
    Shown shown;
    const VirtAddr top = shown.view.topAddress();
    const auto wheel = [&](QPoint pixels, QPoint angle) {
        QWheelEvent event(QPointF(50, 50), shown.view.viewport()->mapToGlobal(QPointF(50, 50)), pixels, angle,
                          Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(shown.view.viewport(), &event);
    };
    wheel({}, {0, -120});
    QCOMPARE(shown.view.topAddress(), top + 16 * static_cast<std::uint64_t>(QApplication::wheelScrollLines()));
    wheel({}, {0, 120});
    QCOMPARE(shown.view.topAddress(), top);
    // A touchpad's pixels add up to rows.
    const int rowHeight = shown.view.byteRect(kTask + 16).top() - shown.view.byteRect(kTask).top();
    for (int i = 0; i < rowHeight; ++i)
        wheel({0, -2}, {0, -1});
    QCOMPARE(shown.view.topAddress(), top + 32);
    QCOMPARE(shown.view.cursor(), kTask); // looking around does not move the cursor
}

void TestHexView::scrollBarReachesBothEnds()
{
    Shown shown;
    QScrollBar *bar = shown.view.verticalScrollBar();
    bar->setValue(bar->maximum());
    shown.key(Qt::Key_End, Qt::ControlModifier);
    QVERIFY(!shown.view.byteRect(VirtAddr(test::kVsyscall + 0xfff)).isEmpty());
    bar->setValue(0);
    QCOMPARE(shown.view.topAddress(), VirtAddr(0));
    bar->triggerAction(QAbstractSlider::SliderSingleStepAdd);
    QCOMPARE(shown.view.topAddress(), VirtAddr(test::kDirect + 0x1000));
    bar->triggerAction(QAbstractSlider::SliderSingleStepAdd);
    QCOMPARE(shown.view.topAddress(), VirtAddr(test::kDirect + 0x1010));
    const VirtAddr before = shown.view.topAddress();
    bar->triggerAction(QAbstractSlider::SliderPageStepAdd);
    QVERIFY(shown.view.topAddress() - before >= 16 * 10);
    // Dragged through the whole map, the view follows in order.
    VirtAddr last;
    for (int value = 0; value <= bar->maximum(); value += bar->maximum() / 200) {
        bar->setValue(value);
        QVERIFY(shown.view.topAddress() >= last);
        last = shown.view.topAddress();
    }
}

void TestHexView::followAndBack()
{
    Shown shown;
    QSignalSpy history(&shown.view, &HexView::historyChanged);
    shown.click(kTask + 0x23);
    QCOMPARE(shown.view.pointerUnderCursor(), std::optional(VirtAddr(0xffffffffa2400000)));
    shown.key(Qt::Key_Return);
    QCOMPARE(shown.view.cursor(), VirtAddr(0xffffffffa2400000));
    QVERIFY(!history.isEmpty());
    shown.view.goBack();
    QCOMPARE(shown.view.cursor(), kTask + 0x23);
    shown.view.goForward();
    QCOMPARE(shown.view.cursor(), VirtAddr(0xffffffffa2400000));
    QVERIFY(!shown.view.canGoForward());
    shown.view.goBack();
    shown.feed();
    shown.click(kTask + 0x28);
    QSignalSpy message(&shown.view, &HexView::message);
    QVERIFY(!shown.view.followPointer());
    QCOMPARE(message.size(), 1);
    QCOMPARE(shown.view.cursor(), kTask + 0x28);
}

void TestHexView::controlClickFollows()
{
    Shown shown;
    shown.click(kTask + 0xb4, Qt::ControlModifier);
    QCOMPARE(shown.view.cursor(), kTask + 0xa8);
}

void TestHexView::membersLightBothWays()
{
    Shown shown;
    QSignalSpy hovered(&shown.view, &HexView::memberHovered);
    QSignalSpy selected(&shown.view, &HexView::memberSelected);
    shown.hover(kTask + 0x2d);
    QCOMPARE(hovered.size(), 1);
    QCOMPARE(hovered[0][0].toInt(), 4); // flags
    shown.hover(kTask + 0x2e);
    QCOMPARE(hovered.size(), 1);
    shown.hover(kTask + 0xe0); // no member
    QCOMPARE(hovered[1][0].toInt(), -1);
    shown.click(kTask + 0x22);
    QCOMPARE(selected.size(), 1);
    QCOMPARE(selected[0][0].toInt(), 2); // stack
    // From the tree: no echo, but the bytes are lit and in sight.
    PaintSpy paints(shown.view.viewport());
    shown.view.setHoveredMember(19);
    shown.view.setSelectedMember(23);
    QCoreApplication::processEvents();
    QCOMPARE(selected.size(), 1);
    QCOMPARE(hovered.size(), 2);
    QVERIFY(!shown.view.byteRect(kTask + 0xb68).isEmpty());
    QVERIFY(paints.paints > 0);
}

void TestHexView::copies()
{
    Shown shown;
    QSignalSpy message(&shown.view, &HexView::message);
    shown.view.select(bytes(kTask + 0x20, 8));
    shown.key(Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("00 00 40 a2 ff ff ff ff"));
    shown.view.copy(CopyFormat::SymbolOffset);
    QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("init_task+0x20"));
    QCOMPARE(message.size(), 2);
    shown.view.select({VirtAddr(0), kLast}, false);
    shown.view.copy(CopyFormat::Hex);
    QVERIFY(message.back()[0].toString().contains(QStringLiteral("larger")));
    QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("init_task+0x20"));
}

void TestHexView::copyBeyondTheScreenIsRead()
{
    Shown shown;
    shown.view.setRangeReader([&](AddrRange range, std::function<void(MemoryBlock)> deliver) {
        deliver(shown.fixture.source->read(range.first, range.size()));
    });
    for (const std::uint64_t size : {std::uint64_t{4096}, std::uint64_t{100000}}) {
        QSignalSpy message(&shown.view, &HexView::message);
        shown.view.select(bytes(kTask, size));
        shown.view.copy(CopyFormat::Base64);
        QTRY_COMPARE(message.size(), 1); // the larger one comes from another thread
        QCOMPARE(QByteArray::fromBase64(QApplication::clipboard()->text().toLatin1()).size(),
                 static_cast<qsizetype>(size));
    }
}

void TestHexView::optionsKeepThePlace()
{
    Shown shown;
    shown.click(kTask + 0x23);
    for (const unsigned columns : {8U, 32U, 16U})
        for (const unsigned group : {1U, 2U, 4U, 8U})
            for (const auto format : {HexFormat::Hex, HexFormat::Unsigned, HexFormat::Signed, HexFormat::Pointer}) {
                shown.view.setOptions({columns, group, format, false});
                shown.feed();
                QCOMPARE(shown.view.cursor(), kTask + 0x23);
                QVERIFY(!shown.view.byteRect(kTask + 0x23).isEmpty());
                QVERIFY(shown.view.grab().width() > 0);
            }
    QCOMPARE(shown.view.options().group, 8U);
    shown.view.setOptions({7, 3, HexFormat::Hex, true});
    QCOMPARE(shown.view.options(), (HexOptions{16, 1, HexFormat::Hex, true}));
}

void TestHexView::onlyChangedRowsRepaint()
{
    Shown shown;
    spin(50ms);
    shown.feed(); // the rows that the last layout brought into view
    spin(50ms);
    PaintSpy paints(shown.view.viewport());
    shown.feed();
    QCOMPARE(paints.paints, 0); // nothing changed
    shown.fixture.source->put(kTask + 0xc0, 0x89f9786);
    shown.feed();
    QVERIFY(paints.paints > 0);
    const QRect row = shown.view.byteRect(kTask + 0xc0);
    QCOMPARE(paints.region.boundingRect().top(), row.top());
    QCOMPARE(paints.region.boundingRect().height(), row.height());
}

void TestHexView::idleIsIdle()
{
    Shown shown;
    shown.fixture.source->put(kTask + 0xc0, 0x1234567);
    shown.feed();
    PaintSpy paints(shown.view.viewport());
    spin(kChangeFade + 300ms);
    QVERIFY(paints.paints > 3); // it faded
    paints.reset();
    spin(500ms);
    QCOMPARE(paints.paints, 0);
}

void TestHexView::unreadableBytesSayWhy()
{
    Shown shown;
    shown.fixture.source->pages[VirtAddr(test::kText)] = {PageStatus::Error, 5};
    shown.view.goTo(VirtAddr(test::kText + 0x10));
    shown.feed();
    QVERIFY(shown.view.spokenCursor().contains(QStringLiteral("not readable")));
    shown.view.select(bytes(VirtAddr(test::kText + 0x10), 4));
    shown.view.copy(CopyFormat::Hex);
    QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("?? ?? ?? ??"));
    QSignalSpy message(&shown.view, &HexView::message);
    shown.view.copy(CopyFormat::Python);
    QVERIFY(message.back()[0].toString().startsWith(QStringLiteral("Not copied")));
    QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("?? ?? ?? ??"));
    // Stale data is told apart, too, and becomes fresh with the next sample.
    const QImage fresh = shown.view.grab().toImage();
    shown.view.setStale();
    const QImage stale = shown.view.grab().toImage();
    QVERIFY(fresh != stale);
    shown.feed();
    QVERIFY(!shown.view.content().isStale());
}

void TestHexView::speaks()
{
    Shown shown;
    QAccessibleInterface *interface = QAccessible::queryAccessibleInterface(&shown.view);
    QVERIFY(interface);
    shown.click(kTask + 0x20);
    const QString spoken = interface->text(QAccessible::Value);
    for (const char *part : {"ffffffffa241aa60", "init_task+0x20", "stack", "byte 00", "init_thread_union"})
        QVERIFY2(spoken.contains(QLatin1String(part)), qPrintable(spoken));
    QCOMPARE(interface->text(QAccessible::Name), QStringLiteral("Memory"));
    QVERIFY(interface->state().readOnly);
    shown.view.goTo(VirtAddr(0x10));
    QVERIFY(interface->text(QAccessible::Value).contains(QStringLiteral("not mapped")));
}

void TestHexView::wholeScreenWithinAFrame()
{
    Shown shown;
    shown.view.resize(1600, 1000);
    shown.view.setOptions({32, 1, HexFormat::Hex, false});
    shown.feed();
    QImage image(shown.view.viewport()->size(), QImage::Format_ARGB32_Premultiplied);
    qint64 best = std::numeric_limits<qint64>::max();
    for (int i = 0; i < 10; ++i) {
        QElapsedTimer clock;
        clock.start();
        shown.view.viewport()->render(&image);
        best = std::min(best, clock.nsecsElapsed());
    }
    qInfo("a screen of %d x %d: %.2f ms", image.width(), image.height(), static_cast<double>(best) / 1e6);
    // Debug builds under sanitizers are several times slower than what people run.
    QVERIFY(best < 100'000'000);
}

void TestHexView::slowSourceCostsNoFrame()
{
    auto source = std::make_shared<test::SlowSource>(500ms);
    test::HexFixture fixture;
    source->loads = fixture.source->loads;
    source->data = fixture.source->data;
    const auto sampling = std::make_shared<Sampling>(source, EvalContext{.memory = source.get()});
    HexView view;
    LiveReader reader(sampling, [&](LiveReader::Want want) {
        return want == LiveReader::Want::Unread ? view.unreadRanges() : view.visibleRanges();
    });
    view.resize(900, 600);
    view.setTarget(fixture.target());
    connect(&view, &HexView::visibleRangesChanged, &reader, &LiveReader::visibleChanged);
    connect(&reader, &LiveReader::sampled, &view, &HexView::setBlocks);
    sampling->setRate(60);
    view.show();
    view.goTo(kTask);

    // Scroll all the while; the longest turn of the event loop is the longest frame.
    qint64 worst = 0;
    QElapsedTimer clock;
    QTimer frame;
    frame.setTimerType(Qt::PreciseTimer);
    int frames = 0;
    connect(&frame, &QTimer::timeout, &view, [&] {
        worst = std::max(worst, clock.restart());
        QTest::keyClick(&view, ++frames % 2 ? Qt::Key_PageDown : Qt::Key_PageUp);
    });
    spin(100ms); // the first painting loads fonts
    clock.start();
    frame.start(16);
    spin(2s);
    frame.stop();
    QVERIFY2(frames > 40, qPrintable(QString::number(frames)));
    QVERIFY2(worst < 250, qPrintable(QString::number(worst)));
    QVERIFY(source->reads >= 3 && source->reads <= 6); // one at a time, as fast as it answers
    // What was read is shown although the view has moved on in the meantime.
    for (int i = 0; i < 40 && !view.content().at(view.cursor()).present(); ++i)
        spin(100ms);
    QVERIFY(view.content().at(view.cursor()).present());
}

void TestHexView::frozenReadsOnlyWhatIsNew()
{
    test::HexFixture fixture;
    auto source = std::make_shared<test::SlowSource>(0ms);
    source->loads = fixture.source->loads;
    const auto sampling = std::make_shared<Sampling>(source, EvalContext{.memory = source.get()});
    HexView view;
    LiveReader reader(sampling, [&](LiveReader::Want want) {
        return want == LiveReader::Want::Unread ? view.unreadRanges() : view.visibleRanges();
    });
    view.resize(900, 600);
    view.setTarget(fixture.target());
    view.show();
    connect(&view, &HexView::visibleRangesChanged, &reader, &LiveReader::visibleChanged);
    connect(&reader, &LiveReader::sampled, &view, &HexView::setBlocks);
    sampling->setFrozen(true);
    sampling->setRate(60);
    view.goTo(kTask);
    // The window may still be growing; what it shows then is new.
    QTRY_VERIFY(view.content().at(kTask).present() && view.unreadRanges().empty());
    source->put(kTask, 0x77);
    const int reads = source->reads;
    spin(50ms);
    QCOMPARE(source->reads.load(), reads);
    view.goTo(kTask + 8);
    spin(20ms);
    QCOMPARE(view.content().at(kTask).value, std::uint8_t{0});
    sampling->readNow(); // F5 reads in any case
    QTRY_COMPARE(view.content().at(kTask).value, std::uint8_t{0x77});
}

QTEST_MAIN(TestHexView)
#include "test_hex_view.moc"
