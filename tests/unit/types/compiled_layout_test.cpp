// What the BTF reader and the layout say about structs, against what the compiler says that made the BTF.
#include "core/types/btf_reader.h"
#include "core/types/type_layout.h"

#include "layouts.h"

#include <cstddef>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ks {
namespace {

using ::testing::ElementsAre;

struct Expected {
    const char *name;
    const char *type;
    std::size_t offset;
    std::size_t size;
};

#define MEMBER(member, type)                                                                                           \
    Expected { #member, type, offsetof(layouts, member), sizeof(layouts::member) }

class CompiledLayoutTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto opened = BtfReader::open(LAYOUTS_OBJECT);
        ASSERT_TRUE(opened) << opened.error().message();
        reader = *opened;
        const auto type = parseTypeName(*reader, "struct layouts");
        ASSERT_TRUE(type) << type.error().message();
        layout = describe(*type);
    }

    const MemberLayout &member(std::string_view name) const
    {
        for (const MemberLayout &candidate : layout.members)
            if (candidate.name == name)
                return candidate;
        throw std::out_of_range(std::string(name));
    }

    std::shared_ptr<const BtfReader> reader;
    TypeLayout layout;
};

TEST_F(CompiledLayoutTest, MembersStandWhereTheCompilerPutThem)
{
    EXPECT_EQ(layout.byteSize, sizeof(layouts));
    for (const Expected &expected :
         {MEMBER(tag, "char"), MEMBER(number, "int"), MEMBER(text, "const char *"), MEMBER(pair, "struct inner [2]"),
          MEMBER(value, "union either"), MEMBER(handler, "layouts_handler"), MEMBER(unnamed, "struct {...}"),
          MEMBER(real, "double"), MEMBER(more, "unsigned char [70]"), MEMBER(last, "int"), MEMBER(end, "char")}) {
        const MemberLayout &actual = member(expected.name);
        EXPECT_EQ(actual.bitOffset, expected.offset * 8) << expected.name;
        EXPECT_EQ(actual.byteSize, expected.size) << expected.name;
        EXPECT_EQ(actual.bitSize, expected.size * 8) << expected.name;
        EXPECT_EQ(actual.typeName, expected.type);
    }
}

TEST_F(CompiledLayoutTest, AnonymousMembersCarryTheirOwnWithOffsetsAsOffsetofCounts)
{
    const MemberLayout &either = member("");
    EXPECT_TRUE(either.isOpened);
    EXPECT_TRUE(either.isUnion);
    EXPECT_EQ(either.bitOffset, offsetof(layouts, word) * 8);
    ASSERT_EQ(either.members.size(), 2u);
    ASSERT_EQ(either.members[1].members.size(), 2u);
    EXPECT_EQ(either.members[1].members[1].name, "right");
    EXPECT_EQ(either.members[1].members[1].bitOffset, offsetof(layouts, right) * 8);
    ASSERT_EQ(member("unnamed").members.size(), 1u);
    EXPECT_TRUE(member("pair").members.empty()) << "struct inner has a name of its own";
}

TEST_F(CompiledLayoutTest, BitfieldsReadBackWhatTheCompilerWrites)
{
    for (const char *name : {"low", "high"}) {
        const MemberLayout &field = member(name);
        ASSERT_TRUE(field.isBitfield);
        layouts object{};
        *name == 'l' ? object.low = 0x7 : object.high = 0x7f;
        std::size_t set = 0;
        for (std::size_t bit = 0; bit < sizeof object * 8; ++bit) {
            const bool isSet = reinterpret_cast<const unsigned char *>(&object)[bit / 8] >> bit % 8 & 1;
            const bool isField = bit >= field.bitOffset && bit < field.bitOffset + field.bitSize;
            EXPECT_EQ(isSet, isField) << name << " bit " << bit;
            set += isSet;
        }
        EXPECT_EQ(set, field.bitSize);
    }
}

TEST_F(CompiledLayoutTest, GapsAreTheBytesThatNoMemberOwns)
{
    std::vector<std::pair<std::size_t, std::size_t>> gaps;
    for (const LayoutGap &gap : findGaps(layout.members, false, 0, layout.byteSize * 8))
        gaps.emplace_back(gap.bitOffset, gap.bitSize);
    const auto bytesBetween = [](std::size_t begin, std::size_t end) {
        return std::pair(begin * 8, (end - begin) * 8);
    };
    const std::size_t fields = offsetof(layouts, value) + sizeof(either);
    EXPECT_THAT(gaps, ElementsAre(bytesBetween(sizeof(char), offsetof(layouts, number)),
                                  std::pair(fields * 8 + 10, (offsetof(layouts, word) - fields) * 8 - 10),
                                  bytesBetween(offsetof(layouts, unnamed) + 1, offsetof(layouts, real)),
                                  bytesBetween(offsetof(layouts, more) + 70, offsetof(layouts, last)),
                                  bytesBetween(offsetof(layouts, end) + 1, sizeof(layouts))));
}

TEST_F(CompiledLayoutTest, FunctionPointersHaveTheirPrototype)
{
    const auto handler = parseTypeName(*reader, "layouts_handler");
    ASSERT_TRUE(handler);
    EXPECT_EQ(handler->target().spelling(), "int (*)(struct inner *, const char *)");
}

} // namespace
} // namespace ks
