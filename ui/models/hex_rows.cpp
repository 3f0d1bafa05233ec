#include "ui/models/hex_rows.h"

#include "core/base/addr_ranges.h"

#include <algorithm>

namespace ks::ui {

namespace {

constexpr VirtAddr kLast{~std::uint64_t{0}};

// Every range widened to whole rows; those that touch are joined.
std::vector<AddrRange> wholeRows(std::span<const AddrRange> ranges, unsigned columns)
{
    std::vector<AddrRange> rows;
    for (const AddrRange &range : ranges)
        rows.push_back({range.first.alignedDown(columns), range.last.alignedDown(columns) + (columns - 1)});
    return joined(std::move(rows));
}

// Only rows of which every byte is missing can be folded.
std::optional<AddrRange> innerRows(const AddrRange &range, unsigned columns)
{
    const std::uint64_t lead = (columns - range.first.value % columns) % columns;
    if (range.last - range.first < lead)
        return std::nullopt;
    const VirtAddr first = range.first + lead;
    const std::uint64_t whole = range.last.value % columns == columns - 1 ? 0 : range.last.value % columns + 1;
    if (range.last.value < whole || range.last - whole < first)
        return std::nullopt;
    return AddrRange{first, range.last - whole};
}

} // namespace

HexRows::HexRows(std::span<const AddrRange> mapped, std::span<const StatusRun> missing, unsigned columns)
    : columns_(columns)
{
    std::vector<StatusRun> folds;
    for (const StatusRun &run : missing)
        if (const auto inner = innerRows(run.range, columns_); inner && !run.state.present())
            folds.push_back({*inner, run.state});
    std::ranges::sort(folds, {}, [](const StatusRun &run) { return run.range.first; });

    VirtAddr next;
    bool full = false; // `next` has run over 2^64
    const auto reach = [&](const AddrRange &range, bool folded, PageState why) {
        append(range, folded, why);
        full = range.last == kLast;
        next = range.last + 1;
    };
    for (const AddrRange &range : wholeRows(mapped, columns_)) {
        if (next < range.first)
            reach({next, range.first - 1}, true, {PageStatus::Hole});
        for (const StatusRun &fold : folds) {
            const auto part = fold.range.intersect(range);
            if (!part || full || part->last < next)
                continue;
            const VirtAddr first = std::max(part->first, next);
            if (next < first)
                reach({next, first - 1}, false, {});
            reach({first, part->last}, true, fold.state);
        }
        if (!full && next <= range.last)
            reach({next, range.last}, false, {});
    }
    if (!full)
        reach({next, kLast}, true, {PageStatus::Hole});
}

void HexRows::append(const AddrRange &range, bool folded, PageState why)
{
    pieces_.push_back({range, count_, folded, why});
    count_ += folded ? 1 : (range.last - range.first) / columns_ + 1;
}

const HexRows::Piece &HexRows::pieceOf(VirtAddr address) const
{
    return *std::ranges::lower_bound(pieces_, address, {}, [](const Piece &piece) { return piece.range.last; });
}

HexRow HexRows::at(std::uint64_t row) const
{
    row = std::min(row, count_ - 1);
    const auto after = std::ranges::upper_bound(pieces_, row, {}, &Piece::firstRow);
    const Piece &piece = *std::prev(after);
    if (piece.folded)
        return {piece.range, true, piece.why};
    const VirtAddr first = piece.range.first + (row - piece.firstRow) * columns_;
    return {{first, first + (columns_ - 1)}, false, {}};
}

std::uint64_t HexRows::rowOf(VirtAddr address) const
{
    const Piece &piece = pieceOf(address);
    return piece.firstRow + (piece.folded ? 0 : (address - piece.range.first) / columns_);
}

std::optional<VirtAddr> HexRows::mappedAfter(VirtAddr address) const
{
    for (const Piece *piece = &pieceOf(address); piece != pieces_.data() + pieces_.size(); ++piece)
        if (!piece->folded && piece->range.first > address)
            return piece->range.first;
    return std::nullopt;
}

std::optional<VirtAddr> HexRows::mappedBefore(VirtAddr address) const
{
    for (const Piece *piece = &pieceOf(address); piece >= pieces_.data(); --piece) {
        if (!piece->folded && piece->range.last < address)
            return piece->range.last;
        if (piece == pieces_.data())
            break;
    }
    return std::nullopt;
}

std::string describeFold(const HexRow &row)
{
    const std::uint64_t size = row.range.size();
    const std::string amount = size == 0 ? std::string("2^64") : hex(size);
    const char *what = row.why.status == PageStatus::Mmio ? " bytes of device memory" : " bytes not mapped";
    if (row.why.status == PageStatus::Excluded || row.why.status == PageStatus::Truncated)
        what = " bytes not in the dump";
    return amount + what + " \xe2\x80\x94 " + row.why.reason();
}

} // namespace ks::ui
