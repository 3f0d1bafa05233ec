#include "ui/models/modules_model.h"

#include "core/base/units.h"

#include <algorithm>

namespace ks::ui {

namespace {

QString toQt(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

QString join(const std::vector<std::string> &names)
{
    QStringList list;
    for (const std::string &name : names)
        list << toQt(name);
    return list.join(QStringLiteral(", "));
}

bool isSame(const kernel::Module &a, const kernel::Module &b) { return a.name == b.name && a.address == b.address; }

QString detailsOf(const kernel::Module &module)
{
    QStringList lines;
    for (const kernel::ModuleRange &part : module.layout.ranges)
        lines << QStringLiteral("%1  %2  %3")
                     .arg(toQt(hex(part.range.first)), toQt(sizeText(part.range.size())),
                          QLatin1String(kernel::name(part.kind)));
    const auto fact = [&](const char *what, const std::string &value) {
        if (!value.empty())
            lines << QStringLiteral("%1: %2").arg(QLatin1String(what), toQt(value));
    };
    fact("build-id", module.buildId);
    fact("srcversion", module.srcVersion);
    fact("version", module.version);
    fact("struct module", hex(module.address));
    return lines.join(QLatin1Char('\n'));
}

} // namespace

void ModulesModel::setSession(std::shared_ptr<const Session> session)
{
    session_ = std::move(session);
    const std::vector<kernel::Module> now = session_ ? session_->modules() : std::vector<kernel::Module>{};
    for (int row = rowCount() - 1; row >= 0; --row) {
        if (std::ranges::any_of(now, [&](const kernel::Module &module) { return isSame(module, at(row)); }))
            continue;
        beginRemoveRows({}, row, row);
        modules_.erase(modules_.begin() + row);
        endRemoveRows();
    }
    // Both are in the order of their addresses, so what is not in its place yet has come.
    for (int row = 0; row < static_cast<int>(now.size()); ++row) {
        const kernel::Module &module = now[static_cast<std::size_t>(row)];
        if (row < rowCount() && isSame(module, at(row)))
            continue;
        beginInsertRows({}, row, row);
        modules_.insert(modules_.begin() + row, module);
        endInsertRows();
    }
    // Damaged lists may have modules at one address, which have no order.
    if (const int rows = static_cast<int>(now.size()); rows < rowCount()) {
        beginRemoveRows({}, rows, rowCount() - 1);
        modules_.resize(now.size());
        endRemoveRows();
    }
    modules_ = now; // states and counts
    if (const int rows = rowCount())
        Q_EMIT dataChanged(index(0, 0), index(rows - 1, ColumnCount - 1));
}

void ModulesModel::refreshTypes()
{
    if (const int rows = rowCount())
        Q_EMIT dataChanged(index(0, TypesColumn), index(rows - 1, TypesColumn));
}

int ModulesModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(modules_.size());
}

int ModulesModel::columnCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant ModulesModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const kernel::Module &module = at(index.row());
    if (role == Qt::ToolTipRole)
        return detailsOf(module);
    if (role == Qt::TextAlignmentRole) {
        const bool isNumber = index.column() == SizeColumn || index.column() == UsesColumn;
        return static_cast<int>(Qt::AlignVCenter | (isNumber ? Qt::AlignRight : Qt::AlignLeft));
    }
    if (role != Qt::DisplayRole && role != SortRole)
        return {};
    const bool sorts = role == SortRole;
    switch (index.column()) {
    case NameColumn: return toQt(module.name);
    case BaseColumn:
        return sorts ? QVariant(static_cast<qulonglong>(module.layout.base.value)) : toQt(hex(module.layout.base));
    case SizeColumn:
        return sorts ? QVariant(static_cast<qulonglong>(module.layout.size)) : toQt(sizeText(module.layout.size));
    case UsesColumn:
        if (sorts)
            return static_cast<qlonglong>(module.refcount.value_or(-1));
        return module.refcount ? QString::number(*module.refcount) : QStringLiteral("–");
    case StateColumn: return QString::fromLatin1(kernel::name(module.state));
    case UsersColumn: return join(module.users);
    case TypesColumn: return toQt(session_->moduleTypesFrom(module.name));
    default: return {};
    }
}

QVariant ModulesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    static constexpr const char *kTitles[] = {"module", "base", "size", "uses", "state", "used by", "types"};
    static_assert(std::size(kTitles) == ColumnCount);
    return QString::fromLatin1(kTitles[section]);
}

} // namespace ks::ui
