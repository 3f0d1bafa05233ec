// How the hex view looks. Each row is painted on its own: backgrounds at once (selection, members), and what there is
// much of (change, underlines, characters) in batches after all rows.
#include "ui/views/hex_view.h"

#include "ui/models/hex_text.h"
#include "ui/views/hex_batches.h"
#include "ui/views/theme.h"

#include <QPaintEvent>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

namespace ks::ui {

namespace {

constexpr double kRowTint = 0.42;   // of the cursor's row, in parts of the selection's colour
constexpr double kHoverTint = 0.55; // of a hovered member
constexpr double kHeatTint = 0.30;  // behind a byte that has just changed
constexpr double kMarkTint = 0.12;  // behind one that changed a while ago and is still marked
constexpr double kChangeLine = 2;   // under it: twice the dots under a pointer

QChar hexDigit(unsigned value) { return QLatin1Char("0123456789abcdef"[value & 15]); }

/// Cut to `count` characters at the end or in the middle, with an ellipsis.
QString cut(const QString &text, qsizetype count, bool middle)
{
    if (text.size() <= count)
        return text;
    const qsizetype kept = std::max<qsizetype>(count - 1, 0);
    const qsizetype tail = middle ? kept / 2 : 0;
    return text.left(kept - tail) + QChar(0x2026) + text.right(tail);
}

} // namespace

// Stale data is dimmed as a whole.
QColor HexView::faded(const QColor &color) const
{
    const ThemeTokens &t = Theme::instance().tokens();
    return content_.isStale() ? Theme::mix(color, t.background, 0.55) : color;
}

void HexView::paintEvent(QPaintEvent *event)
{
    const ThemeTokens &t = Theme::instance().tokens();
    QPainter painter(viewport());
    painter.fillRect(event->rect(), t.background);
    painter.translate(-horizontalScrollBar()->value(), 0);
    painter.setFont(viewport()->font());

    const auto height = static_cast<std::uint64_t>(geometry_.rowHeight);
    const auto top = static_cast<std::uint64_t>(std::max(0, event->rect().top())) / height;
    const auto bottom = static_cast<std::uint64_t>(std::max(0, event->rect().bottom())) / height;
    const PaintTime time{HexContent::Clock::now(), sharedDigits()};
    const std::uint64_t shown = shownRows();
    for (std::uint64_t i = top; i <= bottom && i < shown; ++i) {
        const QRect row(event->rect().left(), static_cast<int>(i * height), event->rect().width(),
                        static_cast<int>(height));
        if (event->region().intersects(row))
            paintRow(painter, topRow_ + i, row.top(), time);
    }
    batches_->tints.flush(painter);
    batches_->lines.flush(painter);
    batches_->text.flush(painter);
    batches_->bold.flush(painter);
}

// The part that all visible addresses share, and at least the digits that change within a page stay bright.
int HexView::sharedDigits() const
{
    std::optional<AddrRange> bytes;
    for (std::uint64_t i = 0; i < shownRows(); ++i)
        if (const HexRow row = rows_.at(topRow_ + i); !row.folded)
            bytes = {bytes ? bytes->first : row.range.first, row.range.last};
    return bytes ? commonPrefixDigits(bytes->first, bytes->last) : 0;
}

double HexView::baselineOf(int y) const { return std::floor(y + (geometry_.rowHeight - lineHeight_) / 2 + ascent_); }

void HexView::paintRow(QPainter &painter, std::uint64_t number, int y, const PaintTime &time)
{
    const HexRow row = rows_.at(number);
    if (row.folded) {
        paintFold(painter, row, y);
        return;
    }
    const ThemeTokens &t = Theme::instance().tokens();
    paintBands(painter, row.range, y);
    const double baseline = baselineOf(y);
    const QString address = addressText(row.range.first);
    const auto split = static_cast<qsizetype>(time.sharedDigits);
    batches_->text.add(geometry_.addressX, baseline, QStringView(address).left(split), t.dim);
    batches_->text.add(geometry_.addressX + static_cast<double>(split) * geometry_.charWidth, baseline,
                       QStringView(address).mid(split), t.text);
    paintGutter(painter, row.range, y);
    paintCells(painter, row.range, y, time.now);
}

void HexView::paintText(QPainter &painter, GlyphPainter &glyphs, double x, int y, double width, const QString &text,
                        const QColor &color)
{
    if (GlyphPainter::canPaint(text)) {
        glyphs.add(x, baselineOf(y), cut(text, static_cast<qsizetype>(width / glyphs.charWidth()), false), color);
        return;
    }
    painter.setPen(color);
    painter.drawText(QPointF(x, baselineOf(y)), QFontMetricsF(painter.font()).elidedText(text, Qt::ElideRight, width));
}

void HexView::paintGutter(QPainter &painter, const AddrRange &row, int y)
{
    const ThemeTokens &t = Theme::instance().tokens();
    const GutterText text = gutterOf(row, overlay_, target_, row.contains(topAddress()));
    const double end = geometry_.namesX + geometry_.namesWidth;
    if (text.symbolBegins) {
        paintText(painter, batches_->bold, geometry_.offsetX, y, end - geometry_.offsetX, text.names, t.field);
        return;
    }
    paintText(painter, batches_->text, geometry_.offsetX, y, geometry_.namesX - geometry_.offsetX, text.offset, t.dim);
    paintText(painter, batches_->text, geometry_.namesX, y, geometry_.namesWidth, text.names,
              text.context ? t.dim : t.field);
}

// Backgrounds: the cursor's row, members, selection, change - from faint to strong.
void HexView::paintBands(QPainter &painter, const AddrRange &row, int y)
{
    const ThemeTokens &t = Theme::instance().tokens();
    const double height = geometry_.rowHeight;
    const int left = horizontalScrollBar()->value();
    if (row.contains(cursor_))
        painter.fillRect(QRectF(left, y, viewport()->width(), height), Theme::mix(t.background, t.selection, kRowTint));

    const auto band = [&](const std::optional<AddrRange> &range, const QColor &color, double inset) {
        const auto part = range ? range->intersect(row) : std::nullopt;
        if (!part)
            return;
        const auto first = static_cast<unsigned>(part->first - row.first);
        const auto last = static_cast<unsigned>(part->last - row.first);
        const double pad = geometry_.charWidth * 0.25;
        // Cell by cell, because the bytes of a little-endian cell stand in reverse.
        double runLeft = 0, runRight = -1;
        const auto flush = [&] {
            if (runRight > runLeft)
                painter.fillRect(QRectF(runLeft - pad, y + inset, runRight - runLeft + 2 * pad, height - 2 * inset),
                                 color);
        };
        for (unsigned cell = first / options_.group; cell <= last / options_.group; ++cell) {
            double cellLeft = 1e9, cellRight = 0;
            for (unsigned byte = std::max(first, cell * options_.group);
                 byte <= std::min(last, cell * options_.group + options_.group - 1); ++byte) {
                cellLeft = std::min(cellLeft, geometry_.byteX(byte));
                cellRight = std::max(cellRight, geometry_.byteX(byte) + geometry_.byteWidth());
            }
            if (runRight < 0)
                runLeft = cellLeft;
            runRight = cellRight;
        }
        flush();
        painter.fillRect(QRectF(geometry_.characterX(first), y + inset, (last - first + 1) * geometry_.characterWidth(),
                                height - 2 * inset),
                         color);
    };
    band(overlay_.rangeOf(hoveredMember_), Theme::mix(t.background, t.selection, kHoverTint), 1);
    band(overlay_.rangeOf(selectedMember_), t.selection, 1);
    if (cursor_ != anchor_)
        band(selection(), t.selection, 0);

    // The cursor itself, framed: also seen where the selection is.
    if (row.contains(cursor_)) {
        const auto byte = static_cast<unsigned>(cursor_ - row.first);
        const QColor frame = hasFocus() ? t.accent : t.dim;
        const double pad = geometry_.charWidth * 0.25;
        const QRectF box =
            QRectF(geometry_.byteX(byte) - pad, y + 1, geometry_.byteWidth() + 2 * pad, height - 2).toAlignedRect();
        for (const double edge : {box.top(), box.bottom() - 1})
            batches_->lines.add(QRectF(box.left(), edge, box.width(), 1), frame);
        for (const double edge : {box.left(), box.right() - 1})
            batches_->lines.add(QRectF(edge, box.top(), 1, box.height()), frame);
        batches_->lines.add(QRectF(geometry_.characterX(byte), y + height - 3, geometry_.characterWidth(), 1), frame);
    }
}

// How a marked byte looks: nothing when it is not.
HexView::MarkLook HexView::lookOf(const ChangeTracker::Mark &mark) const
{
    if (!mark.marked)
        return {};
    const double glow = static_cast<double>(mark.step) / kChangeSteps;
    // What fades away and what stays: the first ends as if nothing had been, the second keeps a tint and its colour.
    const bool stays = content_.changes().base() != ChangeBase::Tick;
    return {stays ? kMarkTint + (kHeatTint - kMarkTint) * glow : kHeatTint * glow, stays ? 1 : std::min(1.0, glow * 2)};
}

QColor HexView::tintOf(const MarkLook &look, bool bare) const
{
    const ThemeTokens &t = Theme::instance().tokens();
    QColor tint = faded(t.change);
    if (bare)
        return Theme::mix(t.background, tint, look.tint);
    tint.setAlphaF(static_cast<float>(look.tint));
    return tint;
}

void HexView::paintCells(QPainter &painter, const AddrRange &row, int y, HexContent::Clock::time_point now)
{
    const ThemeTokens &t = Theme::instance().tokens();
    const double height = geometry_.rowHeight;
    const double baseline = baselineOf(y);
    const double charWidth = geometry_.charWidth;
    const double pad = charWidth * 0.25;
    const unsigned columns = options_.columns;
    const bool asHex = options_.format == HexFormat::Hex;

    HexContent::Byte bytes[32];
    ChangeTracker::Mark marks[32];
    content_.fetch(row.first, std::span(bytes, columns));
    content_.changes().marks(row.first, std::span(marks, columns), now);
    bool pointers[4] = {};
    for (unsigned word = 0; word < columns / 8; ++word) {
        std::uint64_t value = 0;
        bool whole = true;
        for (unsigned i = 0; i < 8; ++i) {
            value |= std::uint64_t{bytes[word * 8 + i].value} << 8 * i;
            whole = whole && bytes[word * 8 + i].present();
        }
        pointers[word] = whole && target_.isPointer(value);
    }

    // Blending costs more than painting: only where something else is behind.
    const auto laid = [&](int member) {
        const auto range = overlay_.rangeOf(member);
        return range && range->overlaps(row);
    };
    const bool bare = !selection().overlaps(row) && !laid(hoveredMember_) && !laid(selectedMember_);
    MarkLook looks[32];
    QColor colors[32];
    const QColor quiet = faded(t.zero), plain = faded(t.text);
    for (unsigned i = 0; i < columns; ++i) {
        const HexContent::Byte &byte = bytes[i];
        const bool there = byte.present();
        looks[i] = there ? lookOf(marks[i]) : MarkLook{};
        QColor color = byte.value == 0 || !byte.read ? t.zero : t.text;
        if (byte.read && !there)
            color = t.dim;
        else if (there && pointers[i / 8])
            color = t.accent;
        if (looks[i].tint > 0) {
            // Up to the byte before it when that has changed as well: one band for one value.
            const bool joined = asHex && options_.group == 1 && i % 8 != 0 && looks[i - 1].tint > 0;
            const double left =
                joined ? geometry_.byteX(i - 1) + geometry_.byteWidth() + pad : geometry_.byteX(i) - pad;
            const double right = geometry_.byteX(i) + geometry_.byteWidth() + pad;
            if (asHex)
                batches_->tints.add(QRectF(left, y + 1, right - left, height - 2), tintOf(looks[i], bare));
            color = Theme::mix(color, t.change, looks[i].ink);
        }
        colors[i] = faded(color);

        if (asHex) {
            const double x = geometry_.byteX(i);
            batches_->text.add(x, baseline, there ? hexDigit(byte.value >> 4) : QLatin1Char('?'), colors[i]);
            batches_->text.add(x + charWidth, baseline, there ? hexDigit(byte.value) : QLatin1Char('?'), colors[i]);
        }
        const bool printable = byte.value > 0x20 && byte.value < 0x7f;
        const bool marked = looks[i].tint > 0;
        if (!there)
            batches_->text.add(geometry_.characterX(i), baseline, QLatin1Char('?'), quiet);
        else if (printable)
            batches_->text.add(geometry_.characterX(i), baseline, QLatin1Char(static_cast<char>(byte.value)),
                               marked ? colors[i] : plain);
        else
            batches_->lines.add(QRectF(std::floor(geometry_.characterX(i) + charWidth / 2), baseline - 4, 1, 1),
                                marked ? colors[i] : quiet);
    }
    if (asHex) {
        for (unsigned i = 0; i < columns; ++i)
            underline(geometry_.byteX(i), baseline, geometry_.byteWidth(), looks[i], pointers[i / 8], colors[i]);
        return;
    }
    for (unsigned first = 0; first < columns; first += options_.group)
        paintNumber(painter, {row.first, first, y, bare}, looks, colors, pointers[first / 8]);
}

// A cell in a format that has no digits of its own for a byte.
void HexView::paintNumber(QPainter &painter, const Cell &cell, const MarkLook *looks, const QColor *colors,
                          bool pointer)
{
    const auto [row, first, y, bare] = cell;
    const ThemeTokens &t = Theme::instance().tokens();
    const QString text = cellText(content_, row + first, options_, target_);
    // A number changes when any of its bytes does.
    const MarkLook *look = std::max_element(looks + first, looks + first + options_.group,
                                            [](const MarkLook &a, const MarkLook &b) { return a.tint < b.tint; });
    QColor color = colors[look - looks];
    // ... and is zero only when all of them are.
    if (look->tint == 0 && !pointer && text != QLatin1String("??"))
        color = faded(text == QLatin1String("0") ? t.zero : t.text);
    const double room = geometry_.cellWidth();
    const double left = geometry_.cellX(first / options_.group);
    if (look->tint > 0) {
        const double pad = geometry_.charWidth * 0.25;
        batches_->tints.add(QRectF(left - pad, y + 1, room + 2 * pad, geometry_.rowHeight - 2), tintOf(*look, bare));
    }
    const bool ascii = GlyphPainter::canPaint(text);
    const QFontMetricsF metrics(painter.font());
    const QString shown = ascii ? cut(text, static_cast<qsizetype>(room / geometry_.charWidth + 0.01), true)
                                : metrics.elidedText(text, Qt::ElideMiddle, room);
    const double width =
        ascii ? static_cast<double>(shown.size()) * geometry_.charWidth : metrics.horizontalAdvance(shown);
    // Numbers stand right, so that their digits line up; names left.
    const double x = options_.format == HexFormat::Pointer ? left : left + room - width;
    if (ascii) {
        batches_->text.add(x, baselineOf(y), shown, color);
    } else {
        painter.setPen(color);
        painter.drawText(QPointF(x, baselineOf(y)), shown);
    }
    underline(x, baselineOf(y), width, *look, pointer, color);
}

// Under the digits: solid for change, dotted for pointers; both are seen in print and without colours.
void HexView::underline(double x, double baseline, double width, const MarkLook &look, bool pointer,
                        const QColor &color)
{
    if (look.tint > 0)
        batches_->lines.add(QRectF(x, baseline + 2, width, kChangeLine), color);
    else if (pointer)
        batches_->lines.addDots(x, baseline + 3, width, color);
}

QString HexView::foldText(const HexRow &row) const
{
    QString text = QString::fromStdString(describeFold(row));
    if (const auto next = rows_.mappedAfter(row.range.last))
        text += tr(" · next mapped %1").arg(addressText(*next));
    return text;
}

// Behind the text, and in sight also where the text is too long.
QRect HexView::foldLinkRect(const HexRow &row, int y) const
{
    if (!rows_.mappedAfter(row.range.last))
        return {};
    const QFontMetrics metrics(viewport()->font());
    const double width = metrics.horizontalAdvance(tr("jump"));
    const double text = geometry_.addressX + 3 * geometry_.charWidth + metrics.horizontalAdvance(foldText(row));
    const double right = horizontalScrollBar()->value() + viewport()->width() - geometry_.addressX;
    return QRectF(std::min(text + 2 * geometry_.charWidth, right - width), y, width, geometry_.rowHeight)
        .toAlignedRect();
}

void HexView::paintFold(QPainter &painter, const HexRow &row, int y)
{
    const ThemeTokens &t = Theme::instance().tokens();
    const double height = geometry_.rowHeight;
    const int left = horizontalScrollBar()->value();
    const QRectF area(left, y, viewport()->width(), height);
    const bool here = row.range.contains(cursor_);
    painter.fillRect(area, here ? Theme::mix(t.panel, t.selection, kRowTint) : t.panel);
    QPen edge(t.line, 1);
    edge.setDashPattern({3, 3});
    painter.setPen(edge);
    painter.drawLine(QLineF(area.left(), y + 0.5, area.right(), y + 0.5));
    painter.drawLine(QLineF(area.left(), y + height - 0.5, area.right(), y + height - 0.5));

    painter.setPen(t.dim);
    const QFontMetricsF metrics(painter.font());
    const QRect link = foldLinkRect(row, y);
    const double start = geometry_.addressX + 3 * geometry_.charWidth;
    const double room = (link.isEmpty() ? area.right() : link.left() - geometry_.charWidth) - start;
    const double baseline = baselineOf(y);
    painter.drawText(QPointF(geometry_.addressX, baseline), QStringLiteral("…"));
    painter.drawText(QPointF(start, baseline), metrics.elidedText(foldText(row), Qt::ElideRight, room));
    if (!link.isEmpty()) {
        QFont underlined = painter.font();
        underlined.setUnderline(true);
        painter.save();
        painter.setFont(underlined);
        painter.setPen(t.accent);
        painter.drawText(QPointF(link.left(), baseline), tr("jump"));
        painter.restore();
    }
}

} // namespace ks::ui
