// A kernel and its modules as one source: who is asked, who is opened, and whose word counts.
#include "core/types/known_variables.h"
#include "core/types/modular_types.h"
#include "tests/support/fake_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace ks {
namespace {

using test::FakeTypes;
using testing::Contains;
using testing::Not;

/// Types that pass for those of a format.
class Formatted : public FakeTypes {
public:
    explicit Formatted(std::string_view format) : format_(format) {}
    std::string_view format() const override { return format_; }

private:
    std::string_view format_;
};

/// A module whose files are made by hand; counts how often each was opened.
struct Module {
    explicit Module(std::string_view name, std::uint64_t address = 0xffffffffc0000000)
        : types(std::make_shared<const ModuleTypes>(
              std::string(name), VirtAddr(address),
              [this](Progress &) -> Result<std::shared_ptr<const TypeSource>> { return ++shortOpened, btf; },
              [this](Progress &) -> Result<std::shared_ptr<const TypeSource>> {
                  ++fullOpened;
                  if (!dwarf)
                      return fail(ErrorCode::NotFound, "module.ko", "has no debug information");
                  return dwarf;
              }))
    {
    }
    Module(const Module &) = delete;
    Module &operator=(const Module &) = delete;

    std::shared_ptr<Formatted> btf = std::make_shared<Formatted>("BTF");
    std::shared_ptr<Formatted> dwarf = std::make_shared<Formatted>("DWARF");
    std::atomic<int> shortOpened{0}, fullOpened{0};
    std::shared_ptr<const ModuleTypes> types;
};

class ModularTypesTest : public testing::Test {
protected:
    ModularTypes all() const { return {kernel, {net.types, disk.types}}; }
    static void addStruct(Formatted &types, const char *tag, std::uint64_t size)
    {
        types.structure(tag).memberAt("first", types.base("int"), 0).size(size);
    }

    std::shared_ptr<Formatted> kernel = std::make_shared<Formatted>("DWARF");
    Module net{"net"}, disk{"disk", 0xffffffffc0100000};
};

TEST_F(ModularTypesTest, TheKernelsTypesCountAndNoModuleIsOpenedForThem)
{
    addStruct(*kernel, "page", 64);
    for (Module *module : {&net, &disk})
        for (Formatted *types : {module->btf.get(), module->dwarf.get()})
            addStruct(*types, "page", 8);
    const ModularTypes types = all();
    const auto found = types.findTypes(NameClass::Struct, "page");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].size(), 64u);
    EXPECT_EQ(found[0].source(), kernel.get());
    for (Module *module : {&net, &disk}) {
        EXPECT_EQ(module->shortOpened, 0);
        EXPECT_EQ(module->fullOpened, 0);
        EXPECT_EQ(module->types->opened(), nullptr);
    }
}

TEST_F(ModularTypesTest, OnlyTheModuleThatHasANameIsOpened)
{
    addStruct(*disk.btf, "disk_queue", 24);
    addStruct(*disk.dwarf, "disk_queue", 24);
    const ModularTypes types = all();
    for (int i = 0; i < 3; ++i) {
        const auto found = types.findTypes(NameClass::Struct, "disk_queue");
        ASSERT_EQ(found.size(), 1u);
        EXPECT_EQ(found[0].source(), disk.dwarf.get());
    }
    EXPECT_EQ(disk.shortOpened, 1);
    EXPECT_EQ(disk.fullOpened, 1);
    EXPECT_EQ(net.shortOpened, 1);
    EXPECT_EQ(net.fullOpened, 0);
    EXPECT_EQ(types.findTypes(NameClass::Struct, "nowhere").size(), 0u);
    EXPECT_EQ(net.fullOpened, 0);
}

TEST_F(ModularTypesTest, EachClassOfNamesIsFoundInModules)
{
    for (Formatted *types : {net.btf.get(), net.dwarf.get()}) {
        types->enumeration("net_state", {{"NET_UP", 1}, {"NET_DOWN", 2}});
        types->typedefOf("net_id_t", types->base("int"));
        types->unionType("net_address").member("raw", types->base("int"));
    }
    const ModularTypes types = all();
    for (const auto &[nameClass, name] :
         {std::pair(NameClass::Enum, "net_state"), std::pair(NameClass::Enumerator, "NET_DOWN"),
          std::pair(NameClass::Typedef, "net_id_t"), std::pair(NameClass::Union, "net_address")}) {
        const auto found = types.findTypes(nameClass, name);
        ASSERT_EQ(found.size(), 1u) << name;
        EXPECT_EQ(found[0].source(), net.dwarf.get()) << name;
    }
    EXPECT_EQ(disk.fullOpened, 0);
}

TEST_F(ModularTypesTest, AForwardDeclarationOfTheKernelDoesNotHideTheModulesDefinition)
{
    const TypeId forward = kernel->declaration(TypeKind::Struct, "net_device_private");
    addStruct(*net.btf, "net_device_private", 40);
    addStruct(*net.dwarf, "net_device_private", 40);
    const ModularTypes types = all();
    const auto found = types.findTypes(NameClass::Struct, "net_device_private");
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].source(), net.dwarf.get());
    EXPECT_TRUE(found[1].node().isDeclaration);
    const Type resolved = types.resolve(kernel->type(forward));
    EXPECT_EQ(resolved.source(), net.dwarf.get());
    EXPECT_EQ(resolved.size(), 40u);
}

TEST_F(ModularTypesTest, AModulesForwardDeclarationIsResolvedInTheKernelOrAnotherModule)
{
    addStruct(*kernel, "super_block", 128);
    const TypeId ofKernel = net.dwarf->declaration(TypeKind::Struct, "super_block");
    const TypeId ofDisk = net.dwarf->declaration(TypeKind::Struct, "disk_queue");
    const TypeId nowhere = net.dwarf->declaration(TypeKind::Struct, "nowhere");
    addStruct(*disk.btf, "disk_queue", 24);
    addStruct(*disk.dwarf, "disk_queue", 24);
    const ModularTypes types = all();
    EXPECT_EQ(types.resolve(net.dwarf->type(ofKernel)).source(), kernel.get());
    EXPECT_EQ(types.resolve(net.dwarf->type(ofDisk)).source(), disk.dwarf.get());
    const Type same = types.resolve(net.dwarf->type(nowhere));
    EXPECT_TRUE(same.node().isDeclaration);
    EXPECT_EQ(same.name(), "nowhere");
    const Type defined = disk.dwarf->type(NameClass::Struct, "disk_queue");
    EXPECT_EQ(types.resolve(defined), defined);
}

TEST_F(ModularTypesTest, WhatTheFullTypesLackTheShortOnesServe)
{
    net.dwarf = nullptr;
    addStruct(*net.btf, "net_queue", 24);
    const ModularTypes types = all();
    const auto found = types.findTypes(NameClass::Struct, "net_queue");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].source(), net.btf.get());
    EXPECT_EQ(net.types->opened(), net.btf);
    ASSERT_TRUE(net.types->problem());
    EXPECT_EQ(net.types->problem()->code, ErrorCode::NotFound);
    EXPECT_EQ(types.module("net"), net.btf.get());
    EXPECT_EQ(net.fullOpened, 1); // what failed is not tried again
}

TEST(ModuleTypesTest, WithNeitherThereIsNothingButAReason)
{
    const auto refuse = [](Progress &) -> Result<std::shared_ptr<const TypeSource>> {
        return fail(ErrorCode::Mismatch, "net.ko", "is of another kernel");
    };
    const ModuleTypes types("net", VirtAddr(1), refuse, refuse);
    EXPECT_FALSE(types.problem());
    EXPECT_FALSE(types.mayHave(NameClass::Struct, "net_queue"));
    EXPECT_EQ(types.types(), nullptr);
    EXPECT_EQ(types.opened(), nullptr);
    ASSERT_TRUE(types.problem());
    EXPECT_EQ(types.problem()->why, "is of another kernel");
    const ModuleTypes empty("net", VirtAddr(1), {}, {});
    EXPECT_EQ(empty.types(), nullptr);
    EXPECT_FALSE(empty.problem());
}

TEST_F(ModularTypesTest, WithoutShortTypesTheFullOnesTellWhichNamesThereAre)
{
    int opened = 0;
    addStruct(*net.dwarf, "net_queue", 24);
    const auto module = std::make_shared<const ModuleTypes>(
        "net", VirtAddr(1), ModuleTypes::Open{},
        [&](Progress &) -> Result<std::shared_ptr<const TypeSource>> { return ++opened, net.dwarf; });
    const ModularTypes types(kernel, {module});
    std::set<std::string> names;
    types.forEachTypeName([&](NameClass, std::string_view name) { return names.emplace(name), true; });
    EXPECT_THAT(names, Not(Contains("net_queue"))); // naming all types of all modules would open every debug file
    EXPECT_EQ(opened, 0);
    EXPECT_EQ(types.findTypes(NameClass::Struct, "net_queue").size(), 1u);
    EXPECT_EQ(opened, 1);
}

TEST(ModuleTypesTest, WhatWasCancelledIsTriedAgainForWhoAsksForTheModule)
{
    const auto full = std::make_shared<Formatted>("DWARF");
    const auto brief = std::make_shared<Formatted>("BTF");
    const ModuleTypes *self = nullptr;
    int tries = 0;
    const ModuleTypes types(
        "net", VirtAddr(1), [&](Progress &) -> Result<std::shared_ptr<const TypeSource>> { return brief; },
        [&](Progress &progress) -> Result<std::shared_ptr<const TypeSource>> {
            // As somebody else would who sees it work.
            if (++tries == 1)
                self->opening()->cancel();
            if (progress.cancelled())
                return fail(ErrorCode::Cancelled, "net.ko", "cancelled");
            return full;
        });
    self = &types;
    EXPECT_EQ(types.opening(), nullptr);
    EXPECT_EQ(types.types(), brief.get());
    EXPECT_EQ(types.types(), brief.get()); // no second try behind the back of whoever cancelled
    EXPECT_EQ(tries, 1);
    EXPECT_EQ(types.typesAtLast(), full.get());
    EXPECT_EQ(types.types(), full.get());
    EXPECT_EQ(types.typesAtLast(), full.get());
    EXPECT_EQ(tries, 2);
    EXPECT_FALSE(types.problem());
    EXPECT_EQ(types.opening(), nullptr);
}

TEST_F(ModularTypesTest, AModuleIsAskedByNameAndOpenedOnceByManyThreads)
{
    const ModularTypes types = all();
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] { EXPECT_EQ(types.module("net"), net.dwarf.get()); });
    }
    EXPECT_EQ(net.fullOpened, 1);
    EXPECT_EQ(disk.fullOpened, 0);
    EXPECT_EQ(types.module("no_such_module"), nullptr);
}

TEST_F(ModularTypesTest, BtfTellsFunctionsButNotVariables)
{
    const TypeId function = net.btf->function(std::nullopt);
    net.btf->functionDeclaration("net_open", function);
    EXPECT_TRUE(net.types->mayHave(NameClass::Function, "net_open"));
    EXPECT_FALSE(net.types->mayHave(NameClass::Function, "net_close"));
    EXPECT_TRUE(net.types->mayHave(NameClass::Variable, "net_count"));
    EXPECT_EQ(net.fullOpened, 0);
}

TEST_F(ModularTypesTest, EveryTypeNameIsToldOnce)
{
    addStruct(*kernel, "page", 64);
    addStruct(*kernel, "list_head", 16);
    addStruct(*net.btf, "net_queue", 24);
    addStruct(*net.btf, "shared", 8);
    addStruct(*disk.btf, "shared", 8);
    addStruct(*disk.btf, "page", 8); // a module's own struct of the kernel's name
    const ModularTypes types = all();
    std::vector<std::pair<NameClass, std::string>> told;
    types.forEachTypeName([&](NameClass nameClass, std::string_view name) {
        told.emplace_back(nameClass, name);
        return true;
    });
    const std::set<std::pair<NameClass, std::string>> distinct(told.begin(), told.end());
    EXPECT_EQ(distinct.size(), told.size());
    for (const char *tag : {"page", "list_head", "net_queue", "shared"})
        EXPECT_TRUE(distinct.contains({NameClass::Struct, tag})) << tag;
    EXPECT_EQ(net.fullOpened + disk.fullOpened, 0);
    for (std::size_t limit = 1; limit < told.size(); ++limit) {
        std::size_t seen = 0;
        types.forEachTypeName([&](NameClass, std::string_view) { return ++seen < limit; });
        EXPECT_EQ(seen, limit);
    }
}

TEST_F(ModularTypesTest, KnownVariablesServeOnlyWhereTheSourceListsNone)
{
    addStruct(*kernel, "task_struct", 512);
    const auto known = all().findDeclarations(NameClass::Variable, "init_task");
    ASSERT_EQ(known.size(), 1u);
    EXPECT_EQ(known[0].type.spelling(), "struct task_struct");
    EXPECT_FALSE(known[0].linkAddress);
    EXPECT_TRUE(known[0].isExternal);

    kernel->variable("init_task", kernel->base("int"), VirtAddr(0xffffffff81000000));
    const auto listed = all().findDeclarations(NameClass::Variable, "init_task");
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0].type.spelling(), "int");
    EXPECT_EQ(listed[0].linkAddress, VirtAddr(0xffffffff81000000));

    EXPECT_TRUE(all().findDeclarations(NameClass::Function, "init_mm").empty());
    EXPECT_TRUE(all().findDeclarations(NameClass::Variable, "init_mm").empty()); // there is no struct mm_struct
    EXPECT_TRUE(all().findDeclarations(NameClass::Variable, "no_such_variable").empty());
    EXPECT_EQ(net.fullOpened + net.shortOpened, 0);
}

TEST(KnownVariables, AreSpelledSoThatTheirTypesAreUnderstood)
{
    FakeTypes types;
    types.typedefOf("u64", types.base("long unsigned int"));
    std::set<std::string_view> names;
    for (const KnownVariable &variable : knownVariables()) {
        EXPECT_TRUE(names.insert(variable.name).second) << variable.name << " stands twice";
        std::string_view type = variable.type;
        for (const auto &[keyword, kind] : {std::pair("struct ", TypeKind::Struct), std::pair("enum ", TypeKind::Enum)})
            if (type.starts_with(keyword)) {
                const auto tag = type.substr(std::string_view(keyword).size());
                types.add({.kind = kind, .name = std::string(tag.substr(0, tag.find(' '))), .byteSize = 8});
            }
        for (const char *alias : {"atomic_long_t", "s64"})
            if (type.starts_with(alias) && types.findTypes(NameClass::Typedef, alias).empty())
                types.typedefOf(alias, types.base("long int"));
        EXPECT_TRUE(knownVariable(types, variable.name)) << variable.name << ": " << variable.type;
    }
    EXPECT_GT(names.size(), 40u);
}

} // namespace
} // namespace ks
