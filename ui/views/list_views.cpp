#include "ui/views/list_views.h"

#include "ui/views/theme.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QStyledItemDelegate>

namespace ks::ui {

namespace {

/// One colour a column, one line a row, everything in the data font.
class PlainDelegate : public QStyledItemDelegate {
public:
    PlainDelegate(std::function<QColor(const QModelIndex &)> color, QObject *parent)
        : QStyledItemDelegate(parent), color_(std::move(color))
    {
    }

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        if (option.state & QStyle::State_Selected)
            painter->fillRect(option.rect, Theme::instance().tokens().selection);
        const QFont font = Theme::instance().dataFont();
        painter->setFont(font);
        painter->setPen(color_(index));
        const QRect rect = option.rect.adjusted(12, 0, -8, 0);
        const QVariant alignment = index.data(Qt::TextAlignmentRole);
        painter->drawText(rect, (alignment.isNull() ? int(Qt::AlignVCenter) : alignment.toInt()) | Qt::TextSingleLine,
                          QFontMetrics(font).elidedText(index.data().toString(), Qt::ElideRight, rect.width()));
    }
    QSize sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const override
    {
        return {60, QFontMetrics(Theme::instance().dataFont()).height() + Theme::kGrid};
    }

private:
    std::function<QColor(const QModelIndex &)> color_;
};

} // namespace

BookmarksView::BookmarksView(BookmarksModel *model, QWidget *parent) : QTreeView(parent), model_(model)
{
    setObjectName(QStringLiteral("bookmarks"));
    setAccessibleName(QStringLiteral("Bookmarks"));
    setModel(model);
    setRootIsDecorated(false);
    setUniformRowHeights(true);
    setAllColumnsShowFocus(true);
    setEditTriggers(QAbstractItemView::EditKeyPressed | QAbstractItemView::SelectedClicked);
    header()->setSectionResizeMode(QHeaderView::Interactive);
    header()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    setItemDelegate(new PlainDelegate(
        [](const QModelIndex &index) {
            const ThemeTokens &tokens = Theme::instance().tokens();
            switch (index.column()) {
            case BookmarksModel::PlaceColumn: return tokens.accent;
            case BookmarksModel::AddressColumn: return tokens.dim;
            default: return tokens.text;
            }
        },
        this));
    connect(this, &QTreeView::doubleClicked, this, [this](const QModelIndex &index) { Q_EMIT chosen(index.row()); });
}

void BookmarksView::resizeEvent(QResizeEvent *event)
{
    QTreeView::resizeEvent(event);
    const int width = viewport()->width();
    header()->resizeSection(BookmarksModel::NameColumn, width / 4);
    header()->resizeSection(BookmarksModel::PlaceColumn, width / 4);
    header()->resizeSection(BookmarksModel::AddressColumn,
                            QFontMetrics(Theme::instance().dataFont()).horizontalAdvance(QString(18, u'0')) + 24);
}

void BookmarksView::paintEvent(QPaintEvent *event)
{
    QTreeView::paintEvent(event);
    if (model_->rowCount() > 0)
        return;
    QPainter painter(viewport());
    painter.setPen(Theme::instance().tokens().dim);
    painter.drawText(viewport()->rect().adjusted(12, 8, -12, -8), Qt::AlignTop | Qt::AlignLeft,
                     QStringLiteral("None yet. Ctrl+B keeps the place under the cursor."));
}

void BookmarksView::removeCurrent() { model_->remove(currentIndex().row()); }

void BookmarksView::keyPressEvent(QKeyEvent *event)
{
    if (state() != QAbstractItemView::EditingState && currentIndex().isValid()) {
        if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
            Q_EMIT chosen(currentIndex().row());
            return;
        }
        if (event->key() == Qt::Key_Delete) {
            removeCurrent();
            return;
        }
    }
    QTreeView::keyPressEvent(event);
}

void BookmarksView::contextMenuEvent(QContextMenuEvent *event)
{
    const QModelIndex index = event->reason() == QContextMenuEvent::Keyboard ? currentIndex() : indexAt(event->pos());
    if (!index.isValid())
        return;
    setCurrentIndex(index);
    QMenu menu(this);
    menu.addAction(QStringLiteral("&Go there"), this, [this, row = index.row()] { Q_EMIT chosen(row); });
    menu.addAction(QStringLiteral("&Rename"), this,
                   [this, index] { edit(index.siblingAtColumn(BookmarksModel::NameColumn)); });
    menu.addAction(QStringLiteral("Edit the &note"), this,
                   [this, index] { edit(index.siblingAtColumn(BookmarksModel::NoteColumn)); });
    menu.addAction(QStringLiteral("&Delete"), this, &BookmarksView::removeCurrent);
    menu.exec(event->globalPos());
}

ModulesView::ModulesView(ModulesModel *model, QWidget *parent) : QTreeView(parent), model_(model)
{
    setObjectName(QStringLiteral("modules"));
    setAccessibleName(QStringLiteral("Modules"));
    sorted_.setSourceModel(model);
    sorted_.setSortRole(ModulesModel::SortRole);
    sorted_.setSortCaseSensitivity(Qt::CaseInsensitive);
    setModel(&sorted_);
    setRootIsDecorated(false);
    setUniformRowHeights(true);
    setAllColumnsShowFocus(true);
    setSortingEnabled(true);
    sortByColumn(ModulesModel::NameColumn, Qt::AscendingOrder);
    header()->setSectionResizeMode(QHeaderView::Interactive);
    header()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    setItemDelegate(new PlainDelegate(
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
        this));
    connect(this, &QTreeView::doubleClicked, this, &ModulesView::choose);
}

const kernel::Module *ModulesView::moduleAt(const QModelIndex &index) const
{
    return index.isValid() ? &model_->at(sorted_.mapToSource(index).row()) : nullptr;
}

void ModulesView::choose(const QModelIndex &index)
{
    if (const kernel::Module *module = moduleAt(index))
        Q_EMIT baseChosen(module->layout.base);
}

void ModulesView::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        return choose(currentIndex());
    QTreeView::keyPressEvent(event);
}

void ModulesView::contextMenuEvent(QContextMenuEvent *event)
{
    const QModelIndex index = event->reason() == QContextMenuEvent::Keyboard ? currentIndex() : indexAt(event->pos());
    const kernel::Module *module = moduleAt(index);
    if (!module)
        return;
    setCurrentIndex(index);
    QMenu menu(this);
    menu.addAction(QStringLiteral("&Go to its code"), this,
                   [this, base = module->layout.base] { Q_EMIT baseChosen(base); });
    menu.addAction(QStringLiteral("&Inspect its struct module"), this,
                   [this, address = module->address] { Q_EMIT structChosen(address); });
    menu.addAction(QStringLiteral("&Open its debug information"), this,
                   [this, name = QString::fromStdString(module->name)] { Q_EMIT typesRequested(name); });
    menu.addAction(QStringLiteral("&Copy its address"), this, [base = module->layout.base] {
        QGuiApplication::clipboard()->setText(QString::fromStdString(hex(base)));
    });
    menu.exec(event->globalPos());
}

void ModulesView::resizeEvent(QResizeEvent *event)
{
    QTreeView::resizeEvent(event);
    const int character = QFontMetrics(Theme::instance().dataFont()).horizontalAdvance(u'0');
    static constexpr int kWidths[] = {24, 22, 12, 8, 11, 28}; // in characters; types get the rest
    for (int column = 0; column < static_cast<int>(std::size(kWidths)); ++column)
        header()->resizeSection(column, kWidths[column] * character + 20);
}

void ModulesView::paintEvent(QPaintEvent *event)
{
    QTreeView::paintEvent(event);
    if (model_->rowCount() > 0)
        return;
    QPainter painter(viewport());
    painter.setPen(Theme::instance().tokens().dim);
    painter.drawText(viewport()->rect().adjusted(12, 8, -12, -8), Qt::AlignTop | Qt::AlignLeft,
                     QStringLiteral("No modules are loaded, or the kernel's types do not tell where they are."));
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
