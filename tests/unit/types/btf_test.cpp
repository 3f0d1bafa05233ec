#include "tests/support/btf_blob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace ks {
namespace {

using btf::Kind;
using test::BtfBlob;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr std::uint32_t kSigned = 1;
constexpr std::uint32_t kBool = 4;

class BtfTest : public ::testing::Test {
protected:
    /// The reader of the blob as it is now; stays valid until the test ends.
    const BtfReader &read()
    {
        auto reader = blob.reader();
        EXPECT_TRUE(reader) << reader.error().message();
        readers.push_back(*reader);
        return *readers.back();
    }
    Type type(std::uint32_t id) { return Type(&read(), TypeId{id}); }
    std::string spelling(std::uint32_t id) { return type(id).spelling(); }
    std::uint32_t string(std::string_view text) { return blob.string(text); }

    BtfBlob blob;
    std::vector<std::shared_ptr<const BtfReader>> readers;
    std::uint32_t intId = blob.integer("int", 4, 32, kSigned);
    std::uint32_t uintId = blob.integer("unsigned int", 4, 32);
    std::uint32_t charId = blob.integer("char", 1, 8, kSigned);
};

TEST_F(BtfTest, BaseTypes)
{
    const auto boolId = blob.integer("_Bool", 1, 8, kBool);
    const auto doubleId = blob.add(Kind::Float, "double", {}, {.last = 8});
    EXPECT_EQ(type(intId).kind(), TypeKind::Integer);
    EXPECT_TRUE(type(intId).node().isSigned);
    EXPECT_FALSE(type(uintId).node().isSigned);
    EXPECT_EQ(type(charId).kind(), TypeKind::Character);
    EXPECT_EQ(type(boolId).kind(), TypeKind::Boolean);
    EXPECT_EQ(type(doubleId).kind(), TypeKind::Float);
    EXPECT_EQ(type(doubleId).size(), 8u);
    EXPECT_EQ(type(0).kind(), TypeKind::Void);
}

TEST_F(BtfTest, WrappersAndArrays)
{
    const auto constChar = blob.wrapper(Kind::Const, charId);
    const auto pointer = blob.wrapper(Kind::Pointer, constChar);
    EXPECT_EQ(spelling(pointer), "const char *");
    EXPECT_EQ(spelling(blob.wrapper(Kind::Restrict, pointer)), "const char *restrict");
    EXPECT_EQ(spelling(blob.wrapper(Kind::Pointer, 0)), "void *");
    EXPECT_EQ(spelling(blob.wrapper(Kind::Volatile, intId)), "volatile int");
    EXPECT_EQ(spelling(blob.array(blob.array(intId, 3), 2)), "int [2][3]");
    EXPECT_EQ(type(blob.array(intId, 5)).size(), 20u);
    EXPECT_FALSE(type(blob.array(intId, 0)).node().count) << "[] and [0] are one thing in BTF";
    const auto tagged = blob.wrapper(Kind::Pointer, blob.wrapper(Kind::TypeTag, intId, "user"));
    EXPECT_EQ(spelling(tagged), "int *") << "a type tag is no type of C";
    EXPECT_EQ(type(pointer).size(), 8u);
}

TEST_F(BtfTest, FunctionsAndVariadicFunctions)
{
    const auto text = blob.wrapper(Kind::Pointer, charId);
    const auto proto = blob.add(Kind::Prototype, {}, {string("format"), text, 0, 0}, {.count = 2, .last = intId});
    blob.add(Kind::Function, "printk", {}, {.count = 1, .last = proto});
    const auto nothing = blob.add(Kind::Prototype, {}, {}, {});
    EXPECT_EQ(spelling(proto), "int (char *, ...)");
    EXPECT_EQ(spelling(blob.wrapper(Kind::Pointer, nothing)), "void (*)(void)");
    const auto found = read().findDeclarations(NameClass::Function, "printk");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].type.node().parameters[0].name, "format");
    EXPECT_TRUE(found[0].isExternal);
    EXPECT_FALSE(found[0].linkAddress);
}

TEST_F(BtfTest, BitfieldsOfBothEncodings)
{
    const auto flagged =
        blob.add(Kind::Struct, "flagged",
                 {string("a"), uintId, 3 << 24 | 0, string("b"), uintId, 7 << 24 | 3, string("c"), intId, 32},
                 {.count = 3, .kindFlag = true, .last = 8});
    const auto bits3 = blob.integer("unsigned int", 4, 3);
    const auto bits7 = blob.integer("unsigned int", 4, 7, 0, 3);
    const auto bits7Alias = blob.wrapper(Kind::Typedef, blob.wrapper(Kind::Const, bits7), "alias");
    const auto legacy =
        blob.add(Kind::Struct, "legacy", {string("a"), bits3, 0, string("b"), bits7Alias, 0, string("c"), intId, 32},
                 {.count = 3, .last = 8});
    for (const auto id : {flagged, legacy}) {
        const Type record = type(id);
        const auto a = findMember(record, "a");
        const auto b = findMember(record, "b");
        const auto c = findMember(record, "c");
        ASSERT_TRUE(a && b && c);
        EXPECT_EQ(a->bitOffset, 0u);
        EXPECT_EQ(a->member.bitSize, 3u);
        EXPECT_EQ(b->bitOffset, 3u);
        EXPECT_EQ(b->member.bitSize, 7u);
        EXPECT_EQ(c->bitOffset, 32u);
        EXPECT_FALSE(c->member.isBitfield());
    }
}

TEST_F(BtfTest, EnumValuesHaveTheirSign)
{
    const auto negative = blob.add(Kind::Enum, "negative", {string("NEG"), ~0u, string("POS"), 5},
                                   {.count = 2, .kindFlag = true, .last = 4});
    const auto large = blob.add(Kind::Enum, "large", {string("TOP"), 0x80000000}, {.count = 1, .last = 4});
    const auto wide = blob.add(Kind::Enum64, "wide", {string("W"), 0x89abcdef, 0x01234567}, {.count = 1, .last = 8});
    EXPECT_TRUE(type(negative).node().isSigned);
    EXPECT_EQ(type(negative).node().enumerators[0].value, ~std::uint64_t{0});
    EXPECT_FALSE(type(large).node().isSigned);
    EXPECT_EQ(type(large).node().enumerators[0].value, 0x80000000u);
    EXPECT_EQ(type(wide).node().enumerators[0].value, 0x0123456789abcdefu);
    EXPECT_EQ(type(wide).size(), 8u);
    const auto found = read().findTypes(NameClass::Enumerator, "TOP");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].name(), "large");
    EXPECT_TRUE(read().findTypes(NameClass::Enumerator, "BOTTOM").empty());
}

TEST_F(BtfTest, EnumsOfProducersWithoutTheKindFlagAreSignedWhenAValueIsNegative)
{
    const auto old = blob.add(Kind::Enum, "old", {string("INVALID"), ~0u, string("ZERO"), 0}, {.count = 2, .last = 4});
    EXPECT_TRUE(type(old).node().isSigned);
    EXPECT_EQ(type(old).node().enumerators[0].value, ~std::uint64_t{0});
}

TEST_F(BtfTest, DefinitionsComeBeforeDeclarationsAndResolveThem)
{
    const auto forward = blob.add(Kind::Forward, "file", {}, {});
    const auto definition = blob.add(Kind::Struct, "file", {string("f_pos"), intId, 0}, {.count = 1, .last = 4});
    const auto unionForward = blob.add(Kind::Forward, "file", {}, {.kindFlag = true});
    const auto &reader = read();
    const auto found = reader.findTypes(NameClass::Struct, "file");
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].id().value, definition);
    EXPECT_EQ(reader.resolve(Type(&reader, TypeId{forward})).id().value, definition);
    EXPECT_EQ(reader.resolve(Type(&reader, TypeId{unionForward})).id().value, unionForward);
    EXPECT_TRUE(Type(&reader, TypeId{unionForward}).node().isDeclaration);
}

TEST_F(BtfTest, AnEnumWithoutEnumeratorsIsADeclaration)
{
    const auto declared = blob.add(Kind::Enum, "state", {}, {.last = 4});
    const auto defined = blob.add(Kind::Enum, "state", {string("ON"), 1}, {.count = 1, .last = 4});
    const auto &reader = read();
    const Type declaration(&reader, TypeId{declared});
    EXPECT_TRUE(declaration.node().isDeclaration);
    EXPECT_EQ(reader.resolve(declaration).id().value, defined);
    EXPECT_EQ(reader.findTypes(NameClass::Enum, "state")[0].id().value, defined);
}

TEST_F(BtfTest, EachTypeNameIsGivenOnce)
{
    blob.add(Kind::Struct, "twice", {}, {});
    blob.add(Kind::Struct, "twice", {}, {});
    blob.add(Kind::Union, "twice", {}, {});
    blob.add(Kind::Struct, {}, {}, {});
    blob.wrapper(Kind::Typedef, intId, "s32");
    blob.add(Kind::Function, "not_a_type", {}, {});
    std::multiset<std::pair<NameClass, std::string>> names;
    const auto &reader = read();
    reader.forEachTypeName([&](NameClass nameClass, std::string_view name) {
        names.emplace(nameClass, name);
        return true;
    });
    EXPECT_THAT(names,
                UnorderedElementsAre(std::pair(NameClass::Base, "int"), std::pair(NameClass::Base, "unsigned int"),
                                     std::pair(NameClass::Base, "char"), std::pair(NameClass::Struct, "twice"),
                                     std::pair(NameClass::Union, "twice"), std::pair(NameClass::Typedef, "s32")));
    EXPECT_EQ(reader.typeNameCount(), names.size());
    int visited = 0;
    reader.forEachTypeName([&](NameClass, std::string_view) { return ++visited < 2; });
    EXPECT_EQ(visited, 2);
}

TEST_F(BtfTest, OnlyPerCpuVariablesHaveAnAddress)
{
    const auto perCpu = blob.add(Kind::Variable, "runqueues", {1}, {.last = intId});
    const auto plain = blob.add(Kind::Variable, "jiffies", {0}, {.last = uintId});
    blob.add(Kind::DataSection, ".data..percpu", {perCpu, 0x31980, 4}, {.count = 1, .last = 0x40000});
    blob.add(Kind::DataSection, ".data", {plain, 0x10, 4}, {.count = 1, .last = 0x100});
    const auto &reader = read();
    const auto runqueues = reader.findDeclarations(NameClass::Variable, "runqueues");
    ASSERT_EQ(runqueues.size(), 1u);
    EXPECT_EQ(runqueues[0].linkAddress, VirtAddr(0x31980));
    EXPECT_TRUE(runqueues[0].isExternal);
    EXPECT_EQ(runqueues[0].type.spelling(), "int");
    const auto jiffies = reader.findDeclarations(NameClass::Variable, "jiffies");
    ASSERT_EQ(jiffies.size(), 1u);
    EXPECT_FALSE(jiffies[0].linkAddress) << "an offset in an output section is no address";
    EXPECT_FALSE(jiffies[0].isExternal);
    EXPECT_TRUE(reader.findTypes(NameClass::Struct, "runqueues").empty());
}

TEST_F(BtfTest, AModuleContinuesItsBase)
{
    blob.add(Kind::Struct, "device", {string("id"), intId, 0}, {.count = 1, .last = 4});
    blob.add(Kind::Forward, "private", {}, {});
    const auto base = blob.reader();
    ASSERT_TRUE(base);
    BtfBlob module(static_cast<std::uint32_t>((*base)->typeCount() + 1), blob.stringsSize());
    const auto deviceId = static_cast<std::uint32_t>((*base)->findTypes(NameClass::Struct, "device")[0].id().value);
    const auto record =
        module.add(Kind::Struct, "private", {module.string("dev"), deviceId, 0}, {.count = 1, .last = 4});
    module.wrapper(Kind::Typedef, record, "private_t");
    module.add(Kind::Struct, "device", {}, {});
    const auto reader = module.reader(*base);
    ASSERT_TRUE(reader) << reader.error().message();

    EXPECT_EQ((*reader)->typeCount(), (*base)->typeCount() + 3);
    const auto found = (*reader)->findTypes(NameClass::Struct, "private");
    ASSERT_EQ(found.size(), 2u) << "the module's own, then the declaration in the base";
    EXPECT_EQ(found[0].id().value, record);
    const auto dev = findMember(found[0], "dev");
    ASSERT_TRUE(dev);
    EXPECT_EQ(dev->type.spelling(), "struct device");
    EXPECT_TRUE(findMember(dev->type, "id")) << "the base's node, through the module";
    EXPECT_EQ((*reader)->findTypes(NameClass::Struct, "device").size(), 2u);
    EXPECT_EQ((*reader)->findTypes(NameClass::Base, "int").size(), 1u);
    EXPECT_EQ((*reader)->typeNameCount(), (*base)->typeNameCount() + 1)
        << "private_t; the others have names of the base";
    std::size_t visited = 0;
    (*reader)->forEachTypeName([&](NameClass, std::string_view) { return ++visited, true; });
    EXPECT_EQ(visited, (*reader)->typeNameCount());
    EXPECT_FALSE(module.reader(*reader)) << "BTF is split once, not twice";
}

// --- damaged input

TEST_F(BtfTest, RefusesHeadersThatAreNotBtf)
{
    const auto refused = [this](auto change) {
        blob.headerChange = {};
        change(blob.headerChange);
        const auto reader = blob.reader();
        return reader ? std::string("accepted") : reader.error().message();
    };
    EXPECT_THAT(refused([](auto &h) { h.magic = 1; }), HasSubstr("0xeb9f"));
    EXPECT_THAT(refused([](auto &h) { h.magic = static_cast<std::uint16_t>(0x9feb - 0xeb9f); }),
                HasSubstr("big-endian"));
    EXPECT_THAT(refused([](auto &h) { h.version = 1; }), HasSubstr("version 2"));
    EXPECT_THAT(refused([](auto &h) { h.headerSize = 0x10000; }), HasSubstr("header claims"));
    EXPECT_THAT(refused([](auto &h) { h.typeSize = 0x1000; }), HasSubstr("truncated"));
    EXPECT_THAT(refused([](auto &h) { h.stringOffset = 0x7fffffff; }), HasSubstr("truncated"));
    EXPECT_THAT(refused([](auto &h) { h.stringSize = static_cast<std::uint32_t>(-1); }), HasSubstr("NUL"));
    EXPECT_FALSE(BtfBlob::readerOf({}));
    EXPECT_FALSE(BtfBlob::readerOf(std::string(10, '\0')));
}

TEST_F(BtfTest, EveryTruncationIsAnErrorOrAWholeBlob)
{
    blob.add(Kind::Struct, "s", {string("a"), intId, 0}, {.count = 1, .last = 4});
    const std::string bytes = blob.bytes();
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(BtfBlob::readerOf(bytes.substr(0, size))) << size;
    EXPECT_TRUE(BtfBlob::readerOf(bytes));
}

TEST_F(BtfTest, NamesTheOffsetOfATypeThatDoesNotFit)
{
    blob.add(Kind::Struct, "s", {}, {.count = 1000});
    const auto tooLong = blob.reader();
    ASSERT_FALSE(tooLong);
    EXPECT_THAT(tooLong.error().message(), HasSubstr("0x30"));
    BtfBlob other;
    other.add(static_cast<Kind>(25), "new", {}, {});
    const auto unknown = other.reader();
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::Unsupported);
}

TEST_F(BtfTest, StepsOverKindsThatTheLayoutsDescribe)
{
    constexpr unsigned kNewest = 127;
    blob.layouts.resize(kNewest + 1);
    blob.layouts[kNewest] = {.infoSize = 4, .elementSize = 8};
    const auto unknown = blob.add(static_cast<Kind>(kNewest), "new", {1, 2, 3, 4, 5}, {.count = 2});
    const auto after = blob.add(Kind::Struct, "after", {string("a"), intId, 0}, {.count = 1, .last = 4});
    EXPECT_EQ(type(unknown).kind(), TypeKind::Broken);
    EXPECT_EQ(type(after).name(), "after");
    ASSERT_EQ(type(after).node().members.size(), 1u);
    EXPECT_EQ(type(after).node().members[0].name, "a");

    blob.layouts.resize(kNewest);
    const auto refused = blob.reader();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
    const std::string bytes = blob.bytes();
    EXPECT_FALSE(BtfBlob::readerOf(bytes.substr(0, bytes.size() - 1))) << "the layouts are truncated";
}

TEST_F(BtfTest, CountsHave24Bits)
{
    constexpr std::uint32_t kCount = 70'000;
    std::vector<std::uint32_t> words;
    const std::uint32_t name = string("value");
    for (std::uint32_t i = 0; i < kCount; ++i)
        words.insert(words.end(), {name, i});
    const auto many = blob.add(Kind::Enum, "many", words, {.count = kCount, .last = 4});
    ASSERT_EQ(type(many).node().enumerators.size(), kCount);
    EXPECT_EQ(type(many).node().enumerators.back().value, kCount - 1);
}

TEST_F(BtfTest, WrongEdgesAndNamesGiveBrokenTypes)
{
    EXPECT_EQ(type(999).kind(), TypeKind::Broken);
    const auto pointer = blob.wrapper(Kind::Pointer, 0xffffffff);
    EXPECT_EQ(type(pointer).target().kind(), TypeKind::Broken);
    const auto variable = blob.add(Kind::Variable, "v", {0}, {.last = intId});
    EXPECT_THAT(type(blob.wrapper(Kind::Pointer, variable)).target().name(), HasSubstr("is no type"));
    const auto strange = blob.add(Kind::Struct, "s", {0x7fffffff, 0x7fffffff, 0}, {.count = 1, .last = 4});
    EXPECT_EQ(type(strange).node().members[0].name, "");
    EXPECT_EQ(type(strange).memberType(type(strange).node().members[0]).kind(), TypeKind::Broken);
}

TEST_F(BtfTest, CyclesEnd)
{
    const auto next = intId + 3;
    blob.wrapper(Kind::Typedef, next + 1, "a");
    blob.wrapper(Kind::Const, next);
    EXPECT_EQ(type(next).stripped().kind(), TypeKind::Broken);
    EXPECT_EQ(type(next).size(), 0u);
    const auto tag = blob.wrapper(Kind::TypeTag, next + 2, "loop");
    EXPECT_FALSE(spelling(blob.wrapper(Kind::Pointer, tag)).empty());
    const auto self = blob.add(Kind::Struct, "self", {0, tag + 2, 0}, {.count = 1, .last = 4});
    EXPECT_FALSE(findMember(type(self), "absent"));
}

} // namespace
} // namespace ks
