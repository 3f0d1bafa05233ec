#include "core/live/tick_memory.h"

#include "core/base/addr_ranges.h"
#include "core/memory/segment_reader.h"

#include <algorithm>
#include <cstring>

namespace ks::live {
namespace {

/// Room for pages that is kept from tick to tick.
constexpr std::size_t kKeptPages = 16384;

VirtAddr pageOf(VirtAddr address) { return address.alignedDown(kPageSize); }
VirtAddr endOf(VirtAddr page) { return page + (kPageSize - 1); }

/// Whether a target that is gone answers like that.
bool isFailure(PageStatus status)
{
    return status == PageStatus::Denied || status == PageStatus::Error || status == PageStatus::Truncated;
}

/// Calls `visit` with every page of `range` and the part of the range that lies in it, as long as it gives true.
template <class Visit>
bool forEachPage(const AddrRange &range, Visit &&visit)
{
    for (VirtAddr first = range.first;;) {
        const VirtAddr last = std::min(endOf(pageOf(first)), range.last);
        if (!visit(pageOf(first), AddrRange{first, last}))
            return false;
        if (last == range.last)
            return true;
        first = last + 1;
    }
}

/// The state of the bytes from `address` on, and how far it reaches.
const StatusRun *runAt(std::span<const StatusRun> runs, VirtAddr address)
{
    const auto run = std::ranges::lower_bound(runs, address, {}, [](const StatusRun &r) { return r.range.last; });
    return run != runs.end() && run->range.contains(address) ? &*run : nullptr;
}

bool sameStates(std::span<const StatusRun> a, std::span<const StatusRun> b, const AddrRange &within)
{
    for (VirtAddr next = within.first;;) {
        const StatusRun *left = runAt(a, next);
        const StatusRun *right = runAt(b, next);
        if (!left || !right || left->state != right->state)
            return false;
        const VirtAddr last = std::min(left->range.last, right->range.last);
        if (last >= within.last)
            return true;
        next = last + 1;
    }
}

} // namespace

void TickMemory::clear()
{
    const std::lock_guard lock(mutex_);
    index_.clear();
    anyPresent_ = false;
    failure_ = std::nullopt;
    if (pages_.size() > kKeptPages)
        pages_.resize(kKeptPages);
}

const TickMemory::Page *TickMemory::find(VirtAddr page) const
{
    const auto found = index_.find(page);
    return found == index_.end() ? nullptr : pages_[found->second].get();
}

TickMemory::Page &TickMemory::addPage(VirtAddr page) const
{
    const std::size_t at = index_.size();
    index_.emplace(page, at);
    if (at == pages_.size())
        pages_.push_back(std::make_unique<Page>());
    return *pages_[at];
}

void TickMemory::fetch(std::span<const VirtAddr> pages) const
{
    const std::lock_guard lock(mutex_);
    fetchTime_ = std::chrono::system_clock::now();
    fetchLocked(pages, false);
}

void TickMemory::fetchLocked(std::span<const VirtAddr> pages, bool isLate) const
{
    std::vector<AddrRange> runs;
    for (const VirtAddr page : pages) {
        if (find(page) || (!runs.empty() && runs.back().last == endOf(page)))
            continue;
        const bool joins = !runs.empty() && runs.back().last + 1 == page &&
                           runs.back().size() + kPageSize <= MemorySource::kMaxReadSize;
        if (joins)
            runs.back().last = endOf(page);
        else
            runs.push_back({page, endOf(page)});
    }
    if (runs.empty())
        return;
    const ReadCost before = source_->cost();
    const auto begin = std::chrono::steady_clock::now();
    const auto blocks = source_->readBatch(runs);
    spent_.latency += std::chrono::steady_clock::now() - begin;
    const ReadCost cost = source_->cost() - before;
    spent_.reads.calls += cost.calls;
    spent_.reads.bytes += cost.bytes;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const MemoryBlock &block = blocks[i];
        for (const StatusRun &run : block.runs()) {
            anyPresent_ |= run.state.present();
            if (!failure_ && isFailure(run.state.status))
                failure_ = run.state;
        }
        std::size_t status = 0;
        forEachPage(runs[i], [&](VirtAddr page, const AddrRange &whole) {
            Page &kept = addPage(page);
            std::memcpy(kept.bytes.data(), block.bytes().data() + (page - block.address()), kPageSize);
            kept.time = block.time;
            kept.isLate = isLate;
            kept.runs.clear();
            while (block.runs()[status].range.last < page)
                ++status;
            for (std::size_t s = status; s < block.runs().size() && block.runs()[s].range.first <= whole.last; ++s)
                kept.runs.push_back({*block.runs()[s].range.intersect(whole), block.runs()[s].state});
            return true;
        });
    }
}

MemoryBlock TickMemory::assemble(const AddrRange &range) const
{
    std::vector<std::byte> bytes(range.size());
    std::vector<StatusRun> runs;
    std::optional<std::chrono::system_clock::time_point> time;
    forEachPage(range, [&](VirtAddr at, const AddrRange &part) {
        const Page &page = *find(at);
        std::memcpy(bytes.data() + (part.first - range.first), page.bytes.data() + (part.first - at), part.size());
        for (const StatusRun &run : page.runs)
            if (const auto hit = run.range.intersect(part))
                appendRun(runs, *hit, run.state);
        if (!time || page.time < *time)
            time = page.time;
        return true;
    });
    MemoryBlock block(range.first, std::move(bytes), std::move(runs));
    block.time = *time;
    return block;
}

std::vector<MemoryBlock> TickMemory::readBatch(std::span<const AddrRange> ranges) const
{
    const std::lock_guard lock(mutex_);
    std::vector<AddrRange> cut;
    std::vector<VirtAddr> missing;
    for (const AddrRange &range : ranges) {
        const std::uint64_t size = range.size();
        cut.push_back(size == 0 || size > kMaxReadSize ? *AddrRange::sized(range.first, kMaxReadSize) : range);
        forEachPage(cut.back(), [&](VirtAddr page, const AddrRange &) {
            if (!find(page))
                missing.push_back(page);
            return true;
        });
    }
    std::ranges::sort(missing);
    fetchLocked(missing, true);
    std::vector<MemoryBlock> blocks;
    blocks.reserve(cut.size());
    for (const AddrRange &range : cut)
        blocks.push_back(assemble(range));
    return blocks;
}

bool TickMemory::holds(const AddrRange &range, std::span<const std::byte> bytes, std::span<const StatusRun> runs) const
{
    const std::lock_guard lock(mutex_);
    return forEachPage(range, [&](VirtAddr at, const AddrRange &part) {
        const Page *page = find(at);
        return page && !page->isLate &&
               std::memcmp(page->bytes.data() + (part.first - at), bytes.data() + (part.first - range.first),
                           part.size()) == 0 &&
               sameStates(page->runs, runs, part);
    });
}

bool TickMemory::agrees(const TickMemory &other, const AddrRange &range) const
{
    const std::scoped_lock lock(mutex_, other.mutex_);
    return forEachPage(range, [&](VirtAddr at, const AddrRange &part) {
        const Page *a = find(at);
        const Page *b = other.find(at);
        const std::uint64_t offset = part.first - at;
        return a && b && !a->isLate && !b->isLate &&
               std::memcmp(a->bytes.data() + offset, b->bytes.data() + offset, part.size()) == 0 &&
               sameStates(a->runs, b->runs, part);
    });
}

void TickMemory::addDifferences(const TickMemory &other, const AddrRange &range, std::vector<AddrRange> &parts) const
{
    const auto known = [](const Page *page) { return page && !page->isLate; };
    const std::scoped_lock lock(mutex_, other.mutex_);
    forEachPage(range, [&](VirtAddr at, const AddrRange &part) {
        const Page *a = find(at);
        const Page *b = other.find(at);
        if (!known(a) || !known(b)) {
            appendJoined(parts, part);
            return true;
        }
        for (VirtAddr byte = part.first;; byte += 1) {
            const std::uint64_t offset = byte - at;
            if (a->bytes[offset] != b->bytes[offset] || runAt(a->runs, byte)->state != runAt(b->runs, byte)->state)
                appendJoined(parts, {byte, byte});
            if (byte == part.last)
                return true;
        }
    });
}

std::optional<std::chrono::system_clock::time_point> TickMemory::timeOf(const AddrRange &range) const
{
    const std::lock_guard lock(mutex_);
    std::optional<std::chrono::system_clock::time_point> time;
    forEachPage(range, [&](VirtAddr at, const AddrRange &) {
        if (const Page *page = find(at); page && (!time || page->time < *time))
            time = page->time;
        return true;
    });
    return time;
}

std::chrono::system_clock::time_point TickMemory::fetchTime() const
{
    const std::lock_guard lock(mutex_);
    return fetchTime_;
}

std::size_t TickMemory::pageCount() const
{
    const std::lock_guard lock(mutex_);
    return index_.size();
}

bool TickMemory::anyPresent() const
{
    const std::lock_guard lock(mutex_);
    return anyPresent_;
}

std::optional<PageState> TickMemory::failure() const
{
    const std::lock_guard lock(mutex_);
    return failure_;
}

TickCost TickMemory::spent() const
{
    const std::lock_guard lock(mutex_);
    return spent_;
}

} // namespace ks::live
