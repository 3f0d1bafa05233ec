#include "ui/models/map_scale.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace ks::ui {

namespace {

constexpr VirtAddr kLast{~std::uint64_t{0}};
constexpr std::uint64_t kHoleWeight = 6;

std::uint64_t weight(const MapScale::Span &span)
{
    if (span.hole)
        return kHoleWeight;
    // 4 KiB: 4, 16 MiB: 40, 64 TiB: 106.
    const auto bits = static_cast<std::uint64_t>(std::bit_width(span.range.last - span.range.first));
    return bits < 14 ? 4 : 4 + (bits - 12) * 3;
}

} // namespace

MapScale::MapScale(std::span<const AddrRange> ranges)
{
    VirtAddr next;
    bool full = false;
    for (std::size_t i = 0; i < ranges.size() && !full; ++i) {
        const AddrRange &range = ranges[i];
        if (next < range.first)
            spans_.push_back({.range = {next, range.first - 1}, .hole = true});
        spans_.push_back({.range = range, .index = i});
        full = range.last == kLast;
        next = range.last + 1;
    }
    if (!full)
        spans_.push_back({.range = {next, kLast}, .hole = true});

    const std::uint64_t total = std::accumulate(spans_.begin(), spans_.end(), std::uint64_t{0},
                                                [](std::uint64_t sum, const Span &s) { return sum + weight(s); });
    std::uint64_t done = 0;
    for (Span &span : spans_) {
        span.first = static_cast<std::uint32_t>(done * kUnits / total);
        done += weight(span);
        span.units = static_cast<std::uint32_t>(done * kUnits / total) - span.first;
    }
}

const MapScale::Span &MapScale::spanAt(std::uint32_t position) const
{
    position = std::min(position, kUnits - 1);
    return *std::prev(std::ranges::upper_bound(spans_, position, {}, &Span::first));
}

std::uint32_t MapScale::position(VirtAddr address) const
{
    const Span &span = *std::ranges::lower_bound(spans_, address, {}, [](const Span &s) { return s.range.last; });
    const std::uint64_t offset = address - span.range.first;
    const std::uint64_t last = span.range.last - span.range.first;
    // Below 2^32 the product is exact; above, whole steps of a unit are.
    const std::uint64_t unit = last < (std::uint64_t{1} << 32)
                                   ? (last == 0 ? 0 : offset * (span.units - 1) / last)
                                   : std::min<std::uint64_t>(offset / (last / span.units + 1), span.units - 1);
    return span.first + static_cast<std::uint32_t>(unit);
}

VirtAddr MapScale::address(std::uint32_t position) const
{
    const Span &span = spanAt(position);
    const std::uint64_t unit = std::min(position, kUnits - 1) - span.first;
    const std::uint64_t last = span.range.last - span.range.first;
    if (span.units < 2)
        return span.range.first;
    if (unit == span.units - 1)
        return span.range.last;
    const std::uint64_t offset = last < (std::uint64_t{1} << 32) ? (unit * last + span.units - 2) / (span.units - 1)
                                                                 : std::min(unit * (last / span.units + 1), last);
    return span.range.first + offset;
}

} // namespace ks::ui
