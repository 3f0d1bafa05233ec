#include "app/kernoscope-cli/interrupts.h"

#include "core/base/units.h"

#include <fmt/core.h>

#include <chrono>
#include <csignal>
#include <stop_token>
#include <unistd.h>

namespace ks::cli {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;

void accompany(const std::stop_token &stop, Progress &progress, bool show)
{
    bool shown = false;
    while (!stop.stop_requested()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        if (g_interrupted)
            progress.cancel();
        const auto state = progress.state();
        if (show && state.total != 0) {
            fmt::print(stderr, "\r{} of {} \x1b[K", sizeText(state.done), sizeText(state.total));
            shown = true;
        }
    }
    if (shown)
        fmt::print(stderr, "\r\x1b[K");
}

} // namespace

Companion::Companion(Progress &progress, bool showBytes)
{
    struct sigaction action = {};
    action.sa_handler = [](int) { g_interrupted = 1; };
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        ::sigaction(number, &action, nullptr);
    const bool show = showBytes && ::isatty(STDERR_FILENO) == 1;
    thread_ = std::jthread([&progress, show](const std::stop_token &stop) { accompany(stop, progress, show); });
}

} // namespace ks::cli
