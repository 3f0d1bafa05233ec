// One row of the struct tree as its model holds it.
#pragma once

#include "ui/models/struct_tree_model.h"

namespace ks::ui {

struct StructTreeModel::Node {
    std::uint64_t id = 0;
    Node *parent = nullptr;
    int position = 0; ///< among the parent's children
    StructRow row;
    enum class Load { Not, Asked, Done } load = Load::Not;
    std::optional<QString> lastValue; ///< before it could not be read
    qint64 changedAt = -1;            ///< while it glows
    int shownStep = 0;                ///< of its glow, as the view was told
    bool torn = false;                ///< changed during every read
    bool marked = false;              ///< differs from the last look or the snapshot
    std::vector<std::unique_ptr<Node>> children;
};

} // namespace ks::ui
