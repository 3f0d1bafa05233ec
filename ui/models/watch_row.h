// One row of the watch list: what is watched, what the last sample says of it, and what it was before.
#pragma once

#include "core/live/history.h"
#include "core/live/sample.h"
#include "ui/models/watch_item.h"

#include <QString>

#include <chrono>
#include <optional>

namespace ks::ui {

struct WatchRow {
    using Clock = std::chrono::steady_clock;
    /// Samples whose course a row shows.
    static constexpr std::size_t kTrail = 64;
    /// How long a change takes to fade.
    static constexpr std::chrono::milliseconds kFade{1500};

    WatchItem item;
    bool frozen = false;     ///< it alone, or all
    live::SubscriptionId id; ///< 0: nobody samples it
    live::WatchResult result;
    QString value;    ///< of the sample, one line; empty when it has none
    QString previous; ///< the value before the last change
    std::optional<Clock::time_point> changedAt;
    std::uint64_t sinceChange = 0; ///< samples
    quint64 added = 0;             ///< members of a list that have come and gone while it was watched
    quint64 removed = 0;
    std::vector<VirtAddr> lastAdded; ///< with the last change
    std::vector<VirtAddr> lastRemoved;
    QString lastGood; ///< the last value that could be read, and when
    std::chrono::system_clock::time_point lastGoodTime;

    enum class News : std::uint8_t {
        None,
        Trail, ///< the same value once more: only its course went on
        All,
    };
    News take(const live::WatchResult &next, Clock::time_point now);
    /// Begins anew, as another subscription.
    void forget();

    /// 1 when the value has changed just now, 0 when that is long ago.
    qreal warmth(Clock::time_point now) const;
    /// What is shown is not of now: torn, unreadable, lost, an error, frozen or not sampled yet.
    bool isStale() const;
    /// The scalar is a number that rises and falls: no pointer, enum or flag.
    bool isNumber() const;
    bool hasCourse() const; ///< there is something to draw over time
};

} // namespace ks::ui
