// Rows and scale over 2^64: every address has one row and one place, folds hide what is not there, the last byte is
// reachable, and nothing overflows.
#include "ui/models/hex_rows.h"
#include "ui/models/map_scale.h"

#include <QTest>

using namespace ks;
using namespace ks::ui;

namespace {

constexpr std::uint64_t kMax = ~std::uint64_t{0};

AddrRange range(std::uint64_t first, std::uint64_t last) { return {VirtAddr(first), VirtAddr(last)}; }

HexRows rowsOf(std::vector<AddrRange> mapped, unsigned columns = 16, std::vector<StatusRun> missing = {})
{
    return {mapped, missing, columns};
}

} // namespace

class TestHexRows : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void nothingIsOneFold();
    void everythingHasNoFold();
    void oneRangeBetweenFolds();
    void lastByteOfAll();
    void touchingRangesAreOne();
    void rangesInOneRowAreOne();
    void kernelLayout();
    void knownMissingIsFolded();
    void foldsSayHowMuchAndWhy();
    void rowsAndAddressesAgree_data();
    void rowsAndAddressesAgree();
    void scaleCoversEverything();
    void scaleGoesThereAndBack();
    void scaleShowsSmallSegments();
};

void TestHexRows::nothingIsOneFold()
{
    const HexRows rows = rowsOf({});
    QCOMPARE(rows.count(), 1U);
    QVERIFY(rows.at(0).folded);
    QCOMPARE(rows.at(0).range, range(0, kMax));
    QCOMPARE(rows.rowOf(VirtAddr(kMax)), 0U);
    QVERIFY(!rows.mappedAfter(VirtAddr(0)));
    QVERIFY(!rows.mappedBefore(VirtAddr(kMax)));
    QVERIFY(describeFold(rows.at(0)).starts_with("2^64 bytes not mapped"));
}

void TestHexRows::everythingHasNoFold()
{
    const HexRows rows = rowsOf({range(0, kMax)});
    QCOMPARE(rows.count(), std::uint64_t{1} << 60);
    QCOMPARE(rows.at(0).range, range(0, 15));
    QCOMPARE(rows.at(kMax).range, range(kMax - 15, kMax));
    QVERIFY(!rows.at(kMax).folded);
    QCOMPARE(rowsOf({range(0, kMax)}, 8).count(), std::uint64_t{1} << 61);
}

void TestHexRows::oneRangeBetweenFolds()
{
    const HexRows rows = rowsOf({range(0x1000, 0x103f)});
    QCOMPARE(rows.count(), 6U);
    QCOMPARE(rows.at(0).range, range(0, 0xfff));
    QVERIFY(rows.at(0).folded);
    QCOMPARE(rows.at(1).range, range(0x1000, 0x100f));
    QCOMPARE(rows.at(4).range, range(0x1030, 0x103f));
    QVERIFY(rows.at(5).folded);
    QCOMPARE(rows.at(5).range, range(0x1040, kMax));
    QCOMPARE(rows.rowOf(VirtAddr(0x102f)), 3U);
    QCOMPARE(*rows.mappedAfter(VirtAddr(5)), VirtAddr(0x1000));
    QCOMPARE(*rows.mappedBefore(VirtAddr(kMax)), VirtAddr(0x103f));
    QVERIFY(!rows.mappedAfter(VirtAddr(0x1010)));
}

void TestHexRows::lastByteOfAll()
{
    for (const unsigned columns : {8U, 16U, 32U}) {
        const HexRows rows = rowsOf({range(kMax - 4095, kMax)}, columns);
        const std::uint64_t last = rows.count() - 1;
        QCOMPARE(rows.rowOf(VirtAddr(kMax)), last);
        QVERIFY(!rows.at(last).folded);
        QCOMPARE(rows.at(last).range.last, VirtAddr(kMax));
        QCOMPARE(rows.count(), 1 + 4096 / columns);
    }
}

void TestHexRows::touchingRangesAreOne()
{
    const HexRows rows = rowsOf({range(0x2000, 0x2fff), range(0x1000, 0x1fff)});
    QCOMPARE(rows.count(), 2 + 0x2000 / 16);
    QCOMPARE(rows.rowOf(VirtAddr(0x2000)), 1 + 0x1000 / 16);
}

void TestHexRows::rangesInOneRowAreOne()
{
    // A row is shown as a whole when any byte of it is in a segment; the others are ?? in it.
    const HexRows rows = rowsOf({range(0x1001, 0x1002), range(0x1009, 0x1018)});
    QCOMPARE(rows.count(), 4U);
    QCOMPARE(rows.at(1).range, range(0x1000, 0x100f));
    QCOMPARE(rows.at(2).range, range(0x1010, 0x101f));
}

void TestHexRows::kernelLayout()
{
    const HexRows rows =
        rowsOf({range(0xffff888000000000, 0xffffc87fffffffff), range(0xffffc90000000000, 0xffffe8ffffffffff),
                range(0xffffffff81000000, 0xffffffff837fffff), range(0xffffffffff600000, 0xffffffffff600fff)});
    QCOMPARE(rows.rowOf(VirtAddr(0)), 0U);
    QCOMPARE(rows.rowOf(VirtAddr(0xffff888000000000)), 1U);
    const std::uint64_t hole = rows.rowOf(VirtAddr(0xfffffff000000000));
    QVERIFY(rows.at(hole).folded);
    QCOMPARE(rows.at(hole).range, range(0xffffe90000000000, 0xffffffff80ffffff));
    QCOMPARE(rows.at(hole + 1).range.first, VirtAddr(0xffffffff81000000));
    QVERIFY(rows.at(rows.count() - 1).folded);
    QCOMPARE(rows.at(rows.count() - 1).range, range(0xffffffffff601000, kMax));
}

void TestHexRows::knownMissingIsFolded()
{
    const PageState unmapped{PageStatus::Unmapped}, mmio{PageStatus::Mmio}, present{PageStatus::Present};
    const HexRows rows = rowsOf({range(0x10000, 0x1ffff)}, 16,
                                {{range(0x12000, 0x12fff), unmapped},
                                 {range(0x13000, 0x13fff), mmio},
                                 {range(0x15000, 0x15fff), present},
                                 {range(0x18004, 0x1800b), unmapped},
                                 {range(0x1f000, 0x1ffff), unmapped}});
    const auto at = [&](std::uint64_t address) { return rows.at(rows.rowOf(VirtAddr(address))); };
    QVERIFY(!at(0x11fff).folded);
    QCOMPARE(at(0x12800).range, range(0x12000, 0x12fff));
    QCOMPARE(at(0x12800).why.status, PageStatus::Unmapped);
    QCOMPARE(at(0x13800).range, range(0x13000, 0x13fff));
    QCOMPARE(at(0x13800).why.status, PageStatus::Mmio);
    QVERIFY(!at(0x14000).folded);
    QVERIFY(!at(0x15800).folded);
    QVERIFY(!at(0x18004).folded); // less than a row
    QCOMPARE(at(0x1f000).range, range(0x1f000, 0x1ffff));
    QCOMPARE(at(0x20000).range, range(0x20000, kMax));
    QCOMPARE(at(0x20000).why.status, PageStatus::Hole);
    QCOMPARE(rows.count(), 1 + (0x10000 - 0x3000) / 16 + 3 + 1U);
}

void TestHexRows::foldsSayHowMuchAndWhy()
{
    const HexRows rows = rowsOf({range(0x1000, 0x1fff), range(0x3000, 0x3fff)});
    const std::string text = describeFold(rows.at(rows.rowOf(VirtAddr(0x2000))));
    QVERIFY2(text.starts_with("0x1000 bytes not mapped"), text.c_str());
    QVERIFY2(text.find(PageState{PageStatus::Hole}.reason()) != std::string::npos, text.c_str());
}

void TestHexRows::rowsAndAddressesAgree_data()
{
    QTest::addColumn<unsigned>("columns");
    for (const unsigned columns : {8U, 16U, 32U})
        QTest::addRow("%u", columns) << columns;
}

// Walked row by row: no address is missing, none is shown twice.
void TestHexRows::rowsAndAddressesAgree()
{
    QFETCH(unsigned, columns);
    const HexRows rows = rowsOf({range(0x13, 0x77), range(0x100, 0x1ff), range(kMax - 0x65, kMax)}, columns,
                                {{range(0x141, 0x1aa), {PageStatus::Excluded}}});
    std::uint64_t next = 0;
    for (std::uint64_t row = 0; row < rows.count(); ++row) {
        const HexRow shown = rows.at(row);
        QCOMPARE(shown.range.first.value, next);
        QCOMPARE(rows.rowOf(shown.range.first), row);
        QCOMPARE(rows.rowOf(shown.range.last), row);
        if (!shown.folded)
            QCOMPARE(shown.range.size(), std::uint64_t{columns});
        next = shown.range.last.value + 1;
    }
    QCOMPARE(next, 0U); // ran over 2^64 exactly once
}

void TestHexRows::scaleCoversEverything()
{
    const std::vector<AddrRange> ranges{range(0x1000, 0x1fff), range(0xffff888000000000, 0xffffc87fffffffff),
                                        range(kMax - 0xfff, kMax)};
    const MapScale scale(ranges);
    std::uint64_t address = 0;
    std::uint32_t unit = 0;
    for (const MapScale::Span &span : scale.spans()) {
        QCOMPARE(span.range.first.value, address);
        QCOMPARE(span.first, unit);
        QVERIFY(span.units > 1);
        address = span.range.last.value + 1;
        unit += span.units;
    }
    QCOMPARE(address, 0U);
    QCOMPARE(unit, MapScale::kUnits);
    QCOMPARE(scale.position(VirtAddr(0)), 0U);
    QCOMPARE(scale.position(VirtAddr(kMax)), MapScale::kUnits - 1);
    QCOMPARE(scale.address(MapScale::kUnits - 1), VirtAddr(kMax));
}

void TestHexRows::scaleGoesThereAndBack()
{
    const std::vector<AddrRange> ranges{range(0x1000, 0x1fff), range(0xffff888000000000, 0xffffc87fffffffff),
                                        range(0xffffffff81000000, 0xffffffff837fffff)};
    for (const MapScale &scale : {MapScale(ranges), MapScale()}) {
        std::uint32_t before = 0;
        for (std::uint32_t position = 0; position < MapScale::kUnits; position += 997) {
            const VirtAddr address = scale.address(position);
            const std::uint32_t back = scale.position(address);
            // Units of a span of fewer bytes share addresses; the way back is never far and never turns around.
            QVERIFY2(scale.spanAt(back).range == scale.spanAt(position).range, hex(address).c_str());
            QVERIFY(back >= before);
            before = back;
            if (scale.spanAt(position).range.last - scale.spanAt(position).range.first > MapScale::kUnits)
                QVERIFY2(back <= position + 1 && position <= back + 1,
                         qPrintable(QStringLiteral("%1 %2").arg(position).arg(back)));
        }
    }
}

void TestHexRows::scaleShowsSmallSegments()
{
    // 64 TiB beside 40 MiB and one page.
    const std::vector<AddrRange> ranges{range(0xffff888000000000, 0xffffc87fffffffff),
                                        range(0xffffffff81000000, 0xffffffff837fffff),
                                        range(0xffffffffff600000, 0xffffffffff600fff)};
    const MapScale scale(ranges);
    for (const MapScale::Span &span : scale.spans())
        if (!span.hole)
            QVERIFY(span.units > MapScale::kUnits / 100);
}

QTEST_GUILESS_MAIN(TestHexRows)
#include "test_hex_rows.moc"
