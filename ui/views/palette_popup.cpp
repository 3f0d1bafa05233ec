#include "ui/views/palette_popup.h"

#include "ui/views/theme.h"

#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

namespace ks::ui {

namespace {

constexpr int kRowsShown = 12;

QString kindName(PaletteItem::Kind kind)
{
    switch (kind) {
    case PaletteItem::Kind::Value: return QStringLiteral("value");
    case PaletteItem::Kind::Symbol: return QStringLiteral("symbol");
    case PaletteItem::Kind::Type: return QStringLiteral("type");
    case PaletteItem::Kind::Module: return QStringLiteral("module");
    case PaletteItem::Kind::Command: return QStringLiteral("command");
    case PaletteItem::Kind::Error: break;
    }
    return QStringLiteral("no answer");
}

class PaletteDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const override
    {
        return {100, QFontMetrics(Theme::instance().dataFont()).height() + 3 * Theme::kGrid};
    }

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const auto *model = static_cast<const PaletteListModel *>(index.model());
        const PaletteItem *item = model->at(index.row());
        if (!item)
            return;
        const Theme &theme = Theme::instance();
        const ThemeTokens &tokens = theme.tokens();
        if (option.state & QStyle::State_Selected)
            painter->fillRect(option.rect, tokens.selection);

        QRect rect = option.rect.adjusted(4 * Theme::kGrid, 0, -4 * Theme::kGrid, 0);
        const QRect stripe(option.rect.left(), option.rect.top() + 3, 3, option.rect.height() - 6);
        if (item->segment)
            painter->fillRect(stripe, theme.color(*item->segment));

        const QFont data = theme.dataFont();
        const QFont small = theme.smallFont();
        // From right to left: what it is, where it is; the name has what is left, and the detail what the name leaves.
        painter->setFont(small);
        painter->setPen(tokens.dim);
        painter->drawText(rect, Qt::AlignRight | Qt::AlignVCenter, kindName(item->kind));
        rect.setRight(rect.right() - QFontMetrics(small).horizontalAdvance(QStringLiteral("command")) -
                      3 * Theme::kGrid);
        painter->setFont(data);
        if (!item->trailer.isEmpty()) {
            painter->drawText(rect, Qt::AlignRight | Qt::AlignVCenter, item->trailer);
            rect.setRight(rect.right() - QFontMetrics(data).horizontalAdvance(item->trailer) - 4 * Theme::kGrid);
        }
        const QFontMetrics metrics(data);
        const QString title = metrics.elidedText(item->title, Qt::ElideRight, rect.width());
        painter->setPen(item->kind == PaletteItem::Kind::Error  ? tokens.dim
                        : item->kind == PaletteItem::Kind::Type ? tokens.field
                                                                : tokens.text);
        painter->drawText(rect, Qt::AlignLeft | Qt::AlignVCenter, title);
        rect.setLeft(rect.left() + metrics.horizontalAdvance(title) + 4 * Theme::kGrid);
        if (rect.width() > 40) {
            painter->setPen(item->kind == PaletteItem::Kind::Value ? tokens.accent : tokens.dim);
            painter->drawText(rect, Qt::AlignLeft | Qt::AlignVCenter,
                              metrics.elidedText(item->detail, Qt::ElideRight, rect.width()));
        }
    }
};

} // namespace

void PaletteListModel::setItems(std::vector<PaletteItem> items)
{
    beginResetModel();
    items_ = std::move(items);
    endResetModel();
}

const PaletteItem *PaletteListModel::at(int row) const
{
    return row >= 0 && row < rowCount() ? &items_[static_cast<std::size_t>(row)] : nullptr;
}

int PaletteListModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(items_.size());
}

QVariant PaletteListModel::data(const QModelIndex &index, int role) const
{
    const PaletteItem *item = at(index.row());
    if (!index.isValid() || !item)
        return {};
    if (role == Qt::DisplayRole)
        return item->title;
    if (role == Qt::AccessibleTextRole)
        return QStringLiteral("%1 %2, %3 %4").arg(kindName(item->kind), item->title, item->detail, item->trailer);
    if (role == Qt::ToolTipRole)
        return item->detail;
    return {};
}

PalettePopup::PalettePopup(QWidget *window)
    : QFrame(window),
      edit_(new QLineEdit(this)),
      list_(new QListView(this)),
      note_(new QLabel(this)),
      model_(new PaletteListModel(this))
{
    setObjectName(QStringLiteral("palette"));
    setAutoFillBackground(true);
    edit_->setObjectName(QStringLiteral("paletteEdit"));
    edit_->setPlaceholderText(QStringLiteral("Symbol, type, module, command, address or C expression"));
    edit_->setAccessibleName(QStringLiteral("Go to"));
    edit_->setClearButtonEnabled(true);
    list_->setObjectName(QStringLiteral("paletteList"));
    list_->setModel(model_);
    list_->setItemDelegate(new PaletteDelegate(list_));
    list_->setUniformItemSizes(true);
    list_->setFocusPolicy(Qt::NoFocus);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setAccessibleName(QStringLiteral("Found"));
    note_->setContentsMargins(12, 4, 12, 6);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(1, 1, 1, 1);
    layout->setSpacing(0);
    auto *top = new QVBoxLayout;
    top->setContentsMargins(8, 8, 8, 8);
    top->addWidget(edit_);
    layout->addLayout(top);
    layout->addWidget(list_, 1);
    layout->addWidget(note_);

    edit_->installEventFilter(this);
    window->installEventFilter(this);
    connect(edit_, &QLineEdit::textChanged, this, [this](const QString &text) {
        answered_ = acceptWhenAnswered_ = false;
        Q_EMIT queryChanged(text);
    });
    connect(list_, &QListView::clicked, this, [this](const QModelIndex &index) {
        list_->setCurrentIndex(index);
        accept();
    });
    const auto restyle = [this] {
        const ThemeTokens &tokens = Theme::instance().tokens();
        setStyleSheet(
            QStringLiteral("#palette { background: %1; border: 1px solid %2; border-radius: 8px; }"
                           "#paletteList { background: %1; } #palette QLabel { color: %3; background: transparent; }")
                .arg(tokens.header.name(), Theme::mix(tokens.line, tokens.dim, 0.5).name(), tokens.dim.name()));
        edit_->setFont(Theme::instance().dataFont());
        // Padding and border of the style; without a height of its own the list would squeeze the text.
        edit_->setFixedHeight(QFontMetrics(edit_->font()).height() + 4 * Theme::kGrid);
        note_->setFont(Theme::instance().smallFont());
    };
    connect(&Theme::instance(), &Theme::changed, this, restyle);
    restyle();
    hide();
}

void PalettePopup::place()
{
    const QWidget *window = parentWidget();
    const int width = std::min(std::max(560, window->width() * 55 / 100), window->width() - 32);
    const int row = list_->sizeHintForRow(0) > 0 ? list_->sizeHintForRow(0) : 28;
    const int rows = std::clamp(model_->rowCount(), 1, kRowsShown);
    const int height = edit_->height() + 18 + rows * row + note_->sizeHint().height() + 4;
    setGeometry((window->width() - width) / 2, std::min(56, window->height() / 10), width,
                std::min(height, window->height() - 72));
}

void PalettePopup::open(const QString &text)
{
    if (!isVisible())
        focusBefore_ = QApplication::focusWidget();
    place();
    show();
    raise();
    edit_->setFocus(Qt::PopupFocusReason);
    if (text != edit_->text()) {
        edit_->setText(text);
    } else {
        answered_ = false;
        Q_EMIT queryChanged(text);
    }
    edit_->selectAll();
}

QString PalettePopup::text() const { return edit_->text(); }

void PalettePopup::setItems(std::vector<PaletteItem> items, const QString &note)
{
    model_->setItems(std::move(items));
    note_->setText(note);
    list_->setCurrentIndex(model_->index(0));
    answered_ = true;
    place();
    if (std::exchange(acceptWhenAnswered_, false))
        accept();
}

void PalettePopup::move(int by)
{
    const int rows = model_->rowCount();
    if (rows == 0)
        return;
    const int row = std::clamp(list_->currentIndex().row() + by, 0, rows - 1);
    list_->setCurrentIndex(model_->index(row));
}

void PalettePopup::accept()
{
    if (!answered_) {
        acceptWhenAnswered_ = true;
        return;
    }
    const PaletteItem *item = model_->at(list_->currentIndex().row());
    if (!item || item->kind == PaletteItem::Kind::Error)
        return;
    const PaletteItem chosenItem = *item;
    hide();
    Q_EMIT chosen(chosenItem);
}

void PalettePopup::watch()
{
    const PaletteItem *item = answered_ ? model_->at(list_->currentIndex().row()) : nullptr;
    if (!item || item->kind == PaletteItem::Kind::Error)
        return;
    const PaletteItem watched = *item;
    hide();
    Q_EMIT watchRequested(watched);
}

void PalettePopup::hideEvent(QHideEvent *event)
{
    QFrame::hideEvent(event);
    acceptWhenAnswered_ = false;
    if (focusBefore_ && focusBefore_->isVisible())
        focusBefore_->setFocus();
    focusBefore_ = nullptr;
}

bool PalettePopup::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == parentWidget()) {
        if (event->type() == QEvent::Resize && isVisible())
            place();
        return false;
    }
    if (event->type() == QEvent::FocusOut && isVisible() && !isAncestorOf(QApplication::focusWidget()) &&
        static_cast<QFocusEvent *>(event)->reason() != Qt::ActiveWindowFocusReason &&
        static_cast<QFocusEvent *>(event)->reason() != Qt::PopupFocusReason) {
        focusBefore_ = nullptr;
        hide();
        return false;
    }
    if (event->type() == QEvent::ShortcutOverride) {
        // Keys of the window (Space, Ctrl+G, …) belong to the line while it is open.
        const auto *key = static_cast<QKeyEvent *>(event);
        if (key->key() == Qt::Key_Escape || key->key() == Qt::Key_Space) {
            event->accept();
            return true;
        }
    }
    if (event->type() != QEvent::KeyPress)
        return false;
    const auto *key = static_cast<QKeyEvent *>(event);
    switch (key->key()) {
    case Qt::Key_Down: move(1); return true;
    case Qt::Key_Up: move(-1); return true;
    case Qt::Key_PageDown: move(kRowsShown - 1); return true;
    case Qt::Key_PageUp: move(1 - kRowsShown); return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (key->modifiers() & Qt::ControlModifier)
            watch();
        else
            accept();
        return true;
    case Qt::Key_Escape: hide(); return true;
    default: return false;
    }
}

} // namespace ks::ui
