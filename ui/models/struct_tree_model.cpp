#include "ui/models/struct_tree_node.h"

#include <QPointer>

#include <algorithm>
#include <set>

namespace ks::ui {

StructTreeModel::StructTreeModel(Runner runner, QObject *parent)
    : QAbstractItemModel(parent), runner_(std::move(runner))
{
    clock_.start();
    fade_.setInterval(kChangeStep);
    connect(&fade_, &QTimer::timeout, this, &StructTreeModel::coolDown);
}

StructTreeModel::~StructTreeModel() = default;

void StructTreeModel::setRoot(StructRoot root)
{
    root_ = std::move(root);
    const std::uint64_t generation = ++generation_;
    runner_(Lane::Root,
            [self = QPointer(this), root = *root_, generation](const EvalContext &context) -> std::function<void()> {
                StructRow row = rootRow(context, root);
                std::vector<StructRow> children = row.expandable ? childRows(context, row) : std::vector<StructRow>();
                return [self, generation, row = std::move(row), children = std::move(children)]() mutable {
                    if (!self || self->generation_ != generation)
                        return;
                    self->beginResetModel();
                    self->nodes_.clear();
                    self->warm_.clear();
                    self->shownGeneration_ = generation;
                    if (row.follow)
                        row.value = listTitle(*row.follow, children);
                    self->top_ = self->makeNode(nullptr, std::move(row));
                    self->endResetModel();
                    if (!children.empty())
                        self->setChildren(*self->top_, std::move(children));
                    Q_EMIT self->rootShown();
                };
            });
}

void StructTreeModel::clear()
{
    ++generation_;
    beginResetModel();
    root_.reset();
    nodes_.clear();
    warm_.clear();
    values_.clear();
    top_.reset();
    endResetModel();
    setLost({});
}

std::unique_ptr<StructTreeModel::Node> StructTreeModel::makeNode(Node *parent, StructRow row)
{
    auto node = std::make_unique<Node>();
    node->id = nextId_++;
    node->parent = parent;
    node->row = std::move(row);
    keepValue(*node);
    nodes_[node->id] = node.get();
    return node;
}

void StructTreeModel::setChildren(Node &node, std::vector<StructRow> rows)
{
    removeChildren(node);
    ++shape_;
    node.load = Node::Load::Done;
    if (rows.empty())
        return;
    std::vector<std::unique_ptr<Node>> fresh;
    for (StructRow &row : rows) {
        fresh.push_back(makeNode(&node, std::move(row)));
        fresh.back()->position = static_cast<int>(fresh.size()) - 1;
    }
    beginInsertRows(indexOf(node), 0, static_cast<int>(fresh.size()) - 1);
    node.children = std::move(fresh);
    endInsertRows();
}

void StructTreeModel::removeChildren(Node &node)
{
    if (!node.children.empty()) {
        beginRemoveRows(indexOf(node), 0, static_cast<int>(node.children.size()) - 1);
        const std::function<void(const Node &)> forget = [&](const Node &gone) {
            for (const auto &child : gone.children) {
                nodes_.erase(child->id);
                forget(*child);
            }
        };
        forget(node);
        node.children.clear();
        endRemoveRows();
    }
    ++shape_;
    node.load = Node::Load::Not;
}

StructTreeModel::Node *StructTreeModel::nodeOf(const QModelIndex &index) const
{
    return index.isValid() ? static_cast<Node *>(index.internalPointer()) : nullptr;
}

StructTreeModel::Node *StructTreeModel::find(std::uint64_t id) const
{
    const auto it = nodes_.find(id);
    return it == nodes_.end() ? nullptr : it->second;
}

QModelIndex StructTreeModel::indexOf(const Node &node, int column) const
{
    return createIndex(node.position, column, const_cast<Node *>(&node));
}

QModelIndex StructTreeModel::index(int row, int column, const QModelIndex &parent) const
{
    if (row < 0 || column < 0 || column >= ColumnCount)
        return {};
    const Node *owner = nodeOf(parent);
    if (!owner)
        return top_ && row == 0 ? indexOf(*top_, column) : QModelIndex();
    return parent.column() == 0 && static_cast<std::size_t>(row) < owner->children.size()
               ? indexOf(*owner->children[static_cast<std::size_t>(row)], column)
               : QModelIndex();
}

QModelIndex StructTreeModel::parent(const QModelIndex &child) const
{
    const Node *node = nodeOf(child);
    return node && node->parent ? indexOf(*node->parent) : QModelIndex();
}

int StructTreeModel::rowCount(const QModelIndex &parent) const
{
    if (!parent.isValid())
        return top_ ? 1 : 0;
    return parent.column() == 0 ? static_cast<int>(nodeOf(parent)->children.size()) : 0;
}

int StructTreeModel::columnCount(const QModelIndex &) const { return ColumnCount; }

bool StructTreeModel::hasChildren(const QModelIndex &parent) const
{
    if (!parent.isValid())
        return top_ != nullptr;
    const Node *node = nodeOf(parent);
    if (parent.column() != 0)
        return false;
    return node->load == Node::Load::Done ? !node->children.empty() : node->row.expandable;
}

bool StructTreeModel::canFetchMore(const QModelIndex &parent) const
{
    const Node *node = nodeOf(parent);
    return node && parent.column() == 0 && node->row.expandable && node->load == Node::Load::Not;
}

void StructTreeModel::fetchMore(const QModelIndex &parent)
{
    if (canFetchMore(parent))
        reread(*nodeOf(parent));
}

/// Asks for the children of a row, the first time or anew.
void StructTreeModel::reread(Node &node)
{
    node.load = Node::Load::Asked;
    runner_(Lane::Children,
            [self = QPointer(this), row = node.row, id = node.id](const EvalContext &context) -> std::function<void()> {
                std::vector<StructRow> children = childRows(context, row);
                return [self, id, children = std::move(children)]() mutable {
                    Node *target = self ? self->find(id) : nullptr;
                    if (!target || target->load != Node::Load::Asked)
                        return;
                    if (target->row.follow)
                        target->row.value = listTitle(*target->row.follow, children);
                    self->setChildren(*target, std::move(children));
                    const QModelIndex at = self->indexOf(*target);
                    Q_EMIT self->dataChanged(at, at.siblingAtColumn(OffsetColumn));
                    Q_EMIT self->childrenLoaded(at);
                };
            });
}

void StructTreeModel::setCast(const QModelIndex &index, std::optional<Type> type)
{
    Node *node = nodeOf(index);
    if (!node)
        return;
    node->row.castTo = std::move(type);
    node->row.follow.reset();
    removeChildren(*node);
    refresh({index});
}

void StructTreeModel::setFollow(const QModelIndex &index, std::optional<ListFollow> follow)
{
    Node *node = nodeOf(index);
    if (!node)
        return;
    removeChildren(*node);
    node->row.follow = std::move(follow);
    node->row.expandable = true;
    reread(*node);
}

RefreshPlan StructTreeModel::planOf(const Node &node, const std::vector<const Node *> &wanted) const
{
    RefreshPlan plan{node.id, node.row, node.row.follow && node.load == Node::Load::Done, {}};
    for (const auto &child : node.children)
        if (plan.itemsToo || std::ranges::binary_search(wanted, child.get()))
            plan.children.push_back(planOf(*child, wanted));
    return plan;
}

std::optional<StructTreeModel::Reading> StructTreeModel::reading(const QModelIndexList &visible) const
{
    // The rows of the object before stay until the first ones of the new one are there.
    if (!top_ || !root_ || shownGeneration_ != generation_)
        return std::nullopt;
    std::set<const Node *> wanted;
    for (const QModelIndex &index : visible)
        for (const Node *node = nodeOf(index); node && wanted.insert(node).second; node = node->parent) {
        }
    Reading reading{{generation_, shape_}, {}};
    for (const Node *node : wanted)
        reading.key.push_back(node->id);
    std::ranges::sort(reading.key.begin() + 2, reading.key.end());
    reading.make = [root = *root_, plan = planOf(*top_, {wanted.begin(), wanted.end()}), generation = generation_,
                    shape = shape_](const EvalContext &context) {
        return std::make_shared<const RowUpdates>(RowUpdates{generation, shape, refreshRows(context, root, plan)});
    };
    return reading;
}

bool StructTreeModel::refresh(const QModelIndexList &visible)
{
    const auto again = reading(visible);
    if (!again)
        return false;
    QList<QPersistentModelIndex> rows(visible.begin(), visible.end());
    runner_(Lane::Refresh,
            [self = QPointer(this), make = again->make, rows](const EvalContext &context) -> std::function<void()> {
                return [self, updates = make(context), rows] {
                    if (!self || updates->generation != self->generation_)
                        return;
                    if (updates->shape == self->shape_)
                        self->take(*updates);
                    else
                        self->refresh({rows.begin(), rows.end()}); // rows have come or gone in the meantime
                };
            });
    return true;
}

void StructTreeModel::take(const RowUpdates &updates, const std::vector<AddrRange> &torn)
{
    if (updates.generation != generation_ || updates.shape != shape_)
        return;
    // What never could be read is not lost.
    const bool wasThere = std::ranges::any_of(updates.rows, [&](const RowUpdate &update) {
        const Node *node = find(update.id);
        return node && node->row.address && node->row.size > 0 && !node->row.content.missing();
    });
    if (const QString refused = refusedReason(updates.rows); wasThere && !refused.isEmpty()) {
        setLost(refused);
        Q_EMIT refreshed();
        return;
    }
    setLost({});
    std::vector<AddrRange> changed;
    for (const RowUpdate &update : updates.rows) {
        Node *node = find(update.id);
        if (!node)
            continue;
        const qint64 before = node->changedAt;
        const bool isTorn = isTornIn(update.row, torn);
        const bool turned = std::exchange(node->torn, isTorn) != isTorn;
        if (applyRow(*node, update.row) || turned)
            for (int column = 0; column < ColumnCount; ++column) {
                // Cell by cell: for a range the view paints everything anew.
                const QModelIndex cell = indexOf(*node, column);
                Q_EMIT dataChanged(cell, cell);
            }
        constexpr std::uint64_t kScalar = 64; // what is larger tells of its parts by itself
        if (node->changedAt != before && node->row.address && node->row.size <= kScalar)
            if (const auto range = AddrRange::sized(*node->row.address, node->row.size))
                changed.push_back(*range);
        if (update.items && node->load == Node::Load::Done)
            setChildren(*node, *update.items);
    }
    coolDown();
    if (!changed.empty())
        Q_EMIT valuesChanged(changed);
    Q_EMIT refreshed();
}

/// Whether anything that is shown became different.
bool StructTreeModel::applyRow(Node &node, StructRow row)
{
    // A list may have been chosen, or a cast made, while the answer was on its way: that is newer.
    if (row.castTo.has_value() != node.row.castTo.has_value() || row.follow.has_value() != node.row.follow.has_value())
        return false;
    const bool retyped = row.typeName != node.row.typeName;
    const bool changed = row.value != node.row.value;
    const bool shown = changed || retyped || row.look != node.row.look || row.reason != node.row.reason ||
                       row.address != node.row.address || row.expandable != node.row.expandable;
    // What could not be read in between is compared with what was there before.
    const bool wasRead = node.row.look != RowLook::Unreadable;
    const bool isRead = row.look != RowLook::Unreadable;
    if (wasRead)
        node.lastValue = node.row.value;
    if (isRead && !retyped && node.lastValue && *node.lastValue != row.value) {
        if (node.changedAt < 0)
            warm_.push_back(node.id);
        node.changedAt = clock_.elapsed();
        node.shownStep = kChangeSteps;
    }
    if (!row.expandable && node.load != Node::Load::Not)
        removeChildren(node);
    node.row = std::move(row);
    if (shown)
        keepValue(node);
    return shown;
}

const StructRow *StructTreeModel::rowAt(const QModelIndex &index) const
{
    const Node *node = nodeOf(index);
    return node ? &node->row : nullptr;
}

QString StructTreeModel::key(const StructRow &row)
{
    const auto *how = std::get_if<RowRecipe::MemberOf>(&row.recipe.how);
    return how && how->member.name.empty() ? QStringLiteral("%1@%2").arg(row.name).arg(row.offset.value_or(0))
                                           : row.name;
}

QStringList StructTreeModel::pathOf(const QModelIndex &index) const
{
    QStringList path;
    for (const Node *node = nodeOf(index); node && node->parent; node = node->parent)
        path.prepend(key(node->row));
    return path;
}

QModelIndex StructTreeModel::indexOfPath(const QStringList &path) const
{
    const Node *node = top_.get();
    for (const QString &step : path) {
        if (!node)
            break;
        const auto child = std::ranges::find_if(node->children, [&](const auto &c) { return key(c->row) == step; });
        node = child == node->children.end() ? nullptr : child->get();
    }
    return node ? indexOf(*node) : QModelIndex();
}

QString StructTreeModel::expression(const QModelIndex &index) const
{
    const Node *node = nodeOf(index);
    if (!node || !root_)
        return {};
    const auto objectAt = [](const StructRow &row) {
        return QStringLiteral("*(%1 *)0x%2").arg(row.typeName).arg(row.address->value, 0, 16);
    };
    if (!node->parent)
        return node->row.castTo && node->row.address ? objectAt(node->row) : root_->name;
    if (node->row.castTo || std::holds_alternative<RowRecipe::ListItem>(node->row.recipe.how))
        return node->row.address ? objectAt(node->row) : QString();
    if (std::holds_alternative<RowRecipe::Remark>(node->row.recipe.how))
        return {};
    QString parent = expression(indexOf(*node->parent));
    if (parent.isEmpty())
        return {};
    if (std::holds_alternative<RowRecipe::SliceOf>(node->row.recipe.how))
        return parent;
    const bool plain = !parent.startsWith(QLatin1Char('*')) && !parent.contains(QLatin1Char(' '));
    if (std::holds_alternative<RowRecipe::Pointee>(node->row.recipe.how))
        return QLatin1Char('*') + (plain ? parent : QStringLiteral("(%1)").arg(parent));
    if (!plain)
        parent = QStringLiteral("(%1)").arg(parent);
    if (std::holds_alternative<RowRecipe::ElementOf>(node->row.recipe.how))
        return parent + node->row.name;
    const auto &member = std::get<RowRecipe::MemberOf>(node->row.recipe.how).member;
    if (member.name.empty())
        return parent; // members of an anonymous union are members of what it stands in
    const bool through = node->parent->row.content.type().stripped().kind() == TypeKind::Pointer;
    return parent + QLatin1String(through ? "->" : ".") + node->row.name;
}

void StructTreeModel::forEachInPlace(const std::function<void(const QModelIndex &, const StructRow &)> &visit) const
{
    const std::function<void(const Node &)> walk = [&](const Node &node) {
        visit(indexOf(node), node.row);
        if (node.row.follow || node.row.content.type().stripped().kind() == TypeKind::Pointer)
            return;
        for (const auto &child : node.children)
            if (child->row.address)
                walk(*child);
    };
    if (top_)
        walk(*top_);
}

QModelIndex StructTreeModel::indexOfAddress(VirtAddr address) const
{
    QModelIndex best;
    std::uint64_t bestSize = ~std::uint64_t{0};
    forEachInPlace([&](const QModelIndex &index, const StructRow &row) {
        const auto range = row.address ? AddrRange::sized(*row.address, row.size) : std::nullopt;
        if (range && range->contains(address) && (row.size < bestSize || !best.isValid() || index.parent() == best)) {
            best = index;
            bestSize = row.size;
        }
    });
    return best;
}

} // namespace ks::ui
