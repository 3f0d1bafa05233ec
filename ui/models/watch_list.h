// The watch list as plain data, and as JSON for the session file.
#pragma once

#include "ui/models/watch_item.h"

#include <QJsonArray>

#include <vector>

namespace ks::ui {

/// A watch, or a named group of them.
struct WatchEntry {
    bool isGroup = false;
    QString group;                ///< the name of a group
    std::vector<WatchItem> items; ///< those of the group, or the one watch

    friend bool operator==(const WatchEntry &, const WatchEntry &) = default;
};
using WatchList = std::vector<WatchEntry>;

/// What a list may hold: a saved session is a file that anybody may have written.
inline constexpr std::size_t kMaxWatches = 10000;
inline constexpr qsizetype kMaxExpression = 4096;

QJsonArray toJson(const WatchList &list);
/// Entries that are none are left out, single wrong values get their defaults.
WatchList watchListFromJson(const QJsonArray &array);

} // namespace ks::ui
