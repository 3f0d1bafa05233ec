// What stands behind the hex view without a pixel: samples and change, overlay, cells, gutter, copies, readings,
// history.
#include "tests/ui/hex_fixture.h"
#include "ui/models/copy_format.h"
#include "ui/models/hex_content.h"
#include "ui/models/hex_text.h"
#include "ui/models/navigation_history.h"
#include "ui/models/page_steps.h"
#include "ui/models/provenance.h"
#include "ui/models/readings.h"

#include <QTest>

using namespace ks;
using namespace ks::ui;
using namespace std::chrono_literals;

namespace {

const VirtAddr kTask(test::kInitTask);

Blocks sample(const MemorySource &source, std::vector<AddrRange> ranges)
{
    return std::make_shared<const std::vector<MemoryBlock>>(source.readBatch(ranges));
}

AddrRange bytes(VirtAddr first, std::uint64_t size) { return *AddrRange::sized(first, size); }

} // namespace

class TestHexModels : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void contentTellsChange();
    void contentForgetsWhatIsOutOfSight();
    void contentNeverTakesMissingForZero();
    void staleUntilTheNextSample();
    void overlayFindsTheInnermostMember();
    void overlayAtTheEndOfAll();
    void gutterNames();
    void cells_data();
    void cells();
    void geometryPlaces_data();
    void geometryPlaces();
    void commonPrefix();
    void copies();
    void copiesRefuseWhatWasNotRead();
    void largestCopyIsWhole();
    void readings();
    void times_data();
    void times();
    void provenance();
    void pages();
    void slabObjects();
    void history();

private:
    test::HexFixture fixture;
};

void TestHexModels::contentTellsChange()
{
    HexContent content;
    const auto start = HexContent::Clock::now();
    QCOMPARE(content.store(sample(*fixture.source, {bytes(kTask, 64)}), start).dirty, std::vector{bytes(kTask, 64)});
    QVERIFY(!content.changes().isFading()); // the first sample is no change
    QVERIFY(content.store(sample(*fixture.source, {bytes(kTask, 64)}), start).dirty.empty());

    test::HexFixture other;
    other.source->put(kTask + 0x28, 0x0420000000000103);
    const auto news = content.store(sample(*other.source, {bytes(kTask, 64)}), start + 10ms);
    QCOMPARE(news.dirty, std::vector{bytes(kTask + 0x28, 2)});
    QCOMPARE(news.changed, news.dirty);
    QCOMPARE(content.word(kTask + 0x28), std::optional<std::uint64_t>(0x0420000000000103));
    HexContent::Byte fetched[80];
    content.fetch(kTask, fetched);
    for (unsigned i = 0; i < 80; ++i) {
        QCOMPARE(fetched[i].read, content.at(kTask + i).read);
        QCOMPARE(fetched[i].value, content.at(kTask + i).value);
    }
}

void TestHexModels::contentForgetsWhatIsOutOfSight()
{
    HexContent content;
    content.store(sample(*fixture.source, {bytes(kTask, 32), bytes(kTask + 4096, 32)}), {});
    content.keepOnly(std::vector{bytes(kTask + 16, 16)});
    QVERIFY(content.at(kTask + 20).read);
    QVERIFY(!content.at(kTask + 4096).read);
    content.clear();
    QVERIFY(!content.at(kTask + 20).read);
}

void TestHexModels::contentNeverTakesMissingForZero()
{
    const VirtAddr page(test::kText + 0x5000);
    test::HexFixture holed;
    holed.source->pages[page] = {PageStatus::Unmapped};
    HexContent content;
    content.store(sample(*holed.source, {bytes(page - 4, 8)}), {});
    QVERIFY(content.at(page - 1).present());
    QVERIFY(content.at(page).read && !content.at(page).present());
    QCOMPARE(content.at(page).state.status, PageStatus::Unmapped);
    QVERIFY(!content.word(page - 4));
    // From unreadable to readable is no change of a value.
    holed.source->pages.clear();
    const auto news = content.store(sample(*holed.source, {bytes(page - 4, 8)}), {});
    QCOMPARE(news.dirty, std::vector{bytes(page, 4)});
    QVERIFY(news.changed.empty() && !content.changes().isFading());
}

void TestHexModels::staleUntilTheNextSample()
{
    HexContent content;
    content.store(sample(*fixture.source, {bytes(kTask, 16)}), {});
    content.setStale(true);
    // All of it looks different again, although no byte differs.
    QCOMPARE(content.store(sample(*fixture.source, {bytes(kTask, 16)}), {}).dirty, std::vector{bytes(kTask, 16)});
    QVERIFY(!content.isStale());
}

void TestHexModels::overlayFindsTheInnermostMember()
{
    const StructOverlay overlay(kTask, {{0, 64, QStringLiteral("se")},
                                        {0, 16, QStringLiteral("se.load")},
                                        {8, 4, QStringLiteral("se.load.inv_weight")},
                                        {64, 0, QStringLiteral("empty")}});
    QCOMPARE(overlay.memberAt(kTask), 1);
    QCOMPARE(overlay.memberAt(kTask + 9), 2);
    QCOMPARE(overlay.memberAt(kTask + 12), 1);
    QCOMPARE(overlay.memberAt(kTask + 16), 0);
    QCOMPARE(overlay.memberAt(kTask + 64), -1);
    QCOMPARE(overlay.memberAt(kTask - 1), -1);
    QCOMPARE(overlay.rangeOf(2), std::optional(bytes(kTask + 8, 4)));
    QVERIFY(!overlay.rangeOf(3));
    QVERIFY(!overlay.rangeOf(-1));
    QVERIFY(!overlay.rangeOf(4));
    QCOMPARE(StructOverlay().memberAt(VirtAddr(0)), -1);
}

void TestHexModels::overlayAtTheEndOfAll()
{
    const VirtAddr base(~std::uint64_t{0} - 7);
    const StructOverlay overlay(base, {{0, 8, QStringLiteral("a")}, {8, 8, QStringLiteral("beyond")}});
    QCOMPARE(overlay.memberAt(VirtAddr(~std::uint64_t{0})), 0);
    QCOMPARE(overlay.memberAt(VirtAddr(0)), -1);
    QVERIFY(!overlay.namesIn({VirtAddr(0), VirtAddr(15)}).contains(QStringLiteral("a,")));
}

void TestHexModels::gutterNames()
{
    const StructOverlay overlay(kTask, test::HexFixture::members());
    const auto row = [](std::uint64_t offset) { return bytes(kTask + offset, 16); };
    GutterText text = gutterOf(row(0x20), overlay, fixture.target());
    QCOMPARE(text.offset, QStringLiteral("+20"));
    QCOMPARE(text.names, QStringLiteral("stack, usage, flags"));
    QVERIFY(!text.symbolBegins);
    text = gutterOf(row(0), overlay, fixture.target());
    QVERIFY(text.symbolBegins);
    QCOMPARE(text.names, QStringLiteral("init_task"));
    QCOMPARE(gutterOf(row(0xe0), overlay, fixture.target()).names, QString());
    // Without a struct: symbol and offset; the first row of the screen says whose.
    text = gutterOf(row(0x20), {}, fixture.target());
    QCOMPARE(text.offset, QStringLiteral("+20"));
    QCOMPARE(text.names, QString());
    text = gutterOf(row(0x20), {}, fixture.target(), true);
    QCOMPARE(text.names, QStringLiteral("init_task"));
    QVERIFY(text.context);
    // A symbol that begins within the row.
    text = gutterOf(bytes(VirtAddr(0xffffffffc0400000), 16), {}, fixture.target());
    QVERIFY(!text.symbolBegins);
    text = gutterOf(bytes(VirtAddr(0xffffffffc0400000), 32), {}, fixture.target());
    QCOMPARE(text.names, QStringLiteral("fuse_init"));
    QVERIFY(!text.symbolBegins);
    QCOMPARE(gutterOf(bytes(VirtAddr(0), 16), {}, fixture.target()).offset, QString());
}

void TestHexModels::cells_data()
{
    QTest::addColumn<unsigned>("group");
    QTest::addColumn<HexFormat>("format");
    QTest::addColumn<bool>("big");
    QTest::addColumn<QString>("text");
    const auto row = [](const char *name, unsigned group, HexFormat format, bool big, const char *text) {
        QTest::newRow(name) << group << format << big << QString::fromLatin1(text);
    };
    // At +0x20 lies ffffffffa2400000, little endian: 00 00 40 a2 ff ff ff ff.
    row("u8", 1, HexFormat::Unsigned, false, "0");
    row("u16", 2, HexFormat::Unsigned, false, "0");
    row("u32", 4, HexFormat::Unsigned, false, "2722103296");
    row("u32 big", 4, HexFormat::Unsigned, true, "16546");
    row("i32", 4, HexFormat::Signed, false, "-1572864000");
    row("i64", 8, HexFormat::Signed, false, "-1572864000");
    row("u64", 8, HexFormat::Unsigned, false, "18446744072136687616");
    row("pointer", 8, HexFormat::Pointer, false, "init_thread_union");
}

void TestHexModels::cells()
{
    QFETCH(unsigned, group);
    QFETCH(HexFormat, format);
    QFETCH(bool, big);
    HexContent content;
    content.store(sample(*fixture.source, {bytes(kTask, 64)}), {});
    const HexOptions options{.columns = 16, .group = group, .format = format, .bigEndian = big};
    QTEST(cellText(content, kTask + 0x20, options, fixture.target()), "text");
    // A cell that is only partly there has no value.
    QCOMPARE(cellText(content, kTask + 64 - group + 1, options, fixture.target()), QStringLiteral("??"));
    QVERIFY(static_cast<unsigned>(cellText(content, kTask + 0x20, options, fixture.target()).size()) <=
            cellCharacters(options));
}

void TestHexModels::geometryPlaces_data()
{
    QTest::addColumn<unsigned>("columns");
    QTest::addColumn<unsigned>("group");
    QTest::addColumn<bool>("big");
    for (const unsigned columns : {8U, 16U, 32U})
        for (const unsigned group : {1U, 2U, 4U, 8U})
            for (const bool big : {false, true})
                QTest::addRow("%u/%u/%d", columns, group, big) << columns << group << big;
}

// Where a byte is painted is where a click finds it.
void TestHexModels::geometryPlaces()
{
    QFETCH(unsigned, columns);
    QFETCH(unsigned, group);
    QFETCH(bool, big);
    for (const HexFormat format : {HexFormat::Hex, HexFormat::Signed}) {
        const HexOptions options{.columns = columns, .group = group, .format = format, .bigEndian = big};
        const HexGeometry geometry(options, 7.8, 22, 1000);
        for (unsigned byte = 0; byte < columns; ++byte) {
            const auto place = geometry.placeAt(geometry.byteX(byte) + geometry.byteWidth() / 2);
            QCOMPARE(place.part, HexGeometry::Part::Cells);
            QCOMPARE(place.byte, format == HexFormat::Hex ? byte : byte / group * group);
            const auto character = geometry.placeAt(geometry.characterX(byte) + 1);
            QCOMPARE(character.part, HexGeometry::Part::Characters);
            QCOMPARE(character.byte, byte);
        }
        QVERIFY(geometry.characterX(columns - 1) + geometry.characterWidth() <= geometry.width);
        QVERIFY(geometry.byteX(columns - 1) + geometry.byteWidth() <= geometry.charactersX);
    }
}

void TestHexModels::commonPrefix()
{
    QCOMPARE(commonPrefixDigits(VirtAddr(0xffffffffa241aa40), VirtAddr(0xffffffffa241abcf)), 12);
    QCOMPARE(commonPrefixDigits(VirtAddr(0xffffffffa241aa40), VirtAddr(0xffffffffa251aa40)), 10);
    QCOMPARE(commonPrefixDigits(VirtAddr(0), VirtAddr(~std::uint64_t{0})), 0);
}

void TestHexModels::copies()
{
    const MemoryBlock block = fixture.source->read(kTask + 0x20, 8);
    const auto text = [&](CopyFormat format) { return *copyAs(format, block, fixture.target()); };
    QCOMPARE(text(CopyFormat::Hex), QStringLiteral("00 00 40 a2 ff ff ff ff"));
    QCOMPARE(text(CopyFormat::CArray), QStringLiteral("static const unsigned char init_task_0x20[8] = "
                                                      "{ 0x00, 0x00, 0x40, 0xa2, 0xff, 0xff, 0xff, 0xff };\n"));
    QCOMPARE(text(CopyFormat::CInitializer), QStringLiteral("{ 0x00, 0x00, 0x40, 0xa2, 0xff, 0xff, 0xff, 0xff }"));
    QCOMPARE(text(CopyFormat::Python), QStringLiteral("b\"\\x00\\x00\\x40\\xa2\\xff\\xff\\xff\\xff\""));
    QCOMPARE(QByteArray::fromBase64(text(CopyFormat::Base64).toLatin1()),
             QByteArray("\x00\x00\x40\xa2\xff\xff\xff\xff", 8));
    QCOMPARE(text(CopyFormat::SymbolOffset), QStringLiteral("init_task+0x20"));
    QCOMPARE(text(CopyFormat::Address), QStringLiteral("0xffffffffa241aa60"));
    QCOMPARE(*copyAs(CopyFormat::Text, fixture.source->read(kTask + 0xb68, 10), {}), QStringLiteral("swapper/0."));
    const QString dump = *copyAs(CopyFormat::Dump, fixture.source->read(kTask + 0xb68, 20), {});
    QCOMPARE(dump.count(QLatin1Char('\n')), 2);
    QVERIFY(dump.startsWith(QStringLiteral("ffffffffa241b5a8  73 77 61 70 ")));
    // More than a line: 16 a line in C and in Python.
    const QString array = *copyAs(CopyFormat::CArray, fixture.source->read(VirtAddr(test::kDirect + 0x1000), 40), {});
    QVERIFY(array.startsWith(QStringLiteral("static const unsigned char mem_ffff8ed700001000[40] = {\n    0x00, ")));
    QCOMPARE(array.count(QStringLiteral("0x")), 40);
    for (const CopyFormat format : copyFormats())
        QVERIFY(!displayName(format).isEmpty());
}

void TestHexModels::copiesRefuseWhatWasNotRead()
{
    const VirtAddr page(test::kText + 0x5000);
    test::HexFixture holed;
    holed.source->pages[page] = {PageStatus::Denied, 13};
    const MemoryBlock block = holed.source->read(page - 2, 4);
    QCOMPARE(*copyAs(CopyFormat::Hex, block, {}), QStringLiteral("00 00 ?? ??"));
    QCOMPARE(*copyAs(CopyFormat::Text, block, {}), QStringLiteral("..??"));
    for (const CopyFormat format :
         {CopyFormat::CArray, CopyFormat::CInitializer, CopyFormat::Python, CopyFormat::Base64}) {
        const auto refused = copyAs(format, block, {});
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Unreadable);
        QCOMPARE(refused.error().what, hex(page));
    }
    QCOMPARE(copyAs(CopyFormat::SymbolOffset, fixture.source->read(VirtAddr(test::kDirect), 1), {}).error().code,
             ErrorCode::NotFound);
}

void TestHexModels::largestCopyIsWhole()
{
    std::vector<std::byte> many(std::size_t{1} << 20, std::byte{0x5a});
    const AddrRange range = bytes(kTask, many.size());
    const MemoryBlock block(kTask, std::move(many), {{range, {PageStatus::Present}}});
    for (const CopyFormat format : copyFormats())
        QVERIFY2(copyAs(format, block, fixture.target()), qPrintable(displayName(format)));
    const auto textOf = [&](CopyFormat format) { return copyAs(format, block, fixture.target()).value_or(QString()); };
    QCOMPARE(textOf(CopyFormat::Hex).count(QStringLiteral("5a")), block.size());
    QCOMPARE(textOf(CopyFormat::Text).count(QLatin1Char('Z')), block.size());
    QCOMPARE(textOf(CopyFormat::CArray).count(QStringLiteral("0x5a")), block.size());
    QCOMPARE(QByteArray::fromBase64(textOf(CopyFormat::Base64).toLatin1()), QByteArray(block.size(), 'Z'));
}

void TestHexModels::readings()
{
    HexContent content;
    content.store(sample(*fixture.source, {bytes(kTask, 64)}), {});
    const auto value = [](const std::vector<Reading> &all, const char *label) {
        for (const Reading &reading : all)
            if (reading.label == QString::fromUtf8(label))
                return reading.value;
        return QString();
    };
    auto all = readingsOf(content, kTask + 0x20, fixture.target());
    QCOMPARE(value(all, "pointer"), QStringLiteral("init_thread_union"));
    QCOMPARE(all.front().pointer, std::optional(VirtAddr(0xffffffffa2400000)));
    QCOMPARE(value(all, "u64"), QStringLiteral("18446744072136687616"));
    QCOMPARE(value(all, "i64"), QStringLiteral("-1572864000"));
    QCOMPARE(value(all, "u32 · i32"), QStringLiteral("2722103296 · -1572864000"));
    QCOMPARE(value(all, "u16 · i16"), QStringLiteral("0 · 0"));
    all = readingsOf(content, kTask + 0x23, fixture.target());
    QCOMPARE(value(all, "u8 · char"), QStringLiteral("162 · '\\xa2'"));
    QCOMPARE(value(all, "u16 · i16"), QStringLiteral("65442 · -94"));
    QCOMPARE(value(all, "binary"), QStringLiteral("1010 0010"));
    QVERIFY(!all.front().pointer);
    // Where the bytes end, the small readings still stand.
    all = readingsOf(content, kTask + 60, fixture.target());
    QCOMPARE(value(all, "u64"), QStringLiteral("??"));
    QCOMPARE(value(all, "u32 · i32"), QStringLiteral("0 · 0"));
    QVERIFY(!all.front().why.isEmpty());
    QCOMPARE(value(readingsOf(content, VirtAddr(~std::uint64_t{0}), {}), "u16 · i16"), QStringLiteral("??"));
    // Numbers that are made of bytes of two moments say so; a byte is of one.
    content.setTorn({bytes(kTask + 0x22, 1)});
    const auto torn = [&](std::uint64_t offset, const char *label) {
        const auto found = readingsOf(content, kTask + offset, fixture.target());
        return std::ranges::find(found, QString::fromUtf8(label), &Reading::label)->torn;
    };
    QVERIFY(torn(0x20, "u64") && torn(0x20, "u32 · i32") && torn(0x20, "pointer"));
    QVERIFY(!torn(0x20, "u16 · i16") && torn(0x22, "u16 · i16") && !torn(0x22, "u8 · char"));
    QVERIFY(!torn(0x23, "u64"));
    QCOMPARE(value(readingsOf(content, kTask + 0x20, fixture.target()), "i64"), QStringLiteral("-1572864000"));
}

void TestHexModels::times_data()
{
    QTest::addColumn<quint64>("value");
    QTest::addColumn<QString>("text");
    QTest::newRow("zero") << quint64{0} << QStringLiteral("—");
    QTest::newRow("seconds") << quint64{1700000000} << QStringLiteral("2023-11-14 22:13:20 UTC");
    QTest::newRow("nanoseconds") << quint64{1700000000123456789} << QStringLiteral("2023-11-14 22:13:20 UTC");
    QTest::newRow("uptime") << quint64{143558261} << QStringLiteral("0.143558 s as ns");
    QTest::newRow("pointer") << quint64{0xffffffffa2400000} << QStringLiteral("—");
}

void TestHexModels::times()
{
    QFETCH(quint64, value);
    QTEST(timeText(value), "text");
}

void TestHexModels::provenance()
{
    HexContent content;
    content.store(sample(*fixture.source, {bytes(kTask, 64)}), {});
    const auto parts = buildAddressSpace(*fixture.segments, *fixture.symbols);
    const StructOverlay overlay(kTask, test::HexFixture::members());
    const auto texts = [](const std::vector<ProvenanceStep> &steps) {
        QStringList list;
        for (const ProvenanceStep &step : steps)
            list << step.text;
        return list;
    };
    auto steps = provenanceOf(kTask + 0x20, content, fixture.target(), parts, overlay);
    QCOMPARE(texts(steps), (QStringList{QStringLiteral("text"), QStringLiteral("vmlinux .data"),
                                        QStringLiteral("init_task.stack"), QStringLiteral("present"),
                                        QStringLiteral("phys 0x141aa60"), QStringLiteral("alias ffff8ed7…aa60")}));
    QCOMPARE(steps.back().link, std::optional(VirtAddr(test::kDirect + 0x141aa60)));
    QCOMPARE(texts(provenanceOf(VirtAddr(0xffffffffc02f0004), content, fixture.target(), parts, {})),
             (QStringList{QStringLiteral("modules"), QStringLiteral("virtio_net"),
                          QStringLiteral("virtio_net::virtnet_probe+0x4"), QStringLiteral("not read yet")}));
    steps = provenanceOf(VirtAddr(0x1000), content, fixture.target(), parts, {});
    QCOMPARE(texts(steps), QStringList{QStringLiteral("hole")});
    QVERIFY(steps.back().warning && !steps.back().toolTip.isEmpty());
    QCOMPARE(durationText(41us), QStringLiteral("41 µs"));
    QCOMPARE(durationText(200us), QStringLiteral("0.2 ms"));
    QCOMPARE(durationText(3s), QStringLiteral("3.0 s"));
}

void TestHexModels::pages()
{
    Translation page;
    page.state = {PageStatus::Present};
    page.phys = PhysAddr(0x1234000);
    page.pageSize = 4096;
    const auto step = [](const char *name, unsigned level, std::uint64_t value) {
        return TableStep{.entry = {.value = value, .level = level}, .name = name, .isRead = true};
    };
    page.steps = {step("pgd", 4, 0x5067), step("pud", 3, 0x6063), step("pmd", 2, 0x7067),
                  step("pte", 1, 0x8000000001234163)};
    auto steps = pageSteps(page, true);
    QCOMPARE(steps.size(), std::size_t(2));
    QCOMPARE(steps[0].text, QStringLiteral("phys 0x1234000"));
    QCOMPARE(steps[1].text, QStringLiteral("rw- · 4 KiB")); // the pud is the kernel's, the page not to be executed
    QCOMPARE(steps[1].toolTip.count(QLatin1Char('\n')), 3);
    QVERIFY(steps[1].toolTip.contains(QStringLiteral("pte  0x8000000001234163  present rw accessed dirty nx global")));
    page.steps[1].entry.value |= 4;
    page.steps[3].entry.value = 0x1234025; // present, user, accessed
    QCOMPARE(pageSteps(page, false).front().text, QStringLiteral("r-x user · 4 KiB"));
    page.phys.reset();
    page.pageSize = 0;
    QVERIFY(pageSteps(page, true).empty());
}

void TestHexModels::slabObjects()
{
    const VirtAddr object(0xffff888012345e80);
    PageFacts facts;
    facts.asked = object + 8;
    facts.steps = {{.text = QStringLiteral("rw- · 2 MiB")}};
    facts.slab = kernel::SlabObject{VirtAddr(0xffff888000000100), "dentry", true, object, 3, 192, 8};
    auto steps = facts.stepsAt(object + 0x38);
    QCOMPARE(steps.size(), std::size_t(2));
    QCOMPARE(steps[0].text, QStringLiteral("slab dentry+0x38"));
    QVERIFY(steps[0].toolTip.startsWith(QStringLiteral("object 3 of its slab, 192 bytes")));
    QCOMPARE(steps[0].link, std::optional(object));
    QCOMPARE(steps[1], facts.steps[0]);
    // Each object is asked for by itself; what is known of the page stays.
    for (const VirtAddr other : {object - 1, object + 192}) {
        QVERIFY(!facts.tells(other));
        QCOMPARE(facts.stepsAt(other), facts.steps);
    }
    QVERIFY(facts.tells(object + 191));
    QCOMPARE(facts.stepsAt(object + 191).front().text, QStringLiteral("slab dentry+0xbf"));
    // The object reaches into the next page, but of that nobody has asked.
    QVERIFY(!facts.tells(object.alignedDown(kPageSize) + kPageSize));
    QVERIFY(facts.stepsAt(object.alignedDown(kPageSize) + kPageSize).empty());

    facts.slab->isObject = false;
    QCOMPARE(facts.stepsAt(facts.asked).front().text, QStringLiteral("slab dentry"));
    QVERIFY(!facts.stepsAt(facts.asked).front().link);
    QVERIFY(!facts.tells(facts.asked + 1));
    facts.slab.reset();
    QVERIFY(facts.tells(object - 1));
    QCOMPARE(facts.stepsAt(object - 1), facts.steps);
    // Other pages say what they are used for, where that is known and no object tells it.
    const VirtAddr page(0xffffea0000001000);
    facts.use = kernel::PageUse{page, kernel::PageKind::PageCache};
    QCOMPARE(facts.stepsAt(object - 1).front().text, QStringLiteral("page cache"));
    QCOMPARE(facts.stepsAt(object - 1).front().link, std::optional(page));
    QCOMPARE(facts.stepsAt(object - 1).size(), std::size_t(2));
    for (const auto kind : {kernel::PageKind::Unknown, kernel::PageKind::Slab}) {
        facts.use->kind = kind;
        QCOMPARE(facts.stepsAt(object - 1), facts.steps);
    }
}

void TestHexModels::history()
{
    NavigationHistory places;
    const auto at = [](std::uint64_t n) { return VirtAddr(n); };
    QVERIFY(!places.canGoBack() && !places.canGoForward());
    QVERIFY(!places.back(at(1)));
    places.jump(at(1), at(2));
    places.jump(at(5), at(9)); // moved from 2 to 5 on foot: the way back leads to 5
    QCOMPARE(places.back(at(9)), std::optional(at(5)));
    QCOMPARE(places.back(at(5)), std::optional(at(1)));
    QVERIFY(!places.canGoBack());
    QCOMPARE(places.forward(at(1)), std::optional(at(5)));
    QCOMPARE(places.forward(at(5)), std::optional(at(9)));
    places.back(at(9));
    places.jump(at(5), at(7)); // a new way forgets the old one
    QVERIFY(!places.canGoForward());
    places.jump(at(7), at(7));
    QCOMPARE(places.back(at(7)), std::optional(at(5)));
    for (std::uint64_t i = 0; i < 1000; ++i)
        places.jump(at(i), at(i + 1));
    std::size_t steps = 0;
    while (places.back(at(0)))
        ++steps;
    QCOMPARE(steps, NavigationHistory::kLimit - 1);
}

QTEST_GUILESS_MAIN(TestHexModels)
#include "test_hex_models.moc"
