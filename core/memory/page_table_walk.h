// Walks page tables over ranges of addresses. Known to PageTables alone.
#pragma once

#include "core/memory/page_tables.h"

namespace ks {

class PageTableWalk {
public:
    /// Without `memory` nothing is read, and `used` gets what would be.
    PageTableWalk(const PageTables::Root &root, const RamMap &ram, TableEntries &entries, PageTables::Detail detail,
                  const MemorySource *memory, std::vector<EntrySpan> *used)
        : root_(root), ram_(ram), entries_(entries), detail_(detail), memory_(memory), used_(used)
    {
    }

    std::vector<PageRun> run(std::span<const AddrRange> pages);

private:
    /// A part of what one table maps.
    struct Item {
        PhysAddr table;
        AddrRange range;
    };
    using Runs = std::vector<PageRun>;

    void descend(std::span<const Item> items, unsigned level, Runs &out);
    void visit(const Item &item, unsigned level, Runs &runs, std::vector<Item> &below);
    bool withinBudget(const Item &item, unsigned level);
    void add(Runs &runs, const PageRun &run) const;
    void addPage(Runs &runs, const AddrRange &range, PhysAddr phys);

    const PageTables::Root &root_;
    const RamMap &ram_;
    TableEntries &entries_;
    PageTables::Detail detail_;
    const MemorySource *memory_;
    std::vector<EntrySpan> *used_;
    std::uint64_t tablesLeft_ = 0;
    std::uint64_t piecesLeft_ = 0;
    std::array<PhysAddr, kMaxTableLevels + 1> lastTable_{};
    std::array<VirtAddr, kMaxTableLevels + 1> lastBase_{};
};

/// The parts of the address space that an address of so many levels reaches: up to here, and from there on.
struct CanonicalHalves {
    VirtAddr lowerLast;
    VirtAddr upperFirst;
};
constexpr CanonicalHalves canonicalHalves(unsigned levels)
{
    const std::uint64_t half = std::uint64_t{1} << (tableShift(levels) + 8);
    return {VirtAddr(half - 1), VirtAddr(0 - half)};
}

} // namespace ks
