#include "core/base/addr_ranges.h"

#include <algorithm>

namespace ks {

std::vector<AddrRange> joined(std::vector<AddrRange> ranges)
{
    std::ranges::sort(ranges, {}, &AddrRange::first);
    std::size_t kept = 0;
    for (const AddrRange &range : ranges) {
        AddrRange *last = kept > 0 ? &ranges[kept - 1] : nullptr;
        if (last && (range.first <= last->last || range.first - last->last == 1))
            last->last = std::max(last->last, range.last);
        else
            ranges[kept++] = range;
    }
    ranges.resize(kept);
    return ranges;
}

bool anyIntersects(std::span<const AddrRange> ranges, const AddrRange &range)
{
    return std::ranges::any_of(ranges, [&](const AddrRange &part) { return part.intersect(range).has_value(); });
}

} // namespace ks
