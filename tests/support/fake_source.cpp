#include "tests/support/fake_source.h"

#include "core/memory/segment_reader.h"

#include <algorithm>
#include <thread>

namespace ks::test {

void FakeSource::add(VirtAddr address, std::span<const std::byte> bytes, std::optional<PhysAddr> phys)
{
    const auto range = AddrRange::sized(address, bytes.size());
    if (!range)
        return;
    bytes = bytes.first(range->size());
    const std::lock_guard lock(mutex_);
    remove(*range);
    regions_[address] = {{bytes.begin(), bytes.end()}, phys};
}

void FakeSource::add(VirtAddr address, std::string_view bytes) { add(address, std::as_bytes(std::span(bytes))); }

void FakeSource::addZeros(VirtAddr address, std::size_t size) { add(address, std::vector<std::byte>(size)); }

void FakeSource::remove(const AddrRange &range)
{
    std::map<VirtAddr, Region> kept;
    for (auto &[first, region] : regions_) {
        const VirtAddr last = first + (region.bytes.size() - 1);
        if (!range.overlaps({first, last})) {
            kept[first] = std::move(region);
            continue;
        }
        if (first < range.first)
            kept[first] = {{region.bytes.begin(), region.bytes.begin() + (range.first - first)}, region.phys};
        if (last > range.last) {
            const std::uint64_t skipped = range.last - first + 1;
            kept[range.last + 1] = {{region.bytes.begin() + skipped, region.bytes.end()},
                                    region.phys ? std::optional(*region.phys + skipped) : std::nullopt};
        }
    }
    regions_ = std::move(kept);
}

void FakeSource::write(VirtAddr address, std::span<const std::byte> bytes)
{
    const auto range = AddrRange::sized(address, bytes.size());
    if (!range)
        return;
    const std::lock_guard lock(mutex_);
    for (auto &[first, region] : regions_)
        if (const auto part = AddrRange{first, first + (region.bytes.size() - 1)}.intersect(*range))
            std::ranges::copy(bytes.subspan(part->first - address, part->size()),
                              region.bytes.begin() + (part->first - first));
}

void FakeSource::mark(VirtAddr address, std::uint64_t size, PageState state)
{
    const std::lock_guard lock(mutex_);
    if (const auto range = AddrRange::sized(address, size))
        marks_.push_back({*range, state});
}

std::vector<LoadSegment> FakeSource::segments() const
{
    const std::lock_guard lock(mutex_);
    std::vector<LoadSegment> result;
    std::uint64_t offset = kPageSize;
    for (const auto &[first, region] : regions_) {
        const std::uint64_t size = region.bytes.size();
        result.push_back({*AddrRange::sized(first, size), FileOffset(offset), size, region.phys});
        offset += size;
    }
    return result;
}

MemoryBlock FakeSource::readOne(const AddrRange &range) const
{
    std::vector<std::byte> bytes(range.size());
    std::vector<StatusRun> runs{{range, {PageStatus::Hole}}};
    // Paints one state over a part of the runs.
    const auto paint = [&](const AddrRange &part, PageState state) {
        std::vector<StatusRun> painted;
        for (const StatusRun &run : runs) {
            const auto hit = run.range.intersect(part);
            if (!hit) {
                appendRun(painted, run.range, run.state);
                continue;
            }
            if (run.range.first < hit->first)
                appendRun(painted, {run.range.first, hit->first - 1}, run.state);
            appendRun(painted, *hit, state);
            if (hit->last < run.range.last)
                appendRun(painted, {hit->last + 1, run.range.last}, run.state);
        }
        runs = std::move(painted);
    };
    for (const auto &[first, region] : regions_) {
        const auto part = AddrRange{first, first + (region.bytes.size() - 1)}.intersect(range);
        if (!part)
            continue;
        std::copy_n(region.bytes.begin() + (part->first - first), part->size(),
                    bytes.begin() + (part->first - range.first));
        paint(*part, {PageStatus::Present});
        for (const StatusRun &mark : marks_)
            if (const auto marked = mark.range.intersect(*part))
                paint(*marked, mark.state);
    }
    for (const StatusRun &run : runs)
        if (!run.state.present())
            std::fill_n(bytes.begin() + (run.range.first - range.first), run.range.size(), std::byte{0});
    return {range.first, std::move(bytes), std::move(runs)};
}

std::vector<MemoryBlock> FakeSource::readBatch(std::span<const AddrRange> ranges) const
{
    ++batches_;
    const auto time = std::chrono::system_clock::now();
    const auto begin = std::chrono::steady_clock::now();
    std::vector<MemoryBlock> blocks;
    const std::lock_guard lock(mutex_);
    for (const AddrRange &range : ranges) {
        const std::uint64_t size =
            range.size() == 0 ? kMaxReadSize : std::min<std::uint64_t>(range.size(), kMaxReadSize);
        blocks.push_back(readOne(*AddrRange::sized(range.first, size)));
        blocks.back().time = time;
        blocks.back().latency = std::chrono::steady_clock::now() - begin;
    }
    return blocks;
}

std::vector<MemoryBlock> SlowSource::readBatch(std::span<const AddrRange> ranges) const
{
    const auto begin = std::chrono::steady_clock::now();
    auto blocks = inner_->readBatch(ranges);
    std::this_thread::sleep_until(begin + delay_);
    for (MemoryBlock &block : blocks)
        block.latency = std::chrono::steady_clock::now() - begin;
    return blocks;
}

} // namespace ks::test
