#include "ui/views/search_view.h"

#include "ui/views/theme.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QPoint>

#include <algorithm>

namespace ks::ui {

namespace {

QColor colorOf(const SearchModel &model, const QModelIndex &index)
{
    const ThemeTokens &tokens = Theme::instance().tokens();
    if (!model.staleReason().isEmpty() || !model.at(index.row()).state.present())
        return tokens.dim;
    switch (index.column()) {
    case SearchModel::AddressColumn: return tokens.accent;
    case SearchModel::SegmentColumn: return Theme::instance().color(model.segmentAt(index.row()));
    case SearchModel::ValueColumn:
        if (model.isWarm(index))
            return tokens.change;
        return model.form().kind == SearchKind::Strings ? tokens.string : tokens.text;
    case SearchModel::FoundColumn: return tokens.dim;
    default: return tokens.text;
    }
}

/// Lights the match among the bytes around it.
class SearchDelegate : public PlainDelegate {
public:
    SearchDelegate(const SearchModel &model, QObject *parent)
        : PlainDelegate([&model](const QModelIndex &index) { return colorOf(model, index); }, parent), model_(model)
    {
    }

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const QVariant match = index.data(SearchModel::MatchRole);
        if (!match.isValid())
            return PlainDelegate::paint(painter, option, index);
        const ThemeTokens &tokens = Theme::instance().tokens();
        const bool isChosen = option.state & QStyle::State_Selected;
        if (isChosen)
            painter->fillRect(option.rect, tokens.selection);
        const bool isStale = !model_.staleReason().isEmpty() || !model_.at(index.row()).state.present();
        const QColor color = isStale ? tokens.dim : model_.isWarm(index) ? tokens.change : tokens.text;
        const QString text = index.data().toString();
        const QPoint at = match.toPoint();
        const QFont font = Theme::instance().dataFont();
        const QFontMetrics metrics(font);
        const QRect rect = option.rect.adjusted(12, 0, -8, 0);
        painter->save();
        painter->setClipRect(rect);
        painter->setFont(font);
        int x = rect.left();
        const auto part = [&](const QString &piece, const QColor &pen) {
            painter->setPen(pen);
            painter->drawText(QRect(x, rect.top(), rect.right() - x + 1, rect.height()),
                              Qt::AlignVCenter | Qt::AlignLeft | Qt::TextSingleLine, piece);
            x += metrics.horizontalAdvance(piece);
        };
        part(text.left(at.x()), tokens.dim);
        const QString lit = text.mid(at.x(), at.y());
        if (!isStale)
            painter->fillRect(QRect(x - 2, rect.top() + 1, metrics.horizontalAdvance(lit) + 4, rect.height() - 2),
                              Theme::mix(isChosen ? tokens.selection : tokens.panel,
                                         model_.isWarm(index) ? tokens.change : tokens.accent, 0.18));
        part(lit, color);
        part(text.mid(at.x() + at.y()), tokens.dim);
        painter->restore();
    }

private:
    const SearchModel &model_;
};

} // namespace

SearchView::SearchView(SearchModel *model, QWidget *parent)
    : TableView(
          QStringLiteral("searchResults"), QStringLiteral("Found in memory"),
          [](const QModelIndex &) { return QColor(); }, parent),
      model_(model)
{
    setItemDelegate(new SearchDelegate(*model, this));
    setModel(model);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    // Before sorting is enabled, so that nothing is sorted twice.
    header()->setSortIndicator(SearchModel::AddressColumn, Qt::AscendingOrder);
    setSortingEnabled(true);
    connect(this, &TableView::rowChosen, this,
            [this](const QModelIndex &index) { Q_EMIT addressChosen(model_->at(index.row()).address); });
    connect(model, &QAbstractItemModel::modelReset, this, &SearchView::visibleRowsChanged, Qt::QueuedConnection);
    connect(model, &QAbstractItemModel::modelReset, this,
            [this] { setColumnHidden(SearchModel::FoundColumn, !model_->form().isNumeric()); });
    setColumnHidden(SearchModel::FoundColumn, true);
    connect(model, &QAbstractItemModel::rowsInserted, this, &SearchView::visibleRowsChanged, Qt::QueuedConnection);
    connect(model, &QAbstractItemModel::layoutChanged, this, &SearchView::visibleRowsChanged, Qt::QueuedConnection);
    connect(&Theme::instance(), &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

std::optional<std::pair<int, int>> SearchView::visibleRows() const
{
    if (!isVisible())
        return std::nullopt;
    const QModelIndex first = indexAt(QPoint(0, 0));
    if (!first.isValid())
        return std::nullopt;
    const QModelIndex last = indexAt(QPoint(0, viewport()->height() - 1));
    return std::pair(first.row(), last.isValid() ? last.row() : model_->rowCount() - 1);
}

std::optional<AddrRange> SearchView::currentMatch() const
{
    if (!currentIndex().isValid())
        return std::nullopt;
    const SearchRow &row = model_->at(currentIndex().row());
    return AddrRange::sized(row.address, row.size);
}

void SearchView::copyChosen() const
{
    QModelIndexList chosen = selectionModel()->selectedRows();
    std::ranges::sort(chosen, {}, &QModelIndex::row);
    QStringList lines;
    for (const QModelIndex &index : chosen) {
        QStringList fields;
        for (const int column :
             {SearchModel::AddressColumn, SearchModel::PlaceColumn, SearchModel::ValueColumn, SearchModel::BytesColumn})
            fields << index.siblingAtColumn(column).data().toString();
        lines << fields.join(QLatin1Char('\t'));
    }
    QGuiApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

void SearchView::keyPressEvent(QKeyEvent *event)
{
    if (event->matches(QKeySequence::Copy))
        return copyChosen();
    if (event->modifiers() == Qt::NoModifier && currentIndex().isValid()) {
        if (event->key() == Qt::Key_B)
            return Q_EMIT bookmarkRequested(model_->at(currentIndex().row()).address);
    }
    if (event->key() == Qt::Key_Escape || (event->key() == Qt::Key_Up && currentIndex().row() <= 0))
        return Q_EMIT leaveRequested();
    TableView::keyPressEvent(event);
}

void SearchView::scrollContentsBy(int dx, int dy)
{
    TableView::scrollContentsBy(dx, dy);
    if (dy != 0)
        Q_EMIT visibleRowsChanged();
}

void SearchView::resizeEvent(QResizeEvent *event)
{
    TableView::resizeEvent(event);
    Q_EMIT visibleRowsChanged();
}

void SearchView::fitColumns()
{
    const int character = QFontMetrics(Theme::instance().dataFont()).horizontalAdvance(u'0');
    static constexpr int kWidths[] = {16, 10, 30, 34, 20}; // in characters; bytes get the rest
    for (int column = 0; column < static_cast<int>(std::size(kWidths)); ++column)
        header()->resizeSection(column, kWidths[column] * character + 24);
}

void SearchView::addActions(QMenu &menu, const QModelIndex &index)
{
    const VirtAddr address = model_->at(index.row()).address;
    menu.addAction(QStringLiteral("&Go there\tReturn"), this, [this, address] { Q_EMIT addressChosen(address); });
    menu.addAction(QStringLiteral("&Watch\tW"), this, [this] {
        if (const auto match = currentMatch())
            Q_EMIT watchRequested(*match);
    });
    menu.addAction(QStringLiteral("&Bookmark\tB"), this, [this, address] { Q_EMIT bookmarkRequested(address); });
    menu.addAction(QStringLiteral("&Copy\tCtrl+C"), this, &SearchView::copyChosen);
    menu.addSeparator();
    menu.addAction(QStringLiteral("Export all as C&SV…"), this,
                   [this] { Q_EMIT exportRequested(QStringLiteral("csv")); });
    menu.addAction(QStringLiteral("Export all as &JSON…"), this,
                   [this] { Q_EMIT exportRequested(QStringLiteral("json")); });
}

} // namespace ks::ui
