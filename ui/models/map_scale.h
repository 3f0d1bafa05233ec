// A scale on which every segment of the address space can be seen: 64 TiB and 16 MiB side by side. Each span gets room
// by the logarithm of its size, each hole a thin line; within a span the scale is linear. The strip of the map and the
// scroll bar of the hex view share it. Positions are whole units, so that no address goes through a float.
#pragma once

#include "core/base/address.h"

#include <cstdint>
#include <span>
#include <vector>

namespace ks::ui {

class MapScale {
public:
    static constexpr std::uint32_t kUnits = 1U << 24;

    struct Span {
        AddrRange range;
        std::uint32_t first = 0; ///< in units
        std::uint32_t units = 0;
        bool hole = false;
        std::size_t index = 0; ///< which of the given ranges; of a hole: nothing
    };

    MapScale() : MapScale(std::span<const AddrRange>{}) {}
    /// `ranges` are sorted and do not overlap.
    explicit MapScale(std::span<const AddrRange> ranges);

    /// Covers all addresses and all units, in order.
    std::span<const Span> spans() const { return spans_; }
    /// 0 to kUnits - 1.
    std::uint32_t position(VirtAddr address) const;
    VirtAddr address(std::uint32_t position) const;
    const Span &spanAt(std::uint32_t position) const;

private:
    std::vector<Span> spans_;
};

} // namespace ks::ui
