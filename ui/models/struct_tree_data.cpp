// What a view sees of the struct tree.
#include "ui/models/struct_tree_model.h"

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

QString toolTip(const StructRow &row)
{
    QStringList lines;
    if (!row.typeName.isEmpty())
        lines << (row.bitSize ? QStringLiteral("%1 : %2").arg(row.typeName).arg(row.bitSize) : row.typeName);
    if (row.address)
        lines << QStringLiteral("at %1, %2 bytes").arg(QString::fromStdString(hex(*row.address))).arg(row.size);
    if (row.target)
        lines << QStringLiteral("points to %1").arg(QString::fromStdString(hex(*row.target)));
    if (!row.reason.isEmpty())
        lines << row.reason;
    return lines.join(QLatin1Char('\n'));
}

} // namespace

QVariant StructTreeModel::data(const QModelIndex &index, int role) const
{
    const StructRow *row = rowAt(index);
    if (!row)
        return {};
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case NameColumn: return row->name;
        case ValueColumn: return row->value;
        case OffsetColumn: return index.parent().isValid() ? offsetText(*row) : QStringLiteral("%1 B").arg(row->size);
        default: return {};
        }
    case Qt::ToolTipRole: return toolTip(*row);
    case Qt::TextAlignmentRole:
        return index.column() == OffsetColumn ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case Qt::AccessibleTextRole:
        return index.column() == NameColumn ? QStringLiteral("%1: %2").arg(row->name, row->value) : QVariant();
    case LookRole: return static_cast<int>(row->look);
    case ChangedRole: return changedLately(index);
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
