// A table of plain facts: one line a row, one colour a column, and a sentence where there is nothing to show.
#pragma once

#include <QStyledItemDelegate>
#include <QTreeView>

#include <functional>

namespace ks::ui {

/// One colour a cell, one line a row, everything in the data font.
class PlainDelegate : public QStyledItemDelegate {
public:
    using ColorOf = std::function<QColor(const QModelIndex &)>;

    PlainDelegate(ColorOf colorOf, QObject *parent) : QStyledItemDelegate(parent), colorOf_(std::move(colorOf)) {}

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    ColorOf colorOf_;
};

class TableView : public QTreeView {
    Q_OBJECT

public:
    /// `title` names it for screen readers.
    TableView(const QString &objectName, const QString &title, PlainDelegate::ColorOf colorOf,
              QWidget *parent = nullptr);

    /// What stands where there are no rows.
    void setEmptyText(const QString &text);

    /// The widths that the person has given the columns; empty: none, they fit the view.
    QByteArray saveColumns() const;
    void restoreColumns(const QByteArray &columns);

Q_SIGNALS:
    /// The row was double-clicked, or Return was pressed on it.
    void rowChosen(const QModelIndex &index);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

    /// Gives each column its share of the view's width. Not done any more once the person has moved one, until they
    /// ask for it in the menu of the header.
    virtual void fitColumns() {}
    /// The same, now.
    void refitColumns();
    /// Fills the menu of a row, which is current by then.
    virtual void addActions(QMenu &menu, const QModelIndex &index);

private:
    QString emptyText_;
    bool headerPressed_ = false;
    bool hasOwnWidths_ = false;
};

} // namespace ks::ui
