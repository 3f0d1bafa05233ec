// The bottom dock "Diff": the tree of what differs, and a line that filters it.
#pragma once

#include "ui/models/diff_model.h"
#include "ui/views/line_bar.h"
#include "ui/views/table_view.h"

#include <QSortFilterProxyModel>

namespace ks::ui {

class DiffView : public TableView {
    Q_OBJECT

public:
    explicit DiffView(DiffModel *model, QWidget *parent = nullptr);

    /// Shows rows with this text, with all below and above them; empty: all.
    void setFilter(const QString &text);
    /// Null for a group.
    const DiffEntry *entryAt(const QModelIndex &index) const;
    void copyChosen() const;

Q_SIGNALS:
    void entryChosen(const ks::ui::DiffEntry &entry);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void fitColumns() override;
    void addActions(QMenu &menu, const QModelIndex &index) override;

private:
    DiffModel *model_;
    QSortFilterProxyModel filtered_;
};

class DiffPanel : public QWidget {
    Q_OBJECT

public:
    explicit DiffPanel(DiffModel *model, QWidget *parent = nullptr);

    DiffView *view() const { return view_; }
    QLineEdit *filter() const { return bar_->line(); }
    /// What was compared, beside the line; details on hover.
    void setSummary(const QString &text, const QString &detail) { bar_->setNote(text, detail); }

private:
    DiffView *view_;
    LineBar *bar_;
};

} // namespace ks::ui
