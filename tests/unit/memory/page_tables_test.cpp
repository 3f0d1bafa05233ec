#include "core/memory/page_tables.h"
#include "tests/support/table_kernel.h"

#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ks {
namespace {

using test::TableKernel;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr AddrRange kEverything{VirtAddr(0), VirtAddr(~std::uint64_t{0})};

AddrRange pages(VirtAddr first, std::uint64_t count) { return *AddrRange::sized(first, count * kPageSize); }

std::vector<std::string> names(const Translation &translation)
{
    std::vector<std::string> names;
    for (const TableStep &step : translation.steps)
        names.emplace_back(step.name);
    return names;
}

class Levels : public testing::TestWithParam<unsigned> {
protected:
    TableKernel kernel{{.levels = GetParam()}};
};
INSTANTIATE_TEST_SUITE_P(FourAndFive, Levels, testing::Values(4, 5));

TEST_P(Levels, PagesOfEverySizeAreTranslated)
{
    const VirtAddr area = kernel.vmalloc();
    kernel.map(area + 0x3000, PhysAddr(0x300000));
    kernel.map(area + 0x200000, PhysAddr(0x400000), 2);
    kernel.map(area + 0x40000000, PhysAddr(0x4000000000), 3);
    const auto tables = kernel.tables();

    const Translation small = tables->translate(area + 0x3123);
    EXPECT_EQ(small.state.status, PageStatus::Present);
    EXPECT_EQ(small.phys, PhysAddr(0x300123));
    EXPECT_EQ(small.pageSize, 0x1000u);
    EXPECT_EQ(names(small), GetParam() == 5 ? (std::vector<std::string>{"pgd", "p4d", "pud", "pmd", "pte"})
                                            : (std::vector<std::string>{"pgd", "pud", "pmd", "pte"}));
    for (unsigned i = 0; i < GetParam(); ++i) {
        const TableStep &step = small.steps[i];
        EXPECT_EQ(step.entry.level, GetParam() - i);
        EXPECT_EQ(step.phys, kernel.entryPhys(area + 0x3000, step.entry.level));
        EXPECT_EQ(step.entryAddress, kernel.directMap(step.phys));
        EXPECT_EQ(step.entry.value, kernel.entry(area + 0x3000, step.entry.level));
        EXPECT_TRUE(step.isRead);
    }
    const Translation large = tables->translate(area + 0x234567);
    EXPECT_EQ(large.phys, PhysAddr(0x434567));
    EXPECT_EQ(large.pageSize, 0x200000u);
    EXPECT_EQ(large.state.status, PageStatus::Present);
    const Translation huge = tables->translate(area + 0x7fffffff);
    EXPECT_EQ(huge.phys, PhysAddr(0x403fffffff));
    EXPECT_EQ(huge.pageSize, 0x40000000u);
    EXPECT_EQ(huge.state.status, PageStatus::Mmio) << "it is no RAM";
    EXPECT_EQ(huge.steps.size(), GetParam() - 2);

    const Translation absent = tables->translate(area + 0x4000);
    EXPECT_EQ(absent.state.status, PageStatus::Unmapped);
    EXPECT_EQ(absent.phys, std::nullopt);
    EXPECT_EQ(absent.pageSize, 0u);
    EXPECT_EQ(absent.steps.size(), GetParam()) << "down to the entry that is empty";
}

TEST_P(Levels, WhatNoAddressReachesIsUnmapped)
{
    const std::uint64_t half = std::uint64_t{1} << (GetParam() == 5 ? 56 : 47);
    for (const std::uint64_t address : {half, half * 2, 0 - half - 1}) {
        const Translation outside = kernel.tables()->translate(VirtAddr(address));
        EXPECT_EQ(outside.state.status, PageStatus::Unmapped);
        EXPECT_TRUE(outside.steps.empty()) << hex(address);
    }
    EXPECT_EQ(kernel.tables()->translate(VirtAddr(0 - half)).steps.size(), 1u);
    EXPECT_EQ(kernel.tables()->translate(VirtAddr(half - 1)).steps.size(), 1u);
}

TEST_P(Levels, ManyAddressesAreTranslatedAsOneIs)
{
    std::vector<VirtAddr> addresses;
    for (std::uint64_t at = 0; at < TableKernel::kRamSize; at += 0x7ff0)
        addresses.push_back(kernel.directMap(TableKernel::kRam + at));
    addresses.push_back(kernel.vmalloc());
    addresses.push_back(TableKernel::kText + 0x5678);
    const auto tables = kernel.tables();
    const unsigned before = kernel.memory->batches();
    const auto together = tables->translate(addresses);
    EXPECT_EQ(kernel.memory->batches() - before, GetParam()) << "a batch for each level";
    ASSERT_EQ(together.size(), addresses.size());
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const Translation one = tables->translate(addresses[i]);
        EXPECT_EQ(together[i].address, addresses[i]);
        EXPECT_EQ(together[i].phys, one.phys);
        EXPECT_EQ(together[i].state, one.state);
        EXPECT_EQ(together[i].steps.size(), one.steps.size());
    }
    EXPECT_EQ(together.back().phys, TableKernel::kTextPhys + 0x5678);
}

TEST_P(Levels, RunsSkipWhatIsEmpty)
{
    const VirtAddr area = kernel.vmalloc();
    kernel.map(area, PhysAddr(0x300000));
    kernel.map(area + 0x1000, PhysAddr(0x301000));
    kernel.map(area + 0x2000, PhysAddr(0x400000));
    kernel.map(area + (std::uint64_t{20} << 40), PhysAddr(0xfee00000));
    const AddrRange whole = *AddrRange::sized(area, std::uint64_t{32} << 40);
    const auto tables = kernel.tables();
    const unsigned before = kernel.memory->batches();
    const auto runs = tables->walk({&whole, 1});
    EXPECT_LE(kernel.memory->batches() - before, 2 * GetParam()) << "as many as levels, if no level has many tables";

    ASSERT_EQ(runs.size(), 5u);
    EXPECT_EQ(runs[0].range, pages(area, 2));
    EXPECT_EQ(runs[0].phys, PhysAddr(0x300000));
    EXPECT_EQ(runs[0].ram, kernel.directMap(PhysAddr(0x300000)));
    EXPECT_EQ(runs[1].range, pages(area + 0x2000, 1));
    EXPECT_EQ(runs[1].phys, PhysAddr(0x400000));
    EXPECT_EQ(runs[2].state.status, PageStatus::Unmapped);
    EXPECT_EQ(runs[3].range, pages(area + (std::uint64_t{20} << 40), 1));
    EXPECT_EQ(runs[3].state.status, PageStatus::Mmio);
    EXPECT_EQ(runs[3].phys, PhysAddr(0xfee00000));
    EXPECT_EQ(runs[4].range.last, whole.last);

    const auto states = tables->walk({&whole, 1}, PageTables::Detail::States);
    ASSERT_EQ(states.size(), 4u);
    EXPECT_EQ(states[0].range, pages(area, 3));
}

TEST_P(Levels, RunsCoverWhatWasAskedAndAgreeWithTranslations)
{
    kernel.map(kernel.vmalloc() + 0x5000, PhysAddr(0x300000));
    kernel.map(kernel.vmalloc() + 0x200000, PhysAddr(0x400000), 2);
    const AddrRange asked[] = {pages(VirtAddr(0x7000), 3), pages(kernel.vmalloc(), 1024),
                               pages(TableKernel::kText - 0x4000, 40)};
    std::vector<AddrRange> sorted(std::begin(asked), std::end(asked));
    std::ranges::sort(sorted, {}, &AddrRange::first);
    const auto tables = kernel.tables();
    const auto runs = tables->walk(sorted);
    std::size_t run = 0;
    for (const AddrRange &range : sorted) {
        for (VirtAddr at = range.first; at <= range.last; at += kPageSize) {
            while (run < runs.size() && runs[run].range.last < at)
                ++run;
            ASSERT_LT(run, runs.size());
            ASSERT_TRUE(runs[run].range.contains(at)) << hex(at);
            const Translation one = tables->translate(at);
            EXPECT_EQ(runs[run].state, one.state) << hex(at);
            if (one.phys) {
                EXPECT_EQ(runs[run].phys + (at - runs[run].range.first), *one.phys) << hex(at);
            }
        }
    }
}

TEST_P(Levels, TablesThatLeadToThemselvesEnd)
{
    // Every entry of the root leads to the root: what is mapped is the table itself, as often as there are ways.
    for (unsigned i = 0; i < kEntriesPerTable; ++i)
        kernel.memory->set(kernel.directMap(TableKernel::kRoot + 8 * i), TableKernel::kRoot.value | 3);
    const auto tables = kernel.tables();
    const Translation found = tables->translate(VirtAddr(0x123456789));
    EXPECT_EQ(found.steps.size(), GetParam());
    EXPECT_EQ(found.phys, TableKernel::kRoot + 0x789);
    const auto runs = tables->walk({&kEverything, 1});
    ASSERT_FALSE(runs.empty());
    EXPECT_EQ(runs.front().range.first, kEverything.first);
    EXPECT_EQ(runs.back().range.last, kEverything.last);
    EXPECT_EQ(runs.back().state, (PageState{PageStatus::Error, EUCLEAN})) << "more tables than there is RAM";
    EXPECT_LT(runs.size(), 2'000'000u);
}

TEST(PageTables, EncryptionIsNoPartOfAnAddress)
{
    constexpr std::uint64_t kMask = std::uint64_t{1} << 47;
    TableKernel kernel({.encryption = kMask});
    const VirtAddr area = kernel.vmalloc();
    kernel.map(area, PhysAddr(0x300000));
    kernel.setEntry(area + 0x1000, 1, 0x301000 | 3);
    kernel.map(area + 0x200000, PhysAddr(0x400000), 2);
    const auto found = kernel.tables()->translate(std::vector{area, area + 0x1000, area + 0x200000});
    EXPECT_EQ(found[0].phys, PhysAddr(0x300000));
    EXPECT_EQ(found[0].state.status, PageStatus::Present);
    EXPECT_THAT(found[0].steps.back().entry.flags(), testing::Contains("encrypted"));
    EXPECT_EQ(found[1].phys, PhysAddr(0x301000)) << "shared with the hypervisor";
    EXPECT_THAT(found[1].steps.back().entry.flags(), testing::Not(testing::Contains("encrypted")));
    EXPECT_EQ(found[2].phys, PhysAddr(0x400000));
    // Without the mask the same tables lead out of RAM, and nothing is made up.
    const PageTables blind(kernel.memory, {TableKernel::kRoot, 4, 0}, kernel.hints());
    EXPECT_EQ(blind.translate(area).state, (PageState{PageStatus::Error, EFAULT}));
}

TEST(PageTables, WhatTheProcessorDoesNotSeeIsNotFollowed)
{
    TableKernel kernel;
    const VirtAddr area = kernel.vmalloc();
    // As pte_modify and set_memory_np leave them: the present bit gone, the frame inverted.
    const std::uint64_t inverted = ~std::uint64_t{0x300000} & 0x000ffffffffff000;
    kernel.setEntry(area, 1, inverted | 0x8000000000000162);
    kernel.setEntry(area + 0x1000, 1, 0x300000 | 0x162);   // before the inversion
    kernel.setEntry(area + 0x200000, 2, 0x400000 | 0x1e2); // a large page while it is split
    for (const VirtAddr address : {area, area + 0x1000, area + 0x200000}) {
        const Translation found = kernel.tables()->translate(address);
        EXPECT_EQ(found.state.status, PageStatus::Unmapped) << hex(address);
        EXPECT_EQ(found.phys, std::nullopt);
    }
    EXPECT_THAT(kernel.tables()->translate(area).steps.back().entry.flags(),
                UnorderedElementsAre("rw", "accessed", "dirty", "nx", "protnone", "inverted"));
    EXPECT_THAT(kernel.tables()->translate(area + 0x1000).steps.back().entry.flags(),
                UnorderedElementsAre("rw", "accessed", "dirty", "protnone"));
    EXPECT_EQ(kernel.tables()->translate(area + 0x200000).steps.size(), 3u);
}

TEST(PageTables, FlagsAreNamed)
{
    const auto flags = [](std::uint64_t value, unsigned level) { return TableEntry{value, level}.flags(); };
    EXPECT_THAT(flags(0, 1), testing::IsEmpty());
    EXPECT_THAT(flags(0x8000000000300163, 1),
                UnorderedElementsAre("present", "rw", "accessed", "dirty", "global", "nx"));
    EXPECT_THAT(flags(0x30009f, 1), UnorderedElementsAre("present", "rw", "user", "pwt", "pcd", "pat"));
    EXPECT_THAT(flags(0x4011e1, 2), UnorderedElementsAre("present", "accessed", "dirty", "pse", "pat", "global"));
    EXPECT_THAT(flags(0x0400000000300e01, 1), UnorderedElementsAre("present", "sw1", "sw2", "sw3", "sw4"));
    EXPECT_EQ((TableEntry{0x4011e1, 2}.frame()), PhysAddr(0x400000)) << "the caching bit is no part of the frame";
}

TEST(PageTables, TheUsersHalfIsNeverLookedAt)
{
    TableKernel kernel;
    // With page table isolation the user's root lies behind the kernel's.
    kernel.memory->mark(kernel.directMap(TableKernel::kRoot + kPageSize), kPageSize, {PageStatus::Denied, EPERM});
    for (unsigned i = 0; i < kEntriesPerTable / 2; ++i) // the kernel's copy of the user's mappings cannot be executed
        kernel.memory->set(kernel.directMap(TableKernel::kRoot + 8 * i), std::uint64_t{0});
    const auto runs = kernel.tables()->walk({&kEverything, 1});
    EXPECT_TRUE(std::ranges::none_of(runs, [](const PageRun &run) { return run.state.status == PageStatus::Error; }));
    EXPECT_EQ(kernel.tables()->translate(TableKernel::kText).phys, TableKernel::kTextPhys);
}

TEST(PageTables, TablesThatCannotBeReadAreAnError)
{
    TableKernel kernel;
    const VirtAddr area = kernel.vmalloc();
    kernel.map(area, PhysAddr(0x300000));
    kernel.map(area + 0x200000, PhysAddr(0x301000));
    kernel.setEntry(area + 0x400000, 2, 0x7f00000000 | 3); // a table beyond RAM
    kernel.setEntry(area + (std::uint64_t{1} << 39), 4, 0x300000 | 3 | TableKernel::kLarge);
    const PhysAddr table = kernel.entryPhys(area, 1).alignedDown(kPageSize);
    kernel.memory->mark(kernel.directMap(table), kPageSize, {PageStatus::Error, ENXIO});
    const auto tables = kernel.tables();
    EXPECT_EQ(tables->translate(area).state, (PageState{PageStatus::Error, ENXIO}));
    EXPECT_FALSE(tables->translate(area).steps.back().isRead);
    EXPECT_EQ(tables->translate(area + 0x200000).state.status, PageStatus::Present);
    EXPECT_EQ(tables->translate(area + 0x400000).state, (PageState{PageStatus::Error, EFAULT}));
    EXPECT_EQ(tables->translate(area + (std::uint64_t{1} << 39)).state, (PageState{PageStatus::Error, EUCLEAN}))
        << "no processor has pages of 512 GiB";
    const AddrRange asked = pages(area, 1536);
    const auto runs = tables->walk({&asked, 1});
    ASSERT_EQ(runs.size(), 4u);
    EXPECT_EQ(runs[0].range, pages(area, 512));
    EXPECT_EQ(runs[0].state, (PageState{PageStatus::Error, ENXIO}));
    EXPECT_EQ(runs[1].state.status, PageStatus::Present);
    EXPECT_EQ(runs[3].state, (PageState{PageStatus::Error, EFAULT}));
    // Left out of a dump: an error too, never zeros.
    kernel.memory->mark(kernel.directMap(table), kPageSize, {PageStatus::Excluded});
    EXPECT_EQ(tables->translate(area).state, (PageState{PageStatus::Error, EIO}));
}

TEST(PageTables, ALargePageIsRamOnlyAsFarAsRamReaches)
{
    TableKernel kernel;
    const VirtAddr area = kernel.vmalloc();
    kernel.map(area, PhysAddr(0), 2);
    kernel.map(area + 0x200000, PhysAddr(0x600000), 2); // RAM ends there
    const AddrRange asked = pages(area, 1024);
    const auto runs = kernel.tables()->walk({&asked, 1});
    ASSERT_EQ(runs.size(), 3u);
    EXPECT_EQ(runs[0].range, pages(area, 0x100));
    EXPECT_EQ(runs[0].state.status, PageStatus::Mmio);
    EXPECT_EQ(runs[1].range, pages(area + 0x100000, 0x100));
    EXPECT_EQ(runs[1].state.status, PageStatus::Present);
    EXPECT_EQ(runs[1].ram, kernel.directMap(TableKernel::kRam));
    EXPECT_EQ(runs[2].state.status, PageStatus::Mmio);
}

TEST(PageTables, KernelsWithoutPhysicalAddressesInKcore)
{
    TableKernel kernel({.hasPhysAddresses = false});
    kernel.map(kernel.vmalloc(), PhysAddr(0x300000));
    EXPECT_EQ(kernel.tables()->translate(kernel.vmalloc()).phys, PhysAddr(0x300000));
    EXPECT_EQ(kernel.tables()->translate(kernel.vmalloc()).state.status, PageStatus::Present);
}

TEST(PageTables, NewRamIsSeen)
{
    TableKernel kernel;
    kernel.map(kernel.vmalloc(), PhysAddr(0x900000));
    const auto tables = kernel.tables();
    EXPECT_EQ(tables->translate(kernel.vmalloc()).state.status, PageStatus::Mmio);
    kernel.memory->add(kernel.directMap(PhysAddr(0x900000)), std::vector<std::byte>(kPageSize), PhysAddr(0x900000));
    EXPECT_EQ(tables->translate(kernel.vmalloc()).state.status, PageStatus::Present);
}

TEST(WholePages, AreSortedAndJoined)
{
    const auto range = [](std::uint64_t first, std::uint64_t last) {
        return AddrRange{VirtAddr(first), VirtAddr(last)};
    };
    const std::vector<AddrRange> asked{range(0x5010, 0x5020), range(0x1ff0, 0x2010), range(0x3000, 0x3001),
                                       range(0x5ff0, 0x5fff), range(0xfffffffffffffff0, ~std::uint64_t{0})};
    EXPECT_THAT(wholePages(asked), ElementsAre(range(0x1000, 0x3fff), range(0x5000, 0x5fff),
                                               range(0xfffffffffffff000, ~std::uint64_t{0})));
    EXPECT_TRUE(wholePages({}).empty());
    EXPECT_THAT(wholePages(std::vector{range(0, ~std::uint64_t{0}), range(5, 7)}),
                ElementsAre(range(0, ~std::uint64_t{0})));
}

Segment segment(std::uint64_t first, std::uint64_t size, std::optional<PhysAddr> phys, SegmentKind kind)
{
    return {{*AddrRange::sized(VirtAddr(first), size), FileOffset(0), size, phys}, kind};
}

TEST(RamMapTest, TheDirectMapComesBeforeTheImage)
{
    std::vector<LoadSegment> loads;
    for (const auto &[first, size, phys] :
         {std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>{0xffff888000000000, 0x100000, 0},
          {0xffff888000100000, 0x100000, 0x80000}, // claims half of what the one before has
          {0xffff888100000000, 0x10000, 0xfffffffffffff000},
          {0xffffffff81000000, 0x200000, 0x100000}})
        loads.push_back(segment(first, size, PhysAddr(phys), SegmentKind::Other).load);
    const RamMap ram =
        RamMap::of(SegmentMap::classify(loads, Machine::X86_64, {.text = VirtAddr(0xffffffff81000000)}), std::nullopt);
    EXPECT_EQ(ram.addressOf(PhysAddr(0)), VirtAddr(0xffff888000000000));
    EXPECT_EQ(ram.addressOf(PhysAddr(0x90000)), VirtAddr(0xffff888000090000));
    EXPECT_EQ(ram.addressOf(PhysAddr(0x100000)), VirtAddr(0xffff888000180000)) << "not in the image's place";
    EXPECT_EQ(ram.addressOf(PhysAddr(0x17ffff)), VirtAddr(0xffff8880001fffff));
    EXPECT_EQ(ram.addressOf(PhysAddr(0x180000)), VirtAddr(0xffffffff81080000));
    EXPECT_EQ(ram.addressOf(PhysAddr(0x300000)), std::nullopt);
    EXPECT_EQ(ram.nextAfter(PhysAddr(0x300000)), PhysAddr(0xfffffffffffff000));
    EXPECT_EQ(ram.addressOf(PhysAddr(~std::uint64_t{0})), VirtAddr(0xffff888100000fff));
    EXPECT_EQ(ram.nextAfter(PhysAddr(~std::uint64_t{0})), std::nullopt);
    EXPECT_EQ(RamMap().addressOf(PhysAddr(0)), std::nullopt);
    EXPECT_GE(RamMap().pages(), 1u);
}

} // namespace
} // namespace ks
