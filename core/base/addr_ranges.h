// Sets of addresses as sorted ranges.
#pragma once

#include "core/base/address.h"

#include <span>
#include <vector>

namespace ks {

/// The same addresses in ascending ranges: what overlaps or touches has become one.
std::vector<AddrRange> joined(std::vector<AddrRange> ranges);
/// Adds a range behind the others: it becomes one with the last when it touches that.
inline void appendJoined(std::vector<AddrRange> &ranges, const AddrRange &range) // once a byte, here and there
{
    // Behind the last address comes none.
    if (!ranges.empty() && ranges.back().last + 1 == range.first && range.first.value != 0)
        ranges.back().last = range.last;
    else
        ranges.push_back(range);
}
/// Whether any of `ranges` has an address in common with `range`.
bool anyIntersects(std::span<const AddrRange> ranges, const AddrRange &range);

} // namespace ks
