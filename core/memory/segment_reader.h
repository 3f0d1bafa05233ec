// Reads through segments. The one place that decides what became of each byte of a file-backed target.
#pragma once

#include "core/memory/byte_file.h"
#include "core/memory/memory_source.h"

#include <span>
#include <vector>

namespace ks {

/// What of a range one read answers: at most MemorySource::kMaxReadSize bytes.
AddrRange cutToLimit(const AddrRange &range);

/// The state of a byte that pread refused with this errno.
PageState stateOfErrno(int errorNumber);

/// A block of zeros in one state.
MemoryBlock uniformBlock(AddrRange range, PageState state);

/// Answers `ranges` (each cut at MemorySource::kMaxReadSize) out of `file`. `segments` are sorted and do not overlap.
/// Ranges that touch or share a page are read with one pread, and no page is read that nobody asked for.
/// Outside of the segments: Hole. Behind p_filesz: Excluded. Where the file has ended: Truncated. A call that fails as
/// a whole is repeated page by page, so that only the bad pages are marked.
std::vector<MemoryBlock> readSegments(const ByteFile &file, std::span<const LoadSegment> segments,
                                      std::span<const AddrRange> ranges);

/// The same as MemorySource::readInto promises it: no copy, no allocation for the bytes.
void readSegmentsInto(const ByteFile &file, std::span<const LoadSegment> segments, std::span<const AddrRange> ranges,
                      std::span<std::byte> into, std::vector<StatusRun> &runs);

} // namespace ks
