// Work that falls into independent parts.
#pragma once

#include <system_error>
#include <thread>
#include <vector>

namespace ks {

/// Runs work(0) ... work(count - 1), each in a thread of its own as far as there are threads to be had, and waits.
template <class Work>
void runInThreads(unsigned count, const Work &work)
{
    std::vector<std::jthread> threads;
    unsigned started = 1;
    try {
        for (; started < count; ++started)
            threads.emplace_back([&work, started] { work(started); });
    } catch (const std::system_error &) {
        // No more threads: this one does the rest.
    }
    work(0);
    for (; started < count; ++started)
        work(started);
}

} // namespace ks
