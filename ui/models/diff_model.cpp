#include "ui/models/diff_model.h"

#include <algorithm>

namespace ks::ui {

namespace {

// The id of an index says where it hangs: depth in two bits, group in six, entry in the rest.
enum class Depth : std::uint8_t { Group, Entry, Leaf };

quintptr idOf(Depth depth, DiffGroup group, std::size_t entry)
{
    return static_cast<quintptr>(depth) | static_cast<quintptr>(group) << 2 | static_cast<quintptr>(entry) << 8;
}

Depth depthOf(const QModelIndex &index) { return static_cast<Depth>(index.internalId() & 3); }
DiffGroup groupOf(const QModelIndex &index) { return static_cast<DiffGroup>(index.internalId() >> 2 & 63); }
/// Of a leaf: the entry above it.
std::size_t entryRow(const QModelIndex &index) { return index.internalId() >> 8; }

/// Members get rows of their own unless one line says it all.
bool hasRows(const DiffEntry &entry) { return entry.leaves.size() > 1; }

QString leafText(const DiffLeaf &leaf, int column)
{
    switch (column) {
    case DiffModel::PathColumn: return leaf.path;
    case DiffModel::BeforeColumn: return leaf.before;
    case DiffModel::AfterColumn: return leaf.after;
    case DiffModel::DeltaColumn: return leaf.delta;
    default: return {};
    }
}

QString addressText(const std::optional<VirtAddr> &address)
{
    return address ? QString::fromStdString(hex(*address)) : QString();
}

} // namespace

void DiffModel::begin(std::vector<DiffGroup> groups)
{
    beginResetModel();
    groups_ = std::move(groups);
    cuts_.clear();
    for (auto &entries : entries_)
        entries.clear();
    endResetModel();
}

void DiffModel::append(std::vector<DiffEntry> entries)
{
    for (const DiffGroup group : groups_) {
        std::vector<DiffEntry> added;
        for (DiffEntry &entry : entries)
            if (entry.group == group)
                added.push_back(std::move(entry));
        if (added.empty())
            continue;
        auto &all = entries_[static_cast<std::size_t>(group)];
        const int first = static_cast<int>(all.size());
        beginInsertRows(groupIndex(group), first, first + static_cast<int>(added.size()) - 1);
        std::ranges::move(added, std::back_inserter(all));
        endInsertRows();
        Q_EMIT dataChanged(groupIndex(group), groupIndex(group, ColumnCount - 1));
    }
}

bool DiffModel::isGroup(const QModelIndex &index) const { return index.isValid() && depthOf(index) == Depth::Group; }

const DiffEntry *DiffModel::entryAt(const QModelIndex &index) const
{
    return index.isValid() && !isGroup(index) ? &entries(groupOf(index))[entryRow(index)] : nullptr;
}

const DiffLeaf *DiffModel::leafAt(const QModelIndex &index) const
{
    const DiffEntry *entry = entryAt(index);
    if (!entry)
        return nullptr;
    if (depthOf(index) == Depth::Leaf)
        return &entry->leaves[static_cast<std::size_t>(index.row())];
    return entry->leaves.size() == 1 ? &entry->leaves.front() : nullptr;
}

std::size_t DiffModel::count() const
{
    std::size_t count = 0;
    for (const auto &entries : entries_)
        count += entries.size();
    return count;
}

QModelIndex DiffModel::groupIndex(DiffGroup group, int column) const
{
    const auto found = std::ranges::find(groups_, group);
    return createIndex(static_cast<int>(found - groups_.begin()), column, idOf(Depth::Group, group, 0));
}

QModelIndex DiffModel::index(int row, int column, const QModelIndex &parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    if (!parent.isValid())
        return groupIndex(groups_[static_cast<std::size_t>(row)], column);
    if (isGroup(parent))
        return createIndex(row, column, idOf(Depth::Entry, groupOf(parent), static_cast<std::size_t>(row)));
    return createIndex(row, column, idOf(Depth::Leaf, groupOf(parent), entryRow(parent)));
}

QModelIndex DiffModel::parent(const QModelIndex &child) const
{
    if (!child.isValid() || isGroup(child))
        return {};
    const DiffGroup group = groupOf(child);
    if (depthOf(child) == Depth::Entry)
        return groupIndex(group);
    const std::size_t entry = entryRow(child);
    return createIndex(static_cast<int>(entry), WhatColumn, idOf(Depth::Entry, group, entry));
}

int DiffModel::rowCount(const QModelIndex &parent) const
{
    if (!parent.isValid())
        return static_cast<int>(groups_.size());
    if (parent.column() != WhatColumn || depthOf(parent) == Depth::Leaf)
        return 0;
    if (isGroup(parent))
        return static_cast<int>(entries(groupOf(parent)).size());
    const DiffEntry &entry = *entryAt(parent);
    return hasRows(entry) ? static_cast<int>(entry.leaves.size()) : 0;
}

int DiffModel::columnCount(const QModelIndex &) const { return ColumnCount; }

QString DiffModel::groupText(DiffGroup group, int column) const
{
    switch (column) {
    case WhatColumn: return title(group);
    case PathColumn: return QString::number(entries(group).size());
    default: return {};
    }
}

QString DiffModel::entryText(const DiffEntry &entry, int column) const
{
    switch (column) {
    case WhatColumn: return entry.pid ? QStringLiteral("%1 · %2").arg(entry.name).arg(*entry.pid) : entry.name;
    case PathColumn:
        if (entry.group == DiffGroup::Modules && entry.fate != ObjectFate::Changed)
            return QLatin1String(entry.fate == ObjectFate::Appeared ? "loaded" : "unloaded");
        if (hasRows(entry))
            return QStringLiteral("%1%2 members").arg(entry.leaves.size()).arg(QLatin1String(entry.more ? "+" : ""));
        break;
    case BeforeColumn:
        if (entry.fate == ObjectFate::Gone)
            return addressText(entry.before);
        break;
    case AfterColumn:
        if (entry.fate == ObjectFate::Appeared)
            return addressText(entry.after);
        break;
    default: break;
    }
    return entry.leaves.size() == 1 ? leafText(entry.leaves.front(), column) : QString();
}

QVariant DiffModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>(Qt::AlignVCenter | (index.column() == DeltaColumn ? Qt::AlignRight : Qt::AlignLeft));
    if (role == Qt::ToolTipRole) {
        const DiffEntry *entry = entryAt(index);
        if (!entry)
            return {};
        QStringList lines{entryText(*entry, WhatColumn)};
        if (entry->before)
            lines << QStringLiteral("snapshot: %1").arg(addressText(entry->before));
        if (entry->after)
            lines << QStringLiteral("now: %1").arg(addressText(entry->after));
        return lines.join(QLatin1Char('\n'));
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (depthOf(index)) {
    case Depth::Group: return groupText(groupOf(index), index.column());
    case Depth::Entry: return entryText(*entryAt(index), index.column());
    case Depth::Leaf: return leafText(*leafAt(index), index.column());
    }
    return {};
}

QVariant DiffModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>(Qt::AlignVCenter | (section == DeltaColumn ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole)
        return {};
    static constexpr const char *kTitles[] = {"what", "path", "before", "after", "delta"};
    static_assert(std::size(kTitles) == ColumnCount);
    return QString::fromLatin1(kTitles[section]);
}

} // namespace ks::ui
