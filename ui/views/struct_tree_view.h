// The tree of the inspector: name, value, offset, drawn as a kernel developer reads them.
#pragma once

#include "ui/models/struct_tree_model.h"

#include <QStyledItemDelegate>
#include <QTreeView>

namespace ks::ui {

/// Quiet names, values in the colour of what they are, offsets at the right and dim; warm where something changed.
class StructTreeDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
};

class StructTreeView : public QTreeView {
    Q_OBJECT

public:
    explicit StructTreeView(StructTreeModel *model, QWidget *parent = nullptr);

    StructTreeModel *structModel() const { return model_; }
    /// The rows that are on the screen now.
    QModelIndexList visibleRows() const;
    /// The paths of all opened rows, outer ones first, and the way back: rows open as they are loaded.
    QList<QStringList> expandedPaths() const;
    void setExpandedPaths(const QList<QStringList> &paths);
    /// Lights a row without telling anyone that it was chosen.
    void showRow(const QModelIndex &index);

Q_SIGNALS:
    /// The person chose a row (or none: the address is empty).
    void rowChosen(const QModelIndex &index);
    /// The person wants to go where the row's pointer leads, or to the row's own bytes.
    void goToRequested(VirtAddr address);
    void menuRequested(const QModelIndex &index, const QPoint &globalPosition);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;

private:
    void fitColumns();
    void openWanted(const QModelIndex &parent);
    void followRow(const QModelIndex &index);

    StructTreeModel *model_;
    QList<QStringList> wanted_; ///< paths that are to be opened once they are loaded
    bool quiet_ = false;
};

} // namespace ks::ui
