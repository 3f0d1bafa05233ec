// What a view sees of the struct tree.
#include "ui/models/struct_tree_node.h"
#include "ui/models/torn.h"

namespace ks::ui {

namespace {

QString offsetText(const StructRow &row)
{
    if (std::holds_alternative<RowRecipe::ListItem>(row.recipe.how) && row.address)
        return QString::number(row.address->value, 16);
    if (!row.offset)
        return {};
    QString text = QLatin1Char('+') + QString::number(*row.offset);
    if (row.bitSize)
        text += QStringLiteral(":%1").arg(row.bitShift);
    return text;
}

} // namespace

QString StructTreeModel::toolTip(const Node &node) const
{
    const StructRow &row = node.row;
    QStringList lines;
    if (!row.typeName.isEmpty())
        lines << (row.bitSize ? QStringLiteral("%1 : %2").arg(row.typeName).arg(row.bitSize) : row.typeName);
    if (row.address)
        lines << QStringLiteral("at %1, %2 bytes").arg(QString::fromStdString(hex(*row.address))).arg(row.size);
    if (row.target)
        lines << QStringLiteral("points to %1").arg(QString::fromStdString(hex(*row.target)));
    if (node.marked)
        if (const auto before = values_.baseValue(keyOf(row)))
            lines << QStringLiteral("%1 at the %2").arg(*before, displayName(values_.base()));
    if (!row.reason.isEmpty())
        lines << row.reason;
    if (node.torn)
        lines << tornReason();
    if (!lostReason_.isEmpty())
        lines << QStringLiteral("the last that was read: %1").arg(lostReason_);
    return lines.join(QLatin1Char('\n'));
}

QVariant StructTreeModel::data(const QModelIndex &index, int role) const
{
    const Node *node = nodeOf(index);
    if (!node)
        return {};
    const StructRow *row = &node->row;
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case NameColumn: return row->name;
        case ValueColumn: return row->value;
        case OffsetColumn: return index.parent().isValid() ? offsetText(*row) : QStringLiteral("%1 B").arg(row->size);
        default: return {};
        }
    case Qt::ToolTipRole: return toolTip(*node);
    case Qt::TextAlignmentRole:
        return index.column() == OffsetColumn ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case Qt::AccessibleTextRole:
        return index.column() == NameColumn
                   ? QStringLiteral("%1: %2%3").arg(row->name, row->value, QLatin1String(node->torn ? ", torn" : ""))
                   : QVariant();
    case LookRole: return static_cast<int>(row->look);
    case ChangedRole: return values_.base() == ChangeBase::Tick ? stepOf(*node) > 0 : node->marked;
    case HeatRole: return static_cast<double>(stepOf(*node)) / kChangeSteps;
    case TornRole: return node->torn;
    case RowRole: return QVariant::fromValue(static_cast<const void *>(row));
    default: return {};
    }
}

QVariant StructTreeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case NameColumn: return QStringLiteral("name");
    case ValueColumn: return QStringLiteral("value");
    case OffsetColumn: return QStringLiteral("offset");
    default: return {};
    }
}

} // namespace ks::ui
