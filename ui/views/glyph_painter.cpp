#include "ui/views/glyph_painter.h"

#include <QFontMetricsF>

#include <cmath>

namespace ks::ui {

namespace {

constexpr QChar kEllipsisCharacter(0x2026);

} // namespace

GlyphPainter::GlyphPainter(const QFont &font)
    : font_(QRawFont::fromFont(font)), charWidth_(QFontMetricsF(font).horizontalAdvance(QLatin1Char('0')))
{
    QString characters;
    for (char16_t c = 0; c < glyphs_.size(); ++c)
        characters += c == kEllipsis ? kEllipsisCharacter : QChar(c < 0x20 ? u' ' : c);
    const QList<quint32> found = font_.glyphIndexesForString(characters);
    std::copy_n(found.begin(), std::min<qsizetype>(found.size(), static_cast<qsizetype>(glyphs_.size())),
                glyphs_.begin());
}

bool GlyphPainter::canPaint(QStringView text)
{
    return std::all_of(text.begin(), text.end(),
                       [](QChar c) { return (c.unicode() >= 0x20 && c.unicode() < 0x7f) || c == kEllipsisCharacter; });
}

void GlyphPainter::add(double x, double baseline, QChar character, const QColor &color)
{
    const std::size_t code = character == kEllipsisCharacter ? kEllipsis : character.unicode();
    if ((code <= 0x20 && code != kEllipsis) || code >= glyphs_.size())
        return;
    Batch &batch = batches_[color];
    batch.glyphs.append(glyphs_[code]);
    batch.positions.append({x, baseline});
}

void GlyphPainter::add(double x, double baseline, QStringView text, const QColor &color)
{
    for (const QChar c : text) {
        add(x, baseline, c, color);
        x += charWidth_;
    }
}

void GlyphPainter::flush(QPainter &painter)
{
    for (auto &[color, batch] : batches_) {
        QGlyphRun run;
        run.setRawFont(font_);
        run.setGlyphIndexes(batch.glyphs);
        run.setPositions(batch.positions);
        painter.setPen(QColor::fromRgba(color));
        painter.drawGlyphRun({}, run);
    }
    batches_.clear();
}

void RectPainter::addDots(double x, double y, double width, const QColor &color)
{
    constexpr double kStep = 3;
    QList<QRectF> &batch = batches_[color];
    for (double at = std::floor(x); at + 1 <= x + width; at += kStep)
        batch.append(QRectF(at, y, 1, 1));
}

void RectPainter::flush(QPainter &painter)
{
    painter.setPen(Qt::NoPen);
    for (auto &[color, batch] : batches_) {
        painter.setBrush(QColor::fromRgba(color));
        painter.drawRects(batch);
    }
    painter.setBrush(Qt::NoBrush);
    batches_.clear();
}

} // namespace ks::ui
