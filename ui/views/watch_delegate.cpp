#include "ui/models/plot_series.h"
#include "ui/models/watch_text.h"
#include "ui/views/sparkline.h"
#include "ui/views/theme.h"
#include "ui/views/watch_view.h"

#include <QLineEdit>
#include <QPainter>

namespace ks::ui {

namespace {

constexpr int kPadding = 2 * Theme::kGrid;

QColor colorOf(const WatchRow &row, int column, qreal warmth)
{
    const ThemeTokens &tokens = Theme::instance().tokens();
    switch (column) {
    case WatchModel::ExpressionColumn: return row.isStale() ? tokens.dim : tokens.text;
    case WatchModel::ValueColumn:
        return row.isStale() ? tokens.dim : Theme::mix(tokens.text, tokens.change, warmth > 0 ? 0.4 + 0.6 * warmth : 0);
    case WatchModel::StateColumn:
        return row.result.state == live::ResultState::Lost ? Theme::instance().color(SegmentKind::Text) : tokens.dim;
    default: return tokens.dim;
    }
}

} // namespace

void WatchDelegate::paintGroup(QPainter &painter, const QRect &rect, const QModelIndex &index) const
{
    if (index.column() != WatchModel::ExpressionColumn)
        return;
    QFont font = Theme::instance().uiFont();
    font.setWeight(QFont::DemiBold);
    const QFontMetrics metrics(font);
    const QString name = metrics.elidedText(index.data().toString(), Qt::ElideRight, rect.width());
    painter.setFont(font);
    painter.setPen(Theme::instance().tokens().text);
    painter.drawText(rect, Qt::AlignVCenter | Qt::TextSingleLine, name);
    painter.setFont(Theme::instance().smallFont());
    painter.setPen(Theme::instance().tokens().dim);
    painter.drawText(rect.adjusted(metrics.horizontalAdvance(name) + kPadding, 0, 0, 0),
                     Qt::AlignVCenter | Qt::TextSingleLine, QString::number(model_.rowCount(index)));
}

void WatchDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const ThemeTokens &tokens = Theme::instance().tokens();
    const WatchRow *row = model_.rowAt(index);
    const bool isLit = row && row->result.holds.value_or(false);
    QColor under = tokens.panel;
    if (isLit)
        under = Theme::mix(under, tokens.accent, 0.14);
    if (option.state & QStyle::State_Selected)
        under = tokens.selection;
    else if (option.state & QStyle::State_MouseOver)
        under = Theme::mix(under, tokens.text, 0.05);
    if (under != tokens.panel)
        painter->fillRect(option.rect, under);
    const bool isFirst = index.column() == WatchModel::ExpressionColumn;
    if (isLit && isFirst)
        painter->fillRect(QRect(option.rect.left(), option.rect.top() + 2, 3, option.rect.height() - 4), tokens.accent);
    QRect rect = option.rect.adjusted(kPadding, 0, -kPadding, 0);
    if (!row)
        return paintGroup(*painter, rect, index);

    if (index.column() == WatchModel::HistoryColumn) {
        if (!row->hasCourse())
            return;
        const auto points = sparkPoints(model_.historyAt(index), WatchRow::kTrail);
        const QColor color = row->isStale() ? tokens.dim : tokens.accent;
        paintSparkline(*painter, QRectF(rect).adjusted(0, 5, 0, -5), points, WatchRow::kTrail, color, true);
        return;
    }
    const qreal warmth = index.column() == WatchModel::ValueColumn ? row->warmth(WatchRow::Clock::now()) : 0;
    const QFont font = Theme::instance().dataFont();
    const QFontMetrics metrics(font);
    // The end of an expression says as much as its beginning.
    const QString text =
        metrics.elidedText(index.data().toString(), isFirst ? Qt::ElideMiddle : Qt::ElideRight, rect.width());
    if (warmth > 0 && !row->isStale()) {
        const QRect behind(rect.left() - 3, option.rect.top() + 1, metrics.horizontalAdvance(text) + 6,
                           option.rect.height() - 2);
        painter->fillRect(behind, Theme::mix(under, tokens.change, 0.15 * warmth));
    }
    painter->setFont(font);
    painter->setPen(colorOf(*row, index.column(), warmth));
    painter->drawText(rect, index.data(Qt::TextAlignmentRole).toInt() | Qt::TextSingleLine, text);
}

QSize WatchDelegate::sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const
{
    return {60, QFontMetrics(Theme::instance().dataFont()).height() + Theme::kGrid};
}

QWidget *WatchDelegate::createEditor(QWidget *parent, const QStyleOptionViewItem &option,
                                     const QModelIndex &index) const
{
    QWidget *editor = QStyledItemDelegate::createEditor(parent, option, index);
    editor->setFont(Theme::instance().dataFont());
    // A row has no room for the frame of a free-standing line.
    editor->setStyleSheet(QStringLiteral("QLineEdit { border: 1px solid %1; border-radius: 0; padding: 0 %2px; }")
                              .arg(Theme::instance().tokens().accent.name())
                              .arg(kPadding));
    return editor;
}

void WatchDelegate::updateEditorGeometry(QWidget *editor, const QStyleOptionViewItem &option, const QModelIndex &) const
{
    // An expression is longer than its column.
    QRect rect = option.rect;
    const int wanted = QFontMetrics(editor->font()).averageCharWidth() * 60;
    rect.setWidth(std::min(std::max(rect.width(), wanted), editor->parentWidget()->width() - rect.left()));
    editor->setGeometry(rect.adjusted(2, 0, 0, 0));
}

} // namespace ks::ui
