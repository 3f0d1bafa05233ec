#include "ui/views/table_view.h"

#include "ui/views/theme.h"

#include <QAction>
#include <QContextMenuEvent>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QResizeEvent>

namespace ks::ui {

void PlainDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    if (option.state & QStyle::State_Selected)
        painter->fillRect(option.rect, Theme::instance().tokens().selection);
    const QFont font = Theme::instance().dataFont();
    painter->setFont(font);
    painter->setPen(colorOf_(index));
    const QRect rect = option.rect.adjusted(12, 0, -8, 0);
    const QVariant alignment = index.data(Qt::TextAlignmentRole);
    painter->drawText(rect, (alignment.isNull() ? int(Qt::AlignVCenter) : alignment.toInt()) | Qt::TextSingleLine,
                      QFontMetrics(font).elidedText(index.data().toString(), Qt::ElideRight, rect.width()));
}

QSize PlainDelegate::sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const
{
    return {60, QFontMetrics(Theme::instance().dataFont()).height() + Theme::kGrid};
}

TableView::TableView(const QString &objectName, const QString &title, PlainDelegate::ColorOf colorOf, QWidget *parent)
    : QTreeView(parent)
{
    setObjectName(objectName);
    setAccessibleName(title);
    setRootIsDecorated(false);
    setUniformRowHeights(true);
    setAllColumnsShowFocus(true);
    header()->setSectionResizeMode(QHeaderView::Interactive);
    header()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    setItemDelegate(new PlainDelegate(std::move(colorOf), this));
    // Sections are resized for many reasons; only while the mouse is down on the header it is the person who does it.
    header()->viewport()->installEventFilter(this);
    connect(header(), &QHeaderView::sectionResized, this, [this] { hasOwnWidths_ = hasOwnWidths_ || headerPressed_; });
    auto *fit = new QAction(QStringLiteral("&Fit the columns to the view"), header());
    header()->addAction(fit);
    header()->setContextMenuPolicy(Qt::ActionsContextMenu);
    connect(fit, &QAction::triggered, this, [this] {
        hasOwnWidths_ = false;
        refitColumns();
    });
    connect(this, &QTreeView::doubleClicked, this, &TableView::rowChosen);
}

void TableView::setEmptyText(const QString &text)
{
    emptyText_ = text;
    viewport()->update();
}

void TableView::keyPressEvent(QKeyEvent *event)
{
    const bool isReturn = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (isReturn && state() != QAbstractItemView::EditingState && currentIndex().isValid())
        Q_EMIT rowChosen(currentIndex());
    else
        QTreeView::keyPressEvent(event);
}

void TableView::contextMenuEvent(QContextMenuEvent *event)
{
    const QModelIndex index = event->reason() == QContextMenuEvent::Keyboard ? currentIndex() : indexAt(event->pos());
    if (!index.isValid())
        return;
    setCurrentIndex(index);
    QMenu menu(this);
    addActions(menu, index);
    if (!menu.isEmpty())
        menu.exec(event->globalPos());
}

void TableView::paintEvent(QPaintEvent *event)
{
    QTreeView::paintEvent(event);
    if (!model() || model()->rowCount() > 0)
        return;
    QPainter painter(viewport());
    painter.setPen(Theme::instance().tokens().dim);
    painter.drawText(viewport()->rect().adjusted(12, 8, -12, -8), Qt::AlignTop | Qt::AlignLeft | Qt::TextWordWrap,
                     emptyText_);
}

void TableView::resizeEvent(QResizeEvent *event)
{
    QTreeView::resizeEvent(event);
    if (event->oldSize().width() != event->size().width())
        refitColumns();
}

bool TableView::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == header()->viewport()) {
        const QEvent::Type type = event->type();
        if (type == QEvent::MouseButtonPress || type == QEvent::MouseButtonDblClick)
            headerPressed_ = true;
        else if (type == QEvent::MouseButtonRelease)
            headerPressed_ = false;
    }
    return QTreeView::eventFilter(watched, event);
}

void TableView::refitColumns()
{
    if (!hasOwnWidths_)
        fitColumns();
}

QByteArray TableView::saveColumns() const { return hasOwnWidths_ ? header()->saveState() : QByteArray(); }

void TableView::restoreColumns(const QByteArray &columns)
{
    hasOwnWidths_ = !columns.isEmpty() && header()->restoreState(columns);
}

void TableView::addActions(QMenu &, const QModelIndex &) {}

} // namespace ks::ui
