// Subscriptions that are made by their owners, and those that wait for a release.
#include "core/live/watch.h"
#include "tests/unit/live/live_fixture.h"

#include <cstddef>
#include <cstring>
#include <gmock/gmock.h>

namespace ks::live {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

using Words = std::vector<std::uint64_t>;

class Views : public LiveTest {
protected:
    /// Two words, wherever they lie.
    Subscription words(std::vector<VirtAddr> at, bool isConfirmed = true)
    {
        return {ViewWatch{[this, at = std::move(at)](const EvalContext &seen) {
                              ++made;
                              auto found = std::make_shared<Words>();
                              for (const VirtAddr address : at) {
                                  const MemoryBlock block = seen.memory->read(address, 8);
                                  std::memcpy(&found->emplace_back(), block.bytes().data(), 8);
                              }
                              return found;
                          },
                          {},
                          isConfirmed}};
    }
    static Words wordsOf(const WatchResult &result)
    {
        return result.value ? *std::static_pointer_cast<const Words>(result.value->made) : Words();
    }
    void set(VirtAddr at, std::uint64_t value) { kernel.memory.set(at, value); }

    int made = 0;
};

TEST_F(Views, AreMadeAgainOnlyWhenTheirBytesHaveChanged)
{
    set(kernel.kData, 7);
    const auto view = sampler.add(words({kernel.kData}));
    EXPECT_THAT(wordsOf(resultOf(tick(), view)), ElementsAre(7U));
    made = 0;
    const auto same = tick();
    EXPECT_FALSE(resultOf(same, view).changed);
    EXPECT_TRUE(resultOf(same, view).sampled);
    EXPECT_EQ(made, 0);
    set(kernel.kData + 64, 1); // a neighbour
    tick();
    EXPECT_EQ(made, 0);
    set(kernel.kData, 8);
    const auto other = tick();
    EXPECT_TRUE(resultOf(other, view).changed);
    EXPECT_THAT(wordsOf(resultOf(other, view)), ElementsAre(8U));
    EXPECT_EQ(made, 1);
    EXPECT_EQ(sampler.history(view).samples(), 0U) << "it has no number that could be plotted";
}

TEST_F(Views, SharePagesWithAllOthers)
{
    sampler.add(words({kernel.kData}, false));
    sampler.add(words({kernel.kData + 64}));
    watch("jiffies");
    tick();
    tick();
    ASSERT_THAT(source.batches, SizeIs(2));
    EXPECT_THAT(source.batches[0], ElementsAre(*AddrRange::sized(kernel.kData, kPageSize)));
    EXPECT_THAT(source.batches[1], ElementsAre(*AddrRange::sized(kernel.kData, kPageSize)));
}

TEST_F(Views, ThatNeedNotBeOfOneMomentAreReadOnceAndNeverTorn)
{
    const auto view = sampler.add(words({kernel.kData}, false));
    source.before = [&](unsigned batch) { set(kernel.kData, 100 + batch); };
    for (int i = 0; i < 3; ++i) {
        const auto sample = tick();
        EXPECT_THAT(source.batches, SizeIs(1));
        EXPECT_EQ(resultOf(sample, view).state, ResultState::Value);
        EXPECT_THAT(wordsOf(resultOf(sample, view)), ElementsAre(101U));
    }
}

TEST_F(Views, ThatSayWhatTheyReadAreSureOfItWithTwoReads)
{
    Subscription subscription = words({kernel.kTask, kernel.kData});
    std::get<ViewWatch>(subscription.what).reads = {*AddrRange::sized(kernel.kTask, 8),
                                                    *AddrRange::sized(kernel.kData, 8)};
    set(kernel.kData, 7);
    const auto view = sampler.add(subscription);
    const auto sample = tick();
    EXPECT_EQ(sample->passes, 2U);
    EXPECT_THAT(source.batches, SizeIs(2));
    EXPECT_EQ(made, 1);
    EXPECT_EQ(resultOf(sample, view).state, ResultState::Value);
    EXPECT_EQ(wordsOf(resultOf(sample, view)).back(), 7U);
    // What is wrong about it does not matter but for the time.
    std::get<ViewWatch>(subscription.what).reads = {*AddrRange::sized(kernel.kData + 64, 8)};
    const auto other = sampler.add(subscription);
    source.before = [&](unsigned batch) { set(kernel.kData + 64, batch); };
    const auto later = tick();
    EXPECT_EQ(resultOf(later, other).state, ResultState::Value);
    EXPECT_EQ(wordsOf(resultOf(later, other)).back(), 7U);
}

TEST_F(Views, TellWhichOfTheirBytesAreTorn)
{
    const auto view = sampler.add(words({kernel.kTask, kernel.kData}));
    const auto number = watch("jiffies");
    set(kernel.kData, 0x1100);
    tick();
    source.before = [&](unsigned batch) { set(kernel.kData, 0x1100 + batch); };
    const auto sample = tick();
    EXPECT_EQ(resultOf(sample, view).state, ResultState::Torn);
    EXPECT_THAT(resultOf(sample, view).torn, ElementsAre(AddrRange{kernel.kData, kernel.kData}));
    EXPECT_THAT(resultOf(sample, number).torn, ElementsAre(AddrRange{kernel.kData, kernel.kData}));
    EXPECT_EQ(wordsOf(resultOf(sample, view)).back(), 0x1104U) << "what was read last";
    source.before = {};
    const auto calm = tick();
    EXPECT_EQ(resultOf(calm, view).state, ResultState::Value);
    EXPECT_THAT(resultOf(calm, view).torn, SizeIs(0));
}

TEST_F(Views, ThatMoveAllTheTimeAreTornWhereTheyLed)
{
    // Each making finds another pointer, so that what it leads to was never read twice.
    const VirtAddr slot = kernel.kTask + offsetof(test::TinyTask, parent);
    const VirtAddr far = kernel.kData + 16 * kPageSize;
    kernel.memory.addZeros(far, 16 * kPageSize);
    int turn = 0;
    const auto view = sampler.add({ViewWatch{[&](const EvalContext &seen) {
        (void)seen.memory->read(slot, 8);
        (void)seen.memory->read(far + static_cast<std::uint64_t>(++turn) * kPageSize, 8);
        return std::make_shared<int>(turn);
    }}});
    source.before = [&](unsigned) { kernel.memory.set(slot, kernel.kSecond.value + static_cast<std::uint64_t>(turn)); };
    const auto sample = tick();
    EXPECT_EQ(resultOf(sample, view).state, ResultState::Torn);
    const VirtAddr last = far + static_cast<std::uint64_t>(turn) * kPageSize;
    EXPECT_THAT(resultOf(sample, view).torn, ElementsAre(AddrRange{last, last + 7}));
}

TEST_F(Views, ThatLookWhereNothingIsDoNotLoseTheTarget)
{
    const auto pid = watch("init_task.pid");
    const auto good = tick();
    source.refusal = PageState{PageStatus::Truncated};
    const auto view = sampler.add(words({kernel.kData}));
    const auto sample = tickAfter(std::chrono::nanoseconds(1)); // before the watch has its turn again
    EXPECT_FALSE(sample->lost);
    EXPECT_EQ(resultOf(sample, view).state, ResultState::Value);
    EXPECT_EQ(resultOf(sample, pid).state, ResultState::Value);
    EXPECT_EQ(resultOf(sample, pid).value, resultOf(good, pid).value);
    EXPECT_TRUE(tick()->lost) << "the watch finds nothing either";
}

TEST_F(Views, OfManyPagesAreReadTwiceAtMost)
{
    constexpr std::size_t kPages = 65;
    const VirtAddr many = kernel.kData + 16 * kPageSize;
    kernel.memory.addZeros(many, kPages * kPageSize);
    std::vector<VirtAddr> at;
    for (std::size_t i = 0; i < kPages; ++i)
        at.push_back(many + i * kPageSize);
    const auto view = sampler.add(words(at));
    const auto number = watch("jiffies");
    tick();
    source.before = [&](unsigned batch) {
        set(many, batch);
        set(kernel.kData, batch);
    };
    const auto sample = tick();
    EXPECT_EQ(resultOf(sample, view).state, ResultState::Torn);
    EXPECT_THAT(resultOf(sample, view).torn, ElementsAre(AddrRange{many, many}));
    EXPECT_EQ(wordsOf(resultOf(sample, view)).front(), 2U);
    EXPECT_EQ(resultOf(sample, number).state, ResultState::Torn);
    ASSERT_THAT(source.batches, SizeIs(4));
    EXPECT_THAT(source.batches[2], ElementsAre(*AddrRange::sized(kernel.kData, kPageSize)));
}

TEST_F(Views, KeepWhatTheyShowedWhenTheTargetIsLost)
{
    set(kernel.kData, 7);
    const auto view = sampler.add(words({kernel.kData}));
    watch("init_task.pid");
    tick();
    source.refusal = PageState{PageStatus::Error, 5};
    const auto lost = tick();
    EXPECT_EQ(resultOf(lost, view).state, ResultState::Lost);
    EXPECT_FALSE(resultOf(lost, view).sampled);
    EXPECT_THAT(wordsOf(resultOf(lost, view)), ElementsAre(7U));
}

TEST_F(Views, WhatIsHeldWaitsForItsRelease)
{
    const auto held = sampler.add({ExpressionWatch{"jiffies"}}, true);
    EXPECT_FALSE(sampler.nextDue());
    const auto other = watch("init_task.pid");
    const auto before = tick();
    EXPECT_FALSE(before->find(held));
    EXPECT_EQ(resultOf(before, other).state, ResultState::Value);
    sampler.setFrozen(true); // its first turn is still to come
    sampler.release(held);
    ASSERT_TRUE(sampler.nextDue());
    EXPECT_EQ(resultOf(tick(), held).state, ResultState::Value);
    EXPECT_FALSE(sampler.nextDue());
    sampler.release({12345}); // nobody's
}

TEST_F(Views, PreparingReadsWhatAWatchNeedsAndKeepsNothing)
{
    prepare(words({kernel.kData}), context());
    EXPECT_EQ(made, 1);
    EXPECT_FALSE(sampler.nextDue());
    watch("jiffies");
    sampler.add({ExpressionWatch{"init_task.pid"}}, true);
    source.batches.clear();
    sampler.prepare(context());
    EXPECT_THAT(source.batches, SizeIs(2)) << "also of what is held";
    EXPECT_FALSE(sampler.last());
}

} // namespace
} // namespace ks::live
