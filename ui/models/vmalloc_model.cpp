#include "ui/models/vmalloc_model.h"

#include "core/base/units.h"

#include <algorithm>

namespace ks::ui {

namespace {

QString toQt(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

QString flagsOf(const kernel::VmapArea &area)
{
    if (area.isMapRam)
        return QStringLiteral("vm_map_ram");
    QStringList names;
    for (const std::string &name : kernel::vmapFlagNames(area.flags))
        names << toQt(name.starts_with("VM_") ? std::string_view(name).substr(3) : std::string_view(name)).toLower();
    return names.join(QStringLiteral(", "));
}

QString detailsOf(const kernel::VmapArea &area)
{
    QStringList lines{QStringLiteral("%1 … %2").arg(toQt(hex(area.range.first)), toQt(hex(area.range.last)))};
    const auto fact = [&](const char *what, VirtAddr address) {
        if (address.value != 0)
            lines << QStringLiteral("%1: %2").arg(QLatin1String(what), toQt(hex(address)));
    };
    fact("struct vmap_area", area.area);
    fact("struct vm_struct", area.vm);
    return lines.join(QLatin1Char('\n'));
}

/// Whether a row may stay and only tell other facts.
bool isSame(const kernel::VmapArea &a, const kernel::VmapArea &b)
{
    return a.range.first == b.range.first && a.area == b.area;
}

} // namespace

void VmallocModel::setAreas(std::shared_ptr<const Session> session, std::vector<kernel::VmapArea> areas)
{
    if (!session_ || !session || areas.empty()) {
        beginResetModel();
        session_ = std::move(session);
        areas_ = std::move(areas);
        endResetModel();
        return;
    }
    session_ = std::move(session);
    std::size_t row = 0;
    for (std::size_t next = 0; row < areas_.size() || next < areas.size();) {
        const int at = static_cast<int>(row);
        if (row < areas_.size() && next < areas.size() && isSame(areas_[row], areas[next])) {
            areas_[row++] = areas[next++];
        } else if (next == areas.size() ||
                   (row < areas_.size() && areas_[row].range.first <= areas[next].range.first)) {
            beginRemoveRows({}, at, at);
            areas_.erase(areas_.begin() + at);
            endRemoveRows();
        } else {
            beginInsertRows({}, at, at);
            areas_.insert(areas_.begin() + at, areas[next++]);
            endInsertRows();
            ++row;
        }
    }
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

int VmallocModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(areas_.size());
}

int VmallocModel::columnCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : ColumnCount; }

QString VmallocModel::callerOf(const kernel::VmapArea &area) const
{
    if (area.caller.value == 0)
        return {};
    const auto hit = session_->symbols().lookup(area.caller);
    return toQt(hit ? toString(*hit) : hex(area.caller));
}

QVariant VmallocModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const kernel::VmapArea &area = at(index.row());
    if (role == Qt::ToolTipRole)
        return detailsOf(area);
    if (role == Qt::TextAlignmentRole) {
        const bool isNumber = index.column() == SizeColumn || index.column() == PagesColumn;
        return static_cast<int>(Qt::AlignVCenter | (isNumber ? Qt::AlignRight : Qt::AlignLeft));
    }
    if (role != Qt::DisplayRole && role != SortRole)
        return {};
    const bool sorts = role == SortRole;
    const QString nothing = QStringLiteral("–");
    switch (index.column()) {
    case StartColumn:
        return sorts ? QVariant(static_cast<qulonglong>(area.range.first.value)) : toQt(hex(area.range.first));
    case SizeColumn:
        return sorts ? QVariant(static_cast<qulonglong>(area.range.size())) : toQt(sizeText(area.range.size()));
    case PagesColumn:
        if (sorts)
            return static_cast<qlonglong>(area.pages ? static_cast<std::int64_t>(*area.pages) : -1);
        return area.pages ? QString::number(*area.pages) : nothing;
    case FlagsColumn: return flagsOf(area);
    case PhysColumn:
        if (sorts)
            return static_cast<qulonglong>(area.phys.value_or(PhysAddr()).value);
        return area.phys ? toQt(hex(*area.phys)) : nothing;
    case CallerColumn: return callerOf(area);
    default: return {};
    }
}

QVariant VmallocModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    static constexpr const char *kTitles[] = {"start", "size", "pages", "kind", "device at", "mapped by"};
    static_assert(std::size(kTitles) == ColumnCount);
    return QString::fromLatin1(kTitles[section]);
}

} // namespace ks::ui
