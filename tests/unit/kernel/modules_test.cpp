// The loaded modules, on every side of each change that their records have seen.
#include "core/kernel/modules.h"

#include "tests/support/module_kernel.h"

#include <gmock/gmock.h>

namespace ks::kernel {
namespace {

using test::ModuleEra;
using test::ModuleKernel;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> texts(const ModuleLayout &layout)
{
    std::vector<std::string> result;
    for (const ModuleRange &part : layout.ranges)
        result.push_back(std::string(name(part.kind)) + " " + hex(part.range.first) + " " + hex(part.range.size()));
    return result;
}

TEST(Modules, NamesStatesAndTexts)
{
    const ModuleKernel kernel{ModuleEra{}};
    const auto modules = listModules(kernel.context());
    ASSERT_TRUE(modules) << modules.error().message();
    EXPECT_EQ(modules->incomplete, "");
    ASSERT_EQ(modules->entries.size(), 2U) << "the one that is being set up is not shown";
    const Module &alpha = modules->entries[0];
    const Module &beta = modules->entries[1];
    EXPECT_EQ(alpha.name, "alpha");
    EXPECT_EQ(alpha.address, kernel.alpha);
    EXPECT_EQ(alpha.state, ModuleState::Live);
    EXPECT_EQ(alpha.version, "1.2");
    EXPECT_EQ(alpha.srcVersion, "0123456789ABCDEF");
    EXPECT_EQ(alpha.taints, 0x1000U);
    EXPECT_EQ(alpha.perCpu, ModuleKernel::kPerCpu);
    EXPECT_EQ(alpha.perCpuSize, ModuleKernel::kPerCpuSize);
    EXPECT_EQ(beta.name, "beta");
    EXPECT_EQ(beta.state, ModuleState::Coming);
    EXPECT_EQ(beta.version, "");
    EXPECT_EQ(beta.perCpuSize, 0U);
}

struct LayoutCase {
    ModuleEra::Layout layout;
    std::vector<std::string> alpha;
    std::vector<std::string> beta;
};

class ModuleLayouts : public testing::TestWithParam<LayoutCase> {};

TEST_P(ModuleLayouts, RangesBaseAndSize)
{
    const ModuleKernel kernel{ModuleEra{.layout = GetParam().layout}};
    const auto modules = listModules(kernel.context());
    ASSERT_TRUE(modules) << modules.error().message();
    ASSERT_EQ(modules->entries.size(), 2U);
    const ModuleLayout &alpha = modules->entries[0].layout;
    EXPECT_EQ(alpha.base, ModuleKernel::kBase);
    EXPECT_EQ(alpha.size, 0x7000U);
    EXPECT_EQ(texts(alpha), GetParam().alpha);
    const ModuleLayout &beta = modules->entries[1].layout;
    EXPECT_EQ(beta.base, ModuleKernel::kInitBase) << "without text, the lowest address";
    EXPECT_EQ(beta.size, ModuleKernel::kInitSize);
    EXPECT_EQ(texts(beta), GetParam().beta);
}

const std::vector<std::string> kInitInOne = {"init_text 0xffffffffc0200000 0x100",
                                             "init_data 0xffffffffc0200100 0x700"};

INSTANTIATE_TEST_SUITE_P(
    Eras, ModuleLayouts,
    testing::Values(LayoutCase{ModuleEra::Layout::Members,
                               {"text 0xffffffffc0000000 0x3000", "rodata 0xffffffffc0003000 0x1000",
                                "data 0xffffffffc0004000 0x3000"},
                               kInitInOne},
                    LayoutCase{ModuleEra::Layout::CoreLayout,
                               {"text 0xffffffffc0000000 0x3000", "rodata 0xffffffffc0003000 0x1000",
                                "ro_after_init 0xffffffffc0004000 0x1000", "data 0xffffffffc0005000 0x2000"},
                               kInitInOne},
                    LayoutCase{ModuleEra::Layout::DataLayout,
                               {"text 0xffffffffc0000000 0x3000", "rodata 0xffffffffc0100000 0x1000",
                                "ro_after_init 0xffffffffc0101000 0x1000", "data 0xffffffffc0102000 0x2000"},
                               kInitInOne},
                    LayoutCase{ModuleEra::Layout::Memory,
                               {"text 0xffffffffc0000000 0x3000", "data 0xffffffffc0100000 0x2000",
                                "rodata 0xffffffffc0110000 0x1000", "ro_after_init 0xffffffffc0120000 0x1000"},
                               {"init_text 0xffffffffc0200000 0x800"}}));

TEST(ModuleLayouts, SizesThatDoNotFitAreCut)
{
    ModuleKernel kernel{ModuleEra{}};
    kernel.put(kernel.alpha, "module", "core_layout.text_size", 0xffffffff);
    kernel.put(kernel.alpha, "module", "core_layout.base", 0xfffffffffffff000);
    const auto modules = listModules(kernel.context());
    ASSERT_TRUE(modules) << modules.error().message();
    EXPECT_THAT(texts(modules->entries[0].layout), ElementsAre("text 0xfffffffffffff000 0x1000"));
}

class ModuleRefcounts : public testing::TestWithParam<ModuleEra::Refcount> {};

TEST_P(ModuleRefcounts, CountsAndUsers)
{
    const ModuleKernel kernel{ModuleEra{.refcount = GetParam()}};
    const auto modules = listModules(kernel.context());
    ASSERT_TRUE(modules) << modules.error().message();
    const Module &alpha = modules->entries.at(0);
    const Module &beta = modules->entries.at(1);
    if (GetParam() == ModuleEra::Refcount::None) {
        EXPECT_EQ(alpha.refcount, std::nullopt);
        EXPECT_THAT(alpha.users, ElementsAre());
        return;
    }
    EXPECT_EQ(alpha.refcount, ModuleKernel::kRefcount);
    EXPECT_EQ(beta.refcount, 0);
    EXPECT_THAT(alpha.users, ElementsAre("beta"));
    EXPECT_THAT(beta.users, ElementsAre());
}

INSTANTIATE_TEST_SUITE_P(Eras, ModuleRefcounts,
                         testing::Values(ModuleEra::Refcount::PerCpu, ModuleEra::Refcount::Atomic,
                                         ModuleEra::Refcount::None));

TEST(ModuleBuildIds, OfTheMemberTheNotesOrTheSection)
{
    using Sections = ModuleEra::Sections;
    for (const ModuleEra &era :
         {ModuleEra{.hasBuildId = true, .hasNotes = false}, ModuleEra{.hasBuildId = false, .hasNotes = true},
          ModuleEra{.sections = Sections::Pointers, .hasBuildId = false, .hasNotes = true},
          ModuleEra{.sections = Sections::Named, .hasBuildId = false, .hasNotes = false}}) {
        const ModuleKernel kernel{era};
        const auto modules = listModules(kernel.context());
        ASSERT_TRUE(modules) << modules.error().message();
        EXPECT_EQ(modules->entries.at(0).buildId, ModuleKernel::kBuildId);
        EXPECT_EQ(modules->entries.at(1).buildId, "");
    }
    const ModuleKernel bare{ModuleEra{.sections = Sections::None, .hasBuildId = false}};
    EXPECT_EQ(listModules(bare.context()).value().entries.at(0).buildId, "");
}

TEST(ModuleBuildIds, OfMd5IsShort)
{
    ModuleKernel kernel{ModuleEra{}};
    kernel.memory.set<std::uint32_t>(kernel.place(kernel.alpha, "module", "build_id") + 16, 0);
    EXPECT_EQ(listModules(kernel.context()).value().entries.at(0).buildId, std::string(ModuleKernel::kBuildId, 32));
}

TEST(ModulesOfDamagedMemory, ACycleEndsTheList)
{
    ModuleKernel kernel{ModuleEra{}};
    const VirtAddr alphaNode = kernel.place(kernel.alpha, "module", "list");
    kernel.put(kernel.place(kernel.beta, "module", "list"), "list_head", "next", alphaNode.value);
    const auto modules = listModules(kernel.context());
    ASSERT_TRUE(modules) << modules.error().message();
    EXPECT_EQ(modules->entries.size(), 2U);
    EXPECT_NE(modules->incomplete, "");
}

TEST(ModulesOfDamagedMemory, APointerIntoNothingEndsTheList)
{
    ModuleKernel kernel{ModuleEra{}};
    kernel.put(kernel.place(kernel.alpha, "module", "list"), "list_head", "next", 0xdead4ead00000100);
    const auto modules = listModules(kernel.context());
    ASSERT_TRUE(modules) << modules.error().message();
    EXPECT_EQ(modules->entries.front().name, "alpha");
    EXPECT_THAT(modules->incomplete, HasSubstr("0xdead4ead00000100"));
}

TEST(ModulesOfDamagedMemory, WhatWasNotReadStaysEmpty)
{
    ModuleKernel kernel{ModuleEra{}};
    kernel.memory.mark(kernel.place(kernel.alpha, "module", "core_layout"), 8, {PageStatus::Excluded});
    kernel.put(kernel.alpha, "module", "version", 0xdead4ead00000000);
    kernel.put(kernel.place(kernel.alpha, "module", "source_list"), "list_head", "next", 0xdead4ead00000000);
    kernel.put(kernel.beta, "module", "state", 77);
    const auto modules = listModules(kernel.context());
    ASSERT_TRUE(modules) << modules.error().message();
    const Module &alpha = modules->entries.at(0);
    EXPECT_EQ(alpha.name, "alpha");
    EXPECT_THAT(alpha.layout.ranges, ElementsAre());
    EXPECT_EQ(alpha.version, "");
    EXPECT_THAT(alpha.users, ElementsAre());
    EXPECT_EQ(modules->entries.at(1).state, ModuleState::Unknown);
}

TEST(ModulesOfDamagedMemory, WithoutTypesOrSymbolsThereAreNone)
{
    const ModuleKernel kernel{ModuleEra{}};
    EvalContext context = kernel.context();
    context.types = nullptr;
    EXPECT_EQ(listModules(context).error().code, ErrorCode::NotFound);
    context = kernel.context();
    context.symbols = nullptr;
    EXPECT_EQ(listModules(context).error().code, ErrorCode::NotFound);
    const test::FakeTypes empty;
    context = kernel.context();
    context.types = &empty;
    EXPECT_EQ(listModules(context).error().code, ErrorCode::NotFound);
}

} // namespace
} // namespace ks::kernel
