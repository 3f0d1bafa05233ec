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

LiveLoop::LiveLoop(SessionWorker *worker, LiveReader::Ranges visible, QObject *parent)
    : QObject(parent), live_(worker->session()->hasMemory() && worker->session()->memory().isLive())
{
    const std::shared_ptr<const Session> session = worker->session();
    if (session->hasMemory()) {
        reader_ =
            std::make_unique<LiveReader>(*worker, std::shared_ptr<const MemorySource>(session, &session->memory()));
        reader_->setRanges(std::move(visible));
        connect(reader_.get(), &LiveReader::sampled, this, &LiveLoop::take);
    }
    connect(&timer_, &QTimer::timeout, this, &LiveLoop::ticked);
    setRate(rate_);
}

void LiveLoop::setRate(double hz)
{
    rate_ = std::clamp(hz, kSlowest, kFastest);
    const std::chrono::milliseconds interval(static_cast<int>(1000 / rate_));
    timer_.setInterval(interval);
    if (!live_ || frozen_)
        return;
    reader_->setInterval(interval);
    run();
}

/// Reads at the rate, unless nothing is to be read.
void LiveLoop::run()
{
    const bool stands = frozen_ || !problem_.isEmpty();
    reader_->setFrozen(stands);
    stands ? timer_.stop() : timer_.start();
}

void LiveLoop::setProblem(const QString &problem)
{
    if (problem_ == problem || !live_)
        return;
    problem_ = problem;
    run();
    setLost(problem_);
    if (problem_.isEmpty())
        readNow();
}

void LiveLoop::setFrozen(bool frozen)
{
    if (frozen_ == frozen || !live_)
        return;
    frozen_ = frozen;
    run();
    if (!frozen_)
        readNow();
    Q_EMIT stateChanged();
}

void LiveLoop::readNow()
{
    if (!problem_.isEmpty())
        return;
    if (reader_)
        reader_->refresh();
    Q_EMIT ticked();
}

void LiveLoop::visibleChanged()
{
    if (reader_ && problem_.isEmpty())
        reader_->visibleChanged();
}

void LiveLoop::readOnce(const AddrRange &range, QObject *receiver, std::function<void(MemoryBlock)> deliver)
{
    if (reader_)
        reader_->readOnce(range, receiver, std::move(deliver));
}

void LiveLoop::take(const Blocks &blocks)
{
    if (!problem_.isEmpty())
        return; // was on its way
    const QString reason = live_ ? whyNothingAnswers(*blocks) : QString();
    if (reason.isEmpty()) {
        lastRead_ = std::chrono::system_clock::now();
        latency_ = std::chrono::nanoseconds(0);
        for (const MemoryBlock &block : *blocks) {
            lastRead_ = std::min(*lastRead_, block.time);
            latency_ += block.latency;
        }
        Q_EMIT sampled(blocks);
    }
    setLost(reason);
}

void LiveLoop::setLost(const QString &reason)
{
    if (std::exchange(lostReason_, reason) != reason)
        Q_EMIT stateChanged();
}

} // namespace ks::ui
