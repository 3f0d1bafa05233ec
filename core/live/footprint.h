// What a result was made of: the memory that was read for it. As long as that has not changed, neither has the result.
#pragma once

#include "core/live/tick_memory.h"

#include <vector>

namespace ks::live {

/// Bytes, and the state of each, of the ranges that one evaluation has read.
class Footprint {
public:
    Footprint() = default;
    /// Of which nothing has been read yet: it agrees with nothing.
    explicit Footprint(std::vector<AddrRange> ranges);
    /// `ranges` in any order, overlapping ones joined, with what `memory` holds of them.
    Footprint(std::vector<AddrRange> ranges, const TickMemory &memory);

    bool empty() const { return blocks_.empty(); }
    /// Whether `memory` holds the same bytes in the same states at all of the ranges.
    bool agreesWith(const TickMemory &memory) const;
    /// Whether two ticks' pages are the same at all of the ranges, whatever they were before.
    bool isSameIn(const TickMemory &a, const TickMemory &b) const;
    std::vector<AddrRange> ranges() const;
    /// The bytes of the ranges that two ticks' pages do not agree on, or that one of them does not have; sorted.
    std::vector<AddrRange> differences(const TickMemory &a, const TickMemory &b) const;
    std::size_t pageCount() const;
    /// Adds the first byte of every page that it touches.
    void addPages(std::vector<VirtAddr> &pages) const;
    /// When the oldest of its bytes were read; nothing when it is empty.
    std::optional<std::chrono::system_clock::time_point> timeIn(const TickMemory &memory) const;

private:
    std::vector<MemoryBlock> blocks_; ///< sorted, not overlapping
};

/// Remembers what is read through it.
class RecordingMemory : public MemorySource {
public:
    /// Bytes that one evaluation may read; beyond them every read fails with EFBIG.
    static constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 26;

    explicit RecordingMemory(const TickMemory &memory) : memory_(&memory) {}

    /// Begins anew, over `memory`.
    void restart(const TickMemory &memory);
    /// What was read since.
    Footprint footprint() const;
    bool exceeded() const { return bytes_ > kMaxBytes; }

    std::string description() const override { return memory_->description(); }
    Machine machine() const override { return memory_->machine(); }
    bool isLive() const override { return memory_->isLive(); }
    std::vector<LoadSegment> segments() const override { return memory_->segments(); }
    std::vector<Note> notes() const override { return memory_->notes(); }
    std::vector<AddrRange> mappedRanges(const AddrRange &within) const override
    {
        return memory_->mappedRanges(within);
    }
    ReadCost cost() const override { return memory_->cost(); }
    std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override;

private:
    const TickMemory *memory_;
    mutable std::mutex mutex_; ///< guards all below
    mutable std::vector<AddrRange> ranges_;
    mutable std::uint64_t bytes_ = 0;
};

} // namespace ks::live
