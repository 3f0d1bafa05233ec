// What a snapshot says of itself: the note "KERNOSCOPE" in its PT_NOTE. Its text has lines KEY=VALUE, as VMCOREINFO
// has, so that `readelf -n` and strings(1) show it as well:
//
//   FORMAT=1                    SELECTION=ram            TARGET=/proc/kcore
//   RELEASE=6.1.0               BUILD-ID=0123...         KASLR-OFFSET=0x1a000000
//   BEGIN=NANOSECONDS           END=NANOSECONDS          (since 1970, UTC)
//   EXPRESSION=init_task        TYPE=struct task_struct  RANGE=0x1000..0x1fff    (of each object)
//   LEFT_OUT=0x1000..0x1fff     LEFT_OUT_BYTES=4096      (what could not be read; both ends included)
#pragma once

#include "core/memory/memory_source.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ks {

inline constexpr std::string_view kSnapshotNoteName = "KERNOSCOPE";
inline constexpr std::uint32_t kNoteSnapshot = 1;

struct SnapshotNote {
    /// An object that was chosen by an expression.
    struct Object {
        std::string expression;
        std::string type; ///< as C spells it
        std::optional<AddrRange> range;
    };
    static constexpr std::size_t kMaxLeftOut = 4096;

    std::string selection; ///< for a person: "ram", "vmalloc, modules", "0x1000..0x1fff"
    std::string target;    ///< what was read: "/proc/kcore"
    std::string release;
    std::string buildId;
    std::optional<std::uint64_t> kaslrOffset;
    std::chrono::system_clock::time_point begin; ///< of the first read
    std::chrono::system_clock::time_point end;   ///< of the last
    std::vector<Object> objects;
    std::vector<AddrRange> leftOut; ///< the first kMaxLeftOut parts that are there but could not be read
    std::uint64_t leftOutBytes = 0; ///< of all such parts
};

Note toNote(const SnapshotNote &snapshot);
/// The first note of this kind. What is damaged in it stays empty.
std::optional<SnapshotNote> findSnapshotNote(std::span<const Note> notes);

/// "0x1000..0x1fff", both ends included.
std::string toString(const AddrRange &range);

} // namespace ks
