#include "ui/views/hex_view.h"

#include "core/base/addr_ranges.h"
#include "ui/models/address_space.h"
#include "ui/models/hex_text.h"
#include "ui/views/hex_accessible.h"
#include "ui/views/hex_batches.h"
#include "ui/views/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QScrollBar>
#include <QtConcurrent>

#include <cmath>

namespace ks::ui {

namespace {

std::uint64_t saturatingAdd(std::uint64_t a, std::uint64_t b) { return a + b < a ? ~std::uint64_t{0} : a + b; }

} // namespace

HexView::HexView(QWidget *parent) : QAbstractScrollArea(parent)
{
    installHexAccessibility();
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setObjectName(QStringLiteral("hexView"));
    setAccessibleName(tr("Memory"));
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    viewport()->setMouseTracking(true);
    viewport()->setCursor(Qt::IBeamCursor);
    viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
    viewport()->setAutoFillBackground(false);
    // The bar's own steps are units of the map; rows are ours.
    connect(verticalScrollBar(), &QScrollBar::actionTriggered, this, [this](int action) {
        switch (action) {
        case QAbstractSlider::SliderSingleStepAdd: scrollRows(1, true); break;
        case QAbstractSlider::SliderSingleStepSub: scrollRows(1, false); break;
        case QAbstractSlider::SliderPageStepAdd: scrollRows(fullRows(), true); break;
        case QAbstractSlider::SliderPageStepSub: scrollRows(fullRows(), false); break;
        default: return;
        }
        verticalScrollBar()->setSliderPosition(verticalScrollBar()->value());
    });
    connect(&Theme::instance(), &Theme::changed, this, &HexView::useFont);
    rebuildRows();
    useFont();
}

HexView::~HexView() = default;

QSize HexView::sizeHint() const
{
    return {static_cast<int>(geometry_.width), static_cast<int>(geometry_.rowHeight * 24)};
}

// ---- What is shown -------------------------------------------------------------------------------------------------

void HexView::setTarget(HexTarget target)
{
    target_ = std::move(target);
    missing_.clear();
    content_.clear();
    history_.clear();
    overlay_ = {};
    hoveredMember_ = selectedMember_ = -1;
    rebuildRows();
    topRow_ = 0;
    // Not in the hole below everything, but where something is.
    cursor_ = anchor_ = target_.segments && !target_.segments->all().empty()
                            ? target_.segments->all().front().range().first
                            : VirtAddr(0);
    reveal(cursor_, Reveal::Comfortable);
    relayout();
    Q_EMIT historyChanged();
    Q_EMIT cursorMoved(cursor_);
}

void HexView::updateTarget(HexTarget target)
{
    target_ = std::move(target);
    viewport()->update();
    Q_EMIT cursorMoved(cursor_);
}

void HexView::setKnownMissing(std::vector<StatusRun> missing)
{
    const VirtAddr top = topAddress();
    missing_ = std::move(missing);
    rebuildRows();
    setTopRow(rows_.rowOf(top));
    viewport()->update();
}

void HexView::setOptions(const HexOptions &options)
{
    const HexOptions next = options.sanitized();
    if (next == options_)
        return;
    const VirtAddr top = topAddress();
    options_ = next;
    rebuildRows();
    setTopRow(rows_.rowOf(top));
    relayout();
    Q_EMIT optionsChanged();
}

void HexView::rebuildRows()
{
    std::vector<AddrRange> mapped, bands;
    if (target_.segments) {
        for (const Segment &segment : target_.segments->all())
            mapped.push_back(segment.range());
        for (const MapBand &band : mapBands(*target_.segments))
            bands.push_back(band.range);
    }
    rows_ = HexRows(mapped, missing_, options_.columns);
    scale_ = MapScale(bands);
    topRow_ = std::min(topRow_, lastTopRow());
}

void HexView::useFont()
{
    const QFont font = Theme::instance().dataFont();
    viewport()->setFont(font);
    const QFontMetricsF metrics(font);
    ascent_ = qRound(metrics.ascent());
    lineHeight_ = metrics.height();
    batches_ = std::make_unique<Batches>(font);
    relayout();
}

void HexView::relayout()
{
    const int rowHeight = (qCeil(lineHeight_) + 5) / 2 * 2;
    geometry_ = HexGeometry(options_, batches_->text.charWidth(), rowHeight, viewport()->width());
    topRow_ = std::min(topRow_, lastTopRow());
    sharedDigits_ = sharedDigits();
    updateScrollBars();
    viewport()->update();
    Q_EMIT visibleRangesChanged();
}

std::uint64_t HexView::fullRows() const
{
    const double height = geometry_.rowHeight;
    return height > 0 ? static_cast<std::uint64_t>(std::max(1.0, std::floor(viewport()->height() / height))) : 1;
}

std::uint64_t HexView::shownRows() const
{
    // One more, cut by the lower edge; there is no last row behind which to look.
    return std::min(fullRows() + 1, rows_.count() - topRow_);
}

std::uint64_t HexView::lastTopRow() const { return rows_.count() > fullRows() ? rows_.count() - fullRows() : 0; }

VirtAddr HexView::topAddress() const { return rows_.at(topRow_).range.first; }

void HexView::setTopRow(std::uint64_t row)
{
    row = std::min(row, lastTopRow());
    if (row == topRow_)
        return;
    showFrom(row);
    updateScrollBars();
    Q_EMIT visibleRangesChanged();
}

void HexView::showFrom(std::uint64_t row)
{
    const std::uint64_t before = std::exchange(topRow_, row);
    const std::uint64_t moved = std::max(before, row) - std::min(before, row);
    forgetOutOfSight();
    const int shared = std::exchange(sharedDigits_, sharedDigits());
    const double pixels = geometry_.rowHeight * devicePixelRatioF();
    if (moved >= fullRows() || shared != sharedDigits_ || pixels != std::floor(pixels)) {
        viewport()->update();
        return;
    }
    const int distance = static_cast<int>(moved) * static_cast<int>(geometry_.rowHeight);
    viewport()->scroll(0, row > before ? -distance : distance);
    // The first row of the screen alone says what goes on in it.
    for (const std::uint64_t first : {before, row})
        if (first >= topRow_ && first - topRow_ < shownRows())
            viewport()->update(rowRect(first));
}

void HexView::forgetOutOfSight()
{
    content_.keepOnly(visibleRanges());
    countMarks();
}

void HexView::scrollRows(std::uint64_t count, bool down)
{
    setTopRow(down ? saturatingAdd(topRow_, count) : topRow_ - std::min(topRow_, count));
}

void HexView::updateScrollBars()
{
    movingBar_ = true;
    QScrollBar *vertical = verticalScrollBar();
    const int end = static_cast<int>(scale_.position(rows_.at(lastTopRow()).range.first));
    vertical->setRange(0, end);
    vertical->setPageStep(std::max(1, static_cast<int>(MapScale::kUnits / 40)));
    const int at = static_cast<int>(scale_.position(topAddress()));
    vertical->setValue(topRow_ == 0 ? 0 : topRow_ == lastTopRow() ? end : std::clamp(at, 0, end));
    QScrollBar *horizontal = horizontalScrollBar();
    horizontal->setRange(0, std::max(0, qCeil(geometry_.width) - viewport()->width()));
    horizontal->setPageStep(viewport()->width());
    horizontal->setSingleStep(qCeil(geometry_.charWidth * 4));
    movingBar_ = false;
}

void HexView::scrollContentsBy(int dx, int dy)
{
    if (movingBar_)
        return;
    if (dx != 0)
        viewport()->update();
    if (dy == 0)
        return;
    const QScrollBar *bar = verticalScrollBar();
    const std::uint64_t row = bar->value() >= bar->maximum()
                                  ? lastTopRow()
                                  : rows_.rowOf(scale_.address(static_cast<std::uint32_t>(std::max(0, bar->value()))));
    // The hand keeps the bar where it is; only the rows follow.
    showFrom(std::min(bar->value() == 0 ? 0 : row, lastTopRow()));
    Q_EMIT visibleRangesChanged();
}

void HexView::resizeEvent(QResizeEvent *) { relayout(); }

void HexView::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        useFont();
    QAbstractScrollArea::changeEvent(event);
}

// ---- Where ---------------------------------------------------------------------------------------------------------

AddrRange HexView::selection() const
{
    return anchor_ < cursor_ ? AddrRange{anchor_, cursor_} : AddrRange{cursor_, anchor_};
}

void HexView::reveal(VirtAddr address, Reveal how)
{
    const std::uint64_t row = rows_.rowOf(address);
    const std::uint64_t rows = fullRows();
    if (row >= topRow_ && row - topRow_ < rows)
        return;
    if (how == Reveal::Comfortable) {
        // Some rows of what comes before, most of what comes after.
        setTopRow(row - std::min(row, std::min<std::uint64_t>(2, rows / 4)));
        return;
    }
    setTopRow(row < topRow_ ? row : row - std::min(row, rows - 1));
}

void HexView::moveCursor(VirtAddr address, Extend extend)
{
    const AddrRange before = selection();
    const VirtAddr cursorBefore = cursor_;
    cursor_ = address;
    if (extend == Extend::No)
        anchor_ = address;
    if (cursor_ == cursorBefore && selection() == before)
        return;
    updateRange(before);
    updateRange(selection());
    if (const int member = overlay_.memberAt(cursor_); member != selectedMember_) {
        setSelectedMember(member, false);
        Q_EMIT memberSelected(member);
    }
    announceCursor();
    Q_EMIT cursorMoved(cursor_);
    Q_EMIT selectionChanged();
}

void HexView::goTo(VirtAddr address)
{
    history_.jump(cursor_, address);
    moveCursor(address, Extend::No);
    reveal(address, Reveal::Comfortable);
    Q_EMIT historyChanged();
}

void HexView::select(const AddrRange &range, bool show)
{
    moveCursor(range.last, Extend::No);
    moveCursor(range.first, Extend::Yes);
    if (show)
        reveal(range.first, Reveal::Comfortable);
}

void HexView::goBack()
{
    if (const auto place = history_.back(cursor_)) {
        moveCursor(*place, Extend::No);
        reveal(*place, Reveal::Comfortable);
        Q_EMIT historyChanged();
    }
}

void HexView::goForward()
{
    if (const auto place = history_.forward(cursor_)) {
        moveCursor(*place, Extend::No);
        reveal(*place, Reveal::Comfortable);
        Q_EMIT historyChanged();
    }
}

std::optional<VirtAddr> HexView::pointerUnderCursor() const
{
    const auto word = content_.word(cursor_.alignedDown(8));
    if (!word || !target_.isPointer(*word))
        return std::nullopt;
    return VirtAddr(*word);
}

bool HexView::followPointer()
{
    const auto pointer = pointerUnderCursor();
    if (pointer)
        goTo(*pointer);
    else
        Q_EMIT message(tr("The word under the cursor points into no segment."));
    return pointer.has_value();
}

// ---- Bytes ---------------------------------------------------------------------------------------------------------

std::vector<AddrRange> HexView::visibleRanges() const
{
    std::vector<AddrRange> ranges;
    for (std::uint64_t i = 0; i < shownRows(); ++i) {
        const HexRow row = rows_.at(topRow_ + i);
        if (row.folded)
            continue;
        appendJoined(ranges, row.range);
    }
    return ranges;
}

std::vector<AddrRange> HexView::unreadRanges() const
{
    constexpr std::uint64_t kChunk = 8; // asked for with each scroll
    std::vector<AddrRange> unread;
    for (const AddrRange &range : visibleRanges())
        for (VirtAddr at = range.first;; at += kChunk) {
            const VirtAddr last = range.last - at < kChunk ? range.last : at + (kChunk - 1);
            if (!content_.at(at).read)
                appendJoined(unread, {at, last});
            if (last == range.last)
                break;
        }
    return unread;
}

void HexView::copy(CopyFormat format)
{
    const auto finish = [this, format](std::size_t size, const Result<QString> &text) {
        if (text)
            QApplication::clipboard()->setText(*text);
        Q_EMIT message(text ? tr("Copied %n byte(s) as %1.", nullptr, static_cast<int>(size)).arg(displayName(format))
                            : tr("Not copied: %1").arg(QString::fromStdString(text.error().message())));
    };
    // Much text takes longer than a frame: it is made elsewhere.
    const auto deliver = [this, format, finish](MemoryBlock block) {
        constexpr std::size_t kAtOnce = 16384;
        const std::size_t size = block.size();
        if (size <= kAtOnce)
            return finish(size, copyAs(format, block, target_));
        QtConcurrent::run([format, target = target_, block = std::move(block)] {
            return copyAs(format, block, target);
        }).then(this, [finish, size](const Result<QString> &text) { finish(size, text); });
    };
    const AddrRange range = selection();
    if (range.last - range.first >= kMaxCopy) {
        Q_EMIT message(tr("Not copied: the selection is larger than %1 MiB.").arg(kMaxCopy >> 20));
        return;
    }
    if (auto block = content_.copy(range))
        deliver(std::move(*block));
    else if (rangeReader_)
        rangeReader_(range, deliver);
    else
        Q_EMIT message(tr("Not copied: parts of the selection have not been read."));
}

// ---- The struct laid over ------------------------------------------------------------------------------------------

void HexView::setOverlay(VirtAddr base, std::vector<OverlaySpan> spans)
{
    overlay_ = StructOverlay(base, std::move(spans));
    hoveredMember_ = -1;
    selectedMember_ = overlay_.memberAt(cursor_);
    viewport()->update();
}

void HexView::clearOverlay() { setOverlay(VirtAddr(0), {}); }

void HexView::setHoveredMember(int index)
{
    if (index == hoveredMember_)
        return;
    for (const int member : {std::exchange(hoveredMember_, index), index})
        if (const auto range = overlay_.rangeOf(member))
            updateRange(*range);
}

void HexView::setSelectedMember(int index, bool show)
{
    for (const int member : {std::exchange(selectedMember_, index), index})
        if (const auto range = overlay_.rangeOf(member))
            updateRange(*range);
    if (const auto range = overlay_.rangeOf(index); range && show)
        reveal(range->first, Reveal::Comfortable);
}

// ---- Rows and pixels -----------------------------------------------------------------------------------------------

QRect HexView::rowRect(std::uint64_t row) const
{
    const int height = static_cast<int>(geometry_.rowHeight);
    return {0, static_cast<int>(row - topRow_) * height, viewport()->width(), height};
}

QRect HexView::byteRect(VirtAddr address) const
{
    const std::uint64_t row = rows_.rowOf(address);
    const HexRow shown = rows_.at(row);
    if (row < topRow_ || row - topRow_ >= shownRows() || shown.folded)
        return {};
    const QRect rect = rowRect(row);
    const double x = geometry_.byteX(static_cast<unsigned>(address - shown.range.first));
    return QRectF(x - horizontalScrollBar()->value(), rect.y(), geometry_.byteWidth(), rect.height()).toAlignedRect();
}

void HexView::updateRange(const AddrRange &range)
{
    const std::uint64_t first = rows_.rowOf(range.first);
    const std::uint64_t last = rows_.rowOf(range.last);
    for (std::uint64_t row = std::max(first, topRow_); row <= last && row - topRow_ < shownRows(); ++row)
        viewport()->update(rowRect(row));
}

std::optional<VirtAddr> HexView::addressAt(const QPoint &position) const
{
    const int line = std::max(0, position.y()) / static_cast<int>(geometry_.rowHeight);
    const std::uint64_t row = topRow_ + static_cast<std::uint64_t>(line);
    if (row >= rows_.count())
        return std::nullopt;
    const HexRow shown = rows_.at(row);
    if (shown.folded)
        return shown.range.first;
    return shown.range.first + geometry_.placeAt(position.x() + horizontalScrollBar()->value()).byte;
}

} // namespace ks::ui
