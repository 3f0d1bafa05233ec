// The rows of a hex view over all 2^64 addresses. Mapped memory has one row for every `columns` bytes; whatever lies
// between is folded into one row. Row numbers are unsigned 64-bit and never go through int or float.
#pragma once

#include "core/memory/memory_source.h"

#include <cstdint>
#include <span>
#include <vector>

namespace ks::ui {

struct HexRow {
    AddrRange range; ///< the bytes of the row, or all bytes of the fold
    bool folded = false;
    PageState why; ///< of a fold: why nothing is there
};

class HexRows {
public:
    /// One fold over everything.
    HexRows() : HexRows({}, {}, 16) {}
    /// `mapped` are the ranges that memory may be in (any order, they may touch). `missing` are parts of them that are
    /// known to have nothing (page tables, dump headers); whole rows of them are folded with their own reason.
    HexRows(std::span<const AddrRange> mapped, std::span<const StatusRun> missing, unsigned columns);

    unsigned columns() const { return columns_; }
    /// At least 1.
    std::uint64_t count() const { return count_; }
    /// `row` is cut to the last one.
    HexRow at(std::uint64_t row) const;
    /// The row that shows (or folds away) an address.
    std::uint64_t rowOf(VirtAddr address) const;
    /// The first address behind a fold; nothing at the end of the address space.
    std::optional<VirtAddr> mappedAfter(VirtAddr address) const;
    std::optional<VirtAddr> mappedBefore(VirtAddr address) const;

private:
    struct Piece {
        AddrRange range; ///< whole rows
        std::uint64_t firstRow = 0;
        bool folded = false;
        PageState why;
    };
    const Piece &pieceOf(VirtAddr address) const;
    void append(const AddrRange &range, bool folded, PageState why);

    unsigned columns_;
    std::vector<Piece> pieces_; ///< sorted, adjacent, covering all addresses
    std::uint64_t count_ = 0;
};

/// How much a fold hides and why: "0x1f7f000 bytes not mapped - in no segment of the target".
std::string describeFold(const HexRow &row);

} // namespace ks::ui
