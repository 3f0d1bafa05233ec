#include "ui/views/plot_view.h"

#include "ui/views/theme.h"

#include <QAccessible>
#include <QContextMenuEvent>
#include <QDateTime>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace ks::ui {

namespace {

constexpr double kSpans[] = {2, 5, 10, 30, 60, 120, 300, 600};
constexpr int kGrid = Theme::kGrid;

QString spanText(double seconds)
{
    return seconds < 120 ? QStringLiteral("%1 s").arg(seconds) : QStringLiteral("%1 min").arg(seconds / 60);
}

double legendHeight() { return QFontMetricsF(Theme::instance().smallFont()).height() + kGrid; }

Qt::PenStyle dashOf(std::size_t index)
{
    static constexpr Qt::PenStyle kDashes[] = {Qt::SolidLine, Qt::DashLine, Qt::DotLine};
    return kDashes[index / 6 % std::size(kDashes)];
}

} // namespace

QColor PlotView::lineColor(std::size_t index)
{
    const Theme &theme = Theme::instance();
    switch (index % 6) {
    case 0: return theme.tokens().accent;
    case 1: return theme.tokens().string;
    case 2: return theme.color(SegmentKind::Modules);
    case 3: return theme.color(SegmentKind::Text);
    case 4: return theme.color(SegmentKind::Vmemmap);
    default: return theme.tokens().field;
    }
}

PlotView::PlotView(QWidget *parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("plot"));
    setAccessibleName(QStringLiteral("Plot"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    connect(&Theme::instance(), &Theme::changed, this, &PlotView::layOut);
}

void PlotView::setSeries(std::vector<PlotSeries> series, double end)
{
    given_ = std::move(series);
    end_ = end;
    derive();
}

void PlotView::derive()
{
    series_ = given_;
    if (showsRates_)
        std::ranges::transform(given_, series_.begin(), ratesOf);
    layOut();
}

void PlotView::setSpan(double seconds)
{
    span_ = std::clamp(seconds, kSpans[0], kSpans[std::size(kSpans) - 1]);
    layOut();
}

void PlotView::setShowsRates(bool shows)
{
    showsRates_ = shows;
    derive();
}

void PlotView::setOwnScales(bool own)
{
    ownScales_ = own;
    layOut();
}

bool PlotView::isInteger() const { return std::ranges::all_of(series_, &PlotSeries::isInteger); }

// ---- Where things are ----------------------------------------------------------------------------------------------

void PlotView::layOut()
{
    area_ = makeArea();
    lanes_ = makeLanes();
    // The mouse reads what passes under it; a reading by keys goes along until it is out of view.
    if (pointer_)
        reading_ = timeAt(*pointer_);
    else if (reading_ && *reading_ < end_ - span_)
        reading_ = std::nullopt;
    update();
}

QRectF PlotView::makeArea() const
{
    const QFontMetricsF metrics(Theme::instance().smallFont());
    // The widest number of all axes decides how far the lines begin from the left edge.
    double widest = metrics.horizontalAdvance(QStringLiteral("0000"));
    const auto measure = [&](const std::vector<PlotSeries> &series, bool isInteger) {
        if (const auto range = valuesOf(series, end_ - span_))
            for (const long double tick : roundTicks(*range, 4, isInteger))
                widest = std::max(widest, metrics.horizontalAdvance(plotNumber(tick, isInteger)));
    };
    if (ownScales_)
        for (const PlotSeries &one : series_)
            measure({one}, one.isInteger);
    else
        measure(series_, isInteger());
    return QRectF(rect()).adjusted(widest + 4 * kGrid, 2 * kGrid, -4 * kGrid, -metrics.height() - 2 * kGrid);
}

std::vector<PlotView::Lane> PlotView::makeLanes() const
{
    std::vector<Lane> lanes;
    if (!ownScales_) {
        Lane all{area_, valuesOf(series_, end_ - span_).value_or(PlotRange{}), {}};
        for (std::size_t i = 0; i < series_.size(); ++i)
            all.lines.push_back(i);
        lanes.push_back(std::move(all));
        return lanes;
    }
    const double height = area_.height() / std::max<double>(1, static_cast<double>(series_.size()));
    for (std::size_t i = 0; i < series_.size(); ++i) {
        const QRectF part(area_.left(), area_.top() + height * static_cast<double>(i), area_.width(), height - kGrid);
        lanes.push_back({part, valuesOf({series_[i]}, end_ - span_).value_or(PlotRange{}), {i}});
    }
    return lanes;
}

double PlotView::x(double time) const { return area_.right() - (end_ - time) / span_ * area_.width(); }

double PlotView::timeAt(double x) const { return end_ - (area_.right() - x) / std::max(1.0, area_.width()) * span_; }

double PlotView::y(const Lane &lane, long double value) const
{
    const long double share = (value - lane.range.first) / (lane.range.last - lane.range.first);
    // Above the lines is their legend.
    const QRectF inner = lane.area.adjusted(0, legendHeight(), 0, -1);
    return inner.bottom() - static_cast<double>(share) * inner.height();
}

// ---- Painting ------------------------------------------------------------------------------------------------------

void PlotView::paintEvent(QPaintEvent *)
{
    const ThemeTokens &tokens = Theme::instance().tokens();
    QPainter painter(this);
    painter.fillRect(rect(), tokens.panel);
    painter.setFont(Theme::instance().smallFont());
    if (series_.empty()) {
        painter.setPen(tokens.dim);
        painter.drawText(rect().adjusted(12, 8, -12, -8), Qt::AlignTop | Qt::AlignLeft | Qt::TextWordWrap,
                         QStringLiteral("Nothing is plotted. Press P on rows of the watch list."));
        return;
    }
    paintTimeAxis(painter, area_);
    for (const Lane &lane : lanes_)
        paintLane(painter, lane);
    paintReading(painter);
    if (hasFocus()) {
        painter.setPen(tokens.accent);
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
    }
}

QString PlotView::clockAt(double time, bool withFraction) const
{
    const double offset = series_.empty() ? 0 : series_.front().wallOffset;
    return QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(std::llround((time + offset) * 1000)))
        .toString(withFraction ? QStringLiteral("HH:mm:ss.zzz") : QStringLiteral("HH:mm:ss"));
}

void PlotView::paintTimeAxis(QPainter &painter, const QRectF &area) const
{
    const ThemeTokens &tokens = Theme::instance().tokens();
    const QFontMetricsF metrics(painter.font());
    const double wall = series_.front().wallOffset;
    const double room = metrics.horizontalAdvance(QStringLiteral("00:00:00")) + 6 * kGrid;
    const int most = std::max(1, static_cast<int>(area.width() / room));
    for (const long double tick : roundTicks({end_ - span_ + wall, end_ + wall}, most, true)) {
        const double at = x(static_cast<double>(tick) - wall);
        painter.setPen(tokens.line);
        painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()));
        const QString text = clockAt(static_cast<double>(tick) - wall, false);
        const double width = metrics.horizontalAdvance(text);
        const double left = std::clamp(at - width / 2, 0.0, static_cast<double>(this->width()) - width - kGrid);
        painter.setPen(tokens.dim);
        painter.drawText(QPointF(left, area.bottom() + kGrid + metrics.ascent()), text);
    }
}

void PlotView::paintLane(QPainter &painter, const Lane &lane) const
{
    const ThemeTokens &tokens = Theme::instance().tokens();
    const QFontMetricsF metrics(painter.font());
    const bool integers = std::ranges::all_of(lane.lines, [&](std::size_t i) { return series_[i].isInteger; });
    const double height = lane.area.height() - legendHeight();
    const int most = std::clamp(static_cast<int>(height / (metrics.height() + 2 * kGrid)), 1, 6);
    for (const long double tick : roundTicks(lane.range, most, integers)) {
        const double at = y(lane, tick);
        painter.setPen(tokens.line);
        painter.drawLine(QPointF(lane.area.left(), at), QPointF(lane.area.right(), at));
        painter.setPen(tokens.dim);
        const QRectF box(0, at - metrics.height() / 2, lane.area.left() - 2 * kGrid, metrics.height());
        painter.drawText(box, Qt::AlignRight | Qt::AlignVCenter, plotNumber(tick, integers));
    }
    painter.save();
    painter.setClipRect(lane.area.adjusted(-1, -1, 2, 2));
    for (const std::size_t index : lane.lines)
        paintLine(painter, lane, index);
    painter.restore();
    paintLegend(painter, lane);
}

void PlotView::paintLine(QPainter &painter, const Lane &lane, std::size_t index) const
{
    const PlotSeries &series = series_[index];
    const auto at = [&](const PlotPoint &point) { return QPointF(x(point.time), y(lane, point.value)); };
    auto point = std::ranges::lower_bound(series.points, end_ - span_, {}, &PlotPoint::time);
    if (point != series.points.begin())
        --point; // its line reaches into view
    QPainterPath line;
    for (bool isFirst = true; point != series.points.end(); ++point, isFirst = false) {
        const QPointF here = at(*point);
        if (isFirst || point->afterGap) {
            line.moveTo(here);
            line.lineTo(here + QPointF(0.01, 0));
            continue;
        }
        if (series.isInteger)
            line.lineTo(here.x(), line.currentPosition().y());
        line.lineTo(here);
    }
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(lineColor(index), 1.5, dashOf(index), Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(line);
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void PlotView::paintLegend(QPainter &painter, const Lane &lane) const
{
    const ThemeTokens &tokens = Theme::instance().tokens();
    const QFontMetricsF metrics(painter.font());
    QPointF at = lane.area.topLeft();
    for (const std::size_t index : lane.lines) {
        const QString name = showsRates_ ? series_[index].name + QStringLiteral(" /s") : series_[index].name;
        const QString text = metrics.elidedText(name, Qt::ElideMiddle, lane.area.width() / 2);
        const QString last = series_[index].points.empty()
                                 ? QString()
                                 : plotNumber(series_[index].points.back().value, series_[index].isInteger);
        const double textWidth = metrics.horizontalAdvance(text);
        const double width = 5 * kGrid + textWidth + 2 * kGrid + metrics.horizontalAdvance(last);
        if (at.x() + width > lane.area.right() && at.x() > lane.area.left())
            at = QPointF(lane.area.left(), at.y() + metrics.height());
        painter.setPen(QPen(lineColor(index), 2, dashOf(index)));
        const double middle = at.y() + metrics.height() / 2;
        painter.drawLine(QPointF(at.x(), middle), QPointF(at.x() + 3 * kGrid, middle));
        painter.setPen(tokens.text);
        painter.drawText(QPointF(at.x() + 5 * kGrid, at.y() + metrics.ascent()), text);
        painter.setPen(tokens.dim);
        painter.drawText(QPointF(at.x() + 7 * kGrid + textWidth, at.y() + metrics.ascent()), last);
        at.rx() += width + 4 * kGrid;
    }
}

QString PlotView::readingText() const
{
    if (!reading_)
        return {};
    QStringList parts;
    for (const PlotSeries &series : series_)
        if (const PlotPoint *point = series.at(*reading_))
            parts << QStringLiteral("%1 %2").arg(series.name, plotNumber(point->value, series.isInteger));
        else
            parts << QStringLiteral("%1 ??").arg(series.name);
    return clockAt(*reading_, true) + QStringLiteral("  ") + parts.join(QStringLiteral(" · "));
}

void PlotView::paintReading(QPainter &painter) const
{
    if (!reading_ || lanes_.empty())
        return;
    const ThemeTokens &tokens = Theme::instance().tokens();
    const QFontMetricsF metrics(painter.font());
    const QRectF &area = area_;
    const double at = x(*reading_);
    painter.setPen(tokens.dim);
    painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()));

    struct Line {
        QColor color;
        QString text;
    };
    std::vector<Line> box{{tokens.dim, clockAt(*reading_, true)}};
    painter.setRenderHint(QPainter::Antialiasing);
    for (const Lane &lane : lanes_)
        for (const std::size_t index : lane.lines) {
            const PlotSeries &series = series_[index];
            const PlotPoint *point = series.at(*reading_);
            box.push_back(
                {lineColor(index), series.name + QStringLiteral("  ") +
                                       (point ? plotNumber(point->value, series.isInteger) : QStringLiteral("??"))});
            if (!point)
                continue;
            painter.setPen(QPen(tokens.panel, 1.5));
            painter.setBrush(lineColor(index));
            painter.drawEllipse(QPointF(series.isInteger ? at : x(point->time), y(lane, point->value)), 3.5, 3.5);
        }
    painter.setRenderHint(QPainter::Antialiasing, false);
    double width = 0;
    for (const Line &line : box)
        width = std::max(width, metrics.horizontalAdvance(line.text));
    const QSizeF size(width + 4 * kGrid, metrics.height() * static_cast<double>(box.size()) + 2 * kGrid);
    const bool isLeft = at + 2 * kGrid + size.width() > area.right();
    const double left = isLeft ? std::max(0.0, at - 2 * kGrid - size.width()) : at + 2 * kGrid;
    const QRectF frame(QPointF(left, std::max(0.0, area.bottom() - size.height() - kGrid)), size);
    painter.setPen(tokens.line);
    painter.setBrush(tokens.header);
    painter.drawRect(frame);
    double top = frame.top() + kGrid;
    for (const Line &line : box) {
        painter.setPen(line.color);
        painter.drawText(QPointF(frame.left() + 2 * kGrid, top + metrics.ascent()), line.text);
        top += metrics.height();
    }
}

// ---- Reading -------------------------------------------------------------------------------------------------------

void PlotView::setReading(std::optional<double> time)
{
    if (time)
        time = std::clamp(*time, end_ - span_, end_);
    if (time == reading_)
        return;
    reading_ = time;
    setAccessibleDescription(readingText());
    update();
}

void PlotView::announce()
{
    QAccessibleEvent event(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&event);
}

void PlotView::mouseMoveEvent(QMouseEvent *event)
{
    const double at = event->position().x();
    pointer_ = std::nullopt;
    if (!series_.empty() && at >= area_.left() && at <= area_.right())
        pointer_ = at;
    setReading(pointer_ ? std::optional(timeAt(at)) : std::nullopt);
}

void PlotView::leaveEvent(QEvent *)
{
    if (std::exchange(pointer_, std::nullopt))
        setReading(std::nullopt);
}

void PlotView::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    layOut();
}

// The samples of all lines, one after the other.
void PlotView::step(int by)
{
    const double from = reading_.value_or(end_ + 1);
    std::optional<double> found;
    for (const PlotSeries &series : series_)
        for (const PlotPoint &point : series.points) {
            if (point.time < end_ - span_ || (by < 0 ? point.time >= from : point.time <= from))
                continue;
            if (!found || (by < 0 ? point.time > *found : point.time < *found))
                found = point.time;
        }
    pointer_ = std::nullopt;
    if (found)
        setReading(found);
    announce();
}

void PlotView::keyPressEvent(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Left: return step(-1);
    case Qt::Key_Right: return step(1);
    case Qt::Key_Home: setReading(end_ - span_); return step(1);
    case Qt::Key_End: setReading(std::nullopt); return step(-1);
    case Qt::Key_Escape: return setReading(std::nullopt);
    case Qt::Key_Plus:
    case Qt::Key_Equal: {
        const auto *next = std::ranges::lower_bound(kSpans, span_);
        return setSpan(next == std::begin(kSpans) ? span_ : *(next - 1));
    }
    case Qt::Key_Minus: {
        const auto *next = std::ranges::upper_bound(kSpans, span_);
        return setSpan(next == std::end(kSpans) ? span_ : *next);
    }
    case Qt::Key_R: return setShowsRates(!showsRates_);
    case Qt::Key_S: return setOwnScales(!ownScales_);
    default: QWidget::keyPressEvent(event);
    }
}

void PlotView::wheelEvent(QWheelEvent *event)
{
    if (event->angleDelta().y() == 0)
        return;
    QKeyEvent key(QEvent::KeyPress, event->angleDelta().y() > 0 ? Qt::Key_Plus : Qt::Key_Minus, Qt::NoModifier);
    keyPressEvent(&key);
    event->accept();
}

void PlotView::contextMenuEvent(QContextMenuEvent *event)
{
    QMenu menu(this);
    const auto add = [&](QMenu &to, const QString &text, const QKeySequence &keys, bool isOn, auto run) {
        QAction *action = to.addAction(text, this, run);
        action->setCheckable(true);
        action->setChecked(isOn);
        action->setShortcut(keys); // for the eye: keyPressEvent handles them
        action->setShortcutContext(Qt::WidgetShortcut);
        action->setShortcutVisibleInContextMenu(true);
    };
    add(menu, QStringLiteral("&Rates: how fast the values rise"), Qt::Key_R, showsRates_,
        [this] { setShowsRates(!showsRates_); });
    add(menu, QStringLiteral("A &scale for each line"), Qt::Key_S, ownScales_, [this] { setOwnScales(!ownScales_); });
    QMenu *spans = menu.addMenu(QStringLiteral("&Time shown"));
    for (const double span : kSpans)
        add(*spans, spanText(span), {}, span == span_, [this, span] { setSpan(span); });
    menu.exec(event->globalPos());
}

void PlotView::focusInEvent(QFocusEvent *event)
{
    QWidget::focusInEvent(event);
    update();
}

void PlotView::focusOutEvent(QFocusEvent *event)
{
    QWidget::focusOutEvent(event);
    update();
}

} // namespace ks::ui
