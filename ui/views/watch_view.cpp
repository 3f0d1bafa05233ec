#include "ui/views/watch_view.h"

#include "ui/models/watch_export.h"
#include "ui/models/watch_text.h"
#include "ui/views/theme.h"

#include <QActionGroup>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QDrag>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QMimeData>

#include <algorithm>

namespace ks::ui {

namespace {

/// Characters that an expression and its value need.
constexpr int kNamesWidth = 56;
constexpr double kRates[] = {0.2, 0.5, 1, 2, 5, 10, 20, 30, 60};
constexpr ValueStyle kStyles[] = {ValueStyle::C,     ValueStyle::Hex,    ValueStyle::Decimal, ValueStyle::Time,
                                  ValueStyle::Flags, ValueStyle::Symbol, ValueStyle::Enum};

} // namespace

WatchView::WatchView(WatchModel *model, QWidget *parent)
    : TableView(
          QStringLiteral("watch"), QStringLiteral("Watch list"),
          [](const QModelIndex &) { return Theme::instance().tokens().text; }, parent),
      model_(model)
{
    setModel(model);
    setItemDelegate(new WatchDelegate(*model, this));
    setEmptyText(QStringLiteral("Nothing is watched yet. Press W on bytes, on a member or on a module, or type an "
                                "expression below."));
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setEditTriggers(QAbstractItemView::EditKeyPressed);
    setExpandsOnDoubleClick(false);
    setIndentation(4 * Theme::kGrid);
    setDragEnabled(true);
    setAcceptDrops(true);
    setDropIndicatorShown(true);
    setDragDropMode(QAbstractItemView::DragDrop);
    setDefaultDropAction(Qt::MoveAction);
    setMouseTracking(true);
    setAutoScrollMargin(3 * Theme::kGrid);
    header()->setStretchLastSection(true);
    connect(this, &TableView::rowChosen, this, &WatchView::goTo);
    connect(model, &QAbstractItemModel::rowsInserted, this, [this](const QModelIndex &group) {
        decorate();
        if (group.isValid())
            expand(group);
    });
    connect(model, &QAbstractItemModel::rowsMoved, this,
            [this](const QModelIndex &, int, int, const QModelIndex &group) {
                if (group.isValid())
                    expand(group);
            });
    connect(model, &QAbstractItemModel::rowsRemoved, this, &WatchView::decorate);
    connect(model, &QAbstractItemModel::modelReset, this, [this] {
        decorate();
        expandAll();
    });
    connect(&Theme::instance(), &Theme::changed, this, [this] {
        scheduleDelayedItemsLayout();
        refitColumns();
    });
    decorate();
}

// A flat list needs no room for what opens and closes.
void WatchView::decorate() { setRootIsDecorated(!model_->groups().isEmpty()); }

void WatchView::fitColumns()
{
    const int character = QFontMetrics(Theme::instance().dataFont()).horizontalAdvance(u'0');
    struct Width {
        int column;
        int characters;
    };
    // Where there is no room, the first ones go first: the details of a row have them, too.
    static constexpr Width kWidths[] = {{WatchModel::MinimumColumn, 12},  {WatchModel::MaximumColumn, 12},
                                        {WatchModel::PreviousColumn, 12}, {WatchModel::ChangesColumn, 8},
                                        {WatchModel::StateColumn, 18},    {WatchModel::HistoryColumn, 14},
                                        {WatchModel::RateColumn, 10}};
    const auto pixels = [character](const Width &width) { return width.characters * character + 4 * Theme::kGrid; };
    int rest = viewport()->width();
    for (const Width &width : kWidths)
        rest -= pixels(width);
    for (const Width &width : kWidths) {
        const bool isHidden = rest < kNamesWidth * character;
        header()->setSectionHidden(width.column, isHidden);
        header()->resizeSection(width.column, pixels(width));
        if (isHidden)
            rest += pixels(width);
    }
    const int expression = rest * 47 / 100;
    header()->resizeSection(WatchModel::ExpressionColumn, expression);
    header()->resizeSection(WatchModel::ValueColumn, rest - expression);
}

// Only what has changed is painted again: rows change many times a second.
void WatchView::dataChanged(const QModelIndex &topLeft, const QModelIndex &bottomRight, const QList<int> &roles)
{
    if (topLeft.row() != bottomRight.row() || state() == QAbstractItemView::EditingState)
        return TableView::dataChanged(topLeft, bottomRight, roles);
    const QRect first = visualRect(topLeft);
    const QRect rect = first.united(visualRect(bottomRight));
    if (first.isValid() && rect.intersects(viewport()->rect()))
        viewport()->update(rect);
}

QModelIndexList WatchView::chosen() const
{
    QModelIndexList rows;
    for (const QModelIndex &index : model_->watches())
        if (selectionModel()->isSelected(index) || selectionModel()->isSelected(index.parent()))
            rows << index;
    return rows;
}

void WatchView::copyChosen() const
{
    if (const QModelIndexList rows = chosen(); !rows.isEmpty())
        QGuiApplication::clipboard()->setText(watchesAsText(*model_, rows));
}

void WatchView::removeChosen()
{
    // A group that is deleted leaves its watches.
    if (const QModelIndex current = currentIndex(); model_->isGroup(current)) {
        model_->dissolve(current);
        return;
    }
    const int row = currentIndex().row();
    const QModelIndex parent = currentIndex().parent();
    model_->remove(chosen());
    const int rows = model_->rowCount(parent);
    if (rows > 0)
        setCurrentIndex(model_->index(std::clamp(row, 0, rows - 1), 0, parent));
}

void WatchView::changeAll(const QModelIndexList &watches, const std::function<void(WatchItem &)> &change)
{
    for (const QModelIndex &index : watches) {
        WatchItem item = model_->rowAt(index)->item;
        change(item);
        model_->change(index, std::move(item));
    }
}

void WatchView::togglePlot()
{
    const QModelIndexList rows = chosen();
    const bool all =
        std::ranges::all_of(rows, [&](const QModelIndex &index) { return model_->rowAt(index)->item.plotted; });
    changeAll(rows, [&](WatchItem &item) { item.plotted = !all; });
    if (!rows.isEmpty() && !all)
        Q_EMIT plotRequested();
}

void WatchView::toggleFrozen()
{
    const QModelIndexList rows = chosen();
    const bool all =
        std::ranges::all_of(rows, [&](const QModelIndex &index) { return model_->rowAt(index)->item.frozen; });
    changeAll(rows, [&](WatchItem &item) { item.frozen = !all; });
}

void WatchView::goTo(const QModelIndex &index)
{
    if (model_->isGroup(index)) {
        setExpanded(index.siblingAtColumn(0), !isExpanded(index.siblingAtColumn(0)));
        return;
    }
    const WatchRow *row = model_->rowAt(index);
    if (row && row->result.value && row->result.value->address)
        Q_EMIT goToRequested(*row->result.value->address);
    else if (row)
        Q_EMIT inspectRequested(row->item.expression); // which says what is wrong with it
}

void WatchView::moveBy(int by)
{
    QPersistentModelIndex current = currentIndex();
    if (!current.isValid())
        return;
    if (!model_->moveBy(current, by) && current.parent().isValid()) {
        // Out of its group, past its end.
        const QModelIndex group = current.parent();
        model_->move({current}, {}, group.row() + (by > 0 ? 1 : 0));
    }
    setCurrentIndex(current);
}

void WatchView::keyPressEvent(QKeyEvent *event)
{
    if (state() == QAbstractItemView::EditingState)
        return TableView::keyPressEvent(event);
    const auto modifiers = event->modifiers() & ~Qt::KeypadModifier;
    if (event->matches(QKeySequence::Copy))
        return copyChosen();
    if (modifiers == Qt::AltModifier && (event->key() == Qt::Key_Up || event->key() == Qt::Key_Down))
        return moveBy(event->key() == Qt::Key_Up ? -1 : 1);
    if (modifiers == Qt::ControlModifier && event->key() == Qt::Key_D) {
        model_->duplicate(chosen());
        return;
    }
    if (modifiers == Qt::NoModifier)
        switch (event->key()) {
        case Qt::Key_Delete: return removeChosen();
        case Qt::Key_P: return togglePlot();
        case Qt::Key_F: return toggleFrozen();
        case Qt::Key_H: Q_EMIT conditionRequested(chosen()); return;
        case Qt::Key_G: Q_EMIT groupRequested(chosen()); return;
        case Qt::Key_F2: // wherever in the row the cursor is
            if (currentIndex().isValid())
                edit(currentIndex().siblingAtColumn(WatchModel::ExpressionColumn));
            return;
        default: break;
        }
    TableView::keyPressEvent(event);
}

void WatchView::startDrag(Qt::DropActions)
{
    // The model has moved the rows itself when the drag ends; the view's own would remove them then.
    const QModelIndexList rows = selectionModel()->selectedRows();
    if (rows.isEmpty())
        return;
    auto *drag = new QDrag(this);
    drag->setMimeData(model_->mimeData(rows));
    drag->exec(Qt::MoveAction | Qt::CopyAction, Qt::MoveAction);
}

void WatchView::contextMenuEvent(QContextMenuEvent *event)
{
    const bool byKey = event->reason() == QContextMenuEvent::Keyboard;
    const QModelIndex index = (byKey ? currentIndex() : indexAt(event->pos())).siblingAtColumn(0);
    if (!index.isValid())
        return;
    if (!selectionModel()->isSelected(index))
        setCurrentIndex(index);
    QMenu menu(this);
    if (model_->isGroup(index))
        fillGroupMenu(menu, index);
    else
        fillMenu(menu);
    menu.exec(byKey ? viewport()->mapToGlobal(visualRect(index).bottomLeft()) : event->globalPos());
}

void WatchView::fillGroupMenu(QMenu &menu, const QModelIndex &group)
{
    const QPersistentModelIndex at(group);
    menu.addAction(QStringLiteral("&Rename"), this, [this, at] { edit(at); });
    menu.addAction(QStringLiteral("&Dissolve"), this, [this, at] { model_->dissolve(at); });
    menu.addAction(QStringLiteral("Delete with its &watches"), this, [this, at] { model_->remove({at}); });
}

void WatchView::fillMenu(QMenu &menu)
{
    const QPersistentModelIndex current(currentIndex().siblingAtColumn(0));
    const QModelIndexList watches = chosen();
    const WatchRow *row = model_->rowAt(current);
    if (!row || watches.isEmpty())
        return;
    const auto add = [&](const QString &text, const QKeySequence &keys, auto run) {
        QAction *action = menu.addAction(text, this, run);
        action->setShortcut(keys); // for the eye: keyPressEvent handles them
        action->setShortcutContext(Qt::WidgetShortcut);
        action->setShortcutVisibleInContextMenu(true);
        return action;
    };
    add(QStringLiteral("&Go to its bytes"), Qt::Key_Return, [this, current] {
        goTo(current);
    })->setEnabled(row->result.value && row->result.value->address);
    if (!isList(row->item.expression))
        menu.addAction(QStringLiteral("&Inspect"), this,
                       [this, expression = row->item.expression] { Q_EMIT inspectRequested(expression); });
    menu.addSeparator();
    QAction *plot = add(QStringLiteral("&Plot"), Qt::Key_P, [this] { togglePlot(); });
    plot->setCheckable(true);
    plot->setChecked(row->item.plotted);
    QAction *freeze = add(QStringLiteral("&Freeze"), Qt::Key_F, [this] { toggleFrozen(); });
    freeze->setCheckable(true);
    freeze->setChecked(row->item.frozen);
    add(QStringLiteral("&Highlight when…"), Qt::Key_H, [this, watches] { Q_EMIT conditionRequested(watches); });
    addChoices(menu, watches);
    menu.addSeparator();
    add(QStringLiteral("&Edit"), Qt::Key_F2, [this, current] { edit(current); });
    add(QStringLiteral("D&uplicate"), QKeySequence(Qt::CTRL | Qt::Key_D),
        [this, watches] { model_->duplicate(watches); });
    add(QStringLiteral("&Copy"), QKeySequence::Copy, [this] { copyChosen(); });
    add(QStringLiteral("Move u&p"), QKeySequence(Qt::ALT | Qt::Key_Up), [this] { moveBy(-1); });
    add(QStringLiteral("Move dow&n"), QKeySequence(Qt::ALT | Qt::Key_Down), [this] { moveBy(1); });
    add(QStringLiteral("&Delete"), Qt::Key_Delete, [this] { removeChosen(); });
}

void WatchView::addChoices(QMenu &menu, const QModelIndexList &watches)
{
    const WatchItem item = model_->rowAt(watches.first())->item;
    const auto choice = [](QMenu *to, const QString &text, bool isChosen, auto run) {
        QAction *action = to->addAction(text, run);
        action->setCheckable(true);
        action->setChecked(isChosen);
    };
    QMenu *formats = menu.addMenu(QStringLiteral("For&mat"));
    for (const ValueStyle style : kStyles)
        choice(formats, displayName(style), style == item.style,
               [this, watches, style] { changeAll(watches, [style](WatchItem &one) { one.style = style; }); });
    QMenu *rates = menu.addMenu(QStringLiteral("&Rate"));
    choice(rates, QStringLiteral("As all others"), !item.rateHz,
           [this, watches] { changeAll(watches, [](WatchItem &one) { one.rateHz = std::nullopt; }); });
    rates->addSeparator();
    for (const double hz : kRates)
        choice(rates, QStringLiteral("%1 Hz").arg(hz), item.rateHz == hz,
               [this, watches, hz] { changeAll(watches, [hz](WatchItem &one) { one.rateHz = hz; }); });
    QMenu *groups = menu.addMenu(QStringLiteral("Move to gr&oup"));
    const QString here = watches.first().parent().data().toString();
    choice(groups, QStringLiteral("No group"), here.isEmpty(), [this, watches] { model_->move(watches, {}); });
    groups->addSeparator();
    for (const QString &name : model_->groups())
        choice(groups, name, name == here, [this, watches, name] { model_->move(watches, model_->group(name)); });
    QAction *other =
        groups->addAction(QStringLiteral("New group…"), this, [this, watches] { Q_EMIT groupRequested(watches); });
    other->setShortcut(Qt::Key_G);
    other->setShortcutContext(Qt::WidgetShortcut);
    other->setShortcutVisibleInContextMenu(true);
}

} // namespace ks::ui
