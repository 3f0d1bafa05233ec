// What two kernels have in common: addresses that mean the same in both, whatever KASLR has made of them.
#pragma once

#include "core/memory/segment_map.h"
#include "core/values/context.h"

#include <compare>
#include <optional>
#include <string>

namespace ks {

/// One of two targets that are compared. Views only: whoever compares keeps the owners alive.
struct DiffSide {
    EvalContext context;
    const SegmentMap *segments = nullptr;
    LayoutHints layout;
    std::string buildId; ///< empty: not known
};

/// Whether one address means the same in both.
bool sameLayout(const DiffSide &a, const DiffSide &b);

struct Place {
    enum class Space : std::uint8_t {
        Virtual,  ///< an address, where the layouts are the same
        Physical, ///< in the direct map
        Vmalloc,  ///< distance from vmalloc_base
        Vmemmap,  ///< distance from vmemmap_base
        Image,    ///< as linked
    };
    Space space = Space::Virtual;
    std::uint64_t offset = 0;
    friend auto operator<=>(const Place &, const Place &) = default;
};

/// Gives addresses of one side their places.
class PlaceMap {
public:
    PlaceMap(const DiffSide &side, bool sameLayout);
    /// Nothing where no such place can be told: modules, the fixmap, user space, what the layout leaves open.
    std::optional<Place> placeOf(VirtAddr address) const;

private:
    bool sameLayout_;
    std::uint64_t kaslrOffset_;
    LayoutHints layout_;
};

/// Whether two pointers mean the same: the same place, or where there is none, the same symbol and offset.
class PointerMatch {
public:
    PointerMatch(const DiffSide &a, const DiffSide &b);
    bool same(std::uint64_t a, std::uint64_t b) const;

private:
    const SymbolTable *symbolsA_;
    const SymbolTable *symbolsB_;
    bool sameLayout_;
    PlaceMap placesA_;
    PlaceMap placesB_;
};

} // namespace ks
