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
    timer_.start();
}

void LiveLoop::setFrozen(bool frozen)
{
    if (frozen_ == frozen || !live_)
        return;
    frozen_ = frozen;
    reader_->setFrozen(frozen);
    if (frozen_) {
        timer_.stop();
    } else {
        timer_.start();
        readNow();
    }
    Q_EMIT stateChanged();
}

void LiveLoop::readNow()
{
    if (reader_)
        reader_->refresh();
    Q_EMIT ticked();
}

void LiveLoop::visibleChanged()
{
    if (reader_)
        reader_->visibleChanged();
}

void LiveLoop::readOnce(const AddrRange &range, QObject *receiver, std::function<void(MemoryBlock)> deliver)
{
    if (reader_)
        reader_->readOnce(range, receiver, std::move(deliver));
}

void LiveLoop::take(const Blocks &blocks)
{
    const QString reason = live_ ? whyNothingAnswers(*blocks) : QString();
    const bool lost = !reason.isEmpty();
    const bool turned = lost != lost_ || reason != lostReason_;
    lost_ = lost;
    lostReason_ = reason;
    if (!lost) {
        lastRead_ = std::chrono::system_clock::now();
        latency_ = std::chrono::nanoseconds(0);
        for (const MemoryBlock &block : *blocks) {
            lastRead_ = std::min(*lastRead_, block.time);
            latency_ += block.latency;
        }
        Q_EMIT sampled(blocks);
    }
    if (turned)
        Q_EMIT stateChanged();
}

} // namespace ks::ui
