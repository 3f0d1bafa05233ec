// The table of what a search has found.
#pragma once

#include "ui/models/search_model.h"
#include "ui/views/table_view.h"

#include <optional>
#include <utility>

namespace ks::ui {

class SearchView : public TableView {
    Q_OBJECT

public:
    explicit SearchView(SearchModel *model, QWidget *parent = nullptr);

    /// First and last row in sight; nothing when there is none.
    std::optional<std::pair<int, int>> visibleRows() const;
    /// The bytes of the current row; nothing when there is none.
    std::optional<AddrRange> currentMatch() const;
    void copyChosen() const;

Q_SIGNALS:
    void addressChosen(ks::VirtAddr address);
    void watchRequested(ks::AddrRange bytes);
    void bookmarkRequested(ks::VirtAddr address);
    /// "csv" or "json"
    void exportRequested(const QString &suffix);
    void visibleRowsChanged();
    /// The keyboard is wanted back in the line above.
    void leaveRequested();

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void fitColumns() override;
    void scrollContentsBy(int dx, int dy) override;
    void addActions(QMenu &menu, const QModelIndex &index) override;

private:
    SearchModel *model_;
};

} // namespace ks::ui
