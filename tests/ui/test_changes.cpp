// What has changed, and compared with what: bytes without a pixel.
#include "tests/ui/hex_fixture.h"
#include "ui/models/change_heat.h"
#include "ui/models/change_tracker.h"
#include "ui/models/change_values.h"

#include <QTest>

using namespace ks;
using namespace ks::ui;
using namespace std::chrono_literals;

namespace {

constexpr VirtAddr kBase{0xffffffff82000100};

AddrRange bytes(VirtAddr first, std::uint64_t size) { return *AddrRange::sized(first, size); }

} // namespace

class TestChanges : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void stepsOfAFade();
    void tickGlowsAndFades();
    void fadingAsksForNoMoreThanFades();
    void lookStaysUntilSeen();
    void snapshotComparesValues();
    void whatComesBackIsNotOfTheLastTick();
    void unreadableIsNoChange();
    void jumpsFromRunToRun();
    void runsAcrossChunks();
    void memoryIsBounded();
    void lastByteOfAll();
    void valuesByTheirBase();
    void valuesAreBounded();
    void heatByPlace();
    void heatCools();

private:
    std::vector<AddrRange> store(VirtAddr first, std::vector<std::uint8_t> values,
                                 std::chrono::milliseconds after = 0ms)
    {
        std::vector<std::byte> raw;
        for (const std::uint8_t value : values)
            raw.push_back(std::byte(value));
        return tracker.store(MemoryBlock(first, raw, {{bytes(first, raw.size()), {PageStatus::Present}}}),
                             start + after);
    }

    const ChangeTracker::Clock::time_point start = ChangeTracker::Clock::now();
    ChangeTracker tracker;
};

void TestChanges::init() { tracker = ChangeTracker(); }

void TestChanges::stepsOfAFade()
{
    QCOMPARE(changeStep(0ns), kChangeSteps);
    QCOMPARE(changeStep(-5ms), kChangeSteps);
    QCOMPARE(changeStep(1ns), kChangeSteps);
    QCOMPARE(changeStep(kChangeFade / 2), kChangeSteps / 2);
    QCOMPARE(changeStep(kChangeFade - 1ns), 1);
    QCOMPARE(changeStep(kChangeFade), 0);
}

void TestChanges::tickGlowsAndFades()
{
    QVERIFY(store(kBase, {1, 2, 3, 4}).empty()); // the first sample is no change
    QVERIFY(!tracker.isFading());
    QCOMPARE(store(kBase, {1, 9, 8, 4}, 10ms), std::vector{bytes(kBase + 1, 2)});
    QVERIFY(tracker.isFading());
    QCOMPARE(tracker.markedBytes(), std::size_t{2});
    QVERIFY(tracker.isMarked(kBase + 1) && !tracker.isMarked(kBase));
    QCOMPARE(tracker.heat(kBase + 1, start + 10ms), 1.0);
    QCOMPARE(tracker.heat(kBase, start + 10ms), 0.0);
    QCOMPARE(tracker.heat(kBase + 1, start + 10ms + kChangeFade / 2), 0.5);
    ChangeTracker::Mark marks[4];
    tracker.marks(kBase, marks, start + 10ms);
    QVERIFY(!marks[0].marked && marks[1].marked && marks[2].marked && !marks[3].marked);
    QCOMPARE(int(marks[2].step), kChangeSteps);
    tracker.fade(start + 10ms + kChangeFade);
    QVERIFY(!tracker.isFading());
    QCOMPARE(tracker.markedBytes(), std::size_t{0});
}

void TestChanges::fadingAsksForNoMoreThanFades()
{
    store(kBase, {1, 2, 3, 4});
    store(kBase, {1, 9, 3, 4});
    QVERIFY(tracker.fade(start + 1ms).empty()); // not a step yet
    QCOMPARE(tracker.fade(start + kChangeStep), std::vector{bytes(kBase + 1, 1)});
    QVERIFY(tracker.fade(start + kChangeStep + 10ms).empty());
    std::size_t steps = 1;
    for (auto at = kChangeStep; at <= 2 * kChangeFade; at += 10ms)
        for (const AddrRange &range : tracker.fade(start + at)) {
            QCOMPARE(range, bytes(kBase + 1, 1));
            ++steps;
        }
    QCOMPARE(steps, std::size_t{kChangeSteps});
    QVERIFY(!tracker.isFading());
}

void TestChanges::lookStaysUntilSeen()
{
    tracker.setBase(ChangeBase::Look);
    store(kBase, {1, 2, 3});
    store(kBase, {1, 7, 3}, 10ms);
    store(kBase, {1, 2, 3}, 20ms); // and back: it has changed all the same
    tracker.fade(start + kChangeFade * 2);
    QCOMPARE(tracker.markedRuns(), std::vector{bytes(kBase + 1, 1)});
    QCOMPARE(tracker.heat(kBase + 1, start + kChangeFade * 2), 0.0);
    store(kBase, {1, 7, 3}, 30ms);
    QCOMPARE(tracker.baseValue(kBase + 1), std::optional<std::uint8_t>(2));
    tracker.markSeen();
    QCOMPARE(tracker.markedBytes(), std::size_t{0});
    QCOMPARE(tracker.baseValue(kBase + 1), std::optional<std::uint8_t>(7));
    store(kBase, {1, 7, 3}, 40ms);
    QCOMPARE(tracker.markedBytes(), std::size_t{0});
}

void TestChanges::snapshotComparesValues()
{
    tracker.setBase(ChangeBase::Snapshot);
    store(kBase, {1, 2, 3});
    store(kBase, {5, 2, 3});
    QVERIFY(!tracker.hasSnapshot());
    QCOMPARE(tracker.markedBytes(), std::size_t{0}); // nothing to compare with
    tracker.keepSnapshot();
    QVERIFY(tracker.hasSnapshot());
    store(kBase, {5, 4, 3});
    QCOMPARE(tracker.markedRuns(), std::vector{bytes(kBase + 1, 1)});
    QCOMPARE(tracker.baseValue(kBase + 1), std::optional<std::uint8_t>(2));
    store(kBase, {5, 2, 3});
    QCOMPARE(tracker.markedBytes(), std::size_t{0}); // as it was
    store(kBase + 3, {9});                           // was not read when the snapshot was taken
    store(kBase + 3, {8});
    QCOMPARE(tracker.markedBytes(), std::size_t{0});
    tracker.setBase(ChangeBase::Tick);
    QVERIFY(!tracker.baseValue(kBase));
}

void TestChanges::whatComesBackIsNotOfTheLastTick()
{
    store(kBase, {1, 2});
    tracker.keepTicking(std::vector{bytes(kBase + 0x1000, 16)});
    QVERIFY(store(kBase, {3, 2}).empty());
    QCOMPARE(tracker.markedBytes(), std::size_t{0});
    // Since the last look it has changed.
    tracker.setBase(ChangeBase::Look);
    QCOMPARE(tracker.markedRuns(), std::vector{bytes(kBase, 1)});
    // What glows out of sight does not glow when it comes back.
    tracker.setBase(ChangeBase::Tick);
    QCOMPARE(store(kBase, {4, 2}), std::vector{bytes(kBase, 1)});
    tracker.keepTicking({});
    QCOMPARE(tracker.markedBytes(), std::size_t{0});
}

void TestChanges::unreadableIsNoChange()
{
    store(kBase, {1, 2});
    const MemoryBlock gone(kBase, std::vector<std::byte>(2), {{bytes(kBase, 2), {PageStatus::Unmapped}}});
    QVERIFY(tracker.store(gone, start).empty());
    QVERIFY(store(kBase, {1, 2}).empty());
    QCOMPARE(tracker.markedBytes(), std::size_t{0});
    tracker.setBase(ChangeBase::Look);
    tracker.store(gone, start);
    QVERIFY(store(kBase, {1, 5}).empty()); // in between nobody knows when
    QCOMPARE(tracker.markedRuns(), std::vector{bytes(kBase + 1, 1)});
}

void TestChanges::jumpsFromRunToRun()
{
    tracker.setBase(ChangeBase::Look);
    QVERIFY(!tracker.next(kBase) && !tracker.previous(kBase));
    store(kBase, {0, 0, 0, 0, 0, 0, 0, 0});
    store(kBase, {0, 1, 1, 0, 0, 1, 0, 0});
    const AddrRange first = bytes(kBase + 1, 2), second = bytes(kBase + 5, 1);
    QCOMPARE(tracker.next(kBase), std::optional(first));
    QCOMPARE(tracker.next(first.first), std::optional(second));
    QCOMPARE(tracker.next(second.first), std::optional(first)); // around
    QCOMPARE(tracker.previous(kBase), std::optional(second));
    QCOMPARE(tracker.previous(second.first), std::optional(first));
    QCOMPARE(tracker.previous(first.first), std::optional(second));
    tracker.markSeen();
    store(kBase, {9, 1, 1, 0, 0, 1, 0, 0});
    QVERIFY(!tracker.next(kBase) && !tracker.previous(kBase)); // the only one is here
    QCOMPARE(tracker.next(kBase + 3), std::optional(bytes(kBase, 1)));
}

void TestChanges::runsAcrossChunks()
{
    const VirtAddr edge(0xffffffff82000ff0);
    store(edge, std::vector<std::uint8_t>(600, 1));
    QCOMPARE(store(edge, std::vector<std::uint8_t>(600, 2)), std::vector{bytes(edge, 600)});
    QCOMPARE(tracker.markedRuns(), std::vector{bytes(edge, 600)});
    ChangeTracker::Mark marks[32];
    tracker.marks(edge, marks, start);
    for (const ChangeTracker::Mark &mark : marks)
        QVERIFY(mark.marked);
}

void TestChanges::memoryIsBounded()
{
    tracker.setBase(ChangeBase::Look);
    const std::vector<std::uint8_t> page(4096, 1);
    for (std::uint64_t i = 0; i < 4 * ChangeTracker::kMaxBytes / page.size(); ++i) {
        store(kBase + i * page.size(), page);
        store(VirtAddr(0x1000), page); // is read again and again, and so is kept
    }
    QVERIFY(tracker.rememberedBytes() <= ChangeTracker::kMaxBytes);
    QVERIFY(tracker.rememberedBytes() >= ChangeTracker::kMaxBytes / 2);
    store(VirtAddr(0x1000), {2});
    QCOMPARE(tracker.markedRuns(), std::vector{bytes(VirtAddr(0x1000), 1)});
    // A sample that is larger than all that is kept.
    store(kBase, std::vector<std::uint8_t>(2 * ChangeTracker::kMaxBytes, 3));
    QVERIFY(tracker.rememberedBytes() <= ChangeTracker::kMaxBytes);
}

void TestChanges::lastByteOfAll()
{
    const VirtAddr last(~std::uint64_t{0} - 3);
    store(last, {1, 2, 3, 4});
    QCOMPARE(store(last, {1, 2, 3, 5}), std::vector{bytes(last + 3, 1)});
    store(VirtAddr(0), {1});
    QCOMPARE(store(VirtAddr(0), {2}), std::vector{bytes(VirtAddr(0), 1)});
    QCOMPARE(tracker.markedRuns(), (std::vector{bytes(VirtAddr(0), 1), bytes(last + 3, 1)}));
    QCOMPARE(tracker.next(last + 3), std::optional(bytes(VirtAddr(0), 1)));
}

void TestChanges::valuesByTheirBase()
{
    ChangeValues values;
    values.store("a", "1");
    values.store("a", "2");
    QVERIFY(!values.isMarked("a")); // the tick's marks are not kept here
    values.setBase(ChangeBase::Look);
    QVERIFY(values.isMarked("a"));
    QCOMPARE(values.baseValue("a"), std::optional<QString>("1"));
    values.markSeen();
    QVERIFY(!values.isMarked("a"));
    values.setBase(ChangeBase::Snapshot);
    values.store("a", "3");
    QVERIFY(!values.isMarked("a") && !values.baseValue("a"));
    values.keepSnapshot();
    values.store("a", "4");
    values.store("b", "1"); // was not shown when the snapshot was taken
    values.store("b", "2");
    QVERIFY(values.isMarked("a") && !values.isMarked("b") && !values.isMarked("c"));
    QCOMPARE(values.baseValue("a"), std::optional<QString>("3"));
}

void TestChanges::valuesAreBounded()
{
    ChangeValues values;
    values.setBase(ChangeBase::Look);
    for (int i = 0; i < 3 * ChangeValues::kMaxRows; ++i) {
        values.store(QString::number(i), "1");
        if (i % 1000 == 0)
            values.store("kept", QString::number(i));
    }
    QVERIFY(values.size() <= ChangeValues::kMaxRows);
    QVERIFY(values.size() >= ChangeValues::kMaxRows / 2);
    QVERIFY(values.isMarked("kept"));
}

void TestChanges::heatByPlace()
{
    test::HexFixture fixture;
    std::vector<AddrRange> bands;
    for (const Segment &segment : fixture.segments->all())
        bands.push_back(segment.range());
    const MapScale scale(bands);
    ChangeHeat heat;
    heat.setScale(scale);
    QVERIFY(heat.places(start).empty());
    const VirtAddr task(test::kInitTask), direct(test::kDirect + 0x1000);
    heat.add(std::vector{bytes(task, 4), bytes(task + 0x50, 3), bytes(direct, 1)}, start);
    const auto places = heat.places(start);
    QCOMPARE(places.size(), std::size_t{2});
    QCOMPARE(places[0].bytes, std::uint64_t{1});
    QCOMPARE(places[1].bytes, std::uint64_t{7});
    QVERIFY(places[1].warmth > places[0].warmth && places[0].warmth > 0.3);
    const std::uint32_t at = scale.position(task);
    QVERIFY(places[1].first <= at && at < places[1].first + places[1].units);
    heat.setScale(scale); // the same map: nothing is forgotten
    QCOMPARE(heat.places(start).size(), std::size_t{2});
    heat.setScale(MapScale(std::vector{bytes(task, 4096)}));
    QVERIFY(heat.places(start).empty());
    // However many places change, there are never more than the strip has.
    heat.setScale(scale);
    for (std::uint64_t i = 0; i < 100'000; ++i)
        heat.add(std::vector{bytes(VirtAddr(i * 0x9e3779b97f4a7c15), 1)}, start);
    QVERIFY(heat.places(start).size() <= ChangeHeat::kPlaces);
}

void TestChanges::heatCools()
{
    ChangeHeat heat;
    heat.setScale(MapScale(std::vector{bytes(kBase, 1 << 20)}));
    heat.add(std::vector{bytes(kBase, 200)}, start);
    double warmth = 1;
    for (auto at = 0s; at < ChangeHeat::kCold; at += 3s) {
        QVERIFY(heat.cool(start + at));
        const auto places = heat.places(start + at);
        QCOMPARE(places.size(), std::size_t{1});
        QVERIFY(places[0].warmth < warmth);
        warmth = places[0].warmth;
    }
    QVERIFY(warmth < 0.1);
    QVERIFY(heat.places(start + ChangeHeat::kCold).empty());
    QVERIFY(!heat.cool(start + ChangeHeat::kCold));
}

QTEST_GUILESS_MAIN(TestChanges)
#include "test_changes.moc"
