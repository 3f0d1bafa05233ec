// What a person watches, in words: as it is typed, saved and exported.
#pragma once

#include "core/live/subscription.h"

#include <QString>

#include <optional>

namespace ks::ui {

struct WatchItem {
    QString expression; ///< C, or "list HEAD, TYPE, MEMBER"
    ValueStyle style = ValueStyle::C;
    QString condition;            ///< when the row is lit, see live::Subscription::condition; empty: never
    std::optional<double> rateHz; ///< nothing: as often as all others
    bool frozen = false;
    bool plotted = false;

    friend bool operator==(const WatchItem &, const WatchItem &) = default;
};

/// "list init_task.tasks, struct task_struct, tasks": the two last commas part it, so that the head may have some.
bool isList(const QString &expression);
live::Subscription subscriptionOf(const WatchItem &item);
/// Nothing where the item has no rate of its own, or one that is out of bounds.
std::optional<std::chrono::nanoseconds> periodOf(const WatchItem &item);

} // namespace ks::ui
