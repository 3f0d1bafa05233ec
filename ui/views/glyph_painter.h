// Draws many single characters of a fixed font, and many small rectangles, at exact places: one call a colour instead
// of one each, so that a full screen of bytes is painted well within a frame.
#pragma once

#include <QColor>
#include <QFont>
#include <QGlyphRun>
#include <QPainter>
#include <QRawFont>
#include <QString>

#include <array>
#include <vector>

namespace ks::ui {

/// What is to be painted in each of a few colours.
template <class Batch>
class ByColor {
public:
    Batch &operator[](const QColor &color)
    {
        const QRgb key = color.rgba();
        // Neighbours mostly have the same colour.
        if (last_ < entries_.size() && entries_[last_].first == key)
            return entries_[last_].second;
        for (last_ = 0; last_ < entries_.size(); ++last_)
            if (entries_[last_].first == key)
                return entries_[last_].second;
        return entries_.emplace_back(key, Batch()).second;
    }
    auto begin() { return entries_.begin(); }
    auto end() { return entries_.end(); }
    void clear() { entries_.clear(); }

private:
    std::vector<std::pair<QRgb, Batch>> entries_;
    std::size_t last_ = 0;
};

class GlyphPainter {
public:
    explicit GlyphPainter(const QFont &font);

    double charWidth() const { return charWidth_; }
    /// Whether all of a text can be painted: printable ASCII, blanks and the ellipsis.
    static bool canPaint(QStringView text);
    /// Anything else is drawn as a blank.
    void add(double x, double baseline, QChar character, const QColor &color);
    void add(double x, double baseline, QStringView text, const QColor &color);
    /// Draws and forgets what was added.
    void flush(QPainter &painter);

private:
    static constexpr std::size_t kEllipsis = 0x1f; ///< where its glyph stands: the place of a control character

    struct Batch {
        QList<quint32> glyphs;
        QList<QPointF> positions;
    };
    QRawFont font_;
    double charWidth_;
    std::array<quint32, 128> glyphs_{};
    ByColor<Batch> batches_;
};

class RectPainter {
public:
    void add(const QRectF &rect, const QColor &color) { batches_[color].append(rect); }
    /// A line of dots, one pixel wide with two between them.
    void addDots(double x, double y, double width, const QColor &color);
    void flush(QPainter &painter);

private:
    ByColor<QList<QRectF>> batches_;
};

} // namespace ks::ui
