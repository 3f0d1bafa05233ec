// The ELF headers of kcore and of dumps: 64-bit little-endian ET_CORE (ELF gABI chapters 4 and 5).
#pragma once

#include "core/base/error.h"
#include "core/memory/byte_file.h"
#include "core/memory/memory_source.h"

#include <string>
#include <vector>

namespace ks {

/// Where one PT_NOTE lies in the file.
struct NoteSegment {
    FileOffset offset;
    std::uint64_t size = 0;
};

struct CoreHeaders {
    Machine machine = Machine::Other;
    /// Sorted, without overlap (where headers overlap, the one that stands first in the file wins), without empty
    /// entries, cut at 2^64.
    std::vector<LoadSegment> loads;
    std::vector<NoteSegment> notes;
    /// The ELF header and, from `tableOffset`, the program headers as they stood, for comparing.
    std::vector<std::byte> elfHeader;
    std::vector<std::byte> table;
    FileOffset tableOffset;
};

/// Reads and checks the headers. Errors name `file`, the offset and the remedy; an empty file is Unsupported.
/// Dumps whose PT_LOADs carry only physical addresses (QEMU's dump-guest-memory without paging) are Unsupported.
Result<CoreHeaders> readCoreHeaders(const ByteFile &file, const std::string &fileName);

/// Whether the file still begins with these headers. Memory hotplug changes those of /proc/kcore under an open
/// descriptor, and then every p_offset may have moved. The errno where they cannot be read.
std::expected<bool, int> headersUnchanged(const ByteFile &file, const CoreHeaders &headers);

/// The notes of all PT_NOTEs; damaged ones end the list.
std::vector<Note> readNotes(const ByteFile &file, const CoreHeaders &headers, const std::string &fileName);

/// Sorts by address and resolves overlaps: the earlier entry wins, the rest of the later one stays.
std::vector<LoadSegment> normalizeLoads(std::vector<LoadSegment> inFileOrder);

} // namespace ks
