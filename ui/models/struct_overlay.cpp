#include "ui/models/struct_overlay.h"

#include <QStringList>

#include <algorithm>
#include <numeric>

namespace ks::ui {

StructOverlay::StructOverlay(VirtAddr base, std::vector<OverlaySpan> spans) : base_(base), spans_(std::move(spans))
{
    for (const OverlaySpan &span : spans_)
        size_ = std::max(size_, span.offset + std::min(span.size, ~span.offset));
}

std::optional<AddrRange> StructOverlay::range() const { return AddrRange::sized(base_, size_); }

std::optional<AddrRange> StructOverlay::rangeOf(int index) const
{
    if (index < 0 || static_cast<std::size_t>(index) >= spans_.size())
        return std::nullopt;
    const OverlaySpan &span = spans_[static_cast<std::size_t>(index)];
    return AddrRange::sized(base_ + span.offset, span.size);
}

int StructOverlay::memberAt(VirtAddr address) const
{
    if (const auto all = range(); !all || !all->contains(address))
        return -1;
    const std::uint64_t offset = address - base_;
    int best = -1;
    for (std::size_t i = 0; i < spans_.size(); ++i) {
        const OverlaySpan &span = spans_[i];
        if (span.offset <= offset && offset - span.offset < span.size &&
            (best < 0 || span.size < spans_[static_cast<std::size_t>(best)].size))
            best = static_cast<int>(i);
    }
    return best;
}

QString StructOverlay::namesIn(const AddrRange &row) const
{
    std::vector<const OverlaySpan *> found;
    for (const OverlaySpan &span : spans_)
        if (row.contains(base_ + span.offset) && span.offset < size_)
            found.push_back(&span);
    // Of members at one offset the one that was given first stands first.
    std::ranges::sort(found, {}, [](const OverlaySpan *span) { return std::pair(span->offset, span); });
    QStringList names;
    for (const OverlaySpan *span : found)
        names << span->name;
    return names.join(QStringLiteral(", "));
}

} // namespace ks::ui
