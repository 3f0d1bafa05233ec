// The watch list as Qt sees it: a tree of cells that say things, can be edited, dragged and dropped.
#include "ui/models/watch_node.h"
#include "ui/models/watch_text.h"

#include <QDataStream>
#include <QIODevice>
#include <QMimeData>

#include <set>

namespace ks::ui {

namespace {

constexpr auto kRowsMime = "application/x-kernoscope-watches";

} // namespace

WatchModel::Node *WatchModel::nodeOf(const QModelIndex &index) const
{
    return index.isValid() && index.model() == this ? static_cast<Node *>(index.internalPointer()) : nullptr;
}

WatchModel::Node *WatchModel::parentNode(const QModelIndex &parent) const
{
    return parent.isValid() ? nodeOf(parent) : root_.get();
}

QModelIndex WatchModel::indexOf(const Node &node, int column) const
{
    return createIndex(node.place(), column, const_cast<Node *>(&node));
}

bool WatchModel::isGroup(const QModelIndex &index) const
{
    const Node *node = nodeOf(index);
    return node && node->isGroup;
}

const WatchRow *WatchModel::rowAt(const QModelIndex &index) const
{
    const Node *node = nodeOf(index);
    return node && !node->isGroup ? &node->row : nullptr;
}

void WatchModel::updated(const QModelIndex &first, int from, int to)
{
    Q_EMIT dataChanged(first.siblingAtColumn(from), first.siblingAtColumn(to));
}

QModelIndex WatchModel::index(int row, int column, const QModelIndex &parent) const
{
    const Node *node = parentNode(parent);
    if (!node || parent.column() > 0 || row < 0 || row >= static_cast<int>(node->children.size()) || column < 0 ||
        column >= ColumnCount)
        return {};
    return createIndex(row, column, node->children[static_cast<std::size_t>(row)].get());
}

QModelIndex WatchModel::parent(const QModelIndex &child) const
{
    const Node *node = nodeOf(child);
    return !node || node->parent == root_.get() ? QModelIndex() : indexOf(*node->parent);
}

int WatchModel::rowCount(const QModelIndex &parent) const
{
    const Node *node = parentNode(parent);
    return !node || parent.column() > 0 ? 0 : static_cast<int>(node->children.size());
}

int WatchModel::columnCount(const QModelIndex &) const { return ColumnCount; }

QVariant WatchModel::textOf(const Node &node, const QModelIndex &index) const
{
    const WatchRow &row = node.row;
    const auto scalar = [&](std::optional<std::uint64_t> value) {
        return value && row.isNumber() ? scalarText(*value, row.result.value->isSigned, row.item.style) : QString();
    };
    switch (index.column()) {
    case ExpressionColumn: return row.item.expression;
    case ValueColumn: return valueText(row);
    case PreviousColumn: return row.previous;
    case ChangesColumn: {
        const live::History &history = historyAt(index);
        return history.samples() ? QString::number(history.changes()) : QString();
    }
    case RateColumn: {
        const live::History &history = historyAt(index);
        const auto rate = row.isNumber() ? recentRate(history) : std::nullopt;
        return rate ? rateText(*rate) : QString();
    }
    case MinimumColumn: return scalar(historyAt(index).minimum());
    case MaximumColumn: return scalar(historyAt(index).maximum());
    case StateColumn: return stateText(row);
    default: return {};
    }
}

QVariant WatchModel::data(const QModelIndex &index, int role) const
{
    const Node *node = nodeOf(index);
    if (!node)
        return {};
    if (node->isGroup) {
        if (index.column() != ExpressionColumn)
            return {};
        if (role == Qt::AccessibleTextRole)
            return QStringLiteral("group %1, %2 watches").arg(node->name).arg(node->children.size());
        return role == Qt::DisplayRole || role == Qt::EditRole ? QVariant(node->name) : QVariant();
    }
    switch (role) {
    case Qt::DisplayRole: return textOf(*node, index);
    case Qt::EditRole: return node->row.item.expression;
    case Qt::ToolTipRole: return detailsOf(node->row, historyAt(index));
    case Qt::TextAlignmentRole: return headerData(index.column(), Qt::Horizontal, role);
    case Qt::AccessibleTextRole:
        if (index.column() == HistoryColumn) {
            const live::History &history = historyAt(index);
            return QStringLiteral("%1 samples, %2 changes").arg(history.samples()).arg(history.changes());
        }
        return headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString() + QLatin1Char(' ') +
               textOf(*node, index).toString();
    default: return {};
    }
}

bool WatchModel::setData(const QModelIndex &index, const QVariant &value, int role)
{
    Node *node = nodeOf(index);
    const QString text = value.toString().trimmed();
    if (!node || role != Qt::EditRole || index.column() != ExpressionColumn || text.isEmpty())
        return false;
    if (node->isGroup) {
        if (text == node->name || groups().contains(text))
            return false;
        node->name = text.left(kMaxExpression);
        updated(index, ExpressionColumn, ExpressionColumn);
        return true;
    }
    WatchItem item = node->row.item;
    item.expression = text;
    change(index, std::move(item));
    return true;
}

QVariant WatchModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole) {
        const bool isNumber = section >= ChangesColumn && section <= MaximumColumn;
        return static_cast<int>(Qt::AlignVCenter | (isNumber ? Qt::AlignRight : Qt::AlignLeft));
    }
    static constexpr const char *kTitles[] = {"expression", "value",   "previous", "changes", "rate",
                                              "minimum",    "maximum", "history",  "state"};
    static_assert(std::size(kTitles) == ColumnCount);
    return role == Qt::DisplayRole ? QVariant(QString::fromLatin1(kTitles[section])) : QVariant();
}

Qt::ItemFlags WatchModel::flags(const QModelIndex &index) const
{
    if (!index.isValid())
        return Qt::ItemIsDropEnabled;
    Qt::ItemFlags flags = QAbstractItemModel::flags(index) | Qt::ItemIsDragEnabled;
    if (index.column() == ExpressionColumn)
        flags |= Qt::ItemIsEditable;
    return isGroup(index) ? flags | Qt::ItemIsDropEnabled : flags | Qt::ItemNeverHasChildren;
}

QStringList WatchModel::mimeTypes() const { return {QLatin1String(kRowsMime), QStringLiteral("text/plain")}; }

QMimeData *WatchModel::mimeData(const QModelIndexList &indexes) const
{
    QByteArray keys;
    QDataStream stream(&keys, QIODevice::WriteOnly);
    QStringList lines;
    for (const Node *node : nodesOf(indexes)) {
        stream << static_cast<quint64>(node->key);
        if (!node->isGroup)
            lines << node->row.item.expression;
        for (const auto &child : node->children)
            lines << child->row.item.expression;
    }
    auto *data = new QMimeData;
    data->setData(QLatin1String(kRowsMime), keys);
    data->setText(lines.join(QLatin1Char('\n')));
    return data;
}

bool WatchModel::dropMimeData(const QMimeData *data, Qt::DropAction action, int row, int, const QModelIndex &parent)
{
    const Node *target = parentNode(parent);
    if (!target || action == Qt::IgnoreAction)
        return false;
    if (!target->isGroup) { // onto a watch: behind it
        row = target->place() + 1;
        target = target->parent;
    }
    const QModelIndex to = target == root_.get() ? QModelIndex() : indexOf(*target);
    if (data->hasFormat(QLatin1String(kRowsMime))) {
        QByteArray bytes = data->data(QLatin1String(kRowsMime));
        QDataStream stream(&bytes, QIODevice::ReadOnly);
        std::set<quint64> keys;
        for (quint64 key = 0; !stream.atEnd() && (stream >> key, stream.status() == QDataStream::Ok);)
            keys.insert(key);
        QModelIndexList indexes;
        for (const auto &top : root_->children) {
            if (keys.contains(top->key))
                indexes << indexOf(*top);
            for (const auto &child : top->children)
                if (keys.contains(child->key))
                    indexes << indexOf(*child);
        }
        move(indexes, to, row);
        return false;
    }
    bool any = false;
    for (const QString &line : data->text().split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
        const QModelIndex added = add({line}, to);
        if (added.isValid() && row >= 0)
            move({added}, to, row++);
        any |= added.isValid();
    }
    return any;
}

} // namespace ks::ui
