// Debug information over the network, from the servers that DEBUGINFOD_URLS names. Without that variable nothing here
// touches the network.
#pragma once

#include "core/base/error.h"
#include "core/base/progress.h"

#include <chrono>
#include <filesystem>
#include <string>

namespace ks {

/// Whether DEBUGINFOD_URLS names any server.
bool debuginfodIsWanted();

/// The file with the debug information of `buildId` (lower-case hex), in the cache of debuginfod's client
/// ($DEBUGINFOD_CACHE_PATH, ~/.cache/debuginfod_client). Reports the bytes that came; a server that lets nothing be
/// heard for `maxSilence` is given up. NotFound if no server has it, or none is named; Cancelled; Unsupported
/// without libdebuginfod, which is loaded only here; Io for what failed on the way.
Result<std::filesystem::path> fetchDebugInfo(const std::string &buildId, Progress &progress,
                                             std::chrono::milliseconds maxSilence = std::chrono::seconds(30));

} // namespace ks
