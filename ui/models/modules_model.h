// The loaded modules as a table.
#pragma once

#include "core/session/session.h"

#include <QAbstractTableModel>

#include <memory>
#include <vector>

namespace ks::ui {

class ModulesModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { NameColumn, BaseColumn, SizeColumn, UsesColumn, StateColumn, UsersColumn, TypesColumn, ColumnCount };
    /// What a column is sorted by.
    static constexpr int SortRole = Qt::UserRole;

    using QAbstractTableModel::QAbstractTableModel;

    /// The kernel whose modules are shown; null: none. Of the same kernel with other modules only what changed moves.
    void setSession(std::shared_ptr<const Session> session);
    const kernel::Module &at(int row) const { return modules_[static_cast<std::size_t>(row)]; }
    /// What serves a module's types may have been opened meanwhile.
    void refreshTypes();

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::shared_ptr<const Session> session_;
    std::vector<kernel::Module> modules_; ///< the session's, but while it changes
};

} // namespace ks::ui
