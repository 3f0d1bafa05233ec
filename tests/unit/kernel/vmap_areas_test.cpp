// The areas of vmalloc, on every side of each change that their records have seen.
#include "core/kernel/vmap_areas.h"

#include "tests/support/vmap_kernel.h"

#include <gmock/gmock.h>

namespace ks::kernel {
namespace {

using test::VmapEra;
using test::VmapKernel;
using test::VmapKernelArea;
using testing::ElementsAre;
using testing::HasSubstr;

class VmapAreas : public testing::TestWithParam<VmapEra> {
protected:
    VmapKernel kernel{GetParam()};

    void expectAll(const Listing<VmapArea> &listing) const
    {
        std::size_t next = 0;
        for (std::size_t i = 0; i < kernel.areas.size(); ++i) {
            const VmapKernelArea &expected = kernel.areas[i];
            if (expected.isFreed)
                continue;
            ASSERT_LT(next, listing.entries.size());
            const VmapArea &area = listing.entries[next++];
            EXPECT_EQ(area.range, *AddrRange::sized(expected.start, expected.size));
            EXPECT_EQ(area.area, kernel.objects[i]);
            EXPECT_EQ(area.vm, kernel.vms[i]);
            EXPECT_EQ(area.isMapRam, !expected.hasVm);
            EXPECT_EQ(area.flags, expected.flags);
            EXPECT_EQ(area.pages.value_or(0), expected.pages);
            EXPECT_EQ(area.phys.value_or(PhysAddr()), PhysAddr(expected.phys));
            EXPECT_EQ(area.caller, expected.hasVm ? VmapKernel::kCaller : VirtAddr());
        }
        EXPECT_EQ(next, listing.entries.size());
    }
};
INSTANTIATE_TEST_SUITE_P(Eras, VmapAreas,
                         testing::Values(VmapEra::Flags, VmapEra::Union, VmapEra::RamFlags, VmapEra::Nodes));

TEST_P(VmapAreas, AreReadOffTheirTrees)
{
    for (const VirtAddr list : kernel.lists)
        kernel.put(list, "list_head", "next", 0);
    const auto listing = listVmapAreas(kernel.context());
    ASSERT_TRUE(listing) << listing.error().message();
    EXPECT_EQ(listing->incomplete, "");
    expectAll(*listing);
    EXPECT_LE(kernel.memory.batches(), 40u) << "a level of a tree is one batch";
}

TEST_P(VmapAreas, AreReadOffTheirListsWhereTheTreeIsDamaged)
{
    for (const VirtAddr root : kernel.roots)
        kernel.put(root, "rb_root", "rb_node", 0x10);
    const auto listing = listVmapAreas(kernel.context());
    ASSERT_TRUE(listing) << listing.error().message();
    EXPECT_EQ(listing->incomplete, "") << "the lists are whole";
    expectAll(*listing);
}

TEST_P(VmapAreas, SayWhatIsMissing)
{
    const VirtAddr left = kernel.place(kernel.objects[3], "vmap_area", "rb_node.rb_left");
    kernel.memory.set(left, kernel.place(kernel.objects[3], "vmap_area", "rb_node").value); // a circle
    for (const VirtAddr list : kernel.lists)
        kernel.put(list, "list_head", "next", 0);
    auto listing = listVmapAreas(kernel.context());
    ASSERT_TRUE(listing);
    EXPECT_THAT(listing->incomplete, HasSubstr("twice"));
    EXPECT_FALSE(listing->entries.empty());
    kernel.memory.mark(kernel.objects[3], 8 * 16, {PageStatus::Unmapped});
    listing = listVmapAreas(kernel.context());
    ASSERT_TRUE(listing);
    EXPECT_THAT(listing->incomplete, HasSubstr("could not be read"));
}

TEST_P(VmapAreas, AVmStructOfSomethingElseIsNotBelieved)
{
    kernel.put(kernel.vms[0], "vm_struct", "addr", 0xffffc90000123000);
    const auto listing = listVmapAreas(kernel.context());
    ASSERT_TRUE(listing);
    EXPECT_THAT(listing->incomplete, HasSubstr("is not that of 0xffffc90000000000"));
    EXPECT_EQ(listing->entries[0].flags, 0u);
    EXPECT_EQ(listing->entries[0].range.first, VmapKernel::kVmalloc);
    EXPECT_EQ(listing->entries[1].flags, 1u);
}

TEST_P(VmapAreas, DeviceMemoryIsWhatWasRemapped)
{
    const auto listing = listVmapAreas(kernel.context());
    ASSERT_TRUE(listing);
    EXPECT_THAT(deviceMemory(listing->entries), ElementsAre(*AddrRange::sized(VmapKernel::kVmalloc + 0x5000, 0x2000)));
}

TEST(VmapAreasWithout, OneOfTreeAndListTheOtherIsEnough)
{
    for (const char *missing : {"vmap_area_root", "vmap_area_list"}) {
        VmapKernel kernel(VmapEra::Union);
        kernel.withoutSymbol(missing);
        const auto listing = listVmapAreas(kernel.context());
        ASSERT_TRUE(listing) << missing;
        EXPECT_EQ(listing->incomplete, "");
        EXPECT_EQ(listing->entries.size(), kernel.areas.size());
    }
}

TEST(VmapAreasWithout, SymbolsOrTypesThereAreNone)
{
    VmapKernel kernel(VmapEra::Union);
    kernel.withoutSymbol("vmap_area_root");
    kernel.withoutSymbol("vmap_area_list");
    EXPECT_EQ(listVmapAreas(kernel.context()).error().code, ErrorCode::NotFound);
    EXPECT_EQ(listVmapAreas({}).error().code, ErrorCode::NotFound);
    const test::FakeTypes none;
    EvalContext context = kernel.context();
    context.types = &none;
    EXPECT_EQ(listVmapAreas(context).error().code, ErrorCode::NotFound);
}

TEST(VmapAreasWithout, ANumberOfNodesThatCannotBe)
{
    VmapKernel kernel(VmapEra::Nodes);
    const VirtAddr count = kernel.symbols.findFirst("nr_vmap_nodes")->address;
    kernel.memory.set<std::uint32_t>(count, 0xffffffff);
    EXPECT_EQ(listVmapAreas(kernel.context()).error().code, ErrorCode::BadFormat);
    kernel.memory.mark(count, 4, {PageStatus::Excluded});
    EXPECT_EQ(listVmapAreas(kernel.context()).error().code, ErrorCode::Unreadable);
}

TEST(VmapFlags, AreNamedAsTheKernelNamesThem)
{
    EXPECT_THAT(vmapFlagNames(0), testing::IsEmpty());
    EXPECT_THAT(vmapFlagNames(0x1), ElementsAre("VM_IOREMAP"));
    EXPECT_THAT(vmapFlagNames(0x8000000000000142),
                ElementsAre("VM_ALLOC", "VM_NO_GUARD", "0x100", "0x8000000000000000"));
}

} // namespace
} // namespace ks::kernel
