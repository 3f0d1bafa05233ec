#include "ui/workers/live_reader.h"

namespace ks::ui {

LiveReader::LiveReader(std::shared_ptr<Sampling> sampling, Ranges ranges, QObject *parent)
    : QObject(parent), view_(std::move(sampling)), ranges_(std::move(ranges))
{
    connect(&view_.sampling(), &Sampling::collecting, this, [this] { ask(ranges_(Want::Visible), Again::No); });
    connect(&view_.sampling(), &Sampling::sampled, this, [this](const auto &sample) { take(*sample); });
}

void LiveReader::visibleChanged()
{
    std::vector<AddrRange> unread = ranges_(Want::Unread);
    // Another view may show the same ranges, and have nothing of them.
    const Again again = unread.empty() ? Again::No : Again::Yes;
    if (!view_.sampling().isFrozen())
        ask(ranges_(Want::Visible), again);
    else if (!unread.empty())
        ask(std::move(unread), again);
}

void LiveReader::ask(std::vector<AddrRange> ranges, Again again)
{
    if (ranges == asked_ && again == Again::No)
        return;
    asked_ = std::move(ranges);
    if (asked_.empty())
        return view_.clear();
    view_.ask({[ranges = asked_](const EvalContext &context) {
                   return std::make_shared<const std::vector<MemoryBlock>>(context.memory->readBatch(ranges));
               },
               asked_});
}

void LiveReader::take(const live::Sample &sample)
{
    const live::WatchResult *result = view_.in(sample);
    if (!result)
        return;
    // Bytes that are the same as before are not made again, but they were read again.
    auto blocks = *std::static_pointer_cast<const std::vector<MemoryBlock>>(result->value->made);
    for (MemoryBlock &block : blocks) {
        block.time = result->time;
        block.latency = sample.cost.latency;
    }
    Q_EMIT sampled(std::make_shared<const std::vector<MemoryBlock>>(std::move(blocks)), result->torn);
}

} // namespace ks::ui
