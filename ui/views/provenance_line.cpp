#include "ui/views/provenance_line.h"

#include "ui/views/hex_view.h"
#include "ui/views/theme.h"

#include <QDateTime>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

namespace ks::ui {

namespace {

constexpr int kHeight = 36;
constexpr int kMargin = 12;
constexpr int kChipPad = 8;
constexpr int kArrow = 24;
constexpr std::chrono::milliseconds kFresh{1000}; // also how long the age stands before it is looked at again

} // namespace

ProvenanceLine::ProvenanceLine(QWidget *parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("provenance"));
    setAccessibleName(tr("Provenance"));
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    aging_.setSingleShot(true);
    connect(&aging_, &QTimer::timeout, this, &ProvenanceLine::showAge);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

QSize ProvenanceLine::sizeHint() const { return {480, kHeight}; }

void ProvenanceLine::follow(HexView *view, std::function<const std::vector<AddressSpaceNode> &()> parts)
{
    if (view_)
        disconnect(view_, nullptr, this, nullptr);
    view_ = view;
    parts_ = std::move(parts);
    if (!view_) {
        setSteps({});
        return;
    }
    connect(view_, &QObject::destroyed, this, [this] { view_ = nullptr; });
    connect(view_, &HexView::cursorMoved, this, &ProvenanceLine::look);
    connect(view_, &HexView::contentChanged, this, &ProvenanceLine::look);
    look();
}

void ProvenanceLine::look()
{
    static const std::vector<AddressSpaceNode> kNoParts;
    const auto &parts = parts_ ? parts_() : kNoParts;
    auto steps = provenanceOf(view_->cursor(), view_->content(), view_->target(), parts, view_->overlay());
    for (ProvenanceStep &step : page_.stepsAt(view_->cursor()))
        steps.push_back(std::move(step));
    setSteps(std::move(steps));
    if (const MemoryBlock *block = view_->content().blockOf(view_->cursor()))
        setTiming(block->time, block->latency);
    else
        setTiming({}, std::chrono::nanoseconds(-1));
}

void ProvenanceLine::setSteps(std::vector<ProvenanceStep> steps)
{
    if (steps == steps_)
        return;
    steps_ = std::move(steps);
    setAccessibleDescription(text());
    update();
}

void ProvenanceLine::setPage(PageFacts facts)
{
    page_ = std::move(facts);
    if (view_)
        look();
}

void ProvenanceLine::setTiming(std::chrono::system_clock::time_point read, std::chrono::nanoseconds latency)
{
    const bool known = latency_.count() >= 0 && latency.count() >= 0;
    read_ = read;
    latency_ = latency;
    // Samples come up to sixty times a second; nobody reads as fast, and each change of the text is painted.
    if (!known || !aging_.isActive())
        showAge();
}

void ProvenanceLine::showAge()
{
    using namespace std::chrono;
    const auto age = system_clock::now() - read_;
    QString timing;
    if (latency_.count() < 0) {
        aging_.stop();
    } else if (age < kFresh) {
        timing = tr("read %1 ago · %2").arg(durationText(age), durationText(latency_));
        aging_.start(kFresh);
    } else {
        // No newer sample has come.
        const qint64 time = duration_cast<milliseconds>(read_.time_since_epoch()).count();
        timing =
            tr("read at %1 · %2")
                .arg(QDateTime::fromMSecsSinceEpoch(time).toString(QStringLiteral("HH:mm:ss")), durationText(latency_));
    }
    if (timing == timing_)
        return;
    timing_ = timing;
    update();
}

QString ProvenanceLine::text() const
{
    QStringList texts;
    for (const ProvenanceStep &step : steps_)
        texts << step.text;
    return texts.join(QStringLiteral(" › "));
}

QList<QRect> ProvenanceLine::chipRects() const
{
    QList<QRect> rects;
    const QFontMetrics metrics(Theme::instance().smallFont());
    const int chip = metrics.height() + 6;
    int x = kMargin;
    for (const ProvenanceStep &step : steps_) {
        const int width = metrics.horizontalAdvance(step.text) + 2 * kChipPad;
        rects << QRect(x, (height() - chip) / 2, width, chip);
        x += width + kArrow;
    }
    return rects;
}

void ProvenanceLine::paintEvent(QPaintEvent *)
{
    const Theme &theme = Theme::instance();
    const ThemeTokens &t = theme.tokens();
    QPainter painter(this);
    painter.fillRect(rect(), t.header);
    painter.fillRect(QRect(0, 0, width(), 1), t.line);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme.smallFont());
    const QFontMetrics metrics(theme.smallFont());

    const int timingWidth = timing_.isEmpty() ? 0 : metrics.horizontalAdvance(timing_) + kMargin;
    const QList<QRect> rects = chipRects();
    for (qsizetype i = 0; i < rects.size(); ++i) {
        const ProvenanceStep &step = steps_[static_cast<std::size_t>(i)];
        if (rects[i].right() > width() - timingWidth - kMargin)
            break; // the innermost are the most; what does not fit is in the tool tip of the line
        painter.setPen(QPen(t.line, 1));
        painter.setBrush(t.background);
        painter.drawRoundedRect(QRectF(rects[i]).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
        painter.setPen(step.warning ? t.change : step.kind ? theme.color(*step.kind) : t.text);
        painter.drawText(rects[i], Qt::AlignCenter, step.text);
        if (i + 1 < rects.size() && rects[i + 1].right() <= width() - timingWidth - kMargin) {
            painter.setPen(t.dim);
            painter.drawText(QRect(rects[i].right(), 0, kArrow, height()), Qt::AlignCenter, QStringLiteral("›"));
        }
    }
    painter.setPen(t.dim);
    painter.drawText(rect().adjusted(0, 0, -kMargin, 0), Qt::AlignRight | Qt::AlignVCenter, timing_);
}

int ProvenanceLine::stepAt(const QPoint &position) const
{
    const QList<QRect> rects = chipRects();
    for (qsizetype i = 0; i < rects.size(); ++i)
        if (rects[i].contains(position))
            return static_cast<int>(i);
    return -1;
}

void ProvenanceLine::mousePressEvent(QMouseEvent *event)
{
    const int step = stepAt(event->position().toPoint());
    if (step >= 0 && steps_[static_cast<std::size_t>(step)].link)
        Q_EMIT addressChosen(*steps_[static_cast<std::size_t>(step)].link);
}

bool ProvenanceLine::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        const int step = stepAt(help->pos());
        const QString tip = step >= 0 ? steps_[static_cast<std::size_t>(step)].toolTip : QString();
        QToolTip::showText(help->globalPos(), tip.isEmpty() ? text() : tip, this);
        return true;
    }
    if (event->type() == QEvent::MouseMove) {
        const int step = stepAt(static_cast<QMouseEvent *>(event)->position().toPoint());
        const bool link = step >= 0 && steps_[static_cast<std::size_t>(step)].link;
        setCursor(link ? Qt::PointingHandCursor : Qt::ArrowCursor);
    }
    return QWidget::event(event);
}

} // namespace ks::ui
