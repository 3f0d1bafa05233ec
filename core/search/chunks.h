// What is to be read, cut into pieces that are read and worked on at once.
#pragma once

#include "core/base/addr_ranges.h"
#include "core/memory/memory_source.h"

#include <span>
#include <vector>

namespace ks {

/// A part of memory. What is found belongs to the piece in whose `own` part it begins; so much around it is read, too,
/// that what begins there is seen as a whole.
struct Piece {
    AddrRange own;
    AddrRange read;
};

/// The mapped parts of `where`, joined. Takes its time where page tables have to be walked.
std::vector<AddrRange> mappedParts(const MemorySource &memory, std::span<const AddrRange> where);

/// Gives pieces of `ranges` (as joined() gives them) in their order, a number of them at once.
class ChunkPlan {
public:
    /// `behind` and `ahead`: what has to be read around each piece, as far as its range goes.
    ChunkPlan(std::vector<AddrRange> ranges, std::size_t chunk, std::size_t behind, std::size_t ahead);

    /// The next pieces, about a chunk of bytes; empty at the end. Their `read` parts do not overlap.
    std::vector<Piece> next();
    std::uint64_t totalBytes() const { return total_; }

private:
    std::vector<AddrRange> ranges_;
    std::size_t chunk_;
    std::size_t behind_;
    std::size_t ahead_;
    std::size_t index_ = 0;  ///< of the range that comes next
    std::uint64_t done_ = 0; ///< bytes of it that were given
    std::uint64_t total_ = 0;
};

} // namespace ks
