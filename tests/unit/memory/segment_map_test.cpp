// The kinds of segments, for headers that real kernels wrote and for their older and odder forms.
#include "core/memory/segment_map.h"

#include <gtest/gtest.h>
#include <ostream>

namespace ks {

void PrintTo(SegmentKind kind, std::ostream *out) { *out << name(kind); }

namespace {

constexpr std::uint64_t kNone = ~std::uint64_t{0};

struct Row {
    std::uint64_t address;
    std::uint64_t size;
    std::uint64_t phys;
    SegmentKind kind;
};

struct Layout {
    const char *name;
    Machine machine;
    LayoutHints hints; ///< tried with and without
    std::vector<Row> rows;
};

LayoutHints hints(std::uint64_t text, std::uint64_t pageOffset, std::uint64_t vmalloc, std::uint64_t vmemmap)
{
    LayoutHints result;
    result.text = VirtAddr(text);
    result.pageOffsetBase = VirtAddr(pageOffset);
    result.vmallocBase = VirtAddr(vmalloc);
    result.vmemmapBase = VirtAddr(vmemmap);
    return result;
}

const Layout kLayouts[] = {
    // The first three are /proc/kcore of Debian's 6.1.0-56-cloud-amd64 in QEMU with 512 MiB; the hints are the values
    // of
    // _text, page_offset_base, vmalloc_base and vmemmap_base in the same guest.
    {"FourLevelsKaslr",
     Machine::X86_64,
     hints(0xffffffff9ba00000, 0xffff8c20c0000000, 0xffffcc8040000000, 0xfffff38540000000),
     {{0xffffffff9ba00000, 0x2830000, 0x11200000, SegmentKind::Text},
      {0xffffcc8040000000, 0x1fffffffffff, kNone, SegmentKind::Vmalloc},
      {0xffffffffc0000000, 0x3f000000, kNone, SegmentKind::Modules},
      {0xffff8c20c0001000, 0x9e000, 0x1000, SegmentKind::DirectMap},
      {0xfffff38540000000, 0x3000, kNone, SegmentKind::Vmemmap},
      {0xffff8c20c0100000, 0x1fee0000, 0x100000, SegmentKind::DirectMap},
      {0xfffff38540004000, 0x7fc000, kNone, SegmentKind::Vmemmap}}},
    {"NoKaslr",
     Machine::X86_64,
     hints(0xffffffff81000000, 0xffff888000000000, 0xffffc90000000000, 0xffffea0000000000),
     {{0xffffffff81000000, 0x2830000, 0x1000000, SegmentKind::Text},
      {0xffffc90000000000, 0x1fffffffffff, kNone, SegmentKind::Vmalloc},
      {0xffffffffc0000000, 0x3f000000, kNone, SegmentKind::Modules},
      {0xffff888000001000, 0x9e000, 0x1000, SegmentKind::DirectMap},
      {0xffffea0000000000, 0x3000, kNone, SegmentKind::Vmemmap},
      {0xffff888000100000, 0x1fee0000, 0x100000, SegmentKind::DirectMap},
      {0xffffea0000004000, 0x7fc000, kNone, SegmentKind::Vmemmap}}},
    {"FiveLevels",
     Machine::X86_64,
     hints(0xffffffffaf400000, 0xff31aa8700000000, 0xff5e9e4140000000, 0xffba71d0c0000000),
     {{0xffffffffaf400000, 0x2830000, 0xfe00000, SegmentKind::Text},
      {0xff5e9e4140000000, 0x31ffffffffffff, kNone, SegmentKind::Vmalloc},
      {0xffffffffc0000000, 0x3f000000, kNone, SegmentKind::Modules},
      {0xff31aa8700001000, 0x9e000, 0x1000, SegmentKind::DirectMap},
      {0xffba71d0c0000000, 0x3000, kNone, SegmentKind::Vmemmap},
      {0xff31aa8700100000, 0x1fee0000, 0x100000, SegmentKind::DirectMap},
      {0xffba71d0c0004000, 0x7fc000, kNone, SegmentKind::Vmemmap}}},
    // As kernel 3.10 wrote them (arch/x86/mm/init_64.c, mem_init; fs/proc/kcore.c): no p_paddr, vsyscall of 8 MiB.
    {"Kernel310",
     Machine::X86_64,
     hints(0xffffffff81000000, 0xffff880000000000, 0xffffc90000000000, 0xffffea0000000000),
     {{0xffffffffff600000, 0x800000, kNone, SegmentKind::Vsyscall},
      {0xffffffff81000000, 0x1200000, kNone, SegmentKind::Text},
      {0xffffc90000000000, 0x1fffffffffff, kNone, SegmentKind::Vmalloc},
      {0xffffffffa0000000, 0x5f000000, kNone, SegmentKind::Modules},
      {0xffff880000001000, 0x9e000, kNone, SegmentKind::DirectMap},
      {0xffffea0000000000, 0x3000, kNone, SegmentKind::Vmemmap},
      {0xffff880000100000, 0x1fee0000, kNone, SegmentKind::DirectMap},
      {0xffff880100000000, 0x40000000, kNone, SegmentKind::DirectMap}}},
    // A dump by kdump (kernel/kexec_file.c, crash_prepare_elf64_headers): the image and the RAM.
    {"Kdump",
     Machine::X86_64,
     hints(0xffffffff9ba00000, 0xffff8c20c0000000, 0xffffcc8040000000, 0xfffff38540000000),
     {{0xffffffff9ba00000, 0x2830000, 0x11200000, SegmentKind::Text},
      {0xffff8c20c0001000, 0x9e000, 0x1000, SegmentKind::DirectMap},
      {0xffff8c20c0100000, 0x1fee0000, 0x100000, SegmentKind::DirectMap}}},
    // arm64 with 48 bits (Documentation/arch/arm64/memory.rst of 6.9): the image lies in the vmalloc area, and kcore
    // has
    // no entry of its own for it.
    {"Arm64",
     Machine::Arm64,
     hints(0xffff800080010000, 0xffff000000000000, 0xffff800080000000, 0xfffffc0000000000),
     {{0xffff800080000000, 0x7bff70000000, kNone, SegmentKind::Vmalloc},
      {0xffff800000000000, 0x80000000, kNone, SegmentKind::Modules},
      {0xffff000000000000, 0x40000000, 0x40000000, SegmentKind::DirectMap},
      {0xfffffc0000000000, 0x1000000, kNone, SegmentKind::Vmemmap}}},
    // User memory is no part of the map.
    {"Lower half", Machine::X86_64, {}, {{0x400000, 0x1000, kNone, SegmentKind::Other}}},
};

std::vector<LoadSegment> loadsOf(const Layout &layout)
{
    std::vector<LoadSegment> loads;
    for (const Row &row : layout.rows) {
        LoadSegment load;
        load.range = *AddrRange::sized(VirtAddr(row.address), row.size);
        load.fileSize = row.size;
        if (row.phys != kNone)
            load.phys = PhysAddr(row.phys);
        loads.push_back(load);
    }
    return loads;
}

void expectKinds(const Layout &layout, const LayoutHints &known)
{
    const auto map = SegmentMap::classify(loadsOf(layout), layout.machine, known);
    ASSERT_EQ(map.all().size(), layout.rows.size());
    for (const Row &row : layout.rows) {
        const Segment *segment = map.find(VirtAddr(row.address));
        ASSERT_NE(segment, nullptr) << hex(row.address);
        EXPECT_EQ(segment->kind, row.kind) << layout.name << ' ' << hex(row.address);
    }
}

TEST(SegmentMap, NamesTheKindsFromHintsAndWithoutThem)
{
    for (const Layout &layout : kLayouts) {
        expectKinds(layout, layout.hints);
        expectKinds(layout, {});
    }
}

LoadSegment load(std::uint64_t address, std::uint64_t size, std::uint64_t phys = kNone)
{
    return loadsOf({"", Machine::X86_64, {}, {{address, size, phys, SegmentKind::Other}}}).front();
}

SegmentKind kindOf(const LoadSegment &segment, const LayoutHints &known, Machine machine = Machine::X86_64)
{
    return SegmentMap::classify({segment}, machine, known).all().front().kind;
}

TEST(SegmentMap, WhatSymbolsTellDecides)
{
    // Where KASLR put the direct map, 4 levels have their vmalloc area without it.
    const auto known = hints(0xffffffffa1000000, 0xffffc90000000000, 0xffffd90000000000, 0xfffffa0000000000);
    const auto ram = load(0xffffc90000001000, 0x1000000);
    EXPECT_EQ(kindOf(ram, {}), SegmentKind::Vmalloc);
    EXPECT_EQ(kindOf(ram, known), SegmentKind::DirectMap);
    // An image at the address where modules begin without KASLR.
    EXPECT_EQ(kindOf(load(0xffffffffa0000000, 0x2800000), known), SegmentKind::Text);
    LayoutHints modules;
    modules.modulesBase = VirtAddr(0xffffffffa0000000);
    EXPECT_EQ(kindOf(load(0xffffffffa0000000, 0x2800000), modules), SegmentKind::Modules);
    EXPECT_EQ(kindOf(load(0xffffffffa0000000, 0x2800000), {}), SegmentKind::Text);
    // A piece of vmalloc in a partial dump.
    EXPECT_EQ(kindOf(load(0xffffd90010000000, 0x1000), known), SegmentKind::Vmalloc);
    EXPECT_EQ(kindOf(load(0xfffffa0000001000, 0x1000), known), SegmentKind::Vmemmap);
}

TEST(SegmentMap, RandomizedPlacesNeedNoHintWhenRamIsMarked)
{
    // 5 levels: the vmalloc area where the direct map lies without KASLR, a machine with 64 GiB of struct pages.
    const std::vector<LoadSegment> loads = {load(0xff11000000100000, 0x1000000, 0x100000),
                                            load(0xff20000000000000, 0x31ffffffffffff),
                                            load(0xff70000000000000, std::uint64_t{64} << 30)};
    const auto map = SegmentMap::classify(loads, Machine::X86_64, {});
    EXPECT_EQ(map.all()[0].kind, SegmentKind::DirectMap);
    EXPECT_EQ(map.all()[1].kind, SegmentKind::Vmalloc);
    EXPECT_EQ(map.all()[2].kind, SegmentKind::Vmemmap);
}

TEST(SegmentMap, FindsByAddress)
{
    const auto map = SegmentMap::classify({load(0xfffffffffffff000, 0x1000), load(0xffff888000000000, 0x1000, 0)},
                                          Machine::X86_64, {});
    EXPECT_EQ(map.find(VirtAddr(0)), nullptr);
    EXPECT_EQ(map.find(VirtAddr(0xffff887fffffffff)), nullptr);
    EXPECT_EQ(map.find(VirtAddr(0xffff888000000fff)), &map.all()[0]);
    EXPECT_EQ(map.find(VirtAddr(0xffff888000001000)), nullptr);
    EXPECT_EQ(map.find(VirtAddr(~std::uint64_t{0})), &map.all()[1]);
    EXPECT_EQ(map.nextAfter(VirtAddr(0)), &map.all()[0]);
    EXPECT_EQ(map.nextAfter(VirtAddr(0xffff888000000000)), &map.all()[1]);
    EXPECT_EQ(map.nextAfter(VirtAddr(0xfffffffffffff000)), nullptr);
    EXPECT_EQ(SegmentMap().find(VirtAddr(0)), nullptr);
    EXPECT_EQ(SegmentMap::classify({}, Machine::Other, {}).all().size(), 0u);
}

} // namespace
} // namespace ks
