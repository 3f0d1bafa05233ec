// What DWARF says must be what the compiler says.
#include "support.h"

#include "core/types/type_index.h"

#include <bit>
#include <cstring>
#include <gmock/gmock.h>

namespace ks::test {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class DwarfFixture : public ::testing::TestWithParam<std::string> {
protected:
    void SetUp() override
    {
        fixture_ = std::make_unique<Fixture>(GetParam());
        reader_ = &fixture_->reader();
    }

    Type type(NameClass nameClass, std::string_view name) const
    {
        const auto found = reader_->findTypes(nameClass, name);
        EXPECT_FALSE(found.empty()) << name;
        return found.empty() ? Type::broken("not found") : found.front();
    }
    Type byName(const std::string &name) const
    {
        const auto parsed = parseTypeName(*reader_, name);
        EXPECT_TRUE(parsed) << name << ": " << (parsed ? "" : parsed.error().message());
        return parsed ? *parsed : Type::broken("not found");
    }
    Type memberType(const char *record, std::string_view member) const
    {
        const auto found = findMember(byName(record), member);
        EXPECT_TRUE(found) << record << " " << member;
        return found ? found->type : Type::broken("not found");
    }
    /// GCC names it "long int", clang "long".
    static std::string spelling(const Type &type, std::string_view name)
    {
        std::string text = type.declaration(name);
        for (std::size_t at; (at = text.find("long int")) != std::string::npos;)
            text.erase(at + 4, 4);
        return text;
    }
    Declaration declared(NameClass nameClass, std::string_view name) const
    {
        const auto found = reader_->findDeclarations(nameClass, name);
        EXPECT_FALSE(found.empty()) << name;
        return found.empty() ? Declaration{} : found.front();
    }
    std::uint64_t enumerator(std::string_view name) const
    {
        for (const Type &holder : reader_->findTypes(NameClass::Enumerator, name))
            for (const Enumerator &entry : holder.node().enumerators)
                if (entry.name == name)
                    return entry.value;
        ADD_FAILURE() << name;
        return 0;
    }

    std::unique_ptr<Fixture> fixture_;
    const DwarfReader *reader_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Compilers, DwarfFixture, ::testing::ValuesIn(fixturePaths()),
                         [](const auto &param) { return std::filesystem::path(param.param).stem().string(); });

struct Fact {
    std::uint64_t type, member, size, offset, bitfield;
};

TEST_P(DwarfFixture, SizesAndOffsetsAreTheCompilers)
{
    const auto bytes = fixture_->section(".facts");
    ASSERT_GT(bytes.size(), sizeof(Fact));
    for (std::size_t at = 0; at + sizeof(Fact) <= bytes.size(); at += sizeof(Fact)) {
        Fact fact;
        std::memcpy(&fact, bytes.data() + at, sizeof fact);
        const std::string name = fixture_->string(fact.type);
        const Type type = byName(name);
        if (fact.member == 0) {
            EXPECT_EQ(type.size(), fact.size) << name;
            continue;
        }
        const std::string memberName = fixture_->string(fact.member);
        const auto member = findMember(type, memberName);
        ASSERT_TRUE(member) << name << "." << memberName;
        EXPECT_EQ(member->bitOffset, fact.offset) << name << "." << memberName;
        EXPECT_EQ(member->type.size(), fact.size) << name << "." << memberName;
    }
}

TEST_P(DwarfFixture, BitfieldsLieWhereTheCompilerPutThem)
{
    const std::pair<const char *, const char *> fields[] = {
        {"a", "only_a"}, {"b", "only_b"}, {"c", "only_c"},     {"d", "only_d"},
        {"e", "only_e"}, {"f", "only_f"}, {"low", "only_low"}, {"high", "only_high"},
    };
    for (const auto &[name, variable] : fields) {
        const Declaration object = declared(NameClass::Variable, variable);
        ASSERT_TRUE(object.linkAddress) << variable;
        const auto bytes = fixture_->memory(object.linkAddress->value, object.type.size());
        ASSERT_THAT(bytes, SizeIs(object.type.size()));
        std::uint64_t words[2] = {};
        std::memcpy(words, bytes.data(), std::min(bytes.size(), sizeof words));
        const unsigned first = words[0] ? std::countr_zero(words[0]) : 64 + std::countr_zero(words[1]);
        const unsigned width = std::popcount(words[0]) + std::popcount(words[1]);
        const auto member = findMember(object.type, name);
        ASSERT_TRUE(member) << name;
        EXPECT_EQ(member->bitOffset, first) << name;
        EXPECT_EQ(member->member.bitSize, width) << name;
    }
}

TEST_P(DwarfFixture, SpellsTypesAsCDoes)
{
    const auto spelled = [&](const char *member) { return memberType("struct plain", member).declaration(member); };
    EXPECT_EQ(spelled("name"), "char name[16]");
    EXPECT_EQ(spelled("matrix"), "int matrix[2][3][5]");
    EXPECT_EQ(spelled("restrict_me"), "const char *const restrict_me");
    EXPECT_EQ(spelled("simple"), "void (*simple)(void)");
    EXPECT_EQ(spelled("handler"), "handler_t handler");
    EXPECT_EQ(spelled("zero"), "int zero[0]");
    EXPECT_EQ(spelled("tail"), "struct inner tail[]");
    EXPECT_EQ(spelled("far"), "struct elsewhere *far");
    EXPECT_EQ(byName("handler_t").target().declaration("f"), "int (*f)(struct list *, const char *, ...)");
}

TEST_P(DwarfFixture, QualifiersAreKept)
{
    EXPECT_EQ(memberType("struct plain", "counter").kind(), TypeKind::Volatile);
    EXPECT_EQ(memberType("struct plain", "restrict_me").kind(), TypeKind::Const);
    const Type atomic = memberType("struct plain", "atomic");
    const Type fast = memberType("struct plain", "fast");
    // DW_TAG_atomic_type is new in DWARF 5.
    const bool isFive = fixture_->name().find('5') != std::string::npos;
    EXPECT_EQ(atomic.kind(), isFive ? TypeKind::Atomic : TypeKind::Integer) << atomic.spelling();
    EXPECT_EQ(fast.kind(), TypeKind::Restrict) << fast.spelling();
    EXPECT_EQ(memberType("struct plain", "yes").stripped().kind(), TypeKind::Boolean);
    EXPECT_EQ(memberType("struct plain", "real").kind(), TypeKind::Float);
    EXPECT_EQ(byName("u8").stripped().kind(), TypeKind::Character);
    EXPECT_FALSE(byName("u8").stripped().node().isSigned);
    EXPECT_TRUE(byName("long").node().isSigned);
}

TEST_P(DwarfFixture, EnumsHaveTheirValues)
{
    EXPECT_EQ(static_cast<std::int64_t>(enumerator("SMALL_NEG")), -3);
    EXPECT_EQ(enumerator("SMALL_BIG"), 70000u);
    EXPECT_EQ(enumerator("WIDE_HUGE"), 0xfedcba9876543210u);
    EXPECT_EQ(enumerator("WS_MIN"), 0x8000000000000000u);
    EXPECT_EQ(enumerator("WS_TOP"), 0x7fffffffffffffffu);
    EXPECT_EQ(enumerator("TINY_B"), 201u);
    EXPECT_EQ(enumerator("LONELY"), 17u);
    EXPECT_TRUE(byName("enum small").node().isSigned);
    EXPECT_FALSE(byName("enum wide").node().isSigned);
    EXPECT_TRUE(byName("enum wide_signed").node().isSigned);
    EXPECT_EQ(byName("enum tiny").size(), 1u);
}

TEST_P(DwarfFixture, ForwardDeclarationsFindTheirDefinition)
{
    const Type far = memberType("struct plain", "far").target();
    EXPECT_FALSE(far.node().isDeclaration);
    EXPECT_EQ(far.size(), type(NameClass::Struct, "elsewhere").size());
    EXPECT_TRUE(findMember(far, "payload"));
    EXPECT_EQ(reader_->resolve(far), type(NameClass::Struct, "elsewhere"));
    const Type never = memberType("struct plain", "never").target();
    EXPECT_TRUE(never.node().isDeclaration);
    EXPECT_EQ(reader_->resolve(never), never);
    EXPECT_EQ(never.size(), 0u);
}

TEST_P(DwarfFixture, AllCandidatesOfANameAreKept)
{
    const auto lists = reader_->findTypes(NameClass::Struct, "list");
    ASSERT_THAT(lists, SizeIs(2));
    EXPECT_THAT((std::vector{lists[0].size(), lists[1].size()}), ::testing::UnorderedElementsAre(12, 16));
    const auto hidden = reader_->findDeclarations(NameClass::Variable, "hidden_number");
    ASSERT_THAT(hidden, SizeIs(2));
    for (const Declaration &one : hidden) {
        ASSERT_TRUE(one.linkAddress);
        EXPECT_FALSE(one.isExternal);
        int value = 0;
        std::memcpy(&value, fixture_->memory(one.linkAddress->value, 4).data(), 4);
        EXPECT_EQ(value, one.compileUnit.ends_with("other.c") ? 44 : 43);
    }
}

TEST_P(DwarfFixture, VariablesHaveTypeAndAddress)
{
    const auto number = reader_->findDeclarations(NameClass::Variable, "global_number");
    ASSERT_FALSE(number.empty());
    ASSERT_TRUE(number[0].linkAddress) << "the definition is first";
    EXPECT_TRUE(number[0].isExternal);
    EXPECT_THAT(number[0].compileUnit, ::testing::EndsWith("fixture.c"));
    int value = 0;
    std::memcpy(&value, fixture_->memory(number[0].linkAddress->value, 4).data(), 4);
    EXPECT_EQ(value, 42);
    EXPECT_EQ(declared(NameClass::Variable, "the_plain").type, type(NameClass::Struct, "plain"));
    EXPECT_EQ(spelling(declared(NameClass::Variable, "percpu_thing").type, ""), "long");
    EXPECT_TRUE(declared(NameClass::Variable, "percpu_thing").linkAddress);
    EXPECT_EQ(declared(NameClass::Variable, "flavour").type.stripped().size(), 8u);
}

TEST_P(DwarfFixture, FunctionsHavePrototypesAndAddresses)
{
    const Declaration function = declared(NameClass::Function, "takes_things");
    EXPECT_EQ(spelling(function.type, "takes_things"), "int takes_things(struct plain *, long, ...)");
    ASSERT_TRUE(function.linkAddress);
    EXPECT_GE(function.linkAddress->value, 0xffffffff81000000u);
    EXPECT_TRUE(function.isExternal);
    ASSERT_THAT(function.type.node().parameters, SizeIs(2));
    EXPECT_EQ(function.type.node().parameters[1].name, "count");
    const Declaration quiet = declared(NameClass::Function, "quiet");
    EXPECT_FALSE(quiet.isExternal);
    EXPECT_EQ(spelling(quiet.type, "quiet"), "long quiet(long)");
    EXPECT_TRUE(quiet.linkAddress);
    const Declaration twice = declared(NameClass::Function, "twice");
    EXPECT_EQ(twice.type.declaration("twice"), "int twice(int)");
}

TEST_P(DwarfFixture, EveryNameIsVisitedOnce)
{
    std::vector<std::pair<NameClass, std::string>> seen;
    reader_->forEachTypeName([&](NameClass nameClass, std::string_view name) {
        seen.emplace_back(nameClass, name);
        return true;
    });
    EXPECT_EQ(seen.size(), reader_->typeNameCount());
    auto sorted = seen;
    std::ranges::sort(sorted);
    EXPECT_EQ(std::ranges::adjacent_find(sorted), sorted.end());
    for (const auto &[nameClass, name] : seen) {
        const auto found = reader_->findTypes(nameClass, name);
        ASSERT_FALSE(found.empty()) << name;
        for (const Type &one : found) {
            EXPECT_NE(one.kind(), TypeKind::Broken) << one.name();
            EXPECT_EQ(one.name(), name);
        }
    }
    int visits = 0;
    reader_->forEachTypeName([&](NameClass, std::string_view) { return ++visits < 3; });
    EXPECT_EQ(visits, 3);
}

TEST_P(DwarfFixture, UnknownNamesGiveNothing)
{
    EXPECT_THAT(reader_->findTypes(NameClass::Struct, "no_such"), SizeIs(0));
    EXPECT_THAT(reader_->findTypes(NameClass::Struct, ""), SizeIs(0));
    EXPECT_THAT(reader_->findTypes(NameClass::Variable, "global_number"), SizeIs(0));
    EXPECT_THAT(reader_->findDeclarations(NameClass::Struct, "plain"), SizeIs(0));
    EXPECT_EQ(reader_->node(TypeId{~std::uint64_t{0}})->kind, TypeKind::Broken);
}

} // namespace
} // namespace ks::test
