// A row of the watch list within its model: a watch, or a group of them.
#pragma once

#include "ui/models/watch_model.h"

#include <algorithm>

namespace ks::ui {

struct WatchModel::Node {
    Node *parent = nullptr;
    bool isGroup = false;
    std::uint64_t key = 0; ///< names it while it is dragged
    QString name;          ///< of a group
    WatchRow row;          ///< of a watch
    std::vector<std::unique_ptr<Node>> children;
    /// What there is to know of a watch that nobody samples.
    static const live::History &noHistory()
    {
        static const live::History none(2);
        return none;
    }

    live::History history = noHistory();
    std::uint64_t historyTick = 0; ///< of the sample that `history` is of

    int place() const
    {
        const auto &siblings = parent->children;
        const auto found =
            std::ranges::find_if(siblings, [this](const std::unique_ptr<Node> &one) { return one.get() == this; });
        return static_cast<int>(found - siblings.begin());
    }
};

} // namespace ks::ui
