// Finding a variable by what its value does: scans one after the other, each among what the one before has left.
#pragma once

#include "app/kernoscope-cli/commands.h"
#include "core/search/scan_set.h"

#include <span>

namespace ks::cli {

/// What the scans of --then leave of the first one. Syntax when one of them is none; Limit when every value is asked
/// for of more memory than is reasonable; Cancelled.
Result<ScanSet> runScans(const Run &run, const SearchCommand &command, std::span<const AddrRange> where,
                         Progress &progress);

} // namespace ks::cli
