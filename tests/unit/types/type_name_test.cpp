#include "tests/support/fake_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ks {
namespace {

using ::testing::HasSubstr;

class TypeNameTest : public ::testing::Test {
protected:
    TypeNameTest()
    {
        types.structure("list_head").member("next", types.pointer());
        types.unionType("thread_union").member("stack", types.array(types.base("long unsigned int"), 2));
        types.enumeration("pid_type", {{"PIDTYPE_PID", 0}});
        types.typedefOf("u32", types.base("unsigned int"));
        types.declaration(TypeKind::Struct, "file");
        types.structure("both").member("tag", types.base("int"));
        types.typedefOf("both", types.base("long int"));
    }

    std::string parsed(std::string_view text) const
    {
        const Result<Type> type = parseTypeName(types, text);
        return type ? type->spelling() : type.error().message();
    }
    Error error(std::string_view text) const
    {
        const Result<Type> type = parseTypeName(types, text);
        return type ? Error{.what = "no error", .why = type->spelling()} : type.error();
    }

    test::FakeTypes types;
};

TEST_F(TypeNameTest, SpecifiersMayStandInAnyOrder)
{
    for (const char *text : {"unsigned long", "long unsigned int", "unsigned long int", "int long unsigned"})
        EXPECT_EQ(parsed(text), "long unsigned int") << text;
    for (const char *text : {"long long", "signed long long int", "int long long"})
        EXPECT_EQ(parsed(text), "long long int") << text;
    for (const char *text : {"unsigned", "unsigned int", "int unsigned"})
        EXPECT_EQ(parsed(text), "unsigned int") << text;
    EXPECT_EQ(parsed("short"), "short int");
    EXPECT_EQ(parsed("unsigned short"), "short unsigned int");
    EXPECT_EQ(parsed("char"), "char");
    EXPECT_EQ(parsed("char signed"), "signed char");
    EXPECT_EQ(parsed("signed"), "int");
    EXPECT_EQ(parsed("_Bool"), "_Bool");
    EXPECT_EQ(parsed("void"), "void");
    EXPECT_EQ(parseTypeName(types, "unsigned long")->id(), types.base("long unsigned int"));
}

TEST_F(TypeNameTest, MakesABaseTypeThatTheKernelDoesNotUse)
{
    const Result<Type> type = parseTypeName(types, "unsigned __int128");
    ASSERT_TRUE(type);
    EXPECT_EQ(type->size(), 16u);
    EXPECT_EQ(error("double").code, ErrorCode::NotFound);
}

TEST_F(TypeNameTest, AcceptsTagsTypedefsAndBareNames)
{
    EXPECT_EQ(parsed("struct list_head"), "struct list_head");
    EXPECT_EQ(parsed(" list_head "), "struct list_head");
    EXPECT_EQ(parsed("thread_union"), "union thread_union");
    EXPECT_EQ(parsed("enum pid_type"), "enum pid_type");
    EXPECT_EQ(parsed("u32"), "u32");
    EXPECT_EQ(parsed("both"), "both");
    EXPECT_EQ(parsed("struct both"), "struct both");
    EXPECT_EQ(parsed("struct file *"), "struct file *");
}

TEST_F(TypeNameTest, DeclaratorsKeepTheirMeaning)
{
    for (const char *text :
         {"char **", "char [16]", "int (*)(void)", "int (*)[3]", "int *[3]", "int [2][3]", "const struct list_head *",
          "char *const *", "const char *const", "int (*(*)(int, char *))(void)", "int (*[4])(struct file *, ...)",
          "int ()", "int (*(*(*)[2])[3])(void (*)(u32))", "const volatile int", "char []"})
        EXPECT_EQ(parsed(text), text);
    EXPECT_EQ(parsed("struct list_head const*"), "const struct list_head *");
    EXPECT_EQ(parsed("char(*)[0x10]"), "char (*)[16]");
    EXPECT_EQ(parsed("int(*)(struct file *file, unsigned long arg)"), "int (*)(struct file *, long unsigned int)");
    EXPECT_EQ(parseTypeName(types, "struct list_head [2][3]")->size(), 48u);
    EXPECT_EQ(parseTypeName(types, "struct list_head (*)[2]")->target().size(), 16u);
}

TEST_F(TypeNameTest, ErrorsNameTheColumnAndTheReason)
{
    EXPECT_THAT(error("struct lists").why, HasSubstr("no struct has the name 'lists' at column 8"));
    EXPECT_THAT(error("struct pid_type").why, HasSubstr("(enum pid_type exists)"));
    EXPECT_EQ(error("nothing *").code, ErrorCode::NotFound);
    EXPECT_THAT(error("int (*)(void").why, HasSubstr("')' is missing at column 13"));
    EXPECT_THAT(error("char [x]").why, HasSubstr("column 7"));
    EXPECT_THAT(error("char [1").why, HasSubstr("']' is missing"));
    EXPECT_THAT(error("int name").why, HasSubstr("unexpected 'name' at column 5"));
    EXPECT_THAT(error("int *)").why, HasSubstr("unexpected ')' at column 6"));
    EXPECT_THAT(error("unsigned signed").why, HasSubstr("'signed' here, at column 10"));
    EXPECT_THAT(error("long long long").why, HasSubstr("column 11"));
    EXPECT_THAT(error("").why, HasSubstr("a type is missing at column 1"));
    EXPECT_THAT(error("*").why, HasSubstr("cannot begin with '*'"));
    EXPECT_THAT(error("struct").why, HasSubstr("tag of the struct is missing"));
    EXPECT_THAT(error("void [3]").why, HasSubstr("elements of void"));
    EXPECT_THAT(error("int (void)[2]").why, HasSubstr("column"));
    EXPECT_EQ(error("int (void)(void)").code, ErrorCode::Syntax);
}

TEST_F(TypeNameTest, BoundsWhatItAccepts)
{
    EXPECT_EQ(error("int " + std::string(100, '*')).code, ErrorCode::Limit);
    EXPECT_EQ(error("int " + std::string(60, '(') + "*" + std::string(60, ')')).code, ErrorCode::Limit);
    EXPECT_EQ(error("long [0xffffffffffffffff]").code, ErrorCode::Limit);
    EXPECT_EQ(error(std::string(5000, ' ') + "int").code, ErrorCode::Limit);
    std::string nested = "int";
    for (int i = 0; i < 100; ++i)
        nested += " (int";
    EXPECT_EQ(error(nested).code, ErrorCode::Limit);
}

} // namespace
} // namespace ks
