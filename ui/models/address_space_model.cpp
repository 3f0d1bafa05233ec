#include "ui/models/address_space_model.h"

namespace ks::ui {

void AddressSpaceModel::setNodes(std::vector<AddressSpaceNode> nodes)
{
    beginResetModel();
    here_ = QModelIndex();
    nodes_ = std::move(nodes);
    endResetModel();
}

QModelIndex AddressSpaceModel::setHere(VirtAddr address)
{
    const auto path = pathTo(nodes_, address);
    QModelIndex next;
    const std::vector<AddressSpaceNode> *level = &nodes_;
    for (const AddressSpaceNode *step : path) {
        next = index(static_cast<int>(step - level->data()), Name, next);
        level = &step->children;
    }
    if (here_ == next)
        return next;
    const QModelIndex before = here_;
    here_ = next;
    for (const QModelIndex &changed : {before, next})
        if (changed.isValid())
            Q_EMIT dataChanged(changed, changed, {Qt::DisplayRole, HereRole});
    return next;
}

void AddressSpaceModel::setColors(std::function<QColor(SegmentKind)> kind, QColor dim)
{
    kindColor_ = std::move(kind);
    dim_ = dim;
    if (!nodes_.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1), {Qt::ForegroundRole});
}

const AddressSpaceNode *AddressSpaceModel::node(const QModelIndex &index) const
{
    if (!index.isValid())
        return nullptr;
    const auto row = static_cast<std::size_t>(index.row());
    return index.internalId() == 0 ? &nodes_[row] : &nodes_[index.internalId() - 1].children[row];
}

QModelIndex AddressSpaceModel::index(int row, int column, const QModelIndex &parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) + 1 : quintptr{0});
}

QModelIndex AddressSpaceModel::parent(const QModelIndex &child) const
{
    if (!child.isValid() || child.internalId() == 0)
        return {};
    return createIndex(static_cast<int>(child.internalId()) - 1, 0, quintptr{0});
}

int AddressSpaceModel::rowCount(const QModelIndex &parent) const
{
    if (!parent.isValid())
        return static_cast<int>(nodes_.size());
    if (parent.column() != 0 || parent.internalId() != 0)
        return 0;
    return static_cast<int>(node(parent)->children.size());
}

int AddressSpaceModel::columnCount(const QModelIndex &) const { return ColumnCount; }

QVariant AddressSpaceModel::data(const QModelIndex &index, int role) const
{
    const AddressSpaceNode *shown = node(index);
    if (!shown)
        return {};
    const bool isKind = index.internalId() == 0;
    const bool here = here_.isValid() && here_.sibling(here_.row(), index.column()) == index;
    switch (role) {
    case Qt::DisplayRole:
        if (index.column() == Size)
            return sizeText(shown->size);
        return here && !isKind ? QStringLiteral("%1 · here").arg(shown->name) : shown->name;
    case Qt::ToolTipRole:
        return QStringLiteral("%1 %2\n%3 … %4\n%5 bytes")
            .arg(shown->name, shown->detail)
            .arg(shown->range.first.value, 16, 16, QLatin1Char('0'))
            .arg(shown->range.last.value, 16, 16, QLatin1Char('0'))
            .arg(shown->size);
    case Qt::AccessibleTextRole:
        return index.column() == Size ? sizeText(shown->size)
                                      : QStringLiteral("%1, %2%3")
                                            .arg(shown->name, sizeText(shown->size), here ? tr(", here") : QString());
    case Qt::ForegroundRole:
        if (index.column() == Size)
            return dim_.isValid() ? QVariant(dim_) : QVariant();
        return isKind && kindColor_ ? QVariant(kindColor_(shown->kind)) : QVariant();
    case Qt::TextAlignmentRole:
        return index.column() == Size ? QVariant(int(Qt::AlignRight | Qt::AlignVCenter)) : QVariant();
    case FirstRole: return static_cast<quint64>(shown->range.first.value);
    case LastRole: return static_cast<quint64>(shown->range.last.value);
    case KindRole: return static_cast<int>(shown->kind);
    case HereRole: return here;
    default: return {};
    }
}

QVariant AddressSpaceModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == Size ? tr("size") : tr("part");
}

} // namespace ks::ui
