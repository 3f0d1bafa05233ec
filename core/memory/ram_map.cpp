#include "core/memory/ram_map.h"

#include <algorithm>

namespace ks {
namespace {

using Parts = std::vector<RamMap::Part>;

void add(Parts &parts, const AddrRange &range, PhysAddr first)
{
    const PhysAddr last = first + (range.last - range.first);
    parts.push_back({first, last < first ? PhysAddr(~std::uint64_t{0}) : last, range.first});
}

/// Of parts that overlap, the one that begins first keeps what they share.
void separate(Parts &parts)
{
    std::ranges::sort(parts, {}, [](const RamMap::Part &part) { return std::pair(part.first, part.address); });
    Parts separated;
    for (RamMap::Part part : parts) {
        if (!separated.empty() && part.first <= separated.back().last) {
            if (part.last <= separated.back().last)
                continue;
            const std::uint64_t shared = separated.back().last - part.first + 1;
            part.first += shared;
            part.address += shared;
        }
        separated.push_back(part);
    }
    parts = std::move(separated);
}

const RamMap::Part *findIn(const Parts &parts, PhysAddr address)
{
    const auto found = std::ranges::lower_bound(parts, address, {}, &RamMap::Part::last);
    return found != parts.end() && found->first <= address ? &*found : nullptr;
}

} // namespace

RamMap RamMap::of(const SegmentMap &segments, std::optional<VirtAddr> pageOffset)
{
    RamMap map;
    for (const Segment &segment : segments.all()) {
        const auto &phys = segment.load.phys;
        if (segment.kind == SegmentKind::DirectMap && phys)
            add(map.direct_, segment.range(), *phys);
        else if (segment.kind == SegmentKind::DirectMap && pageOffset && segment.range().first >= *pageOffset)
            add(map.direct_, segment.range(), PhysAddr(segment.range().first - *pageOffset));
        else if (segment.kind == SegmentKind::Text && phys)
            add(map.image_, segment.range(), *phys);
    }
    separate(map.direct_);
    separate(map.image_);
    return map;
}

const RamMap::Part *RamMap::find(PhysAddr address) const
{
    const Part *part = findIn(direct_, address);
    return part ? part : findIn(image_, address);
}

std::optional<PhysAddr> RamMap::nextAfter(PhysAddr address) const
{
    std::optional<PhysAddr> next;
    for (const Parts *parts : {&direct_, &image_}) {
        const auto found = std::ranges::upper_bound(*parts, address, {}, &Part::first);
        if (found != parts->end() && (!next || found->first < *next))
            next = found->first;
    }
    return next;
}

std::optional<VirtAddr> RamMap::addressOf(PhysAddr address) const
{
    const Part *part = find(address);
    return part ? std::optional(part->address + (address - part->first)) : std::nullopt;
}

std::uint64_t RamMap::pages() const
{
    std::uint64_t pages = 1;
    for (const Parts *parts : {&direct_, &image_})
        for (const Part &part : *parts)
            pages += (part.last - part.first) / kPageSize;
    return pages;
}

} // namespace ks
