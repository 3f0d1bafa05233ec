// The address space as an item model: name and size; the part that holds the cursor is marked.
#pragma once

#include "ui/models/address_space.h"

#include <QAbstractItemModel>
#include <QColor>

#include <functional>

namespace ks::ui {

class AddressSpaceModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column : int { Name, Size, ColumnCount };
    enum Role : int {
        FirstRole = Qt::UserRole + 1, ///< quint64: the part's first address
        LastRole,                     ///< quint64
        KindRole,                     ///< int: SegmentKind
        HereRole                      ///< bool: the smallest part that holds the cursor
    };

    using QAbstractItemModel::QAbstractItemModel;

    void setNodes(std::vector<AddressSpaceNode> nodes);
    const std::vector<AddressSpaceNode> &nodes() const { return nodes_; }
    /// Moves the "here" mark. Gives the row that now has it (invalid when the address is in no part).
    QModelIndex setHere(VirtAddr address);
    /// Colours of kinds, dim text and links belong to the theme, which models do not know.
    void setColors(std::function<QColor(SegmentKind)> kind, QColor dim);

    QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    QModelIndex parent(const QModelIndex &child) const override;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    // Two levels: an index of a kind has the id 0, one of a part has the row of its kind + 1.
    const AddressSpaceNode *node(const QModelIndex &index) const;

    std::vector<AddressSpaceNode> nodes_;
    QPersistentModelIndex here_;
    std::function<QColor(SegmentKind)> kindColor_;
    QColor dim_;
};

} // namespace ks::ui
