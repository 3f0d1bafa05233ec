// Mouse, keyboard and context menu of the hex view.
#include "ui/models/hex_text.h"
#include "ui/views/hex_view.h"

#include <QActionGroup>
#include <QApplication>
#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QScrollBar>
#include <QToolTip>
#include <QWheelEvent>

namespace ks::ui {

namespace {

constexpr VirtAddr kLast{~std::uint64_t{0}};
constexpr int kWheelNotch = 120; // eighths of a degree, QWheelEvent::angleDelta

} // namespace

// ---- Keyboard ------------------------------------------------------------------------------------------------------

void HexView::keyPressEvent(QKeyEvent *event)
{
    if (event->matches(QKeySequence::Copy)) {
        copy(CopyFormat::Hex);
    } else if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        const HexRow row = rows_.at(rows_.rowOf(cursor_));
        if (const auto next = rows_.mappedAfter(row.range.last); row.folded && next)
            goTo(*next);
        else if (!row.folded)
            followPointer();
    } else if (event->matches(QKeySequence::Back)) {
        goBack();
    } else if (event->matches(QKeySequence::Forward)) {
        goForward();
    } else if (!moveByKey(event)) {
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    event->accept();
}

bool HexView::moveByKey(QKeyEvent *event)
{
    const Extend extend = event->modifiers() & Qt::ShiftModifier ? Extend::Yes : Extend::No;
    const bool control = event->modifiers() & Qt::ControlModifier;
    if (event->modifiers() & (Qt::AltModifier | Qt::MetaModifier))
        return false;
    const HexRow row = rows_.at(rows_.rowOf(cursor_));
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right: {
        // A whole cell at a time when one cell is what is read; a fold is one step.
        const bool right = event->key() == Qt::Key_Right;
        const VirtAddr edge = row.folded ? (right ? row.range.last : row.range.first) : cursor_;
        const std::uint64_t step = control ? 8 : 1;
        const std::uint64_t room = right ? kLast - edge : edge.value;
        moveCursor(right ? edge + std::min(step, room) : edge - std::min(step, room), extend);
        break;
    }
    case Qt::Key_Up: moveRows(1, false, extend); break;
    case Qt::Key_Down: moveRows(1, true, extend); break;
    case Qt::Key_PageUp: moveRows(fullRows(), false, extend); break;
    case Qt::Key_PageDown: moveRows(fullRows(), true, extend); break;
    case Qt::Key_Home:
        // With Ctrl the first and the last byte that is mapped; twice reaches the ends of 2^64.
        if (control) {
            const VirtAddr first = rows_.mappedAfter(VirtAddr(0)).value_or(VirtAddr(0));
            moveCursor(cursor_ > first ? first : VirtAddr(0), extend);
        } else {
            moveCursor(row.range.first, extend);
        }
        break;
    case Qt::Key_End:
        if (control) {
            const VirtAddr last = rows_.mappedBefore(kLast).value_or(kLast);
            moveCursor(cursor_ < last ? last : kLast, extend);
        } else {
            moveCursor(row.range.last, extend);
        }
        break;
    default: return false;
    }
    reveal(cursor_, Reveal::Nearest);
    return true;
}

void HexView::moveRows(std::uint64_t count, bool down, Extend extend)
{
    const std::uint64_t from = rows_.rowOf(cursor_);
    const HexRow here = rows_.at(from);
    const std::uint64_t column = here.folded ? 0 : cursor_ - here.range.first;
    const std::uint64_t row = down ? std::min(rows_.count() - 1 - from, count) + from : from - std::min(from, count);
    if (row == from)
        return;
    const HexRow there = rows_.at(row);
    moveCursor(there.folded ? there.range.first : there.range.first + column, extend);
}

// ---- Mouse ---------------------------------------------------------------------------------------------------------

void HexView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() == Qt::BackButton)
        return goBack();
    if (event->button() == Qt::ForwardButton)
        return goForward();
    const auto address = addressAt(event->position().toPoint());
    if (!address || event->button() != Qt::LeftButton)
        return;
    const HexRow row = rows_.at(rows_.rowOf(*address));
    const int line = event->position().toPoint().y() / static_cast<int>(geometry_.rowHeight);
    const QPoint inContent = event->position().toPoint() + QPoint(horizontalScrollBar()->value(), 0);
    if (row.folded && foldLinkRect(row, line * static_cast<int>(geometry_.rowHeight)).contains(inContent)) {
        goTo(*rows_.mappedAfter(row.range.last));
        return;
    }
    moveCursor(*address, event->modifiers() & Qt::ShiftModifier ? Extend::Yes : Extend::No);
    if (event->modifiers() & Qt::ControlModifier) {
        followPointer();
        return;
    }
    selecting_ = true;
}

void HexView::mouseMoveEvent(QMouseEvent *event)
{
    const QPoint position = event->position().toPoint();
    if (selecting_ && event->buttons() & Qt::LeftButton) {
        dragTo(position);
        return;
    }
    const auto address = addressAt(position);
    if (!address) {
        viewport()->setCursor(Qt::ArrowCursor);
        return;
    }
    const HexRow row = rows_.at(rows_.rowOf(*address));
    const int top = position.y() / static_cast<int>(geometry_.rowHeight) * static_cast<int>(geometry_.rowHeight);
    const bool overLink =
        row.folded && foldLinkRect(row, top).contains(position + QPoint(horizontalScrollBar()->value(), 0));
    const bool overPointer = event->modifiers() & Qt::ControlModifier && content_.word(address->alignedDown(8)) &&
                             target_.isPointer(*content_.word(address->alignedDown(8)));
    viewport()->setCursor(overLink || overPointer ? Qt::PointingHandCursor
                          : row.folded            ? Qt::ArrowCursor
                                                  : Qt::IBeamCursor);
    setHover(*address);
}

// Beyond an edge the rows come along, for as long as the mouse is held there.
void HexView::dragTo(const QPoint &position)
{
    constexpr int kDragInterval = 40; // ms a row
    dragPosition_ = position;
    const bool above = position.y() < 0;
    const bool below = position.y() >= viewport()->height();
    if (!above && !below)
        dragTimer_.stop();
    else if (!dragTimer_.isActive())
        dragTimer_.start(kDragInterval, this);
    if (above || below)
        scrollRows(1, below);
    const QPoint inside(position.x(), std::clamp(position.y(), 0, viewport()->height() - 1));
    if (const auto address = addressAt(inside))
        moveCursor(*address, Extend::Yes);
}

void HexView::setHover(VirtAddr address)
{
    const int member = overlay_.memberAt(address);
    if (member == hoveredMember_)
        return;
    setHoveredMember(member);
    Q_EMIT memberHovered(member);
}

void HexView::mouseReleaseEvent(QMouseEvent *)
{
    selecting_ = false;
    dragTimer_.stop();
}

// The member under the pointer, else the aligned word.
void HexView::mouseDoubleClickEvent(QMouseEvent *event)
{
    const auto address = addressAt(event->position().toPoint());
    if (!address || event->button() != Qt::LeftButton || rows_.at(rows_.rowOf(*address)).folded)
        return;
    const VirtAddr word = address->alignedDown(8);
    select(overlay_.rangeOf(overlay_.memberAt(*address)).value_or(AddrRange{word, word + 7}), false);
}

void HexView::wheelEvent(QWheelEvent *event)
{
    if (event->modifiers() & Qt::ShiftModifier ||
        std::abs(event->angleDelta().x()) > std::abs(event->angleDelta().y())) {
        QAbstractScrollArea::wheelEvent(event);
        return;
    }
    int rows = 0;
    if (!event->pixelDelta().isNull()) {
        pixelRest_ += event->pixelDelta().y();
        rows = pixelRest_ / static_cast<int>(geometry_.rowHeight);
        pixelRest_ -= rows * static_cast<int>(geometry_.rowHeight);
    } else {
        wheelRest_ += event->angleDelta().y() * QApplication::wheelScrollLines();
        rows = wheelRest_ / kWheelNotch;
        wheelRest_ -= rows * kWheelNotch;
    }
    if (rows != 0)
        scrollRows(static_cast<std::uint64_t>(std::abs(rows)), rows < 0);
    event->accept();
}

bool HexView::viewportEvent(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        const auto address = addressAt(help->pos());
        if (!address) {
            QToolTip::hideText();
            return true;
        }
        const HexRow row = rows_.at(rows_.rowOf(*address));
        QToolTip::showText(help->globalPos(),
                           row.folded ? addressText(row.range.first) + QStringLiteral(" … ") +
                                            addressText(row.range.last) + QLatin1Char('\n') + foldText(row)
                                      : byteToolTip(content_, *address, overlay_, target_),
                           viewport());
        return true;
    }
    if (event->type() == QEvent::Leave && hoveredMember_ >= 0) {
        setHoveredMember(-1);
        Q_EMIT memberHovered(-1);
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void HexView::focusInEvent(QFocusEvent *event)
{
    QAbstractScrollArea::focusInEvent(event);
    updateRange({cursor_, cursor_});
    announceCursor();
}

void HexView::focusOutEvent(QFocusEvent *event)
{
    QAbstractScrollArea::focusOutEvent(event);
    updateRange({cursor_, cursor_});
}

// ---- Context menu --------------------------------------------------------------------------------------------------

void HexView::contextMenuEvent(QContextMenuEvent *event)
{
    if (event->reason() == QContextMenuEvent::Mouse)
        if (const auto address = addressAt(event->pos()); address && !selection().contains(*address))
            moveCursor(*address, Extend::No);
    QMenu menu(this);
    fillMenu(menu);
    const QPoint at = event->reason() == QContextMenuEvent::Mouse
                          ? event->globalPos()
                          : viewport()->mapToGlobal(byteRect(cursor_).bottomLeft());
    menu.exec(at);
}

void HexView::fillMenu(QMenu &menu)
{
    const auto add = [](QMenu &to, const QString &text, const QKeySequence &keys, auto run) {
        QAction *action = to.addAction(text, run);
        action->setShortcut(keys); // for the eye: the keys themselves are handled where they are owned
        action->setShortcutContext(Qt::WidgetShortcut);
        action->setShortcutVisibleInContextMenu(true);
        return action;
    };
    add(menu, tr("Follow pointer"), Qt::Key_Return, [this] {
        followPointer();
    })->setEnabled(pointerUnderCursor().has_value());
    add(menu, tr("Go to…"), QKeySequence(Qt::CTRL | Qt::Key_G), [this] { Q_EMIT gotoRequested(); });
    add(menu, tr("Back"), QKeySequence::Back, [this] { goBack(); })->setEnabled(canGoBack());
    add(menu, tr("Forward"), QKeySequence::Forward, [this] { goForward(); })->setEnabled(canGoForward());
    menu.addSeparator();
    QMenu *copies = menu.addMenu(tr("Copy as"));
    for (const CopyFormat format : copyFormats())
        add(*copies, displayName(format), format == CopyFormat::Hex ? QKeySequence(QKeySequence::Copy) : QKeySequence(),
            [this, format] { copy(format); });
    add(menu, tr("Inspect here"), {}, [this] { Q_EMIT inspectRequested(cursor_); });
    add(menu, tr("Bookmark"), QKeySequence(Qt::CTRL | Qt::Key_B), [this] { Q_EMIT bookmarkRequested(cursor_); });
    add(menu, tr("Watch"), Qt::Key_W, [this] { Q_EMIT watchRequested(selection()); });
    menu.addSeparator();
    addFormatMenus(menu);
}

void HexView::addFormatMenus(QMenu &menu)
{
    // One exclusive choice a submenu: the options that this choice would give, and whether they are the present ones.
    const auto choose = [this](QMenu *to, const QString &text, const HexOptions &options) {
        QAction *action = to->addAction(text, this, [this, options] { setOptions(options); });
        action->setCheckable(true);
        action->setChecked(options.sanitized() == options_);
    };
    QMenu *columns = menu.addMenu(tr("Columns"));
    for (const unsigned count : {8U, 16U, 32U}) {
        HexOptions options = options_;
        options.columns = count;
        choose(columns, QString::number(count), options);
    }
    QMenu *groups = menu.addMenu(tr("Group"));
    for (const unsigned size : {1U, 2U, 4U, 8U}) {
        HexOptions options = options_;
        options.group = size;
        choose(groups, tr("%n byte(s)", nullptr, static_cast<int>(size)), options);
    }
    groups->setEnabled(options_.format != HexFormat::Pointer);
    QMenu *formats = menu.addMenu(tr("Show as"));
    const std::pair<HexFormat, QString> names[] = {{HexFormat::Hex, tr("Hex")},
                                                   {HexFormat::Unsigned, tr("Unsigned")},
                                                   {HexFormat::Signed, tr("Signed")},
                                                   {HexFormat::Pointer, tr("Pointer (symbol + offset)")}};
    for (const auto &[format, text] : names) {
        HexOptions options = options_;
        options.format = format;
        choose(formats, text, options);
    }
    QMenu *endianness = menu.addMenu(tr("Byte order"));
    for (const bool big : {false, true}) {
        HexOptions options = options_;
        options.bigEndian = big;
        choose(endianness, big ? tr("Big endian") : tr("Little endian"), options);
    }
}

} // namespace ks::ui
