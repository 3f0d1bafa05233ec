// What a snapshot says of itself, for people and programs.
#pragma once

#include "app/kernoscope-cli/output.h"
#include "core/memory/snapshot_note.h"

namespace ks::cli {

/// "0x1000..0x2000" as --range takes it: the end is not part of it, and may be 2^64.
std::string rangeText(const AddrRange &range);

/// {selection, target, release, build_id, begin, end, seconds, objects, left_out_bytes}; times are seconds since 1970.
Json toJson(const SnapshotNote &note);
/// "ram of /proc/kcore, 2026-01-31 12:00:00"
std::string summaryOf(const SnapshotNote &note);

} // namespace ks::cli
