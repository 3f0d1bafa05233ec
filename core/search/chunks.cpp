#include "core/search/chunks.h"

#include <algorithm>

namespace ks {
namespace {

/// Reading many small ranges at once costs more for each than the bytes do.
constexpr std::size_t kMaxPieces = 4096;

} // namespace

std::vector<AddrRange> mappedParts(const MemorySource &memory, std::span<const AddrRange> where)
{
    std::vector<AddrRange> parts;
    for (const AddrRange &range : joined({where.begin(), where.end()})) {
        const auto mapped = memory.mappedRanges(range);
        parts.insert(parts.end(), mapped.begin(), mapped.end());
    }
    return joined(std::move(parts));
}

ChunkPlan::ChunkPlan(std::vector<AddrRange> ranges, std::size_t chunk, std::size_t behind, std::size_t ahead)
    : ranges_(std::move(ranges)), chunk_(std::max<std::size_t>(chunk, 1)), behind_(behind), ahead_(ahead)
{
    for (const AddrRange &range : ranges_)
        total_ += range.size();
}

std::vector<Piece> ChunkPlan::next()
{
    std::vector<Piece> pieces;
    std::uint64_t room = chunk_;
    while (index_ < ranges_.size() && room > 0 && pieces.size() < kMaxPieces) {
        const AddrRange &range = ranges_[index_];
        const VirtAddr first = range.first + done_;
        AddrRange own{first, range.last};
        bool isWhole = true;
        if (range.last - first >= room) {
            // Cut at a page's border where there is one, so that no page is read twice.
            const VirtAddr end = (first + room).alignedDown(kPageSize);
            own.last = end > first ? end - 1 : first + (room - 1);
            isWhole = false;
        }
        AddrRange read = own;
        read.first -= std::min<std::uint64_t>(behind_, own.first - range.first);
        read.last += std::min<std::uint64_t>(ahead_, range.last - own.last);
        pieces.push_back({own, read});
        if (!isWhole) {
            done_ += own.size();
            break;
        }
        room -= own.size();
        done_ = 0;
        ++index_;
    }
    return pieces;
}

} // namespace ks
