#include "ui/views/sparkline.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace ks::ui {

void paintSparkline(QPainter &painter, const QRectF &area, std::span<const std::optional<double>> points,
                    std::size_t slots, const QColor &color, bool steps)
{
    if (points.empty() || area.width() <= 0 || slots < 2)
        return;
    points = points.last(std::min(points.size(), slots));
    const double step = area.width() / static_cast<double>(slots - 1);
    const double begin = area.right() - step * static_cast<double>(points.size() - 1);
    QPainterPath line;
    bool isDrawing = false;
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (!points[i]) {
            isDrawing = false;
            continue;
        }
        const QPointF at(begin + step * static_cast<double>(i), area.bottom() - *points[i] * area.height());
        if (!std::exchange(isDrawing, true)) {
            line.moveTo(at);
            // A point that stands alone is seen, too.
            line.lineTo(at + QPointF(0.01, 0));
            continue;
        }
        if (steps)
            line.lineTo(at.x(), line.currentPosition().y());
        line.lineTo(at);
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color, 1.25, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(line);
    painter.restore();
}

} // namespace ks::ui
