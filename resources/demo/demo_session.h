// The demo kernel as a target like any other.
#pragma once

#include "core/session/session.h"

namespace ks::demo {

/// Makes a demo kernel that ticks, and opens it. It lives as long as the session. Of `options` only files for symbols
/// and types that the person named are used. Each kernel has a KASLR offset of its own unless a `seed` is given.
Result<std::shared_ptr<const Session>> openSession(const SessionOptions &options, Progress &progress,
                                                   std::optional<std::uint64_t> seed = std::nullopt);

} // namespace ks::demo
