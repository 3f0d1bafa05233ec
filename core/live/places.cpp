#include "core/live/places.h"

namespace ks {
namespace {

/// Where physical address 0 is mapped: page_offset_base, else what a segment tells.
std::optional<VirtAddr> directMapBase(const DiffSide &side)
{
    if (side.layout.pageOffsetBase || !side.segments)
        return side.layout.pageOffsetBase;
    for (const Segment &segment : side.segments->all())
        if (segment.kind == SegmentKind::DirectMap && segment.load.phys)
            return segment.range().first - segment.load.phys->value;
    return std::nullopt;
}

bool agree(const std::optional<VirtAddr> &a, const std::optional<VirtAddr> &b) { return !a || !b || *a == *b; }

} // namespace

bool sameLayout(const DiffSide &a, const DiffSide &b)
{
    return a.context.kaslrOffset == b.context.kaslrOffset && agree(directMapBase(a), directMapBase(b)) &&
           agree(a.layout.vmallocBase, b.layout.vmallocBase) && agree(a.layout.vmemmapBase, b.layout.vmemmapBase);
}

PlaceMap::PlaceMap(const DiffSide &side, bool sameLayout)
    : sameLayout_(sameLayout), kaslrOffset_(side.context.kaslrOffset), layout_(side.layout)
{
    layout_.pageOffsetBase = directMapBase(side);
}

std::optional<Place> PlaceMap::placeOf(VirtAddr address) const
{
    if (sameLayout_)
        return Place{Place::Space::Virtual, address.value};
    // On arm64 the image lies within the vmalloc area, hence it is asked first.
    if (layout_.text && layout_.end && *layout_.text <= address && address < *layout_.end)
        return Place{Place::Space::Image, (address - kaslrOffset_).value};
    // The upper 2 GiB on x86-64, besides the image: modules and fixmap, which move on their own.
    constexpr VirtAddr kX86KernelMap{0xffffffff80000000};
    if (address >= kX86KernelMap)
        return std::nullopt;
    const auto from = [&](const std::optional<VirtAddr> &base, Place::Space space) -> std::optional<Place> {
        if (!base || address < *base)
            return std::nullopt;
        return Place{space, address - *base};
    };
    if (const auto place = from(layout_.vmemmapBase, Place::Space::Vmemmap))
        return place;
    if (const auto place = from(layout_.vmallocBase, Place::Space::Vmalloc))
        return place;
    return from(layout_.pageOffsetBase, Place::Space::Physical);
}

PointerMatch::PointerMatch(const DiffSide &a, const DiffSide &b)
    : symbolsA_(a.context.symbols),
      symbolsB_(b.context.symbols),
      sameLayout_(sameLayout(a, b)),
      placesA_(a, sameLayout_),
      placesB_(b, sameLayout_)
{
}

bool PointerMatch::same(std::uint64_t a, std::uint64_t b) const
{
    if (sameLayout_ || a == b)
        return a == b;
    const auto placeA = placesA_.placeOf(VirtAddr(a));
    const auto placeB = placesB_.placeOf(VirtAddr(b));
    if (placeA && placeA == placeB)
        return true;
    const auto hitA = symbolsA_ ? symbolsA_->lookup(VirtAddr(a)) : std::nullopt;
    const auto hitB = symbolsB_ ? symbolsB_->lookup(VirtAddr(b)) : std::nullopt;
    return hitA && hitB && toString(*hitA) == toString(*hitB);
}

} // namespace ks
