// Draws many single characters of a fixed font at exact places: one call a colour instead of one a character, so that a
// full screen of bytes is painted well within a frame.
#pragma once

#include <QColor>
#include <QFont>
#include <QGlyphRun>
#include <QHash>
#include <QPainter>
#include <QRawFont>
#include <QString>

#include <array>

namespace ks::ui {

class GlyphPainter {
public:
    explicit GlyphPainter(const QFont &font);

    /// Printable ASCII; everything else is drawn as a blank.
    void add(double x, double baseline, char character, const QColor &color);
    void add(double x, double baseline, QStringView text, double charWidth, const QColor &color);
    /// Draws and forgets what was added.
    void flush(QPainter &painter);

private:
    struct Batch {
        QList<quint32> glyphs;
        QList<QPointF> positions;
    };
    QRawFont font_;
    std::array<quint32, 128> glyphs_{};
    QHash<QRgb, Batch> batches_;
};

} // namespace ks::ui
