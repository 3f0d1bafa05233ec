// How long work is seen and stopped. One Progress belongs to one job; the worker reports, anyone may look or cancel.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace ks {

class Progress {
public:
    struct State {
        std::string stage; ///< what is being done, for a person: "reading symbols"
        std::uint64_t done = 0;
        std::uint64_t total = 0; ///< 0: not known
    };

    void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
    bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

    void begin(std::string stage, std::uint64_t total = 0);
    /// Cheap enough for inner loops.
    void advance(std::uint64_t by = 1) { done_.fetch_add(by, std::memory_order_relaxed); }
    State state() const;

private:
    std::atomic<bool> cancelled_{false};
    std::atomic<std::uint64_t> done_{0};
    mutable std::mutex mutex_;
    std::string stage_;
    std::uint64_t total_ = 0;
};

} // namespace ks
