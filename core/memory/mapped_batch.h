// One batch of a MappedSource: what was asked, what was read for it, and what of that has proved true.
#pragma once

#include "core/memory/page_tables.h"

#include <chrono>

namespace ks {

/// Takes the parts of `ranges` (sorted, not overlapping) out of runs of RAM and makes them device memory.
void markDevices(std::vector<PageRun> &runs, std::span<const AddrRange> ranges);

class MappedBatch {
public:
    /// `asTheyAre`: what is in segments is read without asking page tables. `into`, if it is not empty, is where
    /// the bytes go, as MemorySource::readInto has it.
    MappedBatch(std::span<const AddrRange> ranges, std::span<const LoadSegment> segments, bool isLive, bool asTheyAre,
                std::span<std::byte> into = {});

    /// The pages that nothing is known of yet; empty when the batch is complete.
    std::vector<AddrRange> pendingPages() const;
    /// Reads what is pending and where `guess` has RAM; where it knows nothing, what a segment says of RAM.
    void read(const MemorySource &memory, std::span<const PageRun> guess);
    /// Takes what was read from where `now` has it, and the states of what `now` has not mapped. The rest stays
    /// pending.
    void settle(std::span<const PageRun> now);
    /// The blocks in the order of the ranges. What is still pending is Error(EAGAIN).
    std::vector<MemoryBlock> finish();
    /// The states alone, one answer behind the other, where the bytes are the caller's.
    void finish(std::vector<StatusRun> &runs);

private:
    struct Answer {
        AddrRange range;
        std::vector<std::byte> owned; ///< empty where the bytes are the caller's
        std::span<std::byte> bytes;
        std::vector<StatusRun> parts; ///< in any order
        std::optional<std::chrono::system_clock::time_point> begin;
        std::chrono::system_clock::time_point end;
    };
    /// A part of an answer within one segment, or outside of all.
    struct Piece {
        AddrRange range;
        std::size_t answer = 0;
        const LoadSegment *segment = nullptr;
        std::size_t firstRead = 0; ///< its reads are [firstRead, endOfReads) of reads_
        std::size_t endOfReads = 0;
    };
    struct Read {
        AddrRange range;
        PhysAddr phys; ///< of range.first
        AddrRange from;
        MemoryBlock block;
        bool isInPlace = false;      ///< what is large is read to where it belongs; then there is no block
        std::vector<StatusRun> runs; ///< of what is in its place, by its addresses in `from`
        std::chrono::system_clock::time_point begin, end;
    };

    void split(std::size_t answer, std::span<const LoadSegment> segments, bool isLive, bool asTheyAre);
    void planReads(Piece &piece, std::span<const PageRun> guess);
    void readInPlace(const MemorySource &memory, const Piece &piece);
    void take(const Piece &piece, const Read &read, const AddrRange &part);
    /// The states of a whole answer. Bytes that are not Present become zero.
    std::vector<StatusRun> statesOf(Answer &answer);
    void closePending();
    void settlePiece(const Piece &piece, const PageRun &run, const AddrRange &part, std::vector<Piece> &pending);

    std::chrono::system_clock::time_point time_;
    std::vector<Answer> answers_;
    std::vector<Piece> asTheyAre_; ///< need no tables
    std::vector<Piece> pending_;
    std::vector<Read> reads_;
};

} // namespace ks
