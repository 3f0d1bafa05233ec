// Names that several files or modules have: which one a bare name means, and how a scope chooses another.
#include "core/types/modular_types.h"
#include "core/values/expression.h"
#include "core/values/format.h"
#include "core/values/identifiers.h"
#include "tests/support/fake_source.h"
#include "tests/support/fake_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ks {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kKaslr = 0x1000000;
constexpr VirtAddr kFair{0xffffffff82000000}, kCore{0xffffffff82000100}, kMount{0xffffffff82000200};
constexpr VirtAddr kNet{0xffffffffc0001000}, kDisk{0xffffffffc0101000};
constexpr VirtAddr kNetPerCpu{0x15000};

/// Declarations that say of which file they are; of a module, at the addresses where it lies.
class FileTypes : public test::FakeTypes {
public:
    explicit FileTypes(bool isLoaded) : isLoaded_(isLoaded) {}
    void declare(NameClass nameClass, std::string name, TypeId type, std::optional<VirtAddr> address,
                 std::string compileUnit, bool isExternal = false)
    {
        declared_.emplace_back(
            nameClass, Declaration{std::move(name), this->type(type), address, isExternal, std::move(compileUnit)});
    }
    std::vector<Declaration> findDeclarations(NameClass nameClass, std::string_view name) const override
    {
        std::vector<Declaration> found;
        for (const auto &[itsClass, declaration] : declared_)
            if (itsClass == nameClass && declaration.name == name)
                found.push_back(declaration);
        return found;
    }
    bool isLoaded() const override { return isLoaded_; }

private:
    bool isLoaded_;
    std::vector<std::pair<NameClass, Declaration>> declared_;
};

class ScopedNames : public testing::Test {
protected:
    ScopedNames()
    {
        const auto file = [&](const char *name, VirtAddr address, const char *compileUnit) {
            kernel->declare(NameClass::Variable, name, kernel->base("int"), address - kKaslr, compileUnit);
            raw.push_back({name, {}, address, 4, SymbolKind::Data, false});
        };
        file("state", kFair, "kernel/sched/fair.c");
        file("state", kCore, "kernel/sched/core.c");
        file("state", kMount, "fs/core.c");
        file("mounts", kMount + 8, "fs/core.c");
        for (const VirtAddr address : {kFair, kCore, kMount})
            memory.addZeros(address, 0x100);
        memory.set(kFair, 1);
        memory.set(kCore, 2);
        memory.set(kMount, 3);

        const auto ofModule = [&](FileTypes &source, const char *module, const char *name, VirtAddr address,
                                  const char *base, bool isExternal = false) {
            source.declare(NameClass::Variable, name, source.base(base), address, std::string(module) + ".c",
                           isExternal);
            raw.push_back({name, module, address, source.type(source.base(base)).size(), SymbolKind::Data, isExternal});
        };
        ofModule(*net, "net", "state", kNet, "short int");
        ofModule(*net, "net", "debug", kNet + 8, "char");
        ofModule(*disk, "disk", "debug", kDisk + 8, "long int", true);
        ofModule(*disk, "disk", "queue_depth", kDisk + 16, "int");
        net->declare(NameClass::Function, "net_open", net->function(net->base("int")), kNet - 0x1000, "net.c");
        raw.push_back({"net_open", "net", kNet - 0x1000, 16, SymbolKind::Function, false});
        net->declare(NameClass::Variable, "net_count", net->base("int"), kNetPerCpu, "net.c");
        raw.push_back({"net_count", "net", kNetPerCpu, 4, SymbolKind::PerCpu, false});
        raw.push_back({"net_label", "net", kNet + 0x20, 0, SymbolKind::Other, false});
        memory.addZeros(kNet, 0x100);
        memory.addZeros(kDisk, 0x100);
        memory.set(kNet, std::int16_t{-7});
        memory.set(kDisk + 16, 64);
        symbols = SymbolTable::build(raw);
        const auto module = [](const char *name, std::shared_ptr<FileTypes> source, int &opened) {
            return std::make_shared<const ModuleTypes>(
                name, VirtAddr(1), ModuleTypes::Open{},
                [source, &opened](Progress &) -> Result<std::shared_ptr<const TypeSource>> {
                    return ++opened, source;
                });
        };
        types = std::make_unique<ModularTypes>(
            kernel, std::vector{module("net", net, netOpened), module("disk", disk, diskOpened)});
        context = {.memory = &memory, .symbols = &symbols, .types = types.get(), .kaslrOffset = kKaslr};
    }

    std::string show(std::string_view text) const
    {
        const auto value = evaluate(context, text);
        return value ? summarize(context, *value) : value.error().message();
    }
    expr::Identifier named(std::string_view name) const
    {
        const auto found = expr::resolveIdentifier(context, name);
        EXPECT_TRUE(found) << found.error().message();
        return found.value_or(expr::Identifier{});
    }

    std::shared_ptr<FileTypes> kernel = std::make_shared<FileTypes>(false);
    std::shared_ptr<FileTypes> net = std::make_shared<FileTypes>(true), disk = std::make_shared<FileTypes>(true);
    int netOpened = 0, diskOpened = 0;
    test::FakeSource memory;
    std::vector<RawSymbol> raw;
    SymbolTable symbols;
    std::unique_ptr<ModularTypes> types;
    EvalContext context;
};

TEST_F(ScopedNames, ABareNameMeansTheKernelsFirstAndNamesTheOthers)
{
    const expr::Identifier state = named("state");
    EXPECT_EQ(state.address, kFair);
    EXPECT_THAT(state.otherUnits, ElementsAre("kernel/sched/core.c", "fs/core.c"));
    EXPECT_THAT(named("mounts").otherUnits, IsEmpty());
    EXPECT_EQ(show("state"), "1");
}

TEST_F(ScopedNames, AFileChoosesAmongStatics)
{
    EXPECT_EQ(show("\"kernel/sched/core.c\"::state"), "2");
    EXPECT_EQ(show("\"sched/core.c\"::state"), "2");
    EXPECT_EQ(show("\"fs/core.c\"::state"), "3");
    EXPECT_EQ(show("\"fair.c\"::state + 1"), "2");
    EXPECT_THAT(named("\"fs/core.c\"::state").otherUnits, IsEmpty());
    // The end of a path that two files have is still a choice.
    EXPECT_EQ(named("\"core.c\"::state").address, kCore);
    EXPECT_THAT(named("\"core.c\"::state").otherUnits, ElementsAre("fs/core.c"));
}

TEST_F(ScopedNames, OnlyWholePartsOfAPathCount)
{
    for (const char *text : {"\"ore.c\"::state", "\"xkernel/sched/core.c\"::state", "\"kernel\"::state",
                             "\"mm.c\"::state", "\"fair.c\"::mounts", "\"fair.c\"::no_such_name"}) {
        const auto found = expr::resolveIdentifier(context, text);
        ASSERT_FALSE(found) << text;
        EXPECT_EQ(found.error().code, ErrorCode::NotFound) << text;
        EXPECT_THAT(found.error().message(), HasSubstr(text));
    }
}

TEST_F(ScopedNames, DamagedScopesAreRefused)
{
    for (const char *text : {"\"\"::state", "\"::state", "::state", "\"fair.c\"::", "\"fair.c\"state",
                             "\"fair.c\":state", "\"fair.c::state", "net::", "net::::state"})
        EXPECT_FALSE(evaluate(context, text)) << text;
}

TEST_F(ScopedNames, AModulesVariableIsNotMovedByKaslr)
{
    const expr::Identifier state = named("net::state");
    EXPECT_EQ(state.kind, expr::Identifier::Kind::Object);
    EXPECT_EQ(state.address, kNet);
    EXPECT_EQ(state.type.spelling(), "short int");
    EXPECT_EQ(show("net::state"), "-7");
    EXPECT_EQ(show("queue_depth"), "64");
    EXPECT_EQ(named("net_open").address, kNet - 0x1000);
    EXPECT_EQ(show("\"net.c\"::state"), "-7"); // a module's file is a file as well
}

TEST_F(ScopedNames, AModulesPerCpuVariableIsOne)
{
    const expr::Identifier count = named("net::net_count");
    EXPECT_EQ(count.kind, expr::Identifier::Kind::PerCpu);
    EXPECT_EQ(count.address, kNetPerCpu);
}

TEST_F(ScopedNames, OfTwoModulesTheExternalOneCounts)
{
    EXPECT_EQ(named("debug").address, kDisk + 8);
    EXPECT_EQ(named("net::debug").address, kNet + 8);
    EXPECT_EQ(named("net::debug").type.spelling(), "char");
    EXPECT_EQ(named("disk::debug").type.spelling(), "long int");
}

TEST_F(ScopedNames, OnlyModulesThatHaveTheSymbolAreOpened)
{
    EXPECT_EQ(named("mounts").address, kMount + 8);
    EXPECT_EQ(netOpened + diskOpened, 0);
    EXPECT_EQ(named("queue_depth").address, kDisk + 16);
    EXPECT_EQ(netOpened, 0);
    EXPECT_EQ(diskOpened, 1);
}

TEST_F(ScopedNames, ASymbolThatNoDebugInformationDescribesHasNoType)
{
    const expr::Identifier label = named("net::net_label");
    EXPECT_EQ(label.kind, expr::Identifier::Kind::Untyped);
    EXPECT_EQ(label.address, kNet + 0x20);
    EXPECT_FALSE(expr::resolveIdentifier(context, "disk::state"));
    EXPECT_FALSE(expr::resolveIdentifier(context, "no_such_module::state"));
}

} // namespace
} // namespace ks
