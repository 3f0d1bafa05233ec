// The course of a value in the space of a word.
#pragma once

#include <QColor>
#include <QRectF>

#include <optional>
#include <span>

class QPainter;

namespace ks::ui {

/// `points` from 0 (lowest) to 1, the newest at the right edge; `slots` of them fill the width. Nothing breaks the
/// line. With `steps` a value stands until the next one.
void paintSparkline(QPainter &painter, const QRectF &area, std::span<const std::optional<double>> points,
                    std::size_t slots, const QColor &color, bool steps);

} // namespace ks::ui
