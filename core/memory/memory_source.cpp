#include "core/memory/memory_source.h"

#include "core/base/addr_ranges.h"

#include <algorithm>

namespace ks {

void appendRun(std::vector<StatusRun> &runs, AddrRange range, PageState state)
{
    if (!runs.empty() && runs.back().state == state && runs.back().range.last + 1 == range.first)
        runs.back().range.last = range.last;
    else
        runs.push_back({range, state});
}

MemoryBlock::MemoryBlock(VirtAddr address, std::vector<std::byte> bytes, std::vector<StatusRun> runs)
    : address_(address), bytes_(std::move(bytes)), runs_(std::move(runs))
{
}

PageState MemoryBlock::stateAt(VirtAddr address) const
{
    const auto run = std::ranges::lower_bound(runs_, address, {}, [](const StatusRun &r) { return r.range.last; });
    if (run == runs_.end() || !run->range.contains(address))
        return {};
    return run->state;
}

std::optional<StatusRun> MemoryBlock::firstMissing(VirtAddr address, std::uint64_t size) const
{
    const auto wanted = AddrRange::sized(address, size);
    if (!wanted)
        return std::nullopt;
    VirtAddr next = wanted->first;
    for (const StatusRun &run : runs_) {
        if (run.range.last < next)
            continue;
        if (!run.range.contains(next))
            break;
        if (!run.state.present())
            return StatusRun{*run.range.intersect(*wanted), run.state};
        if (run.range.last >= wanted->last)
            return std::nullopt;
        next = run.range.last + 1;
    }
    return StatusRun{{next, wanted->last}, {}};
}

std::optional<std::span<const std::byte>> MemoryBlock::present(VirtAddr address, std::uint64_t size) const
{
    if (address < address_ || address - address_ > bytes_.size() || size > bytes_.size() - (address - address_) ||
        firstMissing(address, size))
        return std::nullopt;
    return std::span(bytes_).subspan(address - address_, size);
}

std::vector<AddrRange> MemorySource::mappedRanges(const AddrRange &within) const
{
    std::vector<AddrRange> mapped;
    for (const LoadSegment &load : segments()) {
        const auto held = AddrRange::sized(load.range.first, load.fileSize);
        const auto part = held ? held->intersect(within) : std::nullopt;
        if (part)
            appendJoined(mapped, *part);
    }
    return mapped;
}

void MemorySource::readInto(std::span<const AddrRange> ranges, std::span<std::byte> into,
                            std::vector<StatusRun> &runs) const
{
    runs.clear();
    for (const MemoryBlock &block : readBatch(ranges)) {
        std::ranges::copy(block.bytes(), into.begin());
        into = into.subspan(block.size());
        for (const StatusRun &run : block.runs())
            appendRun(runs, run.range, run.state);
    }
}

MemoryBlock MemorySource::read(VirtAddr address, std::size_t size) const
{
    const auto range = AddrRange::sized(address, std::min(size, kMaxReadSize));
    if (!range)
        return {};
    auto blocks = readBatch({&*range, 1});
    return std::move(blocks.front());
}

} // namespace ks
