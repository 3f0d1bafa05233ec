#include "ui/windows/live_loop.h"

#include <algorithm>

namespace ks::ui {

namespace {

/// The target is lost when the system refuses every byte that was asked for, or the file that it was has none of them
/// any more; a hole is an answer. Gives the reason; empty when it is not lost.
QString whyNothingAnswers(const std::vector<MemoryBlock> &blocks)
{
    QString reason;
    for (const MemoryBlock &block : blocks)
        for (const StatusRun &run : block.runs()) {
            const PageStatus status = run.state.status;
            if (status != PageStatus::Error && status != PageStatus::Denied && status != PageStatus::Truncated)
                return {};
            if (reason.isEmpty())
                reason = QString::fromStdString(run.state.reason());
        }
    return reason;
}

} // namespace

LiveLoop::LiveLoop(std::shared_ptr<Sampling> sampling, LiveReader::Ranges visible, QObject *parent)
    : QObject(parent), sampling_(std::move(sampling))
{
    if (!sampling_)
        return;
    reader_ = std::make_unique<LiveReader>(sampling_, std::move(visible));
    connect(reader_.get(), &LiveReader::sampled, this, &LiveLoop::take);
    connect(sampling_.get(), &Sampling::sampled, this, [this](const auto &sample) { look(*sample); });
}

void LiveLoop::setRate(double hz)
{
    rate_ = std::clamp(hz, kSlowest, kFastest);
    if (sampling_)
        sampling_->setRate(rate_);
}

void LiveLoop::setProblem(const QString &problem)
{
    if (problem_ == problem || !sampling_ || !sampling_->isLive())
        return;
    problem_ = problem;
    sampling_->setProblem(problem_);
    setLost(problem_);
    if (problem_.isEmpty())
        readNow();
}

void LiveLoop::setFrozen(bool frozen)
{
    if (isFrozen() == frozen || !sampling_ || !sampling_->isLive())
        return;
    sampling_->setFrozen(frozen);
    if (!frozen)
        readNow();
    Q_EMIT stateChanged();
}

void LiveLoop::readNow()
{
    if (!sampling_ || !problem_.isEmpty())
        return;
    sampling_->readNow();
    Q_EMIT ticked();
}

void LiveLoop::visibleChanged()
{
    if (reader_)
        reader_->visibleChanged();
}

void LiveLoop::take(const Blocks &blocks, const std::vector<AddrRange> &torn)
{
    wasTaken_ = true;
    if (!problem_.isEmpty())
        return;
    const QString reason = sampling_->isLive() ? whyNothingAnswers(*blocks) : QString();
    if (reason.isEmpty()) {
        lastRead_ = std::chrono::system_clock::now();
        for (const MemoryBlock &block : *blocks)
            lastRead_ = std::min(*lastRead_, block.time);
        Q_EMIT sampled(blocks, torn);
    }
    setLost(reason);
}

/// Comes after take().
void LiveLoop::look(const live::Sample &sample)
{
    const bool wasLost = std::exchange(wasLost_, sample.lost.has_value());
    const bool wasTaken = std::exchange(wasTaken_, false);
    if (!problem_.isEmpty())
        return;
    if (sample.lost)
        setLost(QString::fromStdString(sample.lost->why));
    else if (wasLost && !wasTaken)
        setLost({}); // nothing is visible that could tell
    if (!isFrozen())
        Q_EMIT ticked();
}

void LiveLoop::setLost(const QString &reason)
{
    if (std::exchange(lostReason_, reason) != reason)
        Q_EMIT stateChanged();
}

} // namespace ks::ui
