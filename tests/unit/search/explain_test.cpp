// What is known about the address of a hit.
#include "core/search/explain.h"

#include <gtest/gtest.h>

namespace ks {
namespace {

LoadSegment load(std::uint64_t first, std::uint64_t size, std::optional<PhysAddr> phys)
{
    return {*AddrRange::sized(VirtAddr(first), size), FileOffset(0), size, phys};
}

TEST(Explain, NamesSegmentSymbolAndModule)
{
    constexpr std::uint64_t kText = 0xffffffff81000000, kDirect = 0xffff888000000000, kModules = 0xffffffffc0000000;
    const auto segments = SegmentMap::classify(
        {load(kDirect, 0x1000000, PhysAddr(0)), load(kText, 0x200000, PhysAddr(0x1000000)),
         load(kModules, 0x3000000, {})},
        Machine::X86_64,
        {.text = VirtAddr(kText), .pageOffsetBase = VirtAddr(kDirect), .modulesBase = VirtAddr(kModules)});
    std::vector<RawSymbol> raw;
    raw.push_back({"schedule", "", VirtAddr(kText + 0x100), 0x40, SymbolKind::Function, true});
    raw.push_back({"probe", "virtio_net", VirtAddr(kModules + 0x100), 0x40, SymbolKind::Function, true});
    const auto symbols = SymbolTable::build(std::move(raw));
    std::vector<kernel::Module> modules(1);
    modules[0].name = "virtio_net";
    modules[0].layout.ranges.push_back({.range = *AddrRange::sized(VirtAddr(kModules), 0x2000)});

    const auto text = explain(VirtAddr(kText + 0x110), segments, symbols, modules);
    ASSERT_TRUE(text.segment && text.symbol);
    EXPECT_EQ(text.segment->kind, SegmentKind::Text);
    EXPECT_EQ(toString(*text.symbol), "schedule+0x10");
    EXPECT_EQ(text.module, "");

    const auto direct = explain(VirtAddr(kDirect + 8), segments, symbols, modules);
    ASSERT_TRUE(direct.segment);
    EXPECT_EQ(direct.segment->kind, SegmentKind::DirectMap);
    EXPECT_FALSE(direct.symbol);

    const auto named = explain(VirtAddr(kModules + 0x104), segments, symbols, modules);
    ASSERT_TRUE(named.symbol);
    EXPECT_EQ(toString(*named.symbol), "virtio_net::probe+0x4");
    EXPECT_EQ(named.module, "virtio_net");
    // Between its symbols the module is known by its ranges; behind them nothing is.
    EXPECT_EQ(explain(VirtAddr(kModules + 0x1800), segments, symbols, modules).module, "virtio_net");
    EXPECT_EQ(explain(VirtAddr(kModules + 0x2800), segments, symbols, modules).module, "");
    EXPECT_EQ(explain(VirtAddr(0x1000), segments, symbols, modules).segment, nullptr);
}

} // namespace
} // namespace ks
