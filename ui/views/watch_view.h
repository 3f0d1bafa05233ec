// The watch list on the screen: one line a watch, its change in the warm colour, its course as a line. Keys: Return
// goes there, F2 edits, Delete removes, Alt+Up and Alt+Down reorder; the menu of a row has the rest.
#pragma once

#include "ui/models/watch_model.h"
#include "ui/views/table_view.h"

namespace ks::ui {

class WatchDelegate : public QStyledItemDelegate {
public:
    explicit WatchDelegate(const WatchModel &model, QObject *parent) : QStyledItemDelegate(parent), model_(model) {}

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QWidget *createEditor(QWidget *parent, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    void updateEditorGeometry(QWidget *editor, const QStyleOptionViewItem &option,
                              const QModelIndex &index) const override;

private:
    void paintGroup(QPainter &painter, const QRect &rect, const QModelIndex &index) const;

    const WatchModel &model_;
};

class WatchView : public TableView {
    Q_OBJECT

public:
    explicit WatchView(WatchModel *model, QWidget *parent = nullptr);

    /// The watches that are selected, those of selected groups included, in the order of the list.
    QModelIndexList chosen() const;
    void copyChosen() const;
    void removeChosen();
    void togglePlot();
    void toggleFrozen();

Q_SIGNALS:
    /// Where the value lies.
    void goToRequested(ks::VirtAddr address);
    void inspectRequested(const QString &expression);
    /// A line for a condition is wanted, or for the name of a new group; whoever owns the dialogs asks.
    void conditionRequested(const QModelIndexList &watches);
    void groupRequested(const QModelIndexList &watches);
    void plotRequested();

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void fitColumns() override;
    void startDrag(Qt::DropActions actions) override;
    void dataChanged(const QModelIndex &topLeft, const QModelIndex &bottomRight, const QList<int> &roles) override;

private:
    void decorate();
    void fillMenu(QMenu &menu);
    void fillGroupMenu(QMenu &menu, const QModelIndex &group);
    void addChoices(QMenu &menu, const QModelIndexList &watches);
    /// The same change to each of them.
    void changeAll(const QModelIndexList &watches, const std::function<void(WatchItem &)> &change);
    void moveBy(int by);
    void goTo(const QModelIndex &index);

    WatchModel *model_;
};

} // namespace ks::ui
