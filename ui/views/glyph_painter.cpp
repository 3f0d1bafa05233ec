#include "ui/views/glyph_painter.h"

namespace ks::ui {

GlyphPainter::GlyphPainter(const QFont &font) : font_(QRawFont::fromFont(font))
{
    QString ascii;
    for (char16_t c = 0; c < glyphs_.size(); ++c)
        ascii += QChar(c < 0x20 ? u' ' : c);
    const QList<quint32> found = font_.glyphIndexesForString(ascii);
    std::copy_n(found.begin(), std::min<qsizetype>(found.size(), static_cast<qsizetype>(glyphs_.size())),
                glyphs_.begin());
}

void GlyphPainter::add(double x, double baseline, char character, const QColor &color)
{
    const auto code = static_cast<unsigned char>(character);
    if (code <= 0x20 || code >= glyphs_.size())
        return;
    Batch &batch = batches_[color.rgba()];
    batch.glyphs.append(glyphs_[code]);
    batch.positions.append({x, baseline});
}

void GlyphPainter::add(double x, double baseline, QStringView text, double charWidth, const QColor &color)
{
    for (const QChar c : text) {
        add(x, baseline, c.toLatin1(), color);
        x += charWidth;
    }
}

void GlyphPainter::flush(QPainter &painter)
{
    for (auto batch = batches_.begin(); batch != batches_.end(); ++batch) {
        if (batch->glyphs.isEmpty())
            continue;
        QGlyphRun run;
        run.setRawFont(font_);
        run.setGlyphIndexes(batch->glyphs);
        run.setPositions(batch->positions);
        painter.setPen(QColor::fromRgba(batch.key()));
        painter.drawGlyphRun({}, run);
    }
    batches_.clear();
}

} // namespace ks::ui
