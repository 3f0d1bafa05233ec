#include "ui/views/list_views.h"

#include "ui/views/theme.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>

namespace ks::ui {

namespace {

template <class Run>
void addWatchAction(QMenu &menu, QObject *receiver, Run run)
{
    QAction *watch = menu.addAction(QStringLiteral("&Watch"), receiver, run);
    watch->setShortcut(Qt::Key_W); // for the eye: the key itself is the window's
    watch->setShortcutContext(Qt::WidgetShortcut);
    watch->setShortcutVisibleInContextMenu(true);
}

} // namespace

BookmarksView::BookmarksView(BookmarksModel *model, QWidget *parent)
    : TableView(
          QStringLiteral("bookmarks"), QStringLiteral("Bookmarks"),
          [](const QModelIndex &index) {
              const ThemeTokens &tokens = Theme::instance().tokens();
              switch (index.column()) {
              case BookmarksModel::PlaceColumn: return tokens.accent;
              case BookmarksModel::AddressColumn: return tokens.dim;
              default: return tokens.text;
              }
          },
          parent),
      model_(model)
{
    setEmptyText(QStringLiteral("None yet. Ctrl+B keeps the place under the cursor."));
    setModel(model);
    setEditTriggers(QAbstractItemView::EditKeyPressed | QAbstractItemView::SelectedClicked);
    connect(this, &TableView::rowChosen, this, [this](const QModelIndex &index) { Q_EMIT chosen(index.row()); });
}

void BookmarksView::fitColumns()
{
    const int width = viewport()->width();
    header()->resizeSection(BookmarksModel::NameColumn, width / 4);
    header()->resizeSection(BookmarksModel::PlaceColumn, width / 4);
    header()->resizeSection(BookmarksModel::AddressColumn,
                            QFontMetrics(Theme::instance().dataFont()).horizontalAdvance(QString(18, u'0')) + 24);
}

void BookmarksView::removeCurrent() { model_->remove(currentIndex().row()); }

void BookmarksView::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Delete && state() != QAbstractItemView::EditingState && currentIndex().isValid())
        removeCurrent();
    else
        TableView::keyPressEvent(event);
}

void BookmarksView::addActions(QMenu &menu, const QModelIndex &index)
{
    menu.addAction(QStringLiteral("&Go there"), this, [this, row = index.row()] { Q_EMIT chosen(row); });
    addWatchAction(menu, this, [this, row = index.row()] { Q_EMIT watchRequested(row); });
    menu.addAction(QStringLiteral("&Rename"), this,
                   [this, index] { edit(index.siblingAtColumn(BookmarksModel::NameColumn)); });
    menu.addAction(QStringLiteral("Edit the &note"), this,
                   [this, index] { edit(index.siblingAtColumn(BookmarksModel::NoteColumn)); });
    menu.addAction(QStringLiteral("&Delete"), this, &BookmarksView::removeCurrent);
}

ModulesView::ModulesView(ModulesModel *model, QWidget *parent)
    : TableView(
          QStringLiteral("modules"), QStringLiteral("Modules"),
          [](const QModelIndex &index) {
              const ThemeTokens &tokens = Theme::instance().tokens();
              switch (index.column()) {
              case ModulesModel::NameColumn: return Theme::instance().color(SegmentKind::Modules);
              case ModulesModel::BaseColumn: return tokens.accent;
              case ModulesModel::SizeColumn:
              case ModulesModel::UsesColumn: return tokens.text;
              default: return tokens.dim;
              }
          },
          parent),
      model_(model)
{
    setEmptyText(QStringLiteral("No modules are loaded, or the kernel's types do not tell where they are."));
    sorted_.setSourceModel(model);
    sorted_.setSortRole(ModulesModel::SortRole);
    sorted_.setSortCaseSensitivity(Qt::CaseInsensitive);
    setModel(&sorted_);
    setSortingEnabled(true);
    sortByColumn(ModulesModel::NameColumn, Qt::AscendingOrder);
    connect(this, &TableView::rowChosen, this,
            [this](const QModelIndex &index) { Q_EMIT baseChosen(moduleAt(index).layout.base); });
}

const kernel::Module &ModulesView::moduleAt(const QModelIndex &index) const
{
    return model_->at(sorted_.mapToSource(index).row());
}

QString ModulesView::watchable() const
{
    if (!currentIndex().isValid())
        return {};
    // How many users it has (atomic_t module::refcnt, kernel/module/main.c).
    return QStringLiteral("((struct module *)%1)->refcnt.counter")
        .arg(QString::fromStdString(hex(moduleAt(currentIndex()).address)));
}

void ModulesView::addActions(QMenu &menu, const QModelIndex &index)
{
    const kernel::Module &module = moduleAt(index);
    menu.addAction(QStringLiteral("&Go to its code"), this,
                   [this, base = module.layout.base] { Q_EMIT baseChosen(base); });
    menu.addAction(QStringLiteral("&Inspect its struct module"), this,
                   [this, address = module.address] { Q_EMIT structChosen(address); });
    addWatchAction(menu, this, [this] { Q_EMIT watchRequested(watchable()); });
    menu.addAction(QStringLiteral("&Open its debug information"), this,
                   [this, name = QString::fromStdString(module.name)] { Q_EMIT typesRequested(name); });
    menu.addAction(QStringLiteral("&Copy its address"), this, [base = module.layout.base] {
        QGuiApplication::clipboard()->setText(QString::fromStdString(hex(base)));
    });
}

void ModulesView::fitColumns()
{
    const int character = QFontMetrics(Theme::instance().dataFont()).horizontalAdvance(u'0');
    static constexpr int kWidths[] = {24, 22, 12, 8, 11, 28}; // in characters; types get the rest
    for (int column = 0; column < static_cast<int>(std::size(kWidths)); ++column)
        header()->resizeSection(column, kWidths[column] * character + 20);
}

LogView::LogView(LogModel *model, QWidget *parent) : QListView(parent)
{
    setObjectName(QStringLiteral("log"));
    setAccessibleName(QStringLiteral("Log"));
    setModel(model);
    setUniformItemSizes(true);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setItemDelegate(new PlainDelegate(
        [](const QModelIndex &index) {
            const ThemeTokens &tokens = Theme::instance().tokens();
            switch (static_cast<LogModel::Level>(index.data(LogModel::LevelRole).toInt())) {
            case LogModel::Level::Error: return Theme::instance().color(SegmentKind::Text);
            case LogModel::Level::Warning: return tokens.text;
            case LogModel::Level::Note: break;
            }
            return tokens.dim;
        },
        this));
    connect(model, &QAbstractItemModel::rowsInserted, this, &QAbstractItemView::scrollToBottom);
}

void LogView::keyPressEvent(QKeyEvent *event)
{
    if (event->matches(QKeySequence::Copy)) {
        QStringList lines;
        for (const QModelIndex &index : selectionModel()->selectedRows())
            lines << index.data().toString();
        QGuiApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
        return;
    }
    QListView::keyPressEvent(event);
}

} // namespace ks::ui
