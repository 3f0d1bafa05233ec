// This machine's kernel, opened with the help of the privileged helper.
#pragma once

#include "core/session/session.h"

namespace ks::app {

/// Asks the system to run the helper (the person may be asked for a password), then opens what it handed over. Blocks;
/// for a worker thread.
Result<std::shared_ptr<const Session>> openPrivilegedSession(const SessionOptions &options, Progress &progress);

} // namespace ks::app
