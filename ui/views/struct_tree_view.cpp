#include "ui/views/struct_tree_view.h"

#include "ui/views/theme.h"

#include <QContextMenuEvent>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScopedValueRollback>

#include <algorithm>

namespace ks::ui {

namespace {

constexpr double kLostFade = 0.5; // of text that is only the last that was read

QColor valueColor(const ThemeTokens &tokens, RowLook look)
{
    switch (look) {
    case RowLook::Link: return tokens.accent;
    case RowLook::Text: return tokens.string;
    case RowLook::Record: return tokens.field;
    case RowLook::Quiet:
    case RowLook::Unreadable: return tokens.dim;
    case RowLook::Plain: break;
    }
    return tokens.text;
}

} // namespace

void StructTreeDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const ThemeTokens &tokens = Theme::instance().tokens();
    const auto look = static_cast<RowLook>(index.data(StructTreeModel::LookRole).toInt());
    const bool top = !index.parent().isValid();
    const bool hovered = option.state & QStyle::State_MouseOver;
    const auto *model = qobject_cast<const StructTreeModel *>(index.model());
    const bool lost = model && !model->lostReason().isEmpty();
    const bool changed =
        index.column() == StructTreeModel::ValueColumn && index.data(StructTreeModel::ChangedRole).toBool();
    const bool fades = model && model->changeBase() == ChangeBase::Tick;
    const double heat = changed ? index.data(StructTreeModel::HeatRole).toDouble() : 0;
    if (option.state & QStyle::State_Selected)
        painter->fillRect(option.rect, tokens.selection);
    else if (hovered)
        painter->fillRect(option.rect, Theme::mix(tokens.panel, tokens.text, 0.05));

    QColor color = tokens.text;
    Qt::Alignment alignment = Qt::AlignLeft | Qt::AlignVCenter;
    QFont font = Theme::instance().dataFont();
    QRect rect = option.rect;
    switch (index.column()) {
    case StructTreeModel::NameColumn:
        color = top ? tokens.text
                : look == RowLook::Quiet && !index.data(StructTreeModel::RowRole).isNull()
                    ? tokens.dim
                    : Theme::mix(tokens.text, tokens.dim, 0.35);
        rect.adjust(2, 0, -6, 0);
        break;
    case StructTreeModel::ValueColumn:
        color = valueColor(tokens, look);
        if (changed)
            color = Theme::mix(color, tokens.change, fades ? std::min(1.0, heat * 2) : 1);
        rect.adjust(2, 0, -6, 0);
        break;
    default:
        color = tokens.dim;
        alignment = Qt::AlignRight | Qt::AlignVCenter;
        font.setPointSizeF(font.pointSizeF() * 0.9);
        rect.adjust(0, 0, -10, 0);
        break;
    }
    painter->setFont(font);
    if (index.column() == StructTreeModel::OffsetColumn) {
        // The address of a list's item is wider than any offset and may take the end of the value's room.
        const int needed = QFontMetrics(font).horizontalAdvance(index.data().toString());
        if (needed > rect.width()) {
            rect.setLeft(rect.right() - needed);
            const bool selected = option.state & QStyle::State_Selected;
            painter->fillRect(rect.adjusted(-6, 0, 0, 0), selected ? tokens.selection : tokens.panel);
        }
    }
    if (lost)
        color = Theme::mix(color, tokens.panel, kLostFade);
    const bool torn = index.column() == StructTreeModel::ValueColumn && index.data(StructTreeModel::TornRole).toBool();
    const QString tag = torn ? QStringLiteral("torn") : QString();
    const int tagWidth = torn ? QFontMetrics(font).horizontalAdvance(tag) + 2 * Theme::kGrid : 0;
    painter->setPen(color);
    const QString text =
        QFontMetrics(font).elidedText(index.data().toString(), Qt::ElideRight, rect.width() - tagWidth);
    QRect drawn;
    painter->drawText(rect, static_cast<int>(alignment) | Qt::TextSingleLine, text, &drawn);
    if (torn) {
        const QRect room = rect.adjusted(drawn.width() + Theme::kGrid, 0, 0, 0);
        painter->setPen(tokens.dim);
        painter->drawText(room, static_cast<int>(alignment) | Qt::TextSingleLine, tag);
    }
    // Change is seen in print and without colours, too.
    if (changed)
        painter->fillRect(QRect(drawn.left(), drawn.bottom(), drawn.width(), 1), color);
}

QSize StructTreeDelegate::sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const
{
    return {40, QFontMetrics(Theme::instance().dataFont()).height() + Theme::kGrid};
}

StructTreeView::StructTreeView(StructTreeModel *model, QWidget *parent) : QTreeView(parent), model_(model)
{
    setModel(model);
    setItemDelegate(new StructTreeDelegate(this));
    setHeaderHidden(true);
    setUniformRowHeights(true);
    setIndentation(14);
    setExpandsOnDoubleClick(false);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setMouseTracking(true);
    setAccessibleName(QStringLiteral("Structure"));
    header()->setStretchLastSection(false);
    header()->setSectionResizeMode(QHeaderView::Fixed);
    header()->setMinimumSectionSize(20);

    connect(model, &StructTreeModel::modelReset, this, [this] {
        if (const QModelIndex top = model_->index(0, 0); top.isValid())
            expand(top);
        fitColumns();
    });
    connect(model, &QAbstractItemModel::rowsInserted, this, [this](const QModelIndex &opened) { openWanted(opened); });
    connect(this, &QTreeView::collapsed, model, &StructTreeModel::closed);
    connect(model, &StructTreeModel::lostChanged, viewport(), qOverload<>(&QWidget::update));
    connect(&Theme::instance(), &Theme::changed, this, [this] {
        scheduleDelayedItemsLayout();
        viewport()->update();
    });
}

void StructTreeView::fitColumns()
{
    const int width = viewport()->width();
    const QFontMetrics metrics(Theme::instance().dataFont());
    const int offset = metrics.horizontalAdvance(QLatin1Char('0')) * 7 + 12;
    const int name = std::clamp(width * 38 / 100, 80, metrics.horizontalAdvance(QLatin1Char('0')) * 32);
    header()->resizeSection(StructTreeModel::NameColumn, name);
    header()->resizeSection(StructTreeModel::OffsetColumn, offset);
    header()->resizeSection(StructTreeModel::ValueColumn, std::max(40, width - name - offset));
}

void StructTreeView::resizeEvent(QResizeEvent *event)
{
    QTreeView::resizeEvent(event);
    fitColumns();
}

QModelIndexList StructTreeView::visibleRows() const
{
    QModelIndexList rows;
    const int bottom = viewport()->height();
    QModelIndex index = indexAt(QPoint(1, 0));
    if (!index.isValid())
        index = model_->index(0, 0);
    for (; index.isValid() && visualRect(index).top() < bottom; index = indexBelow(index))
        rows << index.siblingAtColumn(0);
    return rows;
}

QList<QStringList> StructTreeView::expandedPaths() const
{
    QList<QStringList> paths;
    for (QModelIndex index = model_->index(0, 0); index.isValid(); index = indexBelow(index))
        if (isExpanded(index) && index.parent().isValid())
            paths << model_->pathOf(index);
    return paths;
}

void StructTreeView::setExpandedPaths(const QList<QStringList> &paths)
{
    wanted_ = paths;
    openWanted(model_->index(0, 0));
}

void StructTreeView::openWanted(const QModelIndex &parent)
{
    if (!parent.isValid())
        return;
    if (!parent.parent().isValid() && !isExpanded(parent))
        expand(parent);
    const QStringList base = model_->pathOf(parent);
    QList<QStringList> now;
    wanted_.removeIf([&](const QStringList &path) {
        const bool child = path.size() == base.size() + 1 && std::equal(base.begin(), base.end(), path.begin());
        if (child)
            now << path;
        return child;
    });
    for (const QStringList &path : now)
        if (const QModelIndex index = model_->indexOfPath(path); index.isValid())
            expand(index);
}

void StructTreeView::showRow(const QModelIndex &index)
{
    if (!index.isValid() || index.siblingAtColumn(0) == currentIndex().siblingAtColumn(0))
        return;
    const QScopedValueRollback quiet(quiet_, true);
    setCurrentIndex(index);
    scrollTo(index);
}

void StructTreeView::currentChanged(const QModelIndex &current, const QModelIndex &previous)
{
    QTreeView::currentChanged(current, previous);
    if (!quiet_)
        Q_EMIT rowChosen(current);
}

void StructTreeView::followRow(const QModelIndex &index)
{
    const StructRow *row = model_->rowAt(index);
    if (!row)
        return;
    if (row->target)
        Q_EMIT goToRequested(*row->target);
    else if (row->address)
        Q_EMIT goToRequested(*row->address);
}

void StructTreeView::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        return followRow(currentIndex());
    if (event->key() == Qt::Key_Space) {
        // Space freezes the whole window; a tree view would take it for a search.
        event->ignore();
        return;
    }
    QTreeView::keyPressEvent(event);
}

void StructTreeView::mouseDoubleClickEvent(QMouseEvent *event) { followRow(indexAt(event->pos()).siblingAtColumn(0)); }

void StructTreeView::contextMenuEvent(QContextMenuEvent *event)
{
    const bool byKey = event->reason() == QContextMenuEvent::Keyboard;
    const QModelIndex index = (byKey ? currentIndex() : indexAt(event->pos())).siblingAtColumn(0);
    if (index.isValid())
        Q_EMIT menuRequested(index,
                             byKey ? viewport()->mapToGlobal(visualRect(index).bottomLeft()) : event->globalPos());
}

} // namespace ks::ui
