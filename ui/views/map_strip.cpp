#include "ui/views/map_strip.h"

#include "ui/models/hex_target.h"
#include "ui/views/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace ks::ui {

namespace {

constexpr int kWidth = 14;
constexpr int kSide = 4;
constexpr int kEnds = 8;
constexpr int kHeatHeight = 8; // at the least: more than the cursor's line
constexpr auto kCoolingStep = std::chrono::milliseconds(500);

} // namespace

MapStrip::MapStrip(QWidget *parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("mapStrip"));
    setAccessibleName(tr("Map of the address space"));
    setFocusPolicy(Qt::TabFocus);
    setAttribute(Qt::WA_OpaquePaintEvent); // else all that it lies on is painted anew whenever a change cools
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
    cooling_.setInterval(kCoolingStep);
    connect(&cooling_, &QTimer::timeout, this, [this] {
        updateHeat();
        if (!heat_.cool(ChangeHeat::Clock::now()))
            cooling_.stop();
    });
}

QSize MapStrip::sizeHint() const { return {kWidth + 2 * kSide, 200}; }

void MapStrip::setSegments(const SegmentMap &segments)
{
    bands_ = mapBands(segments);
    std::vector<AddrRange> ranges;
    for (const MapBand &band : bands_)
        ranges.push_back(band.range);
    scale_ = MapScale(ranges);
    heat_.setScale(scale_);
    update();
}

void MapStrip::addChanges(const std::vector<AddrRange> &changed)
{
    heat_.add(changed, ChangeHeat::Clock::now());
    // Painted at the clock's pace, not at the samples': a mark for seconds need not move sixty times in each.
    if (!cooling_.isActive() && !changed.empty()) {
        updateHeat();
        cooling_.start();
    }
}

QRect MapStrip::heatRect(const ChangeHeat::Place &place) const
{
    const auto room = static_cast<std::uint64_t>(std::max(1, height() - 2 * kEnds));
    const int top = kEnds + static_cast<int>(place.first * room / MapScale::kUnits);
    const int bottom = kEnds + static_cast<int>((place.first + place.units) * room / MapScale::kUnits);
    const int tall = std::max(kHeatHeight, bottom - top);
    return {kSide + kWidth - 2, (top + bottom - tall) / 2, kSide + 2, tall};
}

void MapStrip::updateHeat()
{
    // Also those that have gone cold since they were painted the last time.
    for (const ChangeHeat::Place &place : heat_.places(ChangeHeat::Clock::now() - 2 * kCoolingStep))
        update(heatRect(place));
}

QString MapStrip::describeHeat(int y) const
{
    const auto now = ChangeHeat::Clock::now();
    std::uint64_t bytes = 0;
    auto last = ChangeHeat::Clock::time_point::min();
    for (const ChangeHeat::Place &place : heat_.places(now)) {
        const QRect rect = heatRect(place);
        if (y < rect.top() || y > rect.bottom())
            continue;
        bytes += place.bytes;
        last = std::max(last, place.last);
    }
    if (bytes == 0)
        return {};
    const double age = std::chrono::duration<double>(now - last).count();
    const QLocale locale;
    return tr("\n%1 byte changes seen here, the last %2 s ago\n(only what is shown is read)")
        .arg(locale.toString(static_cast<qulonglong>(bytes)), locale.toString(age, 'f', 1));
}

void MapStrip::setCursor(VirtAddr address)
{
    const int before = yOf(cursor_);
    cursor_ = address;
    setAccessibleDescription(describe(address));
    if (yOf(cursor_) != before)
        update();
}

int MapStrip::yOf(VirtAddr address) const
{
    const auto room = static_cast<std::uint64_t>(std::max(1, height() - 2 * kEnds));
    return kEnds + static_cast<int>(scale_.position(address) * room / MapScale::kUnits);
}

VirtAddr MapStrip::addressAt(int y) const
{
    const int room = std::max(1, height() - 2 * kEnds);
    const auto inside = static_cast<std::uint64_t>(std::clamp(y - kEnds, 0, room - 1));
    return scale_.address(static_cast<std::uint32_t>(inside * MapScale::kUnits / static_cast<std::uint64_t>(room)));
}

void MapStrip::paintEvent(QPaintEvent *event)
{
    const Theme &theme = Theme::instance();
    const ThemeTokens &t = theme.tokens();
    QPainter painter(this);
    painter.fillRect(event->rect(), t.panel);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF column(kSide, kEnds, kWidth, height() - 2 * kEnds);
    painter.setPen(Qt::NoPen);
    painter.setBrush(t.background);
    painter.drawRoundedRect(column, 2, 2);
    for (const MapScale::Span &span : scale_.spans()) {
        if (span.hole)
            continue;
        const double top = column.top() + column.height() * span.first / MapScale::kUnits;
        const double bottom = column.top() + column.height() * (span.first + span.units) / MapScale::kUnits;
        painter.setBrush(Theme::mix(t.background, theme.color(bands_[span.index].kind), t.dark ? 0.85 : 0.6));
        painter.drawRect(QRectF(column.left(), top, column.width(), std::max(2.0, bottom - top - 1)));
    }
    const double y = yOf(cursor_) + 0.5;
    painter.setPen(QPen(t.background, 4));
    painter.drawLine(QPointF(1, y), QPointF(width() - 1, y));
    painter.setPen(QPen(hasFocus() ? t.accent : t.text, 2));
    painter.drawLine(QPointF(1, y), QPointF(width() - 1, y));
    // On the cursor's line, because what changes is often what is looked at.
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (const ChangeHeat::Place &place : heat_.places(ChangeHeat::Clock::now())) {
        QColor color = t.change;
        color.setAlphaF(static_cast<float>(place.warmth));
        painter.fillRect(heatRect(place), color);
    }
}

void MapStrip::mousePressEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton)
        Q_EMIT addressChosen(addressAt(event->position().toPoint().y()));
}

// Band by band.
void MapStrip::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Down) {
        for (const MapBand &band : bands_)
            if (band.range.first > cursor_)
                return Q_EMIT addressChosen(band.range.first);
    } else if (event->key() == Qt::Key_Up) {
        for (auto band = bands_.rbegin(); band != bands_.rend(); ++band)
            if (band->range.first < cursor_)
                return Q_EMIT addressChosen(band->range.first);
    } else {
        QWidget::keyPressEvent(event);
    }
}

QString MapStrip::describe(VirtAddr address) const
{
    for (const MapBand &band : bands_)
        if (band.range.contains(address))
            return QStringLiteral("%1\n%2 … %3")
                .arg(displayName(band.kind), addressText(band.range.first), addressText(band.range.last));
    return tr("no segment\n%1").arg(addressText(address));
}

bool MapStrip::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        QToolTip::showText(help->globalPos(), describe(addressAt(help->pos().y())) + describeHeat(help->pos().y()),
                           this);
        return true;
    }
    return QWidget::event(event);
}

} // namespace ks::ui
