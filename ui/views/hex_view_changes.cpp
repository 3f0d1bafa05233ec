// Samples that come into the hex view, and what of them is marked as changed.
#include "ui/views/hex_batches.h"
#include "ui/views/hex_view.h"

#include <QTimerEvent>

namespace ks::ui {

void HexView::setBlocks(const Blocks &blocks, const std::vector<AddrRange> &torn)
{
    const bool wasStale = content_.isStale();
    const HexContent::News news = content_.store(blocks, HexContent::Clock::now());
    content_.keepOnly(visibleRanges());
    content_.setTorn(torn);
    if (wasStale)
        viewport()->update();
    for (const AddrRange &range : news.dirty) {
        // A word is a pointer or is not as a whole: its row is painted with its neighbours'.
        updateRange({range.first.alignedDown(8), VirtAddr(range.last.value | 7)});
    }
    if (content_.changes().isFading() && !fadeTimer_.isActive())
        fadeTimer_.start(static_cast<int>(kChangeStep.count()), this);
    countMarks();
    if (!news.changed.empty())
        Q_EMIT bytesChanged(news.changed);
    Q_EMIT contentChanged();
}

void HexView::setStale()
{
    if (content_.isStale())
        return;
    content_.setStale(true);
    viewport()->update();
}

void HexView::timerEvent(QTimerEvent *event)
{
    if (event->timerId() == dragTimer_.timerId())
        return dragTo(dragPosition_);
    if (event->timerId() != fadeTimer_.timerId())
        return QAbstractScrollArea::timerEvent(event);
    for (const AddrRange &range : content_.changes().fade(HexContent::Clock::now()))
        updateRange(range);
    if (!content_.changes().isFading())
        fadeTimer_.stop();
    countMarks();
}

void HexView::setChangeBase(ChangeBase base)
{
    if (base == changeBase())
        return;
    content_.changes().setBase(base);
    viewport()->update();
    marked_ = changedBytes();
    Q_EMIT marksChanged();
}

void HexView::markSeen()
{
    content_.changes().markSeen();
    if (changeBase() == ChangeBase::Look)
        viewport()->update();
    countMarks();
}

void HexView::keepSnapshot()
{
    content_.changes().keepSnapshot();
    if (changeBase() == ChangeBase::Snapshot)
        viewport()->update();
    countMarks();
}

void HexView::countMarks()
{
    if (const std::size_t now = changedBytes(); now != std::exchange(marked_, now))
        Q_EMIT marksChanged();
}

bool HexView::goToChange(bool forward)
{
    const ChangeTracker &changes = content_.changes();
    const auto run = forward ? changes.next(cursor_) : changes.previous(cursor_);
    if (run) {
        moveCursor(run->first, Extend::No);
        reveal(run->first, Reveal::Comfortable);
    } else if (changes.base() == ChangeBase::Snapshot && !changes.hasSnapshot()) {
        Q_EMIT message(tr("No bytes have been kept to compare with."));
    } else if (changes.isMarked(cursor_)) {
        Q_EMIT message(tr("Nothing else differs from the %1.").arg(displayName(changes.base())));
    } else {
        Q_EMIT message(tr("Nothing differs from the %1.").arg(displayName(changes.base())));
    }
    return run.has_value();
}

} // namespace ks::ui
