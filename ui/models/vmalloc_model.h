// The areas of the vmalloc and module address space as a table.
#pragma once

#include "core/kernel/vmap_areas.h"
#include "core/session/session.h"

#include <QAbstractTableModel>

#include <memory>
#include <vector>

namespace ks::ui {

class VmallocModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { StartColumn, SizeColumn, PagesColumn, FlagsColumn, PhysColumn, CallerColumn, ColumnCount };
    /// What a column is sorted by.
    static constexpr int SortRole = Qt::UserRole;

    using QAbstractTableModel::QAbstractTableModel;

    /// What a look at the kernel has found, in the order of addresses; of the same kernel only what changed moves.
    void setAreas(std::shared_ptr<const Session> session, std::vector<kernel::VmapArea> areas);
    const kernel::VmapArea &at(int row) const { return areas_[static_cast<std::size_t>(row)]; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString callerOf(const kernel::VmapArea &area) const;

    std::shared_ptr<const Session> session_; ///< whose symbols name the callers; null while there are no areas
    std::vector<kernel::VmapArea> areas_;
};

} // namespace ks::ui
