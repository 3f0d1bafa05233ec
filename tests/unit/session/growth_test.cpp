// Sessions that grow out of others: full types once they are indexed, modules as they come and go.
#include "core/values/expression.h"
#include "core/values/format.h"
#include "tests/support/growing_demo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace ks {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

using SessionPtr = std::shared_ptr<const Session>;

class Growth : public testing::Test {
protected:
    SessionPtr open(TypesChoice types = TypesChoice::Quick)
    {
        Progress progress;
        auto session = Session::open(demo_.options(types), progress);
        EXPECT_TRUE(session) << session.error().message();
        return session.value_or(nullptr);
    }
    static std::string print(const Session &session, std::string_view expression)
    {
        const EvalContext context = session.context();
        const auto value = evaluate(context, expression);
        return value ? summarize(context, *value) : "error: " + value.error().message();
    }
    static std::uint64_t address(const Session &session, std::string_view expression)
    {
        const auto value = evaluate(session.context(), expression);
        return value && value->address() ? value->address()->value : 0;
    }
    std::vector<VirtAddr> symbolsOfModule(const Session &session) const
    {
        std::vector<VirtAddr> addresses;
        for (std::size_t i = 0; i < session.symbols().size(); ++i)
            if (session.symbols().at(i).module == "demo_net")
                addresses.push_back(session.symbols().at(i).address);
        return addresses;
    }

    test::GrowingDemo demo_;
    Progress progress_;
};

TEST_F(Growth, QuickTypesAreBtfAndGrowIntoDwarf)
{
    const SessionPtr quick = open();
    EXPECT_EQ(quick->info().typesFrom, "BTF of " + demo_.vmlinux().string());
    EXPECT_EQ(quick->info().typesPending, "DWARF of " + demo_.vmlinux().string());
    EXPECT_THAT(quick->warnings(), IsEmpty());
    const std::vector<Type> held = quick->types()->findTypes(NameClass::Struct, "task_struct");
    ASSERT_THAT(held, SizeIs(1));

    const auto grown = quick->withAllTypes(progress_);
    ASSERT_TRUE(grown) << grown.error().message();
    const Session &full = **grown;
    EXPECT_EQ(full.info().typesFrom, quick->info().typesPending);
    EXPECT_EQ(full.info().typesPending, "");
    EXPECT_EQ(full.types()->format(), "DWARF");
    EXPECT_EQ(full.info().release, quick->info().release);
    EXPECT_EQ(&full.memory(), &quick->memory());
    EXPECT_EQ(full.types()->findTypes(NameClass::Struct, "task_struct").at(0).size(), held[0].size());
    // BTF lists no variables but those that every kernel has.
    EXPECT_EQ(print(*quick, "init_task.comm"), "\"swapper/0\"");
    EXPECT_EQ(print(full, "init_task.comm"), "\"swapper/0\"");

    const auto again = full.withAllTypes(progress_);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::NotFound);
}

TEST_F(Growth, TypesOfTheSessionBeforeStayValidInTheNewOne)
{
    SessionPtr session = open();
    const Type held = session->types()->findTypes(NameClass::Struct, "task_struct").at(0);
    auto grown = session->withAllTypes(progress_);
    ASSERT_TRUE(grown) << grown.error().message();
    demo_.unloadModule();
    auto without = (*grown)->withModulesOfNow(progress_);
    ASSERT_TRUE(without && *without);
    session = nullptr;
    *grown = nullptr;
    EXPECT_EQ(held.source()->format(), "BTF");
    ASSERT_TRUE(findMember(held, "comm"));
    EXPECT_EQ(findMember(held, "comm")->type.size(), 16U);
}

TEST_F(Growth, WhatWasIndexedOnceIsThereAtOnce)
{
    ASSERT_TRUE(open()->withAllTypes(progress_));
    const SessionPtr next = open();
    EXPECT_THAT(next->info().typesFrom, StartsWith("DWARF of "));
    EXPECT_EQ(next->info().typesPending, "");
}

TEST_F(Growth, CancelledItGivesNothingAndTheOldTypesServeOn)
{
    const SessionPtr quick = open();
    progress_.cancel();
    const auto grown = quick->withAllTypes(progress_);
    ASSERT_FALSE(grown);
    EXPECT_EQ(grown.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(print(*quick, "init_task.comm"), "\"swapper/0\"");
    EXPECT_FALSE(quick->info().typesPending.empty());
    Progress other;
    EXPECT_TRUE(quick->withAllTypes(other)); // another time
}

TEST_F(Growth, TheModuleKeepsItsTypesOverTheGrowthOfTheKernels)
{
    const SessionPtr quick = open();
    ASSERT_THAT(quick->modules(), SizeIs(1));
    EXPECT_EQ(quick->moduleTypesFrom("demo_net"), ""); // nobody has asked
    quick->openModuleTypes("demo_net");
    EXPECT_EQ(quick->moduleTypesFrom("demo_net"), "DWARF");
    const auto full = quick->withAllTypes(progress_);
    ASSERT_TRUE(full) << full.error().message();
    for (const Session *session : {quick.get(), full->get()}) {
        const std::uint64_t place = demo_.kernel->moduleSymbol("demo_net_device")->value;
        EXPECT_EQ(address(*session, "demo_net::demo_net_device"), place);
        EXPECT_EQ(print(*session, "demo_net::demo_net_device.name"), "\"demo0\"");
        EXPECT_EQ(print(*session, "((struct demo_net_device *)" + hex(place) + ")->name"), "\"demo0\"");
    }
    EXPECT_EQ((*full)->modules().at(0).address, quick->modules().at(0).address);
}

TEST_F(Growth, NothingIsMadeOfTheSameModules)
{
    for (const TypesChoice types : {TypesChoice::Quick, TypesChoice::Dwarf}) {
        const auto same = open(types)->withModulesOfNow(progress_);
        ASSERT_TRUE(same) << same.error().message();
        EXPECT_EQ(*same, nullptr);
    }
}

TEST_F(Growth, AModuleGoesWithItsSymbolsAndTypesAndComesAgain)
{
    const SessionPtr first = open(TypesChoice::Dwarf);
    ASSERT_THAT(first->modules(), SizeIs(1));
    const auto symbols = symbolsOfModule(*first);
    ASSERT_FALSE(symbols.empty());
    EXPECT_EQ(print(*first, "demo_net::demo_net_debug"), "1");

    demo_.unloadModule();
    const auto without = first->withModulesOfNow(progress_);
    ASSERT_TRUE(without) << without.error().message();
    ASSERT_TRUE(*without);
    EXPECT_THAT((*without)->modules(), IsEmpty());
    EXPECT_THAT(symbolsOfModule(**without), IsEmpty());
    EXPECT_THAT(print(**without, "demo_net::demo_net_debug"), StartsWith("error: "));
    EXPECT_TRUE((*without)->types()->findTypes(NameClass::Struct, "demo_net_device").empty());
    EXPECT_EQ((*without)->types()->module("demo_net"), nullptr);
    EXPECT_EQ(print(**without, "init_task.comm"), "\"swapper/0\"");
    EXPECT_EQ((*without)->symbols().size() + symbols.size(), first->symbols().size());
    // Who holds the old session sees what was.
    EXPECT_THAT(first->modules(), SizeIs(1));
    EXPECT_EQ(print(*first, "demo_net::demo_net_debug"), "1");

    demo_.loadModule();
    const auto back = (*without)->withModulesOfNow(progress_);
    ASSERT_TRUE(back) << back.error().message();
    ASSERT_TRUE(*back);
    EXPECT_EQ((*back)->modules().at(0).name, "demo_net");
    const auto place = (*back)->symbols().findFirst("demo_net::demo_net_device");
    ASSERT_TRUE(place);
    EXPECT_EQ(place->address, demo_.kernel->moduleSymbol("demo_net_device"));
    EXPECT_EQ(print(**back, "demo_net::demo_net_debug"), "1");
    EXPECT_THAT((*back)->warnings(), IsEmpty());
}

TEST_F(Growth, AListThatBreaksOffHasNotLostItsModules)
{
    const SessionPtr session = open();
    demo_.breakList();
    const auto now = session->withModulesOfNow(progress_);
    ASSERT_FALSE(now);
    EXPECT_THAT(now.error().message(), HasSubstr("modules"));
    EXPECT_THAT(session->modules(), SizeIs(1));
    demo_.loadModule();
    const auto later = session->withModulesOfNow(progress_);
    ASSERT_TRUE(later) << later.error().message();
    EXPECT_EQ(*later, nullptr);
}

TEST_F(Growth, ModulesThatCameStayWhenTheTypesGrow)
{
    demo_.unloadModule();
    const SessionPtr quick = open();
    EXPECT_THAT(quick->modules(), IsEmpty());
    demo_.loadModule();
    const auto loaded = quick->withModulesOfNow(progress_);
    ASSERT_TRUE(loaded && *loaded);
    const auto full = (*loaded)->withAllTypes(progress_);
    ASSERT_TRUE(full) << full.error().message();
    EXPECT_THAT((*full)->modules(), SizeIs(1));
    EXPECT_EQ(print(**full, "demo_net::demo_net_debug"), "1");
}

TEST_F(Growth, ManyMayGrowOneSessionAtATime)
{
    const SessionPtr quick = open();
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            Progress progress;
            const auto full = quick->withAllTypes(progress);
            ASSERT_TRUE(full) << full.error().message();
            EXPECT_EQ(print(**full, "demo_net::demo_net_device.name"), "\"demo0\"");
            EXPECT_EQ(print(*quick, "demo_net::demo_net_device.name"), "\"demo0\"");
        });
}

} // namespace
} // namespace ks
