// Saving memory: what is chosen of a target, as a core that opens like any other.
#pragma once

#include "core/base/new_file.h"
#include "core/base/progress.h"
#include "core/memory/memory_source.h"
#include "core/memory/segment_map.h"
#include "core/memory/snapshot_note.h"

#include <filesystem>
#include <span>
#include <vector>

namespace ks {

struct SnapshotRequest {
    std::vector<AddrRange> ranges; ///< in any order; they may overlap
    /// Whether somebody expects each byte of `ranges` (an object, not a segment with its holes): then the report names
    /// what is not there.
    bool everyByte = false;
    /// What the file will say of itself. Times and what was left out are filled in.
    SnapshotNote note;
};

struct SnapshotReport {
    static constexpr std::size_t kMaxSkipped = SnapshotNote::kMaxLeftOut;

    std::uint64_t bytes = 0;        ///< of memory that are in the file, zeros included
    std::uint64_t zeroBytes = 0;    ///< of those in pages of zeros, which take no space
    std::uint64_t pages = 0;        ///< pages of memory that are in the file, at least in part
    std::size_t segments = 0;       ///< PT_LOADs
    std::uint64_t fileSize = 0;     ///< in bytes, holes included
    std::uint64_t usedSpace = 0;    ///< in bytes on the file system
    std::vector<StatusRun> skipped; ///< the first kMaxSkipped parts that were wanted and are not in the file
    std::uint64_t skippedBytes = 0; ///< of all such parts
    std::chrono::system_clock::time_point begin;
    std::chrono::system_clock::time_point end;
};

/// The ranges of all segments of these kinds.
std::vector<AddrRange> rangesOf(const SegmentMap &segments, std::span<const SegmentKind> kinds);
/// What crash, drgn and GDB need of a kernel: its image and all RAM, the struct pages, and modules.
inline constexpr SegmentKind kRamKinds[] = {SegmentKind::Text, SegmentKind::DirectMap, SegmentKind::Vmemmap,
                                            SegmentKind::Modules};

/// What a file would take, and what there is where it would be written.
struct SnapshotSpace {
    std::uint64_t needed = 0;    ///< in bytes at most: pages of zeros, and what cannot be read, take none
    std::uint64_t available = 0; ///< in bytes, for who is not root
    bool exists = false;         ///< something has the name already
};
/// Reads no memory but page tables. Errors: those of the file system, for a folder that is not there.
Result<SnapshotSpace> snapshotSpace(const MemorySource &memory, std::span<const AddrRange> ranges,
                                    const std::filesystem::path &file);

/// Saves the memory, with all notes of the target and one of its own (snapshot_note.h). Progress counts bytes. What
/// could not be read is left out and reported. The file appears when it is whole; after an error, or when `progress`
/// was cancelled, nothing is left.
/// Errors: Unreadable when nothing of it is there; Limit when it would not fit into the file system; Cancelled; those
/// of NewFile.
Result<SnapshotReport> saveSnapshot(const MemorySource &memory, const SnapshotRequest &request,
                                    const std::filesystem::path &file, NewFile::Existing existing, Progress &progress);

} // namespace ks
