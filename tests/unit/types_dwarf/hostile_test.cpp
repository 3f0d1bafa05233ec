// Damaged and hostile input: an error or Broken nodes, in bounded time.
#include "support.h"

#include "core/types/dwarf_scanner.h"

#include <gmock/gmock.h>

namespace ks::test {
namespace {

/// Sections written by hand.
class Bytes {
public:
    Bytes &u8(unsigned value) { return raw(value, 1); }
    Bytes &u16(unsigned value) { return raw(value, 2); }
    Bytes &u32(std::uint32_t value) { return raw(value, 4); }
    Bytes &text(std::string_view value)
    {
        bytes_.append(value);
        return u8(0);
    }
    std::size_t size() const { return bytes_.size(); }
    std::span<const std::byte> span() const { return std::as_bytes(std::span(bytes_)); }

private:
    Bytes &raw(std::uint64_t value, int count)
    {
        for (int i = 0; i < count; ++i)
            bytes_.push_back(static_cast<char>(value >> 8 * i));
        return *this;
    }
    std::string bytes_;
};

// DWARF 5, 7.5.3 and 7.5.5
constexpr unsigned kArray = 0x01, kPointer = 0x0f, kUnit = 0x11, kStruct = 0x13, kTypedef = 0x16, kMember = 0x0d,
                   kBlock = 0x0b;
constexpr unsigned kName = 0x03, kType = 0x49, kSize = 0x0b, kSibling = 0x01;
constexpr unsigned kString = 0x08, kRef4 = 0x13, kData1 = 0x0b, kRefSig8 = 0x20, kStrx1 = 0x25;

/// A unit of version 4 around DIEs; the first DIE is at 11, what follows it at 12.
Bytes unit(const Bytes &dies)
{
    Bytes result;
    result.u32(static_cast<std::uint32_t>(7 + 1 + dies.size())).u16(4).u32(0).u8(8).u8(1);
    for (const std::byte byte : dies.span())
        result.u8(static_cast<unsigned>(byte));
    return result;
}

Bytes abbreviations()
{
    Bytes b;
    b.u8(1).u8(kUnit).u8(1).u16(0);
    b.u8(2).u8(kTypedef).u8(0).u8(kName).u8(kString).u8(kType).u8(kRef4).u16(0);
    b.u8(3).u8(kArray).u8(0).u8(kType).u8(kRef4).u16(0);
    b.u8(4).u8(kStruct).u8(1).u8(kName).u8(kString).u8(kSize).u8(kData1).u8(kSibling).u8(kRef4).u16(0);
    b.u8(5).u8(kMember).u8(0).u8(kName).u8(kString).u8(kType).u8(kRef4).u16(0);
    b.u8(6).u8(kPointer).u8(0).u8(kType).u8(kRef4).u16(0);
    b.u8(7).u8(kTypedef).u8(0).u8(kName).u8(kString).u8(kType).u8(kRefSig8).u16(0);
    b.u8(8).u8(kBlock).u8(1).u16(0);
    b.u8(9).u8(kTypedef).u8(0).u8(kName).u8(kStrx1).u8(kType).u8(kRef4).u16(0);
    return b.u8(0);
}

struct Source {
    Bytes abbrev = abbreviations();
    Bytes info;
    std::unique_ptr<DwarfReader> reader;

    explicit Source(const Bytes &dies) : info(unit(dies))
    {
        DwarfSections sections;
        sections.info = info.span();
        sections.abbrev = abbrev.span();
        sections.fileName = "input";
        Progress progress;
        auto opened = DwarfReader::open(sections, progress);
        EXPECT_TRUE(opened) << opened.error().message();
        reader = std::move(*opened);
    }
    Type find(NameClass nameClass, std::string_view name) const
    {
        const auto found = reader->findTypes(nameClass, name);
        EXPECT_FALSE(found.empty());
        return found.empty() ? Type() : found.front();
    }
};

TEST(HostileDwarf, TypedefOfItselfEnds)
{
    const Source source(Bytes().u8(2).text("loop").u32(12).u8(0));
    const Type loop = source.find(NameClass::Typedef, "loop");
    EXPECT_EQ(loop.stripped().kind(), TypeKind::Broken);
    EXPECT_EQ(loop.size(), 0u);
    EXPECT_FALSE(loop.declaration("x").empty());
}

TEST(HostileDwarf, ArrayOfItselfEnds)
{
    // The array at 12 is of itself; a typedef names it.
    const Source source(Bytes().u8(3).u32(12).u8(2).text("a").u32(12).u8(0));
    const Type type = source.find(NameClass::Typedef, "a");
    EXPECT_EQ(type.size(), 0u);
    EXPECT_FALSE(type.declaration("x").empty());
}

TEST(HostileDwarf, StructInsideItselfEnds)
{
    // struct s at 12: code, "s", size, sibling, then a member without a name of type s.
    const Source source(Bytes().u8(4).text("s").u8(8).u32(12 + 16).u8(5).text("").u32(12).u8(0).u8(0));
    const Type type = source.find(NameClass::Struct, "s");
    ASSERT_EQ(type.kind(), TypeKind::Struct);
    EXPECT_FALSE(findMember(type, "nothing"));
}

TEST(HostileDwarf, ReferencesOutOfTheFileAreBroken)
{
    const Source source(Bytes().u8(2).text("far").u32(0x7fffffff).u8(2).text("head").u32(2).u8(0));
    EXPECT_EQ(source.find(NameClass::Typedef, "far").kind(), TypeKind::Broken);
    EXPECT_EQ(source.find(NameClass::Typedef, "head").target().kind(), TypeKind::Broken);
}

TEST(HostileDwarf, ReferencesIntoTheMiddleOfAnEntryEnd)
{
    for (unsigned target = 12; target < 28; ++target) {
        const Source source(
            Bytes().u8(2).text("t").u32(target).u8(4).text("s").u8(8).u32(35).u8(5).text("m").u32(target).u8(0).u8(0));
        const Type type = source.find(NameClass::Typedef, "t");
        EXPECT_FALSE(type.declaration("x").empty()) << target;
        type.size();
        EXPECT_FALSE(findMember(source.find(NameClass::Struct, "s"), "absent")) << target;
    }
}

TEST(HostileDwarf, TypeOfAnUnknownSignatureIsBroken)
{
    Source source(Bytes().u8(7).text("t").u32(1).u32(2).u8(0));
    EXPECT_EQ(source.find(NameClass::Typedef, "t").kind(), TypeKind::Broken);
}

TEST(HostileDwarf, SiblingThatPointsBackIsNotFollowed)
{
    const Source source(Bytes().u8(4).text("s").u8(8).u32(12).u8(0).u8(2).text("after").u32(12).u8(0));
    EXPECT_EQ(source.find(NameClass::Typedef, "after").target().kind(), TypeKind::Struct);
    EXPECT_EQ(source.find(NameClass::Struct, "s").node().members.size(), 0u);
}

TEST(HostileDwarf, AMillionLevelsAreScannedWithoutRecursion)
{
    Bytes dies;
    constexpr int kLevels = 1'000'000;
    for (int i = 0; i < kLevels; ++i)
        dies.u8(8); // a lexical block with children: one byte each
    for (int i = 0; i < kLevels; ++i)
        dies.u8(0);
    const Source source(dies.u8(2).text("after").u32(12).u8(0));
    EXPECT_EQ(source.find(NameClass::Typedef, "after").name(), "after");
}

TEST(HostileDwarf, MoreMembersThanAnyStructHasAreBroken)
{
    Bytes members;
    for (int i = 0; i < 70'000; ++i)
        members.u8(5).text("").u32(12);
    Bytes dies;
    dies.u8(4).text("s").u8(8).u32(static_cast<std::uint32_t>(12 + 8 + members.size() + 1));
    for (const std::byte byte : members.span())
        dies.u8(static_cast<unsigned>(byte));
    const Source source(dies.u8(0).u8(0));
    const Type type = source.find(NameClass::Struct, "s");
    EXPECT_EQ(type.kind(), TypeKind::Broken);
    EXPECT_THAT(type.name(), ::testing::HasSubstr("65536"));
}

TEST(HostileDwarf, UnitLengthsThatLieAreErrors)
{
    const Bytes abbrev = abbreviations();
    const Bytes right = unit(Bytes().u8(2).text("t").u32(12).u8(0));
    for (const std::uint32_t length : {0u, 1u, 6u, 0x7fffffffu, 0xfffffff0u, 0xffffffffu}) {
        Bytes info;
        info.u32(length);
        for (const std::byte byte : right.span().subspan(4))
            info.u8(static_cast<unsigned>(byte));
        DwarfSections sections;
        sections.info = info.span();
        sections.abbrev = abbrev.span();
        Progress progress;
        const auto opened = DwarfReader::open(sections, progress);
        ASSERT_FALSE(opened) << length;
        EXPECT_THAT(opened.error().code, ::testing::AnyOf(ErrorCode::BadFormat, ErrorCode::Unsupported)) << length;
    }
}

TEST(HostileDwarf, NamesOutOfTheTablesAreNone)
{
    // An index into .debug_str_offsets, which is empty.
    const Source source(Bytes().u8(9).u8(200).u32(12).u8(2).text("after").u32(12).u8(0));
    EXPECT_EQ(source.find(NameClass::Typedef, "after").name(), "after");
    EXPECT_EQ(source.reader->typeNameCount(), 1u);
}

TEST(HostileDwarf, SiblingThatLeavesTheUnitIsAnError)
{
    const Bytes info = unit(Bytes().u8(4).text("s").u8(8).u32(0xffff).u8(0).u8(0));
    const Bytes abbrev = abbreviations();
    DwarfSections sections;
    sections.info = info.span();
    sections.abbrev = abbrev.span();
    Progress progress;
    const auto opened = DwarfReader::open(sections, progress);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::BadFormat);
}

TEST(HostileDwarf, AbbreviationBombIsAnError)
{
    Bytes abbrev;
    abbrev.u8(1).u8(kUnit).u8(0);
    for (int i = 0; i < 1000; ++i)
        abbrev.u8(0x3f).u8(0x19); // DW_AT_external, DW_FORM_flag_present: no bytes in .debug_info
    abbrev.u16(0).u8(0);
    const Bytes info = unit(Bytes());
    DwarfSections sections;
    sections.info = info.span();
    sections.abbrev = abbrev.span();
    Progress progress;
    const auto opened = DwarfReader::open(sections, progress);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Limit);
}

TEST(HostileDwarf, CancelledIsCancelled)
{
    const Fixture fixture(fixturePaths().front());
    Progress progress;
    progress.cancel();
    const auto opened = DwarfReader::open(fixture.sections(), progress);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Cancelled);
}

/// Opens what is left when each section in turn is cut, and uses whatever can still be found.
TEST(HostileDwarf, TruncationIsAnErrorOrBroken)
{
    const Fixture fixture(fixturePaths().front());
    std::size_t errors = 0, opens = 0;
    for (auto section : {&DwarfSections::info, &DwarfSections::abbrev, &DwarfSections::str}) {
        const std::size_t whole = (fixture.sections().*section).size();
        for (std::size_t size = 0; size < whole; size += 13) {
            DwarfSections sections = fixture.sections();
            sections.*section = (sections.*section).first(size);
            Progress progress;
            const auto opened = DwarfReader::open(sections, progress);
            if (!opened) {
                ++errors;
                EXPECT_THAT(opened.error().code, ::testing::AnyOf(ErrorCode::BadFormat, ErrorCode::NotFound));
                continue;
            }
            ++opens;
            for (const Type &type : (*opened)->findTypes(NameClass::Struct, "plain"))
                for (const Member &member : type.node().members)
                    EXPECT_FALSE(type.memberType(member).declaration(member.name).empty());
        }
    }
    EXPECT_GT(errors, 0u);
    EXPECT_GT(opens, 0u);
}

} // namespace
} // namespace ks::test
