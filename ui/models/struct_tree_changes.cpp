// Change in the struct tree: what glows, what stays marked, and a target that does not answer.
#include "ui/models/struct_tree_node.h"

#include <algorithm>

namespace ks::ui {

QString StructTreeModel::keyOf(const StructRow &row)
{
    if (!row.address)
        return {};
    return QStringLiteral("%1 %2 %3.%4 %5")
        .arg(row.address->value, 0, 16)
        .arg(row.name)
        .arg(row.bitShift)
        .arg(row.bitSize)
        .arg(row.follow ? QStringLiteral("list") : row.typeName);
}

void StructTreeModel::keepValue(Node &node)
{
    // What could not be read is no value.
    if (node.row.look == RowLook::Unreadable)
        return;
    if (const QString key = keyOf(node.row); !key.isEmpty()) {
        values_.store(key, node.row.value);
        node.marked = values_.isMarked(key);
    }
}

int StructTreeModel::stepOf(const Node &node) const
{
    return node.changedAt < 0 ? 0 : changeStep(std::chrono::milliseconds(clock_.elapsed() - node.changedAt));
}

// Only cells that look different are painted again, and the clock stops when nothing glows.
void StructTreeModel::coolDown()
{
    std::erase_if(warm_, [&](std::uint64_t id) {
        Node *node = find(id);
        if (!node || node->changedAt < 0)
            return true;
        const int step = stepOf(*node);
        if (step == 0)
            node->changedAt = -1;
        if (std::exchange(node->shownStep, step) != step && (values_.base() == ChangeBase::Tick || node->marked)) {
            const QModelIndex cell = indexOf(*node, ValueColumn);
            Q_EMIT dataChanged(cell, cell);
        }
        return step == 0;
    });
    if (warm_.empty())
        fade_.stop();
    else if (!fade_.isActive())
        fade_.start();
}

void StructTreeModel::compareAgain()
{
    for (const auto &[id, node] : nodes_) {
        const QString key = keyOf(node->row);
        const bool marked = !key.isEmpty() && values_.isMarked(key);
        if (std::exchange(node->marked, marked) != marked || node->changedAt >= 0) {
            const QModelIndex cell = indexOf(*node, ValueColumn);
            Q_EMIT dataChanged(cell, cell);
        }
    }
}

void StructTreeModel::setChangeBase(ChangeBase base)
{
    values_.setBase(base);
    compareAgain();
}

void StructTreeModel::markSeen()
{
    values_.markSeen();
    compareAgain();
}

void StructTreeModel::keepSnapshot()
{
    values_.keepSnapshot();
    compareAgain();
}

void StructTreeModel::setLost(const QString &reason)
{
    if (lostReason_ == reason)
        return;
    lostReason_ = reason;
    Q_EMIT lostChanged();
}

void StructTreeModel::closed(const QModelIndex &index)
{
    Node *node = nodeOf(index);
    if (node && node->load == Node::Load::Done && std::holds_alternative<RowRecipe::SliceOf>(node->row.recipe.how))
        removeChildren(*node);
}

} // namespace ks::ui
