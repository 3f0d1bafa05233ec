#include "ui/views/diff_view.h"

#include "ui/models/diff_export.h"
#include "ui/views/theme.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QVBoxLayout>

#include <algorithm>

namespace ks::ui {

DiffView::DiffView(DiffModel *model, QWidget *parent)
    : TableView(
          QStringLiteral("diff"), QStringLiteral("Differences"),
          [](const QModelIndex &index) {
              const ThemeTokens &tokens = Theme::instance().tokens();
              // Counts are quieter than what is counted.
              const bool isCount =
                  index.model()->hasChildren(index.siblingAtColumn(DiffModel::WhatColumn)) || !index.parent().isValid();
              switch (index.column()) {
              case DiffModel::WhatColumn: return tokens.text;
              case DiffModel::PathColumn: return isCount ? tokens.dim : tokens.field;
              case DiffModel::AfterColumn: return tokens.change;
              case DiffModel::DeltaColumn: return tokens.dim;
              default: return tokens.dim;
              }
          },
          parent),
      model_(model)
{
    setEmptyText(QStringLiteral("Nothing has been compared yet. Save a snapshot, then compare the kernel with it."));
    setRootIsDecorated(true);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    filtered_.setSourceModel(model);
    filtered_.setRecursiveFilteringEnabled(true);
    filtered_.setAutoAcceptChildRows(true);
    filtered_.setFilterCaseSensitivity(Qt::CaseInsensitive);
    filtered_.setFilterKeyColumn(-1);
    setModel(&filtered_);
    connect(&filtered_, &QAbstractItemModel::modelReset, this, [this] { expandToDepth(0); });
    // A group that the filter had hidden comes back closed.
    connect(&filtered_, &QAbstractItemModel::rowsInserted, this, [this](const QModelIndex &above, int first, int last) {
        for (int row = first; !above.isValid() && row <= last; ++row)
            expand(filtered_.index(row, 0));
    });
    connect(this, &TableView::rowChosen, this, [this](const QModelIndex &index) {
        if (const DiffEntry *entry = entryAt(index))
            Q_EMIT entryChosen(*entry);
        else
            setExpanded(index.siblingAtColumn(0), !isExpanded(index.siblingAtColumn(0)));
    });
}

void DiffView::setFilter(const QString &text)
{
    filtered_.setFilterFixedString(text);
    expandToDepth(0);
}

const DiffEntry *DiffView::entryAt(const QModelIndex &index) const
{
    return model_->entryAt(filtered_.mapToSource(index));
}

void DiffView::copyChosen() const
{
    QModelIndexList rows = selectionModel()->selectedRows();
    // As they stand, not as they were chosen.
    std::ranges::sort(rows, {}, [this](const QModelIndex &row) { return visualRect(row).top(); });
    if (!rows.isEmpty())
        QGuiApplication::clipboard()->setText(diffAsText(rows));
}

void DiffView::keyPressEvent(QKeyEvent *event)
{
    if (event->matches(QKeySequence::Copy))
        copyChosen();
    else
        TableView::keyPressEvent(event);
}

void DiffView::addActions(QMenu &menu, const QModelIndex &index)
{
    const DiffEntry *entry = entryAt(index);
    if (entry && entry->after)
        menu.addAction(QStringLiteral("&Go there"), this, [this, entry = *entry] { Q_EMIT entryChosen(entry); });
    menu.addAction(QStringLiteral("&Copy"), this, &DiffView::copyChosen);
    if (entry && entry->after)
        menu.addAction(QStringLiteral("Copy its &address"), this, [after = *entry->after] {
            QGuiApplication::clipboard()->setText(QString::fromStdString(hex(after)));
        });
}

void DiffView::fitColumns()
{
    static constexpr int kShares[] = {26, 22, 20, 20}; // percent; the difference gets the rest
    for (int column = 0; column < static_cast<int>(std::size(kShares)); ++column)
        header()->resizeSection(column, viewport()->width() * kShares[column] / 100);
}

DiffPanel::DiffPanel(DiffModel *model, QWidget *parent)
    : QWidget(parent),
      view_(new DiffView(model, this)),
      bar_(new LineBar(view_, QStringLiteral("diffFilter"), QStringLiteral("diffSummary"),
                       QStringLiteral("Filter of the differences"), QStringLiteral("Filter: a name, a member, a value"),
                       this))
{
    setObjectName(QStringLiteral("diffPanel"));
    filter()->setClearButtonEnabled(true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(view_, 1);
    layout->addWidget(bar_);
    setFocusProxy(view_);
    connect(filter(), &QLineEdit::textChanged, view_, &DiffView::setFilter);
    connect(filter(), &QLineEdit::returnPressed, view_, [this] { view_->setFocus(Qt::OtherFocusReason); });
}

} // namespace ks::ui
