// Memory as it was read in one tick: every page once, however many ask for it.
#pragma once

#include "core/memory/memory_source.h"

#include <array>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

namespace ks::live {

/// What reading has cost.
struct TickCost {
    ReadCost reads;                      ///< system calls and bytes, of the source in this time
    std::chrono::nanoseconds latency{0}; ///< spent in reading
    std::chrono::nanoseconds cpu{0};     ///< of the thread that ticked, for all of the tick
};

/// Answers out of pages that were read before, and reads what is missing in whole pages. Safe to use from any thread,
/// as every MemorySource; a page is still read once.
class TickMemory : public MemorySource {
public:
    explicit TickMemory(std::shared_ptr<const MemorySource> source) : source_(std::move(source)) {}

    /// Forgets all pages.
    void clear();
    /// Reads those of `pages` (first bytes of pages, sorted) that are not there yet: neighbours joined into runs, all
    /// runs in one batch.
    void fetch(std::span<const VirtAddr> pages) const;

    /// Whether the memory at `range` is the same here as in `bytes` and `runs`. False where a page has not been read by
    /// fetch(): what was read on demand is of later moments than the rest.
    bool holds(const AddrRange &range, std::span<const std::byte> bytes, std::span<const StatusRun> runs) const;
    /// Whether the memory at `range` is the same here and in another tick's pages, all of them read by fetch().
    bool agrees(const TickMemory &other, const AddrRange &range) const;
    /// Adds the parts of `range` in which agrees() fails: behind the others, neighbours joined.
    void addDifferences(const TickMemory &other, const AddrRange &range, std::vector<AddrRange> &parts) const;
    /// The time of the oldest page of those in `range` that have been read; nothing when none has.
    std::optional<std::chrono::system_clock::time_point> timeOf(const AddrRange &range) const;
    /// When the last fetch() began.
    std::chrono::system_clock::time_point fetchTime() const;
    std::size_t pageCount() const;
    /// Whether any byte could be read, and the state of one that the target refused, or that it has lost (Denied,
    /// Error, Truncated).
    bool anyPresent() const;
    std::optional<PageState> failure() const;
    /// Of the reads since it was made; `cpu` stays 0.
    TickCost spent() const;

    std::string description() const override { return source_->description(); }
    Machine machine() const override { return source_->machine(); }
    bool isLive() const override { return source_->isLive(); }
    std::vector<LoadSegment> segments() const override { return source_->segments(); }
    std::vector<Note> notes() const override { return source_->notes(); }
    std::optional<std::string> truncation() const override { return source_->truncation(); }
    std::vector<AddrRange> mappedRanges(const AddrRange &within) const override
    {
        return source_->mappedRanges(within);
    }
    ReadCost cost() const override { return source_->cost(); }
    std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override;

private:
    struct Page {
        std::array<std::byte, kPageSize> bytes;
        std::vector<StatusRun> runs;
        std::chrono::system_clock::time_point time;
        bool isLate = false; ///< read on demand
    };
    const Page *find(VirtAddr page) const;
    Page &addPage(VirtAddr page) const;
    void fetchLocked(std::span<const VirtAddr> pages, bool isLate) const;
    MemoryBlock assemble(const AddrRange &range) const;

    std::shared_ptr<const MemorySource> source_;
    mutable std::mutex mutex_; ///< guards all below
    mutable std::unordered_map<VirtAddr, std::size_t> index_;
    mutable std::vector<std::unique_ptr<Page>>
        pages_; ///< the first pageCount() are in use, the rest is for the next tick
    mutable std::chrono::system_clock::time_point fetchTime_;
    mutable bool anyPresent_ = false;
    mutable std::optional<PageState> failure_;
    mutable TickCost spent_;
};

} // namespace ks::live
