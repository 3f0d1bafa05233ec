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

} // namespace
} // namespace ks
