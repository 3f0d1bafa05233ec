// Change in the hex view: what is marked under which base, the way from mark to mark, and that nothing is painted but
// what looks different.
#include "tests/ui/hex_view_fixture.h"
#include "ui/views/theme.h"

#include <QApplication>
#include <QScreen>
#include <QScrollBar>
#include <QSignalSpy>

using namespace ks;
using namespace ks::ui;
using namespace std::chrono_literals;
using test::PaintSpy;
using test::Shown;
using test::spin;

namespace {

const VirtAddr kTask(test::kInitTask);

/// What is on the screen, not what would be painted now.
QImage onScreen(HexView &view) { return view.screen()->grabWindow(view.winId()).toImage(); }
QImage afresh(HexView &view) { return view.grab().toImage(); }

int rowsIn(const QRegion &region, int rowHeight)
{
    int height = 0;
    for (const QRect &rect : region)
        height += rect.height();
    return height / rowHeight;
}

/// Nothing is on its way to be painted any more.
void settle(Shown &shown)
{
    spin(30ms);
    shown.feed();
    spin(30ms);
}

} // namespace

class TestHexChanges : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { Theme::instance().install(*qApp); }
    void marksFollowTheBase();
    void marksAreSeenWithoutColour_data();
    void marksAreSeenWithoutColour();
    void jumpsToChanges();
    void jumpsOutOfSight();
    void fadingPaintsOnlyWhatFades();
    void steadyMarksDoNotPaint();
    void scrollingPaintsOnlyWhatIsNew();
    void scrolledIsAsIfPainted();
};

void TestHexChanges::marksFollowTheBase()
{
    Shown shown;
    QSignalSpy marks(&shown.view, &HexView::marksChanged);
    QSignalSpy changed(&shown.view, &HexView::bytesChanged);
    shown.fixture.source->put(kTask + 0x50, 0xff448e);
    shown.feed();
    QCOMPARE(shown.view.changedBytes(), std::size_t{1});
    QCOMPARE(marks.size(), 1);
    QCOMPARE(changed.size(), 1);
    QCOMPARE(changed[0][0].value<std::vector<AddrRange>>(), std::vector{*AddrRange::sized(kTask + 0x50, 1)});
    shown.view.keepSnapshot();
    shown.view.setChangeBase(ChangeBase::Snapshot);
    QCOMPARE(shown.view.changedBytes(), std::size_t{0});
    shown.fixture.source->put(kTask + 0x50, 0xff4490);
    shown.feed();
    QCOMPARE(shown.view.changedBytes(), std::size_t{1});
    shown.fixture.source->put(kTask + 0x50, 0xff448e);
    shown.feed();
    QCOMPARE(shown.view.changedBytes(), std::size_t{0}); // as it was
    shown.view.setChangeBase(ChangeBase::Look);
    QCOMPARE(shown.view.changedBytes(), std::size_t{1});
    const QImage marked = afresh(shown.view);
    shown.view.markSeen();
    QCOMPARE(shown.view.changedBytes(), std::size_t{0});
    QVERIFY(afresh(shown.view) != marked);
    // Another kernel has nothing to do with what was seen of this one.
    shown.fixture.source->put(kTask + 0x50, 0);
    shown.feed();
    QVERIFY(shown.view.changedBytes() > 0);
    shown.view.setTarget(shown.fixture.target());
    QCOMPARE(shown.view.changedBytes(), std::size_t{0});
    QCOMPARE(shown.view.changeBase(), ChangeBase::Look);
}

void TestHexChanges::marksAreSeenWithoutColour_data()
{
    QTest::addColumn<ThemeMode>("mode");
    QTest::addColumn<ChangeBase>("base");
    for (const ThemeMode mode : {ThemeMode::Dark, ThemeMode::Light})
        for (const ChangeBase base : {ChangeBase::Tick, ChangeBase::Look, ChangeBase::Snapshot})
            QTest::addRow("%s %d", mode == ThemeMode::Dark ? "dark" : "light", static_cast<int>(base)) << mode << base;
}

// Under a changed byte runs a line that its neighbour has not, and it stands out in grey as well.
void TestHexChanges::marksAreSeenWithoutColour()
{
    QFETCH(ThemeMode, mode);
    QFETCH(ChangeBase, base);
    Theme::instance().setMode(mode);
    Shown shown;
    shown.view.keepSnapshot();
    shown.view.setChangeBase(base);
    shown.fixture.source->put(kTask + 0xc0, 0x88e8676);
    shown.feed();
    const QImage grey = afresh(shown.view).convertToFormat(QImage::Format_Grayscale8);
    const int background = qGray(Theme::instance().tokens().background.rgb());
    const auto lineUnder = [&](VirtAddr address) {
        const QRect box = shown.view.byteRect(address).translated(shown.view.viewport()->pos());
        int longest = 0;
        for (int y = box.top(); y <= box.bottom(); ++y) {
            int dark = 0;
            for (int x = box.left(); x <= box.right(); ++x)
                dark += std::abs(qGray(grey.pixel(x, y)) - background) > 60 ? 1 : 0;
            longest = std::max(longest, dark);
        }
        return longest >= box.width() - 2;
    };
    QVERIFY(lineUnder(kTask + 0xc0));
    QVERIFY(!lineUnder(kTask + 0xc1));
    QVERIFY(!lineUnder(kTask + 0xb0)); // a pointer: dots
    Theme::instance().setMode(ThemeMode::System);
}

void TestHexChanges::jumpsToChanges()
{
    Shown shown;
    QSignalSpy message(&shown.view, &HexView::message);
    QVERIFY(!shown.view.goToChange(true));
    QVERIFY2(message.back()[0].toString().contains(QStringLiteral("last tick")),
             qPrintable(message.back()[0].toString()));
    shown.view.setChangeBase(ChangeBase::Snapshot);
    QVERIFY(!shown.view.goToChange(true));
    QVERIFY(message.back()[0].toString().contains(QStringLiteral("kept")));
    shown.view.setChangeBase(ChangeBase::Look);
    shown.fixture.source->put(kTask + 0x50, 0xff4400);
    shown.fixture.source->put(kTask + 0xc0, 0x77777777);
    shown.feed();
    QVERIFY(shown.view.goToChange(true));
    QCOMPARE(shown.view.cursor(), kTask + 0x50);
    QVERIFY(shown.view.goToChange(true));
    QCOMPARE(shown.view.cursor(), kTask + 0xc0);
    QVERIFY(shown.view.goToChange(true));
    QCOMPARE(shown.view.cursor(), kTask + 0x50);
    QVERIFY(shown.view.goToChange(false));
    QCOMPARE(shown.view.cursor(), kTask + 0xc0);
}

void TestHexChanges::jumpsOutOfSight()
{
    Shown shown;
    shown.view.setChangeBase(ChangeBase::Look);
    shown.fixture.source->put(kTask + 0x50, 0xff4400);
    shown.feed();
    shown.view.goTo(kTask + 0x2000);
    shown.feed();
    QVERIFY(shown.view.byteRect(kTask + 0x50).isEmpty());
    QVERIFY(shown.view.goToChange(false));
    QCOMPARE(shown.view.cursor(), kTask + 0x50);
    QVERIFY(!shown.view.byteRect(kTask + 0x50).isEmpty());
    // Until it is read again nobody knows what is there, and no mark is painted on it.
    shown.feed();
    QVERIFY(shown.view.content().at(kTask + 0x50).present());
    QCOMPARE(shown.view.changedBytes(), std::size_t{1});
}

void TestHexChanges::fadingPaintsOnlyWhatFades()
{
    Shown shown;
    settle(shown);
    shown.fixture.source->put(kTask + 0xc0, 0x1234567);
    shown.feed();
    PaintSpy paints(shown.view.viewport());
    spin(kChangeFade + 300ms);
    const QRect row = shown.view.byteRect(kTask + 0xc0);
    QVERIFY2(paints.paints >= 2 && paints.paints <= kChangeSteps + 1, qPrintable(QString::number(paints.paints)));
    QCOMPARE(paints.region.boundingRect().top(), row.top());
    QCOMPARE(paints.region.boundingRect().height(), row.height());
    paints.reset();
    spin(500ms);
    QCOMPARE(paints.paints, 0);
}

void TestHexChanges::steadyMarksDoNotPaint()
{
    Shown shown;
    shown.view.setChangeBase(ChangeBase::Look);
    shown.fixture.source->put(kTask + 0xc0, 0x1234567);
    shown.feed();
    spin(kChangeFade + 300ms);
    QCOMPARE(shown.view.changedBytes(), std::size_t{4});
    PaintSpy paints(shown.view.viewport());
    QSignalSpy marks(&shown.view, &HexView::marksChanged);
    for (int i = 0; i < 20; ++i) {
        shown.feed(); // what is read again and has not changed
        spin(10ms);
    }
    QCOMPARE(paints.paints, 0);
    QCOMPARE(marks.size(), 0);
}

void TestHexChanges::scrollingPaintsOnlyWhatIsNew()
{
    Shown shown;
    shown.view.goTo(kTask + 0x1000); // no symbol, no member begins
    settle(shown);
    const int rowHeight = shown.view.byteRect(shown.view.cursor()).height();
    const int rows = shown.view.viewport()->height() / rowHeight;
    QScrollBar *bar = shown.view.verticalScrollBar();
    PaintSpy paints(shown.view.viewport());
    for (const auto action : {QAbstractSlider::SliderSingleStepAdd, QAbstractSlider::SliderSingleStepSub}) {
        paints.reset();
        bar->triggerAction(action);
        QCoreApplication::processEvents();
        QVERIFY(paints.paints > 0);
        // The row that came, one that is cut by the edge, and the first ones, which say where the screen begins.
        QVERIFY2(rowsIn(paints.region, rowHeight) <= 5, qPrintable(QString::number(rowsIn(paints.region, rowHeight))));
        QVERIFY(rows > 20);
    }
}

// Rows that were moved on the screen look as if they had been painted there.
void TestHexChanges::scrolledIsAsIfPainted()
{
    Shown shown;
    shown.click(kTask + 0x23);
    shown.view.setChangeBase(ChangeBase::Look);
    shown.fixture.source->put(kTask + 0x50, 0xff4400);
    shown.feed();
    spin(kChangeFade + 300ms);
    QScrollBar *bar = shown.view.verticalScrollBar();
    int compared = 0;
    for (const int step : {1, 1, 3, -2, 7, -1, -9, 1}) {
        for (int i = 0; i < std::abs(step); ++i)
            bar->triggerAction(step > 0 ? QAbstractSlider::SliderSingleStepAdd : QAbstractSlider::SliderSingleStepSub);
        shown.feed();
        spin(20ms);
        const QImage screen = onScreen(shown.view).convertToFormat(QImage::Format_RGB32);
        QCOMPARE(screen.size(), shown.view.size());
        QCOMPARE(screen, afresh(shown.view).convertToFormat(QImage::Format_RGB32));
        ++compared;
    }
    QCOMPARE(compared, 8);
}

QTEST_MAIN(TestHexChanges)
#include "test_hex_changes.moc"
