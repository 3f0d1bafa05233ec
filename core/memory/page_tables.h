// The kernel's page tables on x86-64: what is mapped at an address, and where in RAM it is.
#pragma once

#include "core/memory/memory_source.h"
#include "core/memory/page_table_entry.h"
#include "core/memory/ram_map.h"
#include "core/memory/segment_map.h"
#include "core/memory/table_entries.h"

#include <memory>
#include <mutex>

namespace ks {

/// One entry on the way to an address.
struct TableStep {
    TableEntry entry;
    const char *name = "";                ///< "pgd", "p4d", "pud", "pmd", "pte"
    PhysAddr phys;                        ///< of the entry
    std::optional<VirtAddr> entryAddress; ///< where it can be read
    bool isRead = false;                  ///< false: it could not be, and the way ends here
};

struct Translation {
    VirtAddr address;
    /// Present: RAM. Mmio: mapped, but no RAM of the target. Unmapped. Error: an entry could not be read (EFAULT when
    /// its table is no RAM) or is damaged (EUCLEAN).
    PageState state;
    std::optional<PhysAddr> phys; ///< of the address itself, when Present or Mmio
    std::uint64_t pageSize = 0;   ///< 4 KiB, 2 MiB or 1 GiB when mapped
    std::vector<TableStep> steps; ///< from the root down
};

/// Addresses that follow each other and have one state; if they are mapped, to RAM or device memory in one piece.
struct PageRun {
    AddrRange range;
    PageState state; ///< as in Translation
    PhysAddr phys;   ///< of range.first, when Present or Mmio
    VirtAddr ram;    ///< where the source shows that RAM, when Present
};

/// The ranges as whole pages, sorted, joined where they touch.
std::vector<AddrRange> wholePages(std::span<const AddrRange> ranges);

/// Safe to use from any thread. Nothing is kept from one call to the next: every call sees the tables of its time.
/// Tables are untrusted. Each level leads down, so no walk is longer than there are levels; a walk that meets more
/// tables than the target has pages of RAM is Error(EUCLEAN) from there on.
class PageTables {
public:
    struct Root {
        /// Of init_mm's tables (swapper_pg_dir, init_top_pgt), which map the kernel alone. With page table isolation it
        /// is the kernel's half: the user's half, the page behind it, is never looked at.
        PhysAddr table;
        unsigned levels = 4;
        std::uint64_t encryption = 0; ///< NUMBER(sme_mask); bits outside of an address are ignored
    };
    /// `memory` is the source as it is, without page tables. `hints` tell which of its segments are the direct map.
    PageTables(std::shared_ptr<const MemorySource> memory, Root root, LayoutHints hints);

    unsigned levels() const { return root_.levels; }
    const MemorySource &memory() const { return *memory_; }
    const LayoutHints &hints() const { return hints_; }

    Translation translate(VirtAddr address) const;
    /// Several in one go, which asks for each table once; in the order of the addresses.
    std::vector<Translation> translate(std::span<const VirtAddr> addresses) const;

    enum class Detail {
        Frames, ///< runs are cut where RAM is not in one piece
        States, ///< runs are cut where the state changes; phys and ram say nothing
    };
    /// What is at `pages` (whole pages, sorted, not overlapping; see wholePages), from the first to the last. Empty
    /// upper entries cost nothing, whatever they cover.
    std::vector<PageRun> walk(std::span<const AddrRange> pages, Detail detail = Detail::Frames) const;
    /// The same with the entries in `entries`, to which those are added that had to be read.
    std::vector<PageRun> walk(std::span<const AddrRange> pages, TableEntries &entries,
                              Detail detail = Detail::Frames) const;
    /// The same with nothing but `entries`; Error(EAGAIN) where they do not suffice. `used` gets all that were asked.
    std::vector<PageRun> recall(std::span<const AddrRange> pages, TableEntries &entries,
                                std::vector<EntrySpan> &used) const;

    /// The source's segments, and the RAM in them, as they are now.
    struct Layout {
        std::vector<LoadSegment> segments; ///< sorted
        SegmentMap map;
        RamMap ram;
    };
    std::shared_ptr<const Layout> layout() const;

private:
    std::shared_ptr<const MemorySource> memory_;
    Root root_;
    LayoutHints hints_;
    mutable std::mutex mutex_; ///< guards layout_
    mutable std::shared_ptr<const Layout> layout_;
};

} // namespace ks
