#include "core/search/scan_set.h"

#include "core/base/units.h"
#include "core/search/chunks.h"
#include "core/search/search.h"

#include <algorithm>
#include <bit>

namespace ks {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;
/// Candidates that are this close are read at once.
constexpr std::uint64_t kGap = 256;

std::unexpected<Error> cancelled() { return fail(ErrorCode::Cancelled, "the scan", "it was cancelled"); }

std::unexpected<Error> tooMany(std::uint64_t maxBytes)
{
    return fail(ErrorCode::Limit, "the scan",
                "its candidates would take more than " + sizeText(maxBytes) + " of memory",
                "scan a smaller range, or name a value to begin with");
}

std::uint64_t places(std::uint64_t bytes, unsigned width, std::size_t step)
{
    return bytes < width ? 0 : (bytes - width) / step + 1;
}

} // namespace

ScanSet::ScanSet(const ScanType &type) : type_(type)
{
    type_.width = std::clamp(type_.width, 1U, 8U);
    step_ = type_.aligned && std::has_single_bit(type_.width) ? type_.width : 1;
}

void ScanSet::addRegion(VirtAddr first, std::span<const std::byte> bytes)
{
    const std::uint64_t skipped = (0 - first.value) & (step_ - 1);
    if (skipped >= bytes.size() || places(bytes.size() - skipped, type_.width, step_) == 0)
        return;
    bytes = bytes.subspan(skipped);
    Region region{first + skipped, {bytes.begin(), bytes.end()}, {}, places(bytes.size(), type_.width, step_)};
    region.alive.assign((region.count + 63) / 64, ~std::uint64_t{0});
    if (region.count % 64 != 0)
        region.alive.back() = (std::uint64_t{1} << region.count % 64) - 1;
    size_ += region.count;
    regions_.push_back(std::move(region));
}

Result<ScanSet> ScanSet::first(const MemorySource &memory, std::span<const AddrRange> where, const ScanType &type,
                               const std::optional<ValuePattern> &values, std::uint64_t maxBytes, Progress &progress)
{
    ScanSet set(type);
    if (values) {
        ValuePattern pattern = *values;
        pattern.width = set.type_.width;
        pattern.bigEndian = type.bigEndian;
        pattern.aligned = type.aligned;
        const std::uint64_t most = maxBytes / sizeof(Entry);
        bool isTooMuch = false;
        const auto summary = search(
            memory, where, *makeMatcher(pattern), {},
            [&](std::span<const SearchHit> hits) {
                isTooMuch = set.entries_.size() + hits.size() > most;
                if (isTooMuch)
                    return false;
                for (const SearchHit &hit : hits)
                    set.entries_.push_back(
                        {hit.address, readInteger(hit.match().data(), pattern.width, type.bigEndian)});
                return true;
            },
            progress);
        if (isTooMuch)
            return tooMany(maxBytes);
        if (summary.cancelled)
            return cancelled();
        set.size_ = set.entries_.size();
        return set;
    }

    // A place at the end of one chunk needs bytes of the next, so chunks are regions with a few bytes of overlap.
    ChunkPlan plan(mappedParts(memory, where), kChunk, 0, set.type_.width - 1);
    // The bytes and a bit for each place; whether they are present shows only later.
    const std::uint64_t total = plan.totalBytes();
    if (total + total / set.step_ / 8 > maxBytes)
        return tooMany(maxBytes);
    progress.begin("scanning", total);
    std::vector<std::byte> buffer;
    std::vector<AddrRange> ranges;
    std::vector<StatusRun> runs;
    for (auto pieces = plan.next(); !pieces.empty(); pieces = plan.next()) {
        if (progress.cancelled())
            return cancelled();
        std::size_t size = 0;
        ranges.clear();
        for (const Piece &piece : pieces) {
            ranges.push_back(piece.read);
            size += piece.read.size();
        }
        buffer.resize(std::max(buffer.size(), size));
        memory.readInto(ranges, std::span(buffer).first(size), runs);
        auto run = runs.begin();
        std::span<const std::byte> bytes = buffer;
        for (const Piece &piece : pieces) {
            for (; run != runs.end() && run->range.first <= piece.read.last; ++run)
                if (run->state.present() && run->range.first <= piece.own.last)
                    set.addRegion(run->range.first,
                                  bytes.subspan(run->range.first - piece.read.first, run->range.size()));
            bytes = bytes.subspan(piece.read.size());
            progress.advance(piece.own.size());
        }
    }
    return set;
}

bool ScanSet::passes(ScanTest test, const ValuePattern &values, std::uint64_t before, std::uint64_t now) const
{
    // Moves the sign bit to the top, so that one comparison serves all widths.
    const unsigned shift = 64 - 8 * type_.width;
    const auto less = [&](std::uint64_t a, std::uint64_t b) {
        return type_.isSigned ? static_cast<std::int64_t>(a << shift) < static_cast<std::int64_t>(b << shift) : a < b;
    };
    switch (test) {
    case ScanTest::Changed: return before != now;
    case ScanTest::Unchanged: return before == now;
    case ScanTest::Increased: return less(before, now);
    case ScanTest::Decreased: return less(now, before);
    case ScanTest::Matching: return values.matches(now);
    }
    return false;
}

ScanSet ScanSet::of(const ScanType &type, std::vector<Entry> found)
{
    ScanSet set(type);
    set.size_ = found.size();
    set.entries_ = std::move(found);
    return set;
}

Result<ScanSet> ScanSet::next(const MemorySource &memory, ScanTest test, const std::optional<ValuePattern> &values,
                              Progress &progress) const
{
    if (test == ScanTest::Matching && !values)
        return fail(ErrorCode::Syntax, "the scan", "it names no value to match");
    ValuePattern pattern = values.value_or(ValuePattern{});
    pattern.width = type_.width;
    progress.begin("scanning", size_);
    auto set = regions_.empty() ? nextOfEntries(memory, test, pattern, progress)
                                : nextOfRegions(memory, test, pattern, progress);
    if (set)
        set->shrink();
    return set;
}

Result<ScanSet> ScanSet::nextOfRegions(const MemorySource &memory, ScanTest test, const ValuePattern &values,
                                       Progress &progress) const
{
    ScanSet set(type_);
    std::vector<std::byte> bytes;
    std::vector<StatusRun> runs;
    for (const Region &region : regions_) {
        if (progress.cancelled())
            return cancelled();
        const AddrRange range = *AddrRange::sized(region.first, region.bytes.size());
        bytes.resize(region.bytes.size());
        memory.readInto({&range, 1}, bytes, runs);
        Region kept{region.first, {}, std::vector<std::uint64_t>(region.alive.size()), 0};
        auto run = runs.begin();
        for (std::size_t word = 0; word < region.alive.size(); ++word) {
            for (std::uint64_t left = region.alive[word]; left != 0; left &= left - 1) {
                const std::size_t place = word * 64 + static_cast<std::size_t>(std::countr_zero(left));
                const std::size_t offset = place * step_;
                const VirtAddr at = region.first + offset;
                while (run->range.last < at)
                    ++run;
                // A value over a border of runs has bytes that were not read.
                if (!run->state.present() || run->range.last - at < type_.width - 1) {
                    ++set.lost_;
                    continue;
                }
                if (!passes(test, values, readInteger(region.bytes.data() + offset, type_.width, type_.bigEndian),
                            readInteger(bytes.data() + offset, type_.width, type_.bigEndian)))
                    continue;
                kept.alive[word] |= std::uint64_t{1} << place % 64;
                ++kept.count;
            }
        }
        progress.advance(region.count);
        set.size_ += kept.count;
        if (kept.count == 0)
            continue;
        kept.bytes = bytes;
        set.regions_.push_back(std::move(kept));
    }
    return set;
}

Result<ScanSet> ScanSet::nextOfEntries(const MemorySource &memory, ScanTest test, const ValuePattern &values,
                                       Progress &progress) const
{
    ScanSet set(type_);
    std::vector<AddrRange> ranges;
    std::vector<std::byte> buffer;
    std::vector<StatusRun> runs;
    for (std::size_t begin = 0; begin < entries_.size();) {
        if (progress.cancelled())
            return cancelled();
        ranges.clear();
        std::uint64_t size = 0;
        std::size_t end = begin;
        for (; end < entries_.size() && size < kChunk; ++end) {
            const AddrRange value = *AddrRange::sized(entries_[end].address, type_.width);
            if (!ranges.empty() && (value.first <= ranges.back().last || value.first - ranges.back().last <= kGap)) {
                size += value.last - ranges.back().last;
                ranges.back().last = value.last;
            } else {
                ranges.push_back(value);
                size += value.size();
            }
        }
        buffer.resize(std::max<std::size_t>(buffer.size(), size));
        memory.readInto(ranges, std::span(buffer).first(size), runs);
        auto run = runs.begin();
        auto range = ranges.begin();
        const std::byte *bytes = buffer.data();
        for (std::size_t i = begin; i < end; ++i) {
            const Entry &entry = entries_[i];
            for (; range->last < entry.address; ++range)
                bytes += range->size();
            while (run->range.last < entry.address)
                ++run;
            if (!run->state.present() || run->range.last - entry.address < type_.width - 1) {
                ++set.lost_;
                continue;
            }
            const std::uint64_t now = readInteger(bytes + (entry.address - range->first), type_.width, type_.bigEndian);
            if (passes(test, values, entry.value, now))
                set.entries_.push_back({entry.address, now});
        }
        progress.advance(end - begin);
        begin = end;
    }
    set.size_ = set.entries_.size();
    return set;
}

std::vector<ScanSet::Entry> ScanSet::entries(std::uint64_t from, std::size_t count) const
{
    std::vector<Entry> result;
    if (from >= size_)
        return result;
    count = std::min<std::uint64_t>(count, size_ - from);
    if (regions_.empty())
        return {entries_.begin() + static_cast<std::ptrdiff_t>(from),
                entries_.begin() + static_cast<std::ptrdiff_t>(from + count)};
    for (const Region &region : regions_) {
        if (from >= region.count) {
            from -= region.count;
            continue;
        }
        for (std::size_t word = 0; word < region.alive.size() && result.size() < count; ++word) {
            const auto here = static_cast<std::uint64_t>(std::popcount(region.alive[word]));
            if (from >= here) {
                from -= here;
                continue;
            }
            for (std::uint64_t left = region.alive[word]; left != 0 && result.size() < count; left &= left - 1) {
                if (from > 0) {
                    --from;
                    continue;
                }
                const std::size_t offset = (word * 64 + static_cast<std::size_t>(std::countr_zero(left))) * step_;
                result.push_back(
                    {region.first + offset, readInteger(region.bytes.data() + offset, type_.width, type_.bigEndian)});
            }
        }
        if (result.size() == count)
            break;
    }
    return result;
}

std::uint64_t ScanSet::memoryUsage() const
{
    std::uint64_t bytes = entries_.size() * sizeof(Entry);
    for (const Region &region : regions_)
        bytes += sizeof region + region.bytes.size() + region.alive.size() * sizeof(std::uint64_t);
    return bytes;
}

void ScanSet::shrink()
{
    if (regions_.empty() || size_ * sizeof(Entry) >= memoryUsage())
        return;
    auto all = entries(0, size_);
    regions_.clear();
    entries_ = std::move(all);
}

} // namespace ks
