// Long work on a terminal: how far it is, and how to stop it.
#pragma once

#include "core/base/progress.h"

#include <thread>

namespace ks::cli {

/// While it lives, an interrupt (SIGINT, SIGTERM, SIGHUP) cancels the work instead of ending the program, and a person
/// at a terminal sees how many bytes are done when `showBytes`.
class Companion {
public:
    explicit Companion(Progress &progress, bool showBytes = false);

private:
    std::jthread thread_;
};

} // namespace ks::cli
