// How the hex view looks. Each row is painted on its own, bands first (selection, members, change), then text.
#include "ui/views/hex_view.h"

#include "ui/models/hex_text.h"
#include "ui/views/glyph_painter.h"
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
constexpr double kHeatTint = 0.26;  // behind a byte that has just changed

char hexDigit(unsigned value) { return "0123456789abcdef"[value & 15]; }

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

    const std::uint64_t shown = shownRows();
    std::optional<AddrRange> bytes;
    for (const AddrRange &range : visibleRanges())
        bytes = bytes ? AddrRange{bytes->first, range.last} : range;
    // The part that all visible addresses share, and at least the digits that change within a page stay bright.
    const int prefix = bytes ? commonPrefixDigits(bytes->first, bytes->last) : 0;

    const int height = static_cast<int>(geometry_.rowHeight);
    for (std::uint64_t i = 0; i < shown; ++i) {
        const int y = static_cast<int>(i) * height;
        if (y <= event->rect().bottom() && y + height > event->rect().top())
            paintRow(painter, *glyphs_, topRow_ + i, y, prefix);
    }
    glyphs_->flush(painter);
}

void HexView::paintRow(QPainter &painter, GlyphPainter &glyphs, std::uint64_t number, int y, int prefixDigits)
{
    const HexRow row = rows_.at(number);
    if (row.folded) {
        paintFold(painter, row, y);
        return;
    }
    const ThemeTokens &t = Theme::instance().tokens();
    paintBands(painter, row.range, y);
    const double baseline = y + (geometry_.rowHeight - QFontMetricsF(painter.font()).height()) / 2 + ascent_;
    const QString address = addressText(row.range.first);
    const auto split = static_cast<qsizetype>(prefixDigits);
    glyphs.add(geometry_.addressX, baseline, QStringView(address).left(split), geometry_.charWidth, t.dim);
    glyphs.add(geometry_.addressX + static_cast<double>(split) * geometry_.charWidth, baseline,
               QStringView(address).mid(split), geometry_.charWidth, t.text);
    paintGutter(painter, row.range, y);
    paintCells(painter, glyphs, row.range, y);
}

void HexView::paintGutter(QPainter &painter, const AddrRange &row, int y)
{
    const ThemeTokens &t = Theme::instance().tokens();
    const GutterText text = gutterOf(row, overlay_, target_, row.contains(topAddress()));
    const QFontMetricsF metrics(painter.font());
    const auto draw = [&](double x, double width, const QString &what, const QColor &color) {
        painter.setPen(color);
        painter.drawText(QRectF(x, y, width, geometry_.rowHeight), Qt::AlignVCenter | Qt::TextSingleLine,
                         metrics.elidedText(what, Qt::ElideRight, width));
    };
    const double end = geometry_.namesX + geometry_.namesWidth;
    if (text.symbolBegins) {
        QFont bold = painter.font();
        bold.setWeight(QFont::DemiBold);
        painter.save();
        painter.setFont(bold);
        draw(geometry_.offsetX, end - geometry_.offsetX, text.names, t.field);
        painter.restore();
        return;
    }
    draw(geometry_.offsetX, geometry_.namesX - geometry_.offsetX, text.offset, t.dim);
    draw(geometry_.namesX, geometry_.namesWidth, text.names, text.context ? t.dim : t.field);
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
        painter.setPen(QPen(frame, 1));
        painter.setBrush(Qt::NoBrush);
        const double pad = geometry_.charWidth * 0.25;
        painter.drawRect(
            QRectF(geometry_.byteX(byte) - pad, y + 1.5, geometry_.byteWidth() + 2 * pad, height - 3).toAlignedRect());
        painter.fillRect(QRectF(geometry_.characterX(byte), y + height - 3, geometry_.characterWidth(), 1), frame);
    }
}

void HexView::paintCells(QPainter &painter, GlyphPainter &glyphs, const AddrRange &row, int y)
{
    const ThemeTokens &t = Theme::instance().tokens();
    const QFontMetricsF metrics(painter.font());
    const double height = geometry_.rowHeight;
    const double baseline = y + (height - metrics.height()) / 2 + ascent_;
    const double charWidth = geometry_.charWidth;
    const auto now = HexContent::Clock::now();
    const bool asHex = options_.format == HexFormat::Hex;

    QColor colors[32];
    double heats[32];
    bool pointers[4];
    double textLeft[32], textWidth[32]; // of cells that are not hex
    for (unsigned word = 0; word < options_.columns / 8; ++word) {
        const auto value = content_.word(row.first + word * 8);
        pointers[word] = value && target_.isPointer(*value);
    }
    for (unsigned i = 0; i < options_.columns; ++i) {
        const auto byte = content_.at(row.first + i);
        QColor color = byte.value == 0 ? t.zero : t.text;
        if (!byte.read)
            color = t.zero;
        else if (!byte.state.present())
            color = t.dim;
        else if (pointers[i / 8])
            color = t.accent;
        heats[i] = content_.isFading() ? content_.heat(row.first + i, now) : 0;
        if (heats[i] > 0) {
            const double pad = charWidth * 0.25;
            // Up to the byte before it when that has changed as well: one band for one value.
            const bool joined = asHex && options_.group == 1 && i % 8 != 0 && heats[i - 1] > 0;
            const double left =
                joined ? geometry_.byteX(i - 1) + geometry_.byteWidth() + pad : geometry_.byteX(i) - pad;
            painter.fillRect(QRectF(left, y + 1, geometry_.byteX(i) + geometry_.byteWidth() + pad - left, height - 2),
                             Theme::mix(t.background, t.change, kHeatTint * heats[i]));
            color = Theme::mix(color, t.change, std::min(1.0, heats[i] * 2));
        }
        colors[i] = faded(color);

        if (asHex) {
            const double x = geometry_.byteX(i);
            glyphs.add(x, baseline, byte.present() ? hexDigit(byte.value >> 4) : '?', colors[i]);
            glyphs.add(x + charWidth, baseline, byte.present() ? hexDigit(byte.value) : '?', colors[i]);
        }
        const bool printable = byte.present() && byte.value > 0x20 && byte.value < 0x7f;
        const QColor quiet = heats[i] > 0 ? colors[i] : faded(t.zero);
        if (!byte.present())
            glyphs.add(geometry_.characterX(i), baseline, '?', quiet);
        else if (printable)
            glyphs.add(geometry_.characterX(i), baseline, static_cast<char>(byte.value),
                       heats[i] > 0 ? colors[i] : faded(t.text));
        else
            painter.fillRect(
                QRectF(std::floor(geometry_.characterX(i) + charWidth / 2), std::floor(baseline) - 4, 1, 1), quiet);
    }

    if (!asHex) {
        for (unsigned cell = 0; cell < options_.columns / options_.group; ++cell) {
            const unsigned byte = cell * options_.group;
            const QString text = cellText(content_, row.first + byte, options_, target_);
            // A number changes when any of its bytes does.
            const auto hottest = std::max_element(heats + byte, heats + byte + options_.group);
            heats[byte] = *hottest;
            colors[byte] = colors[hottest - heats];
            // ... and is zero only when all of them are.
            if (*hottest == 0 && !pointers[byte / 8] && text != QLatin1String("??"))
                colors[byte] = faded(text == QLatin1String("0") ? t.zero : t.text);
            const double width = geometry_.cellWidth();
            const QString shown = metrics.elidedText(text, Qt::ElideMiddle, width);
            // Numbers stand right, so that their digits line up; names left.
            const double room = options_.format == HexFormat::Pointer ? 0 : width - metrics.horizontalAdvance(shown);
            painter.setPen(colors[byte]);
            painter.drawText(QPointF(geometry_.cellX(cell) + room, baseline), shown);
            textLeft[cell] = geometry_.cellX(cell) + room;
            textWidth[cell] = metrics.horizontalAdvance(shown);
        }
    }

    // Under the digits: solid for change, dotted for pointers; both are seen in print and without colours.
    const double under = baseline + 3;
    for (unsigned i = 0; i < options_.columns; ++i) {
        if (!asHex && i % options_.group != 0)
            continue;
        const double left = asHex ? geometry_.byteX(i) : textLeft[i / options_.group];
        const double width = asHex ? geometry_.byteWidth() : textWidth[i / options_.group];
        const QLineF line(left, under, left + width, under);
        if (heats[i] > 0) {
            painter.setPen(QPen(colors[i], 1));
            painter.drawLine(line);
        } else if (pointers[i / 8]) {
            QPen pen(colors[i], 1, Qt::SolidLine, Qt::FlatCap);
            pen.setDashPattern({1, 2});
            painter.setPen(pen);
            painter.drawLine(line);
        }
    }
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
    const double baseline = y + (height - metrics.height()) / 2 + ascent_;
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
