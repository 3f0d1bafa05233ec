// The table of vmalloc areas in the bottom dock.
#pragma once

#include "ui/models/vmalloc_model.h"
#include "ui/views/table_view.h"

#include <QSortFilterProxyModel>

namespace ks::ui {

/// Sorted by any column.
class VmallocView : public TableView {
    Q_OBJECT

public:
    explicit VmallocView(VmallocModel *model, QWidget *parent = nullptr);

Q_SIGNALS:
    void addressChosen(ks::VirtAddr address);
    void structChosen(ks::VirtAddr vm);

protected:
    void fitColumns() override;
    void addActions(QMenu &menu, const QModelIndex &index) override;

private:
    const kernel::VmapArea &areaAt(const QModelIndex &index) const;

    VmallocModel *model_;
    QSortFilterProxyModel sorted_;
};

} // namespace ks::ui
