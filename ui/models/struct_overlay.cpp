#include "ui/models/struct_overlay.h"

#include <QStringList>

#include <algorithm>
#include <numeric>

namespace ks::ui {

StructOverlay::StructOverlay(VirtAddr base, std::vector<OverlaySpan> spans) : base_(base), spans_(std::move(spans))
{
    for (const OverlaySpan &span : spans_)
        size_ = std::max(size_, span.offset + std::min(span.size, ~span.offset));
    // Of members at one offset the one that was given first stands first.
    byOffset_.resize(spans_.size());
    std::iota(byOffset_.begin(), byOffset_.end(), std::size_t{0});
    std::ranges::stable_sort(byOffset_, {}, [this](std::size_t i) { return spans_[i].offset; });
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
    const auto all = range();
    const auto part = all ? all->intersect(row) : std::nullopt;
    if (!part)
        return {};
    const auto offsetOf = [this](std::size_t i) { return spans_[i].offset; };
    QStringList names;
    for (auto i = std::ranges::lower_bound(byOffset_, part->first - base_, {}, offsetOf);
         i != byOffset_.end() && spans_[*i].offset <= part->last - base_; ++i)
        names << spans_[*i].name;
    return names.join(QStringLiteral(", "));
}

} // namespace ks::ui
