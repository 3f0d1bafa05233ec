#include "ui/workers/live_reader.h"

namespace ks::ui {

LiveReader::LiveReader(Worker &worker, std::shared_ptr<const MemorySource> memory, QObject *parent)
    : QObject(parent),
      worker_(&worker),
      memory_(std::move(memory)),
      channel_(worker.newChannel()),
      once_(worker.newChannel())
{
    timer_.setTimerType(Qt::CoarseTimer);
    connect(&timer_, &QTimer::timeout, this, [this] {
        if (!frozen_ && !reading_)
            request(Want::Visible);
    });
}

void LiveReader::setInterval(std::chrono::milliseconds interval)
{
    if (interval.count() > 0)
        timer_.start(interval);
    else
        timer_.stop();
}

void LiveReader::setFrozen(bool frozen) { frozen_ = frozen; }

void LiveReader::refresh() { requestSoon(Want::Visible); }

void LiveReader::visibleChanged() { requestSoon(frozen_ ? Want::Unread : Want::Visible); }

void LiveReader::requestSoon(Want want)
{
    if (!reading_)
        request(want);
    else if (next_ != Want::Visible)
        next_ = want;
}

void LiveReader::request(Want want)
{
    next_.reset();
    std::vector<AddrRange> ranges = ranges_ ? ranges_(want) : std::vector<AddrRange>{};
    if (ranges.empty() || !worker_)
        return;
    reading_ = true;
    worker_->post(
        channel_,
        [memory = memory_, ranges = std::move(ranges)] {
            return std::make_shared<const std::vector<MemoryBlock>>(memory->readBatch(ranges));
        },
        this,
        [this](const Blocks &blocks) {
            reading_ = false;
            Q_EMIT sampled(blocks);
            if (next_)
                request(*next_);
        });
}

void LiveReader::readOnce(const AddrRange &range, QObject *receiver, std::function<void(MemoryBlock)> deliver)
{
    if (!worker_)
        return;
    worker_->post(
        once_,
        [memory = memory_, range] {
            return memory->read(range.first, static_cast<std::size_t>(range.last - range.first + 1));
        },
        receiver, std::move(deliver));
}

} // namespace ks::ui
