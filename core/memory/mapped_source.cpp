#include "core/memory/mapped_source.h"

#include "core/base/addr_ranges.h"
#include "core/memory/mapped_batch.h"
#include "core/memory/snapshot_note.h"

#include <algorithm>

namespace ks {
namespace {

/// How often a page may have moved between two looks at the tables.
constexpr int kMaxAttempts = 4;
/// Those of 2 GiB in small pages.
constexpr std::size_t kMaxRemembered = 1024;

// Documentation/arch/x86/x86_64/mm.rst: where the areas lie without KASLR, and how large they are with it.
constexpr std::uint64_t kTiB = std::uint64_t{1} << 40;
constexpr VirtAddr kModulesStart{0xffffffffa0000000};
constexpr VirtAddr kModulesLast{0xfffffffffeffffff};

/// What is in both; each is sorted and does not overlap itself.
std::vector<AddrRange> inBoth(std::span<const AddrRange> a, std::span<const AddrRange> b)
{
    std::vector<AddrRange> both;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        if (const auto part = a[i].intersect(b[j]))
            appendJoined(both, *part);
        a[i].last < b[j].last ? ++i : ++j;
    }
    return both;
}

} // namespace

MappedSource::MappedSource(std::shared_ptr<const PageTables> tables)
    : tables_(std::move(tables)), devices_(std::make_shared<const std::vector<AddrRange>>())
{
    if (isLive())
        return;
    // /proc/kcore gives only RAM and the image physical addresses, and has other segments as well; /proc/vmcore only
    // has what is in RAM (fs/proc/vmcore.c).
    const auto layout = tables_->layout();
    takesSegmentsAsTheyAre_ =
        findSnapshotNote(notes()) ||
        std::ranges::all_of(layout->segments, [](const LoadSegment &s) { return s.phys.has_value(); });
}

void MappedSource::setDeviceMemory(std::vector<AddrRange> ranges)
{
    auto devices = std::make_shared<const std::vector<AddrRange>>(wholePages(ranges));
    const std::lock_guard lock(mutex_);
    devices_ = std::move(devices);
}

MappedSource::Devices MappedSource::devices() const
{
    const std::lock_guard lock(mutex_);
    return devices_;
}

std::vector<MemoryBlock> MappedSource::readBatch(std::span<const AddrRange> ranges) const
{
    const auto layout = tables_->layout(); // the batch refers to its segments
    MappedBatch batch(ranges, layout->segments, isLive(), takesSegmentsAsTheyAre_);
    complete(batch, *layout);
    return batch.finish();
}

void MappedSource::readInto(std::span<const AddrRange> ranges, std::span<std::byte> into,
                            std::vector<StatusRun> &runs) const
{
    const auto layout = tables_->layout();
    MappedBatch batch(ranges, layout->segments, isLive(), takesSegmentsAsTheyAre_, into);
    complete(batch, *layout);
    batch.finish(runs);
}

void MappedSource::complete(MappedBatch &batch, const PageTables::Layout &layout) const
{
    const auto known = devices();
    for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
        const auto pages = batch.pendingPages();
        if (pages.empty() && attempt > 0)
            break;
        std::vector<EntrySpan> used;
        std::vector<PageRun> guess;
        TableEntries now;
        {
            const std::lock_guard lock(mutex_);
            guess = tables_->recall(pages, remembered_, used);
        }
        if (!isLive())
            guess = tables_->walk(pages, now);
        markDevices(guess, *known);
        batch.read(inner(), guess);
        if (!isLive()) {
            batch.settle(guess);
            break;
        }
        // Everything that led here last time in one go; the walk reads what has changed.
        now.read(inner(), layout.ram, used);
        auto runs = tables_->walk(pages, now);
        {
            const std::lock_guard lock(mutex_);
            remembered_.update(now, kMaxRemembered);
        }
        markDevices(runs, *known);
        batch.settle(runs);
    }
}

/// Where a dump may have something mapped that it has no segment for.
std::vector<AddrRange> MappedSource::areasOfDump() const
{
    const LayoutHints &hints = tables_->hints();
    const bool fiveLevels = tables_->levels() == kMaxTableLevels;
    const VirtAddr vmalloc = hints.vmallocBase.value_or(VirtAddr(fiveLevels ? 0xffa0000000000000 : 0xffffc90000000000));
    const VirtAddr vmemmap = hints.vmemmapBase.value_or(VirtAddr(fiveLevels ? 0xffd4000000000000 : 0xffffea0000000000));
    const VirtAddr modules = std::max(kModulesStart, hints.end.value_or(kModulesStart));
    std::vector<AddrRange> areas{*AddrRange::sized(vmalloc, (fiveLevels ? 12800 : 32) * kTiB),
                                 *AddrRange::sized(vmemmap, (fiveLevels ? 512 : 1) * kTiB)};
    if (modules < kModulesLast)
        areas.push_back({modules, kModulesLast});
    return areas;
}

std::vector<AddrRange> MappedSource::mappedRanges(const AddrRange &within) const
{
    std::vector<AddrRange> asked = inner().mappedRanges(within);
    std::vector<AddrRange> mapped;
    if (!isLive()) {
        if (takesSegmentsAsTheyAre_)
            mapped = std::exchange(asked, {});
        for (const AddrRange &area : areasOfDump())
            if (const auto part = area.intersect(within))
                asked.push_back(*part);
    }
    TableEntries now;
    auto runs = tables_->walk(wholePages(asked), now, PageTables::Detail::States);
    if (isLive()) { // what is mapped is likely to be read next
        const std::lock_guard lock(mutex_);
        remembered_.update(now, kMaxRemembered);
    }
    markDevices(runs, *devices());
    std::vector<AddrRange> present;
    for (const PageRun &run : runs)
        if (run.state.present())
            appendJoined(present, run.range);
    std::ranges::sort(asked, {}, &AddrRange::first);
    // Areas of a dump may have segments too; only whole pages are told then.
    auto found = isLive() ? inBoth(asked, present) : inBoth(std::vector{within}, present);
    if (mapped.empty())
        return found;
    mapped.insert(mapped.end(), found.begin(), found.end());
    return joined(std::move(mapped));
}

} // namespace ks
