#include "tests/support/fake_types.h"

#include <gtest/gtest.h>

namespace ks {
namespace {

using test::FakeTypes;

class TypeTest : public ::testing::Test {
protected:
    std::string spelling(TypeId id) const { return types.type(id).spelling(); }
    std::string declaration(TypeId id) const { return types.type(id).declaration("x"); }

    FakeTypes types;
    TypeId charType = types.base("char");
    TypeId intType = types.base("int");
};

TEST_F(TypeTest, SpellsPointersArraysAndFunctionsFromTheInsideOut)
{
    const TypeId charPointer = types.pointer(charType);
    EXPECT_EQ(spelling(charPointer), "char *");
    EXPECT_EQ(spelling(types.pointer(charPointer)), "char **");
    EXPECT_EQ(spelling(types.pointer()), "void *");
    EXPECT_EQ(spelling(types.array(charPointer, 4)), "char *[4]");
    EXPECT_EQ(declaration(types.array(charPointer, 4)), "char *x[4]");
    EXPECT_EQ(declaration(types.pointer(types.array(charType, 4))), "char (*x)[4]");
    EXPECT_EQ(declaration(types.array(types.array(intType, 3), 2)), "int x[2][3]");
    EXPECT_EQ(declaration(types.array(intType, std::nullopt)), "int x[]");

    const TypeId handler = types.function({}, {{"", intType}, {"", charPointer}});
    EXPECT_EQ(spelling(handler), "void (int, char *)");
    EXPECT_EQ(spelling(types.pointer(handler)), "void (*)(int, char *)");
    EXPECT_EQ(declaration(types.array(types.pointer(handler), 2)), "void (*x[2])(int, char *)");
    const TypeId signalLike = types.function(types.pointer(types.function(intType)), {{"", types.pointer(handler)}});
    EXPECT_EQ(declaration(signalLike), "int (*x(void (*)(int, char *)))(void)");
    EXPECT_EQ(spelling(types.function(intType, {{"", charPointer}}, true)), "int (char *, ...)");
    EXPECT_EQ(spelling(types.function(intType, {}, true)), "int ()");
}

TEST_F(TypeTest, PutsQualifiersWhereCPutsThem)
{
    const auto constOf = [&](TypeId id) { return types.qualified(TypeKind::Const, id); };
    const auto volatileOf = [&](TypeId id) { return types.qualified(TypeKind::Volatile, id); };
    EXPECT_EQ(declaration(constOf(charType)), "const char x");
    EXPECT_EQ(declaration(volatileOf(constOf(charType))), "const volatile char x");
    EXPECT_EQ(declaration(types.pointer(constOf(charType))), "const char *x");
    EXPECT_EQ(declaration(constOf(types.pointer(charType))), "char *const x");
    EXPECT_EQ(spelling(constOf(types.pointer(charType))), "char *const");
    EXPECT_EQ(spelling(types.pointer(constOf(types.pointer(constOf(charType))))), "const char *const *");
    EXPECT_EQ(declaration(constOf(types.array(charType, 3))), "const char x[3]");
    EXPECT_EQ(declaration(types.qualified(TypeKind::Restrict, types.pointer(charType))), "char *restrict x");
    EXPECT_EQ(declaration(types.pointer(volatileOf(types.function({})))), "void (*x)(void)");
}

TEST_F(TypeTest, SpellsTagsAndAnonymousTypes)
{
    EXPECT_EQ(spelling(types.structure("list_head")), "struct list_head");
    EXPECT_EQ(spelling(types.unionType("")), "union {...}");
    EXPECT_EQ(spelling(types.pointer(types.enumeration("pid_type", {}))), "enum pid_type *");
    EXPECT_EQ(spelling(types.typedefOf("u8", charType)), "u8");
}

TEST_F(TypeTest, SpellingOfDamagedTypesEnds)
{
    TypeNode loop{.kind = TypeKind::Pointer, .byteSize = 8};
    loop.target = TypeId{types.add({}).value + 1};
    EXPECT_LT(spelling(types.add(loop)).size(), 2000u);

    TypeNode typedefLoop{.kind = TypeKind::Typedef, .name = "t"};
    typedefLoop.target = TypeId{types.add({}).value + 1};
    const Type looped = types.type(types.add(typedefLoop));
    EXPECT_EQ(looped.stripped().kind(), TypeKind::Broken);
    EXPECT_EQ(looped.size(), 0u);

    // A function whose every parameter is the function itself.
    TypeNode function{.kind = TypeKind::Function};
    function.target = types.base("int");
    function.parameters.assign(20, Parameter{"", TypeId{types.add({}).value + 1}});
    EXPECT_LT(spelling(types.add(function)).size(), 100'000u);
    EXPECT_EQ(spelling(TypeId{12345}), "<broken type: no such type>");
}

TEST_F(TypeTest, SizeGoesThroughTypedefsQualifiersAndArrays)
{
    const TypeId pair = types.array(types.typedefOf("s32", intType), 2);
    EXPECT_EQ(types.type(types.qualified(TypeKind::Const, types.array(pair, 3))).size(), 24u);
    EXPECT_EQ(types.type(types.array(intType, std::nullopt)).size(), 0u);
    EXPECT_EQ(types.type(types.array(intType, 0)).size(), 0u);
    EXPECT_EQ(types.type(types.declaration(TypeKind::Struct, "gone")).size(), 0u);
    EXPECT_EQ(types.type(types.array(types.array(intType, 1ull << 62), 4)).size(), 0u);
    EXPECT_EQ(Type().size(), 0u);
}

TEST_F(TypeTest, FindsMembersThroughAnonymousOnesWithTheirWholeOffset)
{
    auto inner = types.structure("");
    inner.member("low", intType).bitfield("flag", types.base("unsigned int"), 3);
    auto either = types.unionType("");
    either.member("whole", types.base("long int")).member("", inner);
    auto outer = types.structure("outer");
    outer.member("first", types.base("long int")).member("", types.qualified(TypeKind::Const, either));
    const Type record = types.type(types.typedefOf("outer_t", outer));

    const auto low = findMember(record, "low");
    ASSERT_TRUE(low);
    EXPECT_EQ(low->bitOffset, 64u);
    EXPECT_EQ(low->type.spelling(), "int");
    const auto flag = findMember(record, "flag");
    ASSERT_TRUE(flag);
    EXPECT_EQ(flag->bitOffset, 96u);
    EXPECT_EQ(flag->member.bitSize, 3u);
    EXPECT_FALSE(findMember(record, "absent"));
    EXPECT_FALSE(findMember(record, ""));
    EXPECT_FALSE(findMember(types.type(intType), "low"));
}

TEST_F(TypeTest, FindsMembersOfADeclarationInItsDefinition)
{
    const TypeId declared = types.declaration(TypeKind::Struct, "file");
    types.structure("file").member("f_pos", types.base("long int"));
    EXPECT_TRUE(findMember(types.type(declared), "f_pos"));
}

TEST_F(TypeTest, LookupInARecordThatContainsItselfEnds)
{
    TypeNode loop{.kind = TypeKind::Struct, .name = "loop", .byteSize = 8};
    const TypeId self{types.add({}).value + 1};
    loop.members.assign(100, Member{.type = self});
    EXPECT_FALSE(findMember(types.type(types.add(loop)), "absent"));
}

TEST_F(TypeTest, EqualityIsIdentityOfTheNodeOrOfTheMadeStructure)
{
    const Type made = Type::pointerTo(types.type(intType));
    EXPECT_EQ(made, Type::pointerTo(types.type(intType)));
    EXPECT_NE(made, Type::pointerTo(types.type(charType)));
    EXPECT_EQ(Type::arrayOf(Type::boolean(), 3), Type::arrayOf(Type::boolean(), 3));
    EXPECT_NE(Type::arrayOf(Type::boolean(), 3), Type::arrayOf(Type::boolean(), 4));
    EXPECT_EQ(types.type(intType), types.type(intType));
    EXPECT_NE(types.type(intType), types.type(charType));
    EXPECT_EQ(Type(), types.type(types.add({})));
    EXPECT_NE(Type(), Type::integer(4, true));
    EXPECT_EQ(Type::function(Type(), {Type::boolean()}, false).spelling(), "void (_Bool)");
}

} // namespace
} // namespace ks
