// A small kernel made up for the hex view: the layout and the numbers of a real one, with a task_struct in its data.
#pragma once

#include "tests/ui/fake_sources.h"
#include "ui/models/hex_target.h"
#include "ui/models/struct_overlay.h"

#include <string>

namespace ks::ui::test {

inline constexpr std::uint64_t kText = 0xffffffffa1200000;
inline constexpr std::uint64_t kInitTask = 0xffffffffa241aa40;
inline constexpr std::uint64_t kDirect = 0xffff8ed700000000;
inline constexpr std::uint64_t kVsyscall = 0xffffffffff600000;

inline LoadSegment load(std::uint64_t first, std::uint64_t size, std::optional<std::uint64_t> phys = std::nullopt)
{
    LoadSegment segment;
    segment.range = *AddrRange::sized(VirtAddr(first), size);
    segment.fileSize = size;
    if (phys)
        segment.phys = PhysAddr(*phys);
    return segment;
}

struct HexFixture {
    HexFixture()
    {
        source->loads = {load(kDirect + 0x1000, 0x9e000, 0x1000),
                         load(kDirect + 0x100000, 0x13f00000, 0x100000),
                         load(0xffffa1d000000000, 0x1fffffffffff),
                         load(0xffffda0b80000000, 0x500000),
                         load(kText, 0x2800000, 0x200000),
                         load(0xffffffffc0000000, 0x3e000000),
                         load(kVsyscall, 0x1000)};
        std::vector<Segment> kinds;
        LayoutHints hints;
        hints.text = VirtAddr(kText);
        hints.end = VirtAddr(kText + 0x2800000);
        hints.pageOffsetBase = VirtAddr(kDirect);
        hints.vmallocBase = VirtAddr(0xffffa1d000000000);
        hints.vmemmapBase = VirtAddr(0xffffda0b80000000);
        segments = std::make_shared<SegmentMap>(SegmentMap::classify(source->loads, Machine::X86_64, hints));

        std::vector<RawSymbol> raw;
        const auto symbol = [&](const char *name, std::uint64_t address, std::uint64_t size,
                                SymbolKind kind = SymbolKind::Data, const char *module = "") {
            raw.push_back({name, module, VirtAddr(address), size, kind, true});
        };
        symbol("_text", kText, 0, SymbolKind::Other);
        symbol("_etext", kText + 0x1100000, 0, SymbolKind::Other);
        symbol("__start_rodata", kText + 0x1101000, 0, SymbolKind::Other);
        symbol("__end_rodata", kText + 0x1200000, 0, SymbolKind::Other);
        symbol("_sdata", kText + 0x1210000, 0, SymbolKind::Other);
        symbol("_edata", kText + 0x15b0000, 0, SymbolKind::Other);
        symbol("__bss_start", kText + 0x15c0000, 0, SymbolKind::Other);
        symbol("__bss_stop", kText + 0x1b00000, 0, SymbolKind::Other);
        symbol("schedule", kText + 0x100, 0x90, SymbolKind::Function);
        symbol("init_thread_union", 0xffffffffa2400000, 0x4000);
        symbol("init_task", kInitTask, 9728);
        symbol("virtio_net_driver", 0xffffffffc0301000, 0x100, SymbolKind::Data, "virtio_net");
        symbol("virtnet_probe", 0xffffffffc02f0000, 0x800, SymbolKind::Function, "virtio_net");
        symbol("fuse_init", 0xffffffffc0400010, 0x200, SymbolKind::Function, "fuse");
        symbols = std::make_shared<SymbolTable>(SymbolTable::build(std::move(raw)));

        source->put(VirtAddr(kInitTask), 0x4000);
        source->put(VirtAddr(kInitTask + 0x20), 0xffffffffa2400000);
        source->put(VirtAddr(kInitTask + 0x28), 0x0420000000000002);
        source->put(VirtAddr(kInitTask + 0x34), 1, 4);
        source->put(VirtAddr(kInitTask + 0x40), 0x30);
        source->put(VirtAddr(kInitTask + 0x48), 5);
        source->put(VirtAddr(kInitTask + 0x50), 0xff448d);
        source->put(VirtAddr(kInitTask + 0x58), 0xffff8ed701869800);
        source->put(VirtAddr(kInitTask + 0x68), 0x7800000001);
        source->put(VirtAddr(kInitTask + 0x70), 0x7800000078);
        source->put(VirtAddr(kInitTask + 0x80), 0x100000);
        source->put(VirtAddr(kInitTask + 0x88), 0x400000);
        source->put(VirtAddr(kInitTask + 0xa8), kInitTask + 0xa8);
        source->put(VirtAddr(kInitTask + 0xb0), kInitTask + 0xa8);
        source->put(VirtAddr(kInitTask + 0xc0), 0x88e8675);
        source->put(VirtAddr(kInitTask + 0xf8), 0xffff8ed713431a00);
        source->put(VirtAddr(kInitTask + 0x180), kInitTask + 0x180);
        source->put(VirtAddr(kInitTask + 0x188), kInitTask + 0x180);
        const std::string comm = "swapper/0";
        for (std::size_t i = 0; i < comm.size(); ++i)
            source->put(VirtAddr(kInitTask + 0xb68 + i), static_cast<std::uint8_t>(comm[i]), 1);
    }

    HexTarget target() const { return {segments, symbols}; }

    /// Leaf members of the beginning of struct task_struct (Linux 6.1).
    static std::vector<OverlaySpan> members()
    {
        return {{0, 24, QStringLiteral("thread_info")},
                {0x18, 4, QStringLiteral("__state")},
                {0x20, 8, QStringLiteral("stack")},
                {0x28, 4, QStringLiteral("usage")},
                {0x2c, 4, QStringLiteral("flags")},
                {0x30, 4, QStringLiteral("ptrace")},
                {0x34, 4, QStringLiteral("on_cpu")},
                {0x38, 16, QStringLiteral("wake_entry")},
                {0x48, 4, QStringLiteral("wakee_flips")},
                {0x50, 8, QStringLiteral("wakee_flip_decay_ts")},
                {0x58, 8, QStringLiteral("last_wakee")},
                {0x60, 4, QStringLiteral("recent_used_cpu")},
                {0x68, 4, QStringLiteral("on_rq")},
                {0x70, 4, QStringLiteral("prio")},
                {0x74, 4, QStringLiteral("static_prio")},
                {0x80, 16, QStringLiteral("se.load")},
                {0x90, 24, QStringLiteral("se.run_node")},
                {0xa8, 16, QStringLiteral("se.group_node")},
                {0xb8, 4, QStringLiteral("se.on_rq")},
                {0xc0, 8, QStringLiteral("se.exec_start")},
                {0xc8, 8, QStringLiteral("se.sum_exec_runtime")},
                {0xf8, 8, QStringLiteral("se.cfs_rq")},
                {0x180, 16, QStringLiteral("rt.run_list")},
                {0xb68, 16, QStringLiteral("comm")}};
    }

    std::shared_ptr<FakeSource> source = std::make_shared<FakeSource>();
    std::shared_ptr<SegmentMap> segments;
    std::shared_ptr<SymbolTable> symbols;
};

} // namespace ks::ui::test
