// The tables of the bottom dock: modules, bookmarks and the log.
#pragma once

#include "ui/models/bookmarks_model.h"
#include "ui/models/log_model.h"
#include "ui/models/modules_model.h"
#include "ui/views/table_view.h"

#include <QListView>
#include <QSortFilterProxyModel>

namespace ks::ui {

class BookmarksView : public TableView {
    Q_OBJECT

public:
    explicit BookmarksView(BookmarksModel *model, QWidget *parent = nullptr);

Q_SIGNALS:
    void chosen(int row);
    void watchRequested(int row);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void fitColumns() override;
    void addActions(QMenu &menu, const QModelIndex &index) override;

private:
    void removeCurrent();
    BookmarksModel *model_;
};

/// Sorted by any column; typing a name goes to it.
class ModulesView : public TableView {
    Q_OBJECT

public:
    explicit ModulesView(ModulesModel *model, QWidget *parent = nullptr);

    /// Of the current row, what changes of a module; empty when there is none.
    QString watchable() const;

Q_SIGNALS:
    void baseChosen(ks::VirtAddr base);
    void structChosen(ks::VirtAddr address);
    void watchRequested(const QString &expression);
    void typesRequested(const QString &module);

protected:
    void fitColumns() override;
    void addActions(QMenu &menu, const QModelIndex &index) override;

private:
    const kernel::Module &moduleAt(const QModelIndex &index) const;

    ModulesModel *model_;
    QSortFilterProxyModel sorted_;
};

class LogView : public QListView {
    Q_OBJECT

public:
    explicit LogView(LogModel *model, QWidget *parent = nullptr);

protected:
    void keyPressEvent(QKeyEvent *event) override;
};

} // namespace ks::ui
