// A sampler on a kernel of a few objects, with a source in between that sees every batch and may act between two.
#pragma once

#include "core/live/sampler.h"
#include "tests/support/tiny_kernel.h"

#include <functional>
#include <gtest/gtest.h>

namespace ks::live {

/// Another source, seen and disturbed.
class WatchedSource : public MemorySource {
public:
    explicit WatchedSource(const MemorySource &inner) : inner_(inner) {}

    /// Is called before each batch with its number, from 1.
    std::function<void(unsigned batch)> before;
    /// What every byte is answered with, in place of memory.
    std::optional<PageState> refusal;
    mutable std::vector<std::vector<AddrRange>> batches;

    std::string description() const override { return inner_.description(); }
    Machine machine() const override { return inner_.machine(); }
    bool isLive() const override { return inner_.isLive(); }
    std::vector<LoadSegment> segments() const override { return inner_.segments(); }
    std::vector<Note> notes() const override { return inner_.notes(); }
    /// Every range is a call, as long as none of them touch.
    ReadCost cost() const override { return cost_; }
    std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override
    {
        batches.emplace_back(ranges.begin(), ranges.end());
        if (before)
            before(static_cast<unsigned>(batches.size()));
        auto blocks = inner_.readBatch(ranges);
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            cost_.calls += 1;
            cost_.bytes += blocks[i].size();
            if (refusal)
                blocks[i] =
                    MemoryBlock(ranges[i].first, std::vector<std::byte>(blocks[i].size()), {{ranges[i], *refusal}});
        }
        return blocks;
    }

private:
    const MemorySource &inner_;
    mutable ReadCost cost_;
};

class LiveTest : public testing::Test {
protected:
    static constexpr std::chrono::nanoseconds kSecond = std::chrono::seconds(1);

    EvalContext context() const
    {
        EvalContext made = kernel.context();
        made.memory = &source;
        return made;
    }
    SubscriptionId watch(std::string expression, std::string condition = {})
    {
        return sampler.add({ExpressionWatch{std::move(expression)}, std::nullopt, std::move(condition)});
    }
    SubscriptionId watchRange(VirtAddr first, std::uint64_t size)
    {
        return sampler.add({RangeWatch{*AddrRange::sized(first, size)}});
    }
    /// A tick so much later than the one before.
    std::shared_ptr<const Sample> tickAfter(std::chrono::nanoseconds passed)
    {
        now.steady += std::chrono::duration_cast<std::chrono::steady_clock::duration>(passed);
        now.wall += std::chrono::duration_cast<std::chrono::system_clock::duration>(passed);
        source.batches.clear();
        return sampler.tick(now);
    }
    std::shared_ptr<const Sample> tick() { return tickAfter(kSecond); }
    static const WatchResult &resultOf(const std::shared_ptr<const Sample> &sample, SubscriptionId id)
    {
        static const WatchResult kNone;
        const WatchResult *found = sample->find(id);
        EXPECT_TRUE(found);
        return found ? *found : kNone;
    }
    static std::string textOf(const WatchResult &result) { return result.value ? result.value->text : "no value"; }

    test::TinyKernel kernel;
    WatchedSource source{kernel.memory};
    Moment now{std::chrono::steady_clock::time_point(std::chrono::hours(1)), std::chrono::system_clock::now()};
    Sampler sampler{nullptr, context(), {.nap = std::chrono::nanoseconds(0)}};
};

} // namespace ks::live
