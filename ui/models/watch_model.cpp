#include "ui/models/watch_model.h"

#include "ui/models/watch_node.h"

#include <QTimerEvent>

#include <algorithm>
#include <set>

namespace ks::ui {

namespace {

constexpr int kFadeStep = 100; // ms

} // namespace

WatchModel::WatchModel(QObject *parent) : QAbstractItemModel(parent), root_(std::make_unique<Node>())
{
    root_->isGroup = true;
}

WatchModel::~WatchModel() = default;

// ---- Sampling ------------------------------------------------------------------------------------------------------

void WatchModel::setSampler(std::shared_ptr<live::Sampler> sampler, Gate gate)
{
    if (sampler_)
        forEachWatch([&](Node &node, const QModelIndex &) { unsubscribe(node); });
    sampler_ = std::move(sampler);
    gate_ = std::move(gate);
    sample_ = nullptr;
    forEachWatch([&](Node &node, const QModelIndex &index) {
        subscribe(node);
        updated(index, 0, ColumnCount - 1);
    });
    if (sampler_)
        Q_EMIT subscribed();
    Q_EMIT sampleTaken();
}

void WatchModel::subscribe(Node &node)
{
    node.row.frozen = frozen_ || node.row.item.frozen;
    node.row.forget();
    node.historyTick = 0;
    node.history = WatchModel::Node::noHistory();
    if (!sampler_)
        return;
    const live::Subscription subscription = subscriptionOf(node.row.item);
    node.row.id = sampler_->add(subscription, gate_ != nullptr);
    sampler_->setFrozen(node.row.id, node.row.item.frozen);
    if (gate_)
        gate_(subscription, [sampler = sampler_, id = node.row.id] { sampler->release(id); });
}

/// The same value in another way; until that is ready it goes on as before.
void WatchModel::resubscribe(const Node &node)
{
    const live::Subscription subscription = subscriptionOf(node.row.item);
    const auto change = [sampler = sampler_, id = node.row.id, subscription] { sampler->change(id, subscription); };
    if (gate_)
        gate_(subscription, change);
    else
        change();
}

void WatchModel::unsubscribe(Node &node)
{
    if (sampler_ && node.row.id.value)
        sampler_->remove(node.row.id);
    node.row.id = {};
}

void WatchModel::setFrozen(bool frozen)
{
    if (std::exchange(frozen_, frozen) == frozen)
        return;
    forEachWatch([&](Node &node, const QModelIndex &index) {
        node.row.frozen = frozen_ || node.row.item.frozen;
        updated(index, 0, ColumnCount - 1);
    });
}

void WatchModel::take(const SamplePtr &sample)
{
    if (!sample || sample == sample_)
        return;
    sample_ = sample;
    const auto now = WatchRow::Clock::now();
    bool isWarm = false;
    forEachWatch([&](Node &node, const QModelIndex &index) {
        const live::WatchResult *result = sample->find(node.row.id);
        if (!result)
            return;
        switch (node.row.take(*result, now)) {
        case WatchRow::News::None: break;
        case WatchRow::News::Trail: updated(index, ChangesColumn, HistoryColumn); break;
        case WatchRow::News::All: updated(index, 0, ColumnCount - 1); break;
        }
        isWarm |= node.row.warmth(now) > 0;
    });
    if (isWarm && !fade_.isActive())
        fade_.start(kFadeStep, this);
    Q_EMIT sampleTaken();
}

void WatchModel::timerEvent(QTimerEvent *event)
{
    if (event->timerId() != fade_.timerId())
        return QAbstractItemModel::timerEvent(event);
    const auto now = WatchRow::Clock::now();
    bool isWarm = false;
    forEachWatch([&](Node &node, const QModelIndex &index) {
        if (!node.row.changedAt)
            return;
        updated(index, ValueColumn, ValueColumn);
        if (node.row.warmth(now) > 0)
            isWarm = true;
        else
            node.row.changedAt = std::nullopt;
    });
    if (!isWarm)
        fade_.stop();
}

const live::History &WatchModel::historyAt(const QModelIndex &index) const
{
    Node *node = nodeOf(index);
    if (!node || node->isGroup || !sampler_ || !sample_ || !node->row.id.value)
        return WatchModel::Node::noHistory();
    if (node->historyTick != sample_->tick) {
        node->historyTick = sample_->tick;
        node->history = sampler_->history(node->row.id);
    }
    return node->history;
}

// ---- The list ------------------------------------------------------------------------------------------------------

WatchModel::Node &WatchModel::insert(Node &parent, int row, std::unique_ptr<Node> node)
{
    node->parent = &parent;
    node->key = nextKey_++;
    Node &added = *node;
    beginInsertRows(&parent == root_.get() ? QModelIndex() : indexOf(parent), row, row);
    parent.children.insert(parent.children.begin() + row, std::move(node));
    endInsertRows();
    return added;
}

QModelIndex WatchModel::add(WatchItem item, const QModelIndex &after)
{
    item.expression = item.expression.trimmed();
    if (item.expression.isEmpty() || item.expression.size() > kMaxExpression || watchCount() >= kMaxWatches)
        return {};
    Node *near = nodeOf(after);
    Node *parent = !near ? root_.get() : near->isGroup ? near : near->parent;
    const int row = near && !near->isGroup ? near->place() + 1 : static_cast<int>(parent->children.size());
    auto node = std::make_unique<Node>();
    node->row.item = std::move(item);
    subscribe(*node);
    Node &added = insert(*parent, row, std::move(node));
    Q_EMIT countChanged(static_cast<int>(watchCount()));
    if (added.row.item.plotted)
        Q_EMIT plotChanged();
    Q_EMIT subscribed();
    return indexOf(added);
}

void WatchModel::removeNode(Node &node)
{
    for (const auto &child : node.children)
        unsubscribe(*child);
    unsubscribe(node);
    Node &parent = *node.parent;
    const int row = node.place();
    beginRemoveRows(&parent == root_.get() ? QModelIndex() : indexOf(parent), row, row);
    parent.children.erase(parent.children.begin() + row);
    endRemoveRows();
}

void WatchModel::remove(const QModelIndexList &indexes)
{
    for (Node *node : nodesOf(indexes))
        removeNode(*node);
    Q_EMIT countChanged(static_cast<int>(watchCount()));
    Q_EMIT plotChanged();
}

QModelIndexList WatchModel::duplicate(const QModelIndexList &indexes)
{
    QList<QPersistentModelIndex> copies;
    for (const Node *node : nodesOf(indexes))
        if (!node->isGroup)
            if (const QModelIndex copy = add(node->row.item, indexOf(*node)); copy.isValid())
                copies << copy;
    return {copies.begin(), copies.end()};
}

void WatchModel::change(const QModelIndex &index, WatchItem item)
{
    Node *node = nodeOf(index);
    item.expression = item.expression.trimmed();
    if (!node || node->isGroup || item.expression.isEmpty() || item.expression.size() > kMaxExpression ||
        item == node->row.item)
        return;
    const WatchItem before = std::exchange(node->row.item, std::move(item));
    const WatchItem &now = node->row.item;
    if (now.expression != before.expression) {
        unsubscribe(*node);
        subscribe(*node);
    } else if (sampler_) {
        // The same value, so that all that is known of it still counts.
        if (now.style != before.style || now.condition != before.condition)
            resubscribe(*node);
        if (now.rateHz != before.rateHz)
            sampler_->setPeriod(node->row.id, periodOf(now));
        if (now.frozen != before.frozen)
            sampler_->setFrozen(node->row.id, now.frozen);
    }
    node->row.frozen = frozen_ || now.frozen;
    updated(index, 0, ColumnCount - 1);
    if (now.plotted != before.plotted || (now.plotted && now.expression != before.expression))
        Q_EMIT plotChanged();
    Q_EMIT subscribed();
}

QModelIndex WatchModel::group(const QString &name)
{
    const QString trimmed = name.trimmed().left(kMaxExpression);
    if (trimmed.isEmpty())
        return {};
    for (const auto &node : root_->children)
        if (node->isGroup && node->name == trimmed)
            return indexOf(*node);
    auto made = std::make_unique<Node>();
    made->isGroup = true;
    made->name = trimmed;
    return indexOf(insert(*root_, rowCount(), std::move(made)));
}

QStringList WatchModel::groups() const
{
    QStringList names;
    for (const auto &node : root_->children)
        if (node->isGroup)
            names << node->name;
    return names;
}

void WatchModel::dissolve(const QModelIndex &group)
{
    Node *node = nodeOf(group);
    if (!node || !node->isGroup)
        return;
    for (int row = node->place(); !node->children.empty(); ++row)
        moveNode(*node->children.front(), *root_, row);
    removeNode(*node);
}

void WatchModel::moveNode(Node &node, Node &to, int row)
{
    Node &from = *node.parent;
    const int place = node.place();
    if (&from == &to && (row == place || row == place + 1))
        return;
    const auto at = [this](Node &parent) { return &parent == root_.get() ? QModelIndex() : indexOf(parent); };
    beginMoveRows(at(from), place, place, at(to), row);
    auto taken = std::move(from.children[static_cast<std::size_t>(place)]);
    from.children.erase(from.children.begin() + place);
    if (&from == &to && place < row)
        --row;
    taken->parent = &to;
    to.children.insert(to.children.begin() + row, std::move(taken));
    endMoveRows();
}

void WatchModel::move(const QModelIndexList &indexes, const QModelIndex &parent, int row)
{
    Node *to = parentNode(parent);
    if (!to || !to->isGroup)
        return;
    if (row < 0 || row > static_cast<int>(to->children.size()))
        row = static_cast<int>(to->children.size());
    for (Node *node : nodesOf(indexes)) {
        if (node->isGroup && to != root_.get())
            continue;
        moveNode(*node, *to, row);
        row = node->place() + 1; // the next one stands behind it
    }
    Q_EMIT plotChanged();
}

bool WatchModel::moveBy(const QModelIndex &index, int by)
{
    Node *node = nodeOf(index);
    if (!node)
        return false;
    const int to = node->place() + by;
    if (to < 0 || to >= static_cast<int>(node->parent->children.size()))
        return false;
    moveNode(*node, *node->parent, by > 0 ? to + 1 : to);
    Q_EMIT plotChanged();
    return true;
}

std::vector<WatchModel::Node *> WatchModel::nodesOf(const QModelIndexList &indexes) const
{
    std::set<const Node *> wanted;
    for (const QModelIndex &index : indexes)
        if (const Node *node = nodeOf(index))
            wanted.insert(node);
    std::vector<Node *> nodes;
    for (const auto &top : root_->children) {
        if (wanted.contains(top.get())) {
            nodes.push_back(top.get());
            continue;
        }
        for (const auto &child : top->children)
            if (wanted.contains(child.get()))
                nodes.push_back(child.get());
    }
    return nodes;
}

void WatchModel::forEachWatch(const std::function<void(Node &, const QModelIndex &)> &visit) const
{
    for (std::size_t i = 0; i < root_->children.size(); ++i) {
        Node &top = *root_->children[i];
        if (!top.isGroup)
            visit(top, createIndex(static_cast<int>(i), 0, &top));
        for (std::size_t j = 0; j < top.children.size(); ++j)
            visit(*top.children[j], createIndex(static_cast<int>(j), 0, top.children[j].get()));
    }
}

QModelIndexList WatchModel::watches() const
{
    QModelIndexList list;
    forEachWatch([&](Node &, const QModelIndex &index) { list << index; });
    return list;
}

std::size_t WatchModel::watchCount() const
{
    std::size_t count = 0;
    for (const auto &node : root_->children)
        count += node->isGroup ? node->children.size() : 1;
    return count;
}

WatchList WatchModel::list() const
{
    WatchList list;
    for (const auto &top : root_->children) {
        WatchEntry entry{top->isGroup, top->name, {}};
        if (!top->isGroup)
            entry.items.push_back(top->row.item);
        for (const auto &child : top->children)
            entry.items.push_back(child->row.item);
        list.push_back(std::move(entry));
    }
    return list;
}

void WatchModel::setList(const WatchList &list)
{
    beginResetModel();
    forEachWatch([&](Node &node, const QModelIndex &) { unsubscribe(node); });
    root_->children.clear();
    for (const WatchEntry &entry : list) {
        Node *parent = root_.get();
        const auto place = [&](bool isGroup) -> Node & {
            auto node = std::make_unique<Node>();
            node->parent = parent;
            node->isGroup = isGroup;
            node->key = nextKey_++;
            parent->children.push_back(std::move(node));
            return *parent->children.back();
        };
        if (entry.isGroup) {
            Node &group = place(true);
            group.name = entry.group;
            parent = &group;
        }
        for (const WatchItem &item : entry.items) {
            Node &node = place(false);
            node.row.item = item;
            subscribe(node);
        }
    }
    endResetModel();
    Q_EMIT countChanged(static_cast<int>(watchCount()));
    Q_EMIT plotChanged();
    Q_EMIT subscribed();
}

} // namespace ks::ui
