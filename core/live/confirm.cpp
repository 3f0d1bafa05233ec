#include "core/live/confirm.h"

#include <algorithm>
#include <thread>

namespace ks::live {

namespace {

/// Rounds until what leads elsewhere each time counts as torn: the first time of a result takes two.
constexpr unsigned kRounds = 3;

std::vector<std::unique_ptr<TickMemory>> makeReads(const std::shared_ptr<const MemorySource> &source, unsigned count)
{
    std::vector<std::unique_ptr<TickMemory>> reads;
    for (unsigned i = 0; i < std::max(count, 2U); ++i)
        reads.push_back(std::make_unique<TickMemory>(source));
    return reads;
}

} // namespace

Confirmer::Confirmer(std::shared_ptr<const MemorySource> source, Options options)
    : options_(options),
      source_(std::move(source)),
      reads_(makeReads(source_, options.passes)),
      recorder_(*reads_.front())
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

void Confirmer::fetch(unsigned read, std::span<const Item> items)
{
    std::vector<VirtAddr> pages;
    for (const Item &item : items)
        item.tracked->footprint_.addPages(pages);
    std::ranges::sort(pages);
    pages.erase(std::ranges::unique(pages).begin(), pages.end());
    reads_[read]->clear();
    reads_[read]->fetch(pages);
}

/// Gives the items that need another round.
std::vector<Confirmer::Item> Confirmer::round(std::vector<Item> items, bool isLast, Outcome &outcome)
{
    fetch(0, items);
    unsigned last = 0;
    if (source_->isLive()) {
        // Where nothing is expected, nothing could agree.
        std::vector<Item *> open;
        for (Item &item : items)
            if (item.tracked->isConfirmed() && !item.tracked->footprint_.empty())
                open.push_back(&item);
        while (!open.empty() && last + 1 < reads_.size()) {
            std::this_thread::sleep_for(options_.nap);
            std::vector<Item> wanted;
            for (const Item *item : open)
                wanted.push_back(*item);
            fetch(++last, wanted);
            std::erase_if(open, [&](Item *item) {
                item->last = last;
                if (!item->tracked->footprint_.isSameIn(*reads_[last - 1], *reads_[last]))
                    return item->tracked->footprint_.pageCount() > options_.largePages;
                item->read = last - 1;
                return true;
            });
        }
    }
    outcome.passes += last + 1;

    std::vector<Item> unsettled;
    for (const Item &item : items) {
        Tracked &tracked = *item.tracked;
        const bool isConfirmed = source_->isLive() && tracked.isConfirmed();
        const bool isTorn = isConfirmed && tracked.isKnown_ && !tracked.footprint_.empty() && !item.read;
        const TickMemory &memory = *reads_[item.read.value_or(isTorn ? item.last : 0)];
        const bool isUnchanged = tracked.isKnown_ && tracked.footprint_.agreesWith(memory);
        if (!isUnchanged)
            evaluate(tracked, memory);
        tracked.readTime_ = tracked.footprint_.timeIn(memory).value_or(std::chrono::system_clock::now());
        if (!isConfirmed || tracked.footprint_.empty())
            continue;
        const TickMemory *next = item.read ? reads_[*item.read + 1].get() : nullptr;
        if (isTorn) {
            tracked.isTorn_ = true;
            tracked.torn_ = tracked.footprint_.differences(*reads_[item.last - 1], memory);
        } else if (next && (isUnchanged || tracked.footprint_.agreesWith(*next))) {
            tracked.confirmedAfter_ = next->fetchTime() - tracked.readTime_;
        } else if (isLast) {
            tracked.isTorn_ = true;
            tracked.torn_ = next ? tracked.footprint_.differences(memory, *next) : tracked.footprint_.ranges();
        } else {
            unsettled.push_back({&tracked});
        }
    }
    outcome.pages = std::max(outcome.pages, reads_[0]->pageCount());
    for (unsigned i = 0; i <= last; ++i) {
        outcome.anyPresent |= reads_[i]->anyPresent();
        if (!outcome.failure)
            outcome.failure = reads_[i]->failure();
    }
    return unsettled;
}

TickCost Confirmer::spent() const
{
    TickCost sum;
    for (const auto &read : reads_) {
        const TickCost one = read->spent();
        sum.reads.calls += one.reads.calls;
        sum.reads.bytes += one.reads.bytes;
        sum.latency += one.latency;
    }
    return sum;
}

Confirmer::Outcome Confirmer::run(std::span<Tracked *const> items, const EvalContext &context)
{
    context_ = context;
    context_.memory = &recorder_;
    const TickCost before = spent();
    Outcome outcome;
    std::vector<Item> pending;
    for (Tracked *item : items) {
        item->wasEvaluated_ = item->isTorn_ = false;
        item->torn_.clear();
        item->confirmedAfter_ = {};
        pending.push_back({item});
    }
    for (unsigned i = 1; i <= kRounds && !pending.empty(); ++i)
        pending = round(std::move(pending), i == kRounds, outcome);
    const TickCost after = spent();
    outcome.cost.reads = after.reads - before.reads;
    outcome.cost.latency = after.latency - before.latency;
    return outcome;
}

} // namespace ks::live
