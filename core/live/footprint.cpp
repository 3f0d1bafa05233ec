#include "core/live/footprint.h"

#include "core/base/addr_ranges.h"
#include "core/memory/segment_reader.h"

#include <algorithm>
#include <cerrno>

namespace ks::live {
Footprint::Footprint(std::vector<AddrRange> ranges)
{
    for (const AddrRange &range : joined(std::move(ranges)))
        blocks_.push_back(uniformBlock(range, {PageStatus::Hole}));
}

Footprint::Footprint(std::vector<AddrRange> ranges, const TickMemory &memory)
    : blocks_(memory.readBatch(joined(std::move(ranges))))
{
}

bool Footprint::agreesWith(const TickMemory &memory) const
{
    return std::ranges::all_of(blocks_, [&](const MemoryBlock &block) {
        return memory.holds(*AddrRange::sized(block.address(), block.size()), block.bytes(), block.runs());
    });
}

bool Footprint::isSameIn(const TickMemory &a, const TickMemory &b) const
{
    return std::ranges::all_of(blocks_, [&](const MemoryBlock &block) {
        return a.agrees(b, *AddrRange::sized(block.address(), block.size()));
    });
}

std::vector<AddrRange> Footprint::ranges() const
{
    std::vector<AddrRange> result;
    for (const MemoryBlock &block : blocks_)
        result.push_back(*AddrRange::sized(block.address(), block.size()));
    return result;
}

std::vector<AddrRange> Footprint::differences(const TickMemory &a, const TickMemory &b) const
{
    std::vector<AddrRange> result;
    for (const MemoryBlock &block : blocks_)
        a.addDifferences(b, *AddrRange::sized(block.address(), block.size()), result);
    return result;
}

std::size_t Footprint::pageCount() const
{
    std::vector<VirtAddr> pages;
    addPages(pages);
    pages.erase(std::ranges::unique(pages).begin(), pages.end()); // the blocks are sorted
    return pages.size();
}

void Footprint::addPages(std::vector<VirtAddr> &pages) const
{
    for (const MemoryBlock &block : blocks_) {
        const VirtAddr last = (block.address() + (block.size() - 1)).alignedDown(kPageSize);
        for (VirtAddr page = block.address().alignedDown(kPageSize);; page += kPageSize) {
            pages.push_back(page);
            if (page == last)
                break;
        }
    }
}

std::optional<std::chrono::system_clock::time_point> Footprint::timeIn(const TickMemory &memory) const
{
    std::optional<std::chrono::system_clock::time_point> time;
    for (const MemoryBlock &block : blocks_) {
        const auto oldest = memory.timeOf(*AddrRange::sized(block.address(), block.size()));
        if (oldest && (!time || *oldest < *time))
            time = oldest;
    }
    return time;
}

void RecordingMemory::restart(const TickMemory &memory)
{
    const std::lock_guard lock(mutex_);
    memory_ = &memory;
    ranges_.clear();
    bytes_ = 0;
}

Footprint RecordingMemory::footprint() const
{
    const std::lock_guard lock(mutex_);
    return {ranges_, *memory_};
}

std::vector<MemoryBlock> RecordingMemory::readBatch(std::span<const AddrRange> ranges) const
{
    {
        const std::lock_guard lock(mutex_);
        for (const AddrRange &range : ranges)
            bytes_ += range.size() == 0 ? kMaxBytes + 1 : std::min(range.size(), kMaxBytes + 1);
        if (!exceeded())
            ranges_.insert(ranges_.end(), ranges.begin(), ranges.end());
    }
    if (!exceeded())
        return memory_->readBatch(ranges);
    std::vector<MemoryBlock> refused;
    for (const AddrRange &range : ranges)
        refused.push_back(uniformBlock({range.first, std::min(range.last, range.first + (kMaxReadSize - 1))},
                                       {PageStatus::Error, EFBIG}));
    return refused;
}

} // namespace ks::live
