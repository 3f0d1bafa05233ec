#include "core/live/confirm.h"

#include <algorithm>
#include <thread>

namespace ks::live {

Confirmer::Confirmer(std::shared_ptr<const MemorySource> source, Options options)
    : options_(options),
      source_(std::move(source)),
      current_(std::make_unique<TickMemory>(source_)),
      next_(std::make_unique<TickMemory>(source_)),
      recorder_(*current_)
{
}

void Confirmer::evaluate(Tracked &item, const TickMemory &memory)
{
    recorder_.restart(memory);
    item.evaluate(context_);
    item.footprint_ = recorder_.footprint();
    if (recorder_.exceeded())
        item.tooLarge();
    item.isKnown_ = item.wasEvaluated_ = true;
}

void Confirmer::fetch(TickMemory &memory, std::span<Tracked *const> items)
{
    std::vector<VirtAddr> pages;
    for (const Tracked *item : items)
        item->footprint_.addPages(pages);
    std::ranges::sort(pages);
    pages.erase(std::ranges::unique(pages).begin(), pages.end());
    memory.clear();
    memory.fetch(pages);
}

Confirmer::Outcome Confirmer::run(std::span<Tracked *const> items, const EvalContext &context)
{
    context_ = context;
    context_.memory = &recorder_;
    const auto spent = [&] {
        TickCost sum = current_->spent();
        const TickCost more = next_->spent();
        sum.reads.calls += more.reads.calls;
        sum.reads.bytes += more.reads.bytes;
        sum.latency += more.latency;
        return sum;
    };
    const TickCost before = spent();
    const auto readAt = [](Tracked &item, const TickMemory &memory) {
        item.readTime_ = item.footprint_.timeIn(memory).value_or(std::chrono::system_clock::now());
    };

    Outcome outcome;
    fetch(*current_, items);
    for (Tracked *item : items) {
        item->wasEvaluated_ = item->isTorn_ = false;
        item->confirmedAfter_ = {};
        if (!item->isKnown_ || !item->footprint_.agreesWith(*current_))
            evaluate(*item, *current_);
        readAt(*item, *current_);
    }
    outcome.passes = 1;
    outcome.pages = current_->pageCount();
    outcome.anyPresent = current_->anyPresent();
    outcome.failure = current_->failure();

    std::vector<Tracked *> pending;
    if (source_->isLive())
        std::ranges::copy_if(items, std::back_inserter(pending),
                             [](Tracked *item) { return !item->footprint_.empty(); });
    const unsigned passes = std::max(options_.passes, 2U);
    while (!pending.empty()) {
        std::this_thread::sleep_for(options_.nap);
        fetch(*next_, pending);
        ++outcome.passes;
        const auto now = std::chrono::system_clock::now();
        std::erase_if(pending, [&](Tracked *item) {
            if (!item->footprint_.agreesWith(*next_))
                return false;
            item->confirmedAfter_ = now - item->readTime_;
            return true;
        });
        if (outcome.passes >= passes) {
            for (Tracked *item : pending)
                item->isTorn_ = true;
            break;
        }
        // What has changed is made again out of this read alone, for the next one to agree with.
        for (Tracked *item : pending) {
            evaluate(*item, *next_);
            readAt(*item, *next_);
        }
        std::swap(current_, next_);
    }
    const TickCost after = spent();
    outcome.cost.reads = after.reads - before.reads;
    outcome.cost.latency = after.latency - before.latency;
    return outcome;
}

} // namespace ks::live
