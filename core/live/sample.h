// What one tick has found. Plain data that never changes: any thread may keep it as long as it likes.
#pragma once

#include "core/live/subscription.h"
#include "core/live/tick_memory.h"
#include "core/values/containers.h"
#include "core/values/format.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace ks::live {

/// When a tick happened: `steady` paces, `wall` is for people, and tells when the machine has slept.
struct Moment {
    std::chrono::steady_clock::time_point steady;
    std::chrono::system_clock::time_point wall;
    static Moment now() { return {std::chrono::steady_clock::now(), std::chrono::system_clock::now()}; }
};

enum class ResultState : std::uint8_t {
    Pending,    ///< not sampled yet
    Value,      ///< one read gave it, and the read after that agreed (where memory changes at all)
    Unreadable, ///< the bytes could not be read
    Error,      ///< the expression has no value
    Torn,       ///< no two reads in a row agreed: the value may mix two moments
    Lost,       ///< the target, or the module that had it, is gone; the value is the last one of before
};

/// "pending", "value", "unreadable", "error", "torn", "lost"
const char *name(ResultState state);

/// What was read. Samples in which it did not change share it.
struct WatchValue {
    std::string text;                    ///< one line
    std::string typeName;                ///< of an expression
    std::optional<VirtAddr> address;     ///< where it lies
    std::optional<Decoded> decoded;      ///< of an expression
    std::optional<std::uint64_t> scalar; ///< numbers and pointers; of a list, how many members it has
    bool isSigned = false;               ///< how `scalar` is to be understood
    MemoryBlock bytes;                   ///< of a range
    Walk list;                           ///< of a list; may have ended before its end
    std::shared_ptr<const void> made;    ///< of a view: what its `make` gave
};

struct WatchResult {
    SubscriptionId id;
    ResultState state = ResultState::Pending;
    /// Null while there was none, and in the state Error.
    std::shared_ptr<const WatchValue> value;
    std::optional<ks::Error> error; ///< of Unreadable, Error, Torn and Lost
    bool sampled = false;           ///< in this tick; if not, all below is as before
    bool frozen = false;
    /// The value is not that of the sample before (or one of both had none). False at the first time. A view's has
    /// changed when it was made anew.
    bool changed = false;
    std::optional<bool> holds;               ///< whether the condition does; nothing: none, or it has no answer
    std::optional<ks::Error> conditionError; ///< why it has no answer
    std::vector<AddrRange> changedBytes;     ///< of a range, since the sample before; sorted
    std::vector<AddrRange> torn;             ///< the bytes that no two reads in a row agreed on; sorted
    std::vector<VirtAddr> added;             ///< members of a list, since the sample before, in the order of the list
    std::vector<VirtAddr> removed;
    std::chrono::system_clock::time_point time; ///< when the bytes of the value were read
    std::chrono::nanoseconds latency{0};        ///< from then until they were confirmed
};

struct Sample {
    std::uint64_t tick = 0; ///< from 1
    Moment time;            ///< when it began
    TickCost cost;
    unsigned passes = 0;   ///< how often memory was read: 1 where it never changes, 2 when all agreed at once
    std::size_t pages = 0; ///< different ones
    /// How long nothing was sampled when that was far longer than planned: the machine slept, or the program stood
    /// still.
    std::optional<std::chrono::nanoseconds> gap;
    std::optional<ks::Error> lost;    ///< why there is no target now
    bool renewed = false;             ///< another session has taken over since the sample before
    std::vector<WatchResult> results; ///< of every subscription that is not held, sorted by id

    /// Null when there is none.
    const WatchResult *find(SubscriptionId id) const;
};

} // namespace ks::live
