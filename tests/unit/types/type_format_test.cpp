#include "core/types/type_format.h"
#include "core/types/type_layout.h"
#include "tests/support/fake_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ks {
namespace {

using test::FakeTypes;
using ::testing::HasSubstr;
using ::testing::Not;

class TypeFormatTest : public ::testing::Test {
protected:
    std::string format(TypeId id, TypeFormatOptions options = {}) const { return formatType(types.type(id), options); }

    FakeTypes types;
    TypeId intId = types.base("int");
    TypeId charId = types.base("char");
    TypeId longId = types.base("long int");
    TypeId uintId = types.base("unsigned int");
};

TEST_F(TypeFormatTest, AStructWithHolesBitfieldsAndPadding)
{
    auto record = types.structure("sample");
    record.member("tag", charId)
        .member("number", intId)
        .bitfield("low", uintId, 3)
        .bitfield("high", uintId, 7)
        .member("text", types.pointer(types.qualified(TypeKind::Const, charId)))
        .member("end", charId);
    EXPECT_EQ(format(record), "struct sample {\n"
                              "    char tag;             /*   0  1 */\n"
                              "    /* hole: 3 bytes */\n"
                              "    int number;           /*   4  4 */\n"
                              "    unsigned int low:3;   /* 8:0  4 */\n"
                              "    unsigned int high:7;  /* 8:3  4 */\n"
                              "    /* hole: 54 bits */\n"
                              "    const char *text;     /*  16  8 */\n"
                              "    char end;             /*  24  1 */\n"
                              "    /* size: 32, cache lines: 1, members: 6 */\n"
                              "    /* holes: 2, together 78 bits */\n"
                              "    /* padding: 7 bytes */\n"
                              "};\n");
    EXPECT_EQ(format(record, {.showLayout = false}), "struct sample {\n"
                                                     "    char tag;\n"
                                                     "    int number;\n"
                                                     "    unsigned int low:3;\n"
                                                     "    unsigned int high:7;\n"
                                                     "    const char *text;\n"
                                                     "    char end;\n"
                                                     "};\n");
}

TEST_F(TypeFormatTest, UnnamedTypesAreOpenedWithOffsetsFromTheOutside)
{
    auto inner = types.structure("");
    inner.member("left", intId).member("right", charId);
    auto either = types.unionType("");
    either.member("word", longId).member("", inner);
    const TypeId mode = types.enumeration("", {{"OFF", 0}, {"FULL", 10}});
    auto record = types.structure("outer");
    record.member("first", longId).member("", either).member("pair", types.array(inner, 2)).member("mode", mode);
    EXPECT_EQ(format(record), "struct outer {\n"
                              "    long int first;      /*  0   8 */\n"
                              "    union {\n"
                              "        long int word;   /*  8   8 */\n"
                              "        struct {\n"
                              "            int left;    /*  8   4 */\n"
                              "            char right;  /* 12   1 */\n"
                              "            /* padding: 3 bytes */\n"
                              "        };               /*  8   8 */\n"
                              "    };                   /*  8   8 */\n"
                              "    struct {\n"
                              "        int left;        /* 16   4 */\n"
                              "        char right;      /* 20   1 */\n"
                              "        /* padding: 3 bytes */\n"
                              "    } pair[2];           /* 16  16 */\n"
                              "    enum {\n"
                              "        OFF  = 0,\n"
                              "        FULL = 10,\n"
                              "    } mode;              /* 32   4 */\n"
                              "    /* size: 40, cache lines: 1, members: 4 */\n"
                              "    /* padding: 4 bytes */\n"
                              "};\n");
}

TEST_F(TypeFormatTest, ExpandOpensNamedTypesToo)
{
    auto list = types.structure("list_head");
    list.member("next", types.pointer(list)).member("prev", types.pointer(list));
    auto counter = types.structure("");
    counter.member("counter", intId);
    auto record = types.structure("owner");
    record.member("lists", types.array(list, 2)).member("count", types.typedefOf("atomic_t", counter));
    EXPECT_THAT(format(record), Not(HasSubstr("next")));
    EXPECT_EQ(format(record, {.expand = true}), "struct owner {\n"
                                                "    struct list_head {\n"
                                                "        struct list_head *next;  /*  0   8 */\n"
                                                "        struct list_head *prev;  /*  8   8 */\n"
                                                "    } lists[2];                  /*  0  32 */\n"
                                                "    atomic_t {\n"
                                                "        int counter;             /* 32   4 */\n"
                                                "    } count;                     /* 32   4 */\n"
                                                "    /* size: 40, cache lines: 1, members: 2 */\n"
                                                "    /* padding: 4 bytes */\n"
                                                "};\n");
}

TEST_F(TypeFormatTest, MarksWhereCacheLinesBegin)
{
    auto record = types.structure("lines");
    record.member("before", types.array(longId, 7)).member("across", types.array(longId, 2)).member("after", longId);
    record.member("more", types.array(charId, 48)).member("exact", longId);
    const std::string text = format(record);
    EXPECT_THAT(text,
                HasSubstr("across[2];  /*  56  16 */\n    /* --- cache line 1 (byte 64) began 8 bytes before --- */"
                          "\n    long int after;"));
    EXPECT_THAT(text, HasSubstr("/* --- cache line 2 (byte 128) --- */\n    long int exact;"));
    EXPECT_THAT(text, HasSubstr("size: 136, cache lines: 3, members: 5"));
    EXPECT_THAT(format(record, {.cacheLineSize = 0}), Not(HasSubstr("cache line")));
    EXPECT_THAT(format(record, {.cacheLineSize = 128}), HasSubstr("cache lines: 2"));
}

TEST_F(TypeFormatTest, EveryOtherKindOnALineOfItsOwn)
{
    EXPECT_EQ(format(types.typedefOf("s32", intId)), "typedef int s32; /* 4 bytes */\n");
    EXPECT_EQ(format(types.typedefOf("handler", types.pointer(types.function({}, {{"", intId}})))),
              "typedef void (*handler)(int); /* 8 bytes */\n");
    EXPECT_EQ(format(intId), "int; /* 4 bytes */\n");
    EXPECT_EQ(format(charId), "char; /* 1 byte */\n");
    EXPECT_EQ(format(types.array(types.pointer(), 3)), "void *[3]; /* 24 bytes */\n");
    EXPECT_EQ(format(types.function(intId)), "int (void);\n");
    EXPECT_EQ(format(types.declaration(TypeKind::Union, "secret")),
              "union secret;\n/* only declared: the debug information has no definition */\n");
    EXPECT_EQ(format(types.enumeration("sign", {{"MINUS", ~std::uint64_t{0}}, {"ONE", 1}}, 4, true)),
              "enum sign {\n    MINUS = -1,\n    ONE   = 1,\n}; /* 4 bytes */\n");
    EXPECT_EQ(format(types.enumeration("wide", {{"TOP", ~std::uint64_t{0}}}, 8)),
              "enum wide {\n    TOP = 18446744073709551615,\n}; /* 8 bytes */\n");
    auto unnamed = types.structure("");
    unnamed.member("counter", intId);
    EXPECT_EQ(format(types.typedefOf("atomic_t", unnamed), {.showLayout = false}),
              "typedef struct {\n    int counter;\n} atomic_t;\n");
    EXPECT_EQ(formatType(Type::broken("cut off")), "<broken type: cut off>;\n");
}

TEST_F(TypeFormatTest, ADeclarationIsShownByItsDefinition)
{
    const TypeId declared = types.declaration(TypeKind::Struct, "file");
    types.structure("file").member("f_pos", longId);
    EXPECT_THAT(format(declared), HasSubstr("long int f_pos;"));
    EXPECT_FALSE(describe(types.type(declared)).isDeclaration);
}

TEST_F(TypeFormatTest, UnsortedMembersAndPackedBitfieldsAreNoHoles)
{
    auto record = types.structure("reordered");
    record.memberAt("second", intId, 4).memberAt("first", intId, 0).size(8);
    EXPECT_THAT(format(record), Not(HasSubstr("hole")));
    auto packed = types.structure("packed");
    packed.bitfieldAt("a", uintId, 0, 30).bitfieldAt("b", uintId, 30, 10).size(5);
    EXPECT_THAT(format(packed), HasSubstr("unsigned int b:10;  /* 3:6  4 */"));
    EXPECT_THAT(format(packed), Not(HasSubstr("hole")));
}

TEST_F(TypeFormatTest, AFlexibleArrayAtTheEndHasAHoleBeforeIt)
{
    auto record = types.structure("maps");
    record.memberAt("count", intId, 0).memberAt("entries", types.array(longId, std::nullopt), 8).size(8);
    EXPECT_THAT(format(record), HasSubstr("hole: 4 bytes"));
    EXPECT_THAT(format(record), Not(HasSubstr("padding")));
}

TEST_F(TypeFormatTest, DamagedLayoutsEnd)
{
    TypeNode loop{.kind = TypeKind::Struct, .name = "loop", .byteSize = 8};
    const TypeId self{types.add({}).value + 1};
    loop.members.assign(3, Member{.type = self});
    types.add(loop);
    EXPECT_FALSE(format(self, {.expand = true}).empty());

    auto far = types.structure("far");
    far.bitfieldAt("x", intId, ~std::uint64_t{0} - 3, 30).size(8);
    EXPECT_THAT(format(far), HasSubstr("padding: 8 bytes"));
    auto huge = types.structure("huge");
    huge.memberAt("x", types.array(longId, 1ull << 60), 0).size(~std::uint64_t{0});
    EXPECT_THAT(format(huge), HasSubstr("struct huge {"));
}

} // namespace
} // namespace ks
