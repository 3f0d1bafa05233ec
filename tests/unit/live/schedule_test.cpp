// Who has a turn when.
#include "tests/unit/live/live_fixture.h"

#include <gmock/gmock.h>
#include <limits>

namespace ks::live {
namespace {

using namespace std::chrono_literals;

class Schedule : public LiveTest {
protected:
    /// Ticks whenever something is due, for so long; gives how often each of `ids` was sampled.
    std::vector<int> countTurns(std::chrono::nanoseconds length, const std::vector<SubscriptionId> &ids)
    {
        std::vector<int> turns(ids.size());
        const auto end = now.steady + length;
        for (auto due = sampler.nextDue(); due && *due < end; due = sampler.nextDue()) {
            const auto step = std::max(*due - now.steady, std::chrono::steady_clock::duration(0));
            const auto sample = tickAfter(step);
            ++ticks;
            for (std::size_t i = 0; i < ids.size(); ++i)
                turns[i] += resultOf(sample, ids[i]).sampled ? 1 : 0;
        }
        return turns;
    }
    SubscriptionId watchAt(double hz) { return sampler.add({ExpressionWatch{"jiffies"}, periodOfRate(hz).value()}); }

    int ticks = 0;
};

TEST_F(Schedule, RatesFromAFifthToSixtyHertz)
{
    EXPECT_EQ(periodOfRate(10).value(), 100ms);
    EXPECT_EQ(periodOfRate(0.2).value(), 5s);
    for (const double wrong : {0.1, 0.0, -1.0, 60.1, 1e300, std::numeric_limits<double>::quiet_NaN()})
        EXPECT_EQ(periodOfRate(wrong).error().code, ErrorCode::Limit) << wrong;
    const auto slow = watchAt(0.2);
    const auto usual = watchAt(10);
    const auto fast = watchAt(60);
    EXPECT_THAT(countTurns(20s, {slow, usual, fast}), testing::ElementsAre(4, 200, 1200));
}

TEST_F(Schedule, RatesThatDivideEachOtherShareTheirTicks)
{
    const auto ten = watchAt(10);
    countTurns(35ms, {ten}); // the other begins in between
    const auto five = watchAt(5);
    const auto two = watchAt(2);
    tickAfter(7ms);
    ticks = 0;
    countTurns(10s, {ten, five, two});
    EXPECT_LE(ticks, 101);
}

TEST_F(Schedule, TheSamplersOwnPeriodIsThatOfAllOthers)
{
    const auto follows = watch("jiffies");
    const auto own = watchAt(1);
    sampler.setPeriod(50ms);
    EXPECT_THAT(countTurns(2s, {follows, own}), testing::ElementsAre(40, 2));
    sampler.setPeriod(own, 100ms);
    sampler.setPeriod(follows, 500ms);
    const auto turns = countTurns(2s, {follows, own});
    EXPECT_NEAR(turns[0], 4, 1);
    EXPECT_NEAR(turns[1], 20, 1);
    sampler.setPeriod(follows, std::nullopt);
    EXPECT_NEAR(countTurns(1s, {follows})[0], 20, 1);
    sampler.setPeriod(follows, 0ns); // cut to kMinPeriod
    EXPECT_NEAR(countTurns(1s, {follows})[0], 1000, 1);
}

TEST_F(Schedule, MissedTurnsAreLeftOutAndTheGridStays)
{
    const auto id = watchAt(10);
    const auto begin = now.steady;
    tickAfter(0ns);
    tickAfter(1234ms);
    EXPECT_EQ(*sampler.nextDue() - begin, 1300ms);
    EXPECT_FALSE(sampler.tick(now)->tick != 2) << "nothing is due: the last sample once more";
    EXPECT_TRUE(resultOf(tickAfter(66ms), id).sampled);
    EXPECT_EQ(*sampler.nextDue() - begin, 1400ms);
}

TEST_F(Schedule, OnlyWhatIsDueIsRead)
{
    const auto fast = watchAt(10);
    const auto slow = sampler.add({ExpressionWatch{"init_task.pid"}, 1s});
    tickAfter(0ns);
    kernel.memory.set(kernel.kTask, 5);
    kernel.memory.set(kernel.kData, std::uint64_t{5});
    const auto sample = tickAfter(100ms);
    EXPECT_TRUE(resultOf(sample, fast).changed);
    EXPECT_FALSE(resultOf(sample, slow).sampled);
    EXPECT_EQ(textOf(resultOf(sample, slow)), "0");
    for (const auto &batch : source.batches)
        EXPECT_THAT(batch, testing::ElementsAre(*AddrRange::sized(kernel.kData, kPageSize)));
    EXPECT_TRUE(resultOf(tickAfter(900ms), slow).changed);
}

TEST_F(Schedule, WhatIsFrozenKeepsItsResult)
{
    const auto frozen = watch("jiffies");
    const auto other = watch("init_task.pid");
    tick();
    sampler.setFrozen(frozen, true);
    kernel.memory.set(kernel.kData, std::uint64_t{99});
    const auto sample = tick();
    EXPECT_TRUE(resultOf(sample, frozen).frozen);
    EXPECT_FALSE(resultOf(sample, frozen).sampled);
    EXPECT_NE(textOf(resultOf(sample, frozen)), "99");
    EXPECT_TRUE(resultOf(sample, other).sampled);
    sampler.setFrozen(true);
    EXPECT_EQ(sampler.nextDue(), std::nullopt);
    EXPECT_EQ(tick(), sample);
    sampler.setFrozen(false);
    sampler.setFrozen(frozen, false);
    EXPECT_EQ(textOf(resultOf(tick(), frozen)), "99");
}

TEST_F(Schedule, WhatIsFrozenFromTheBeginningIsSampledOnce)
{
    sampler.setFrozen(true);
    const auto first = watch("jiffies");
    EXPECT_NE(sampler.nextDue(), std::nullopt);
    const auto sample = tick();
    EXPECT_TRUE(resultOf(sample, first).sampled);
    EXPECT_TRUE(resultOf(sample, first).frozen);
    EXPECT_EQ(resultOf(sample, first).state, ResultState::Value);
    EXPECT_EQ(sampler.nextDue(), std::nullopt);
}

TEST_F(Schedule, WhatWasFrozenLiesBehindAGap)
{
    const auto one = watch("jiffies");
    const auto other = watch("jiffies");
    tick();
    sampler.setFrozen(one, true);
    tick();
    sampler.setFrozen(one, false);
    tick();
    EXPECT_TRUE(sampler.history(one).points().back().afterGap);
    EXPECT_FALSE(sampler.history(other).points().back().afterGap);
    sampler.setFrozen(true);
    sampler.setFrozen(false);
    tick();
    EXPECT_TRUE(sampler.history(other).points().back().afterGap);
}

TEST_F(Schedule, WhatIsAskedForInAnotherWayKeepsItsHistory)
{
    const auto id = watch("jiffies");
    tick();
    kernel.memory.set(kernel.kData, std::uint64_t{99});
    tick();
    EXPECT_EQ(sampler.history(id).changes(), 1U);
    EXPECT_TRUE(sampler.change(id, {ExpressionWatch{.expression = "jiffies", .style = ValueStyle::Hex}}));
    const auto sample = tick();
    EXPECT_EQ(textOf(resultOf(sample, id)), "0x63");
    EXPECT_FALSE(resultOf(sample, id).changed);
    EXPECT_EQ(sampler.history(id).samples(), 3U);
    EXPECT_EQ(sampler.history(id).changes(), 1U);
    // Nor does a rate that was chosen in the meantime.
    sampler.setPeriod(id, 10 * kSecond);
    EXPECT_TRUE(sampler.change(id, {ExpressionWatch{"jiffies"}, kSecond}));
    EXPECT_TRUE(resultOf(tick(), id).sampled);
    EXPECT_GT(*sampler.nextDue(), now.steady + kSecond);
    sampler.remove(id);
    EXPECT_FALSE(sampler.change(id, {ExpressionWatch{"jiffies"}}));
}

TEST_F(Schedule, NobodyWatches)
{
    EXPECT_EQ(sampler.nextDue(), std::nullopt);
    EXPECT_EQ(sampler.last(), nullptr);
    EXPECT_TRUE(tick()->results.empty());
}

TEST_F(Schedule, AGapIsToldAndBreaksTheRates)
{
    const auto jiffies = watchAt(10);
    const auto step = [&](std::uint64_t value, std::chrono::nanoseconds passed) {
        kernel.memory.set(kernel.kData, value);
        return tickAfter(passed);
    };
    EXPECT_FALSE(step(100, 0s)->gap);
    EXPECT_FALSE(step(125, 100ms)->gap);
    EXPECT_DOUBLE_EQ(*sampler.history(jiffies).rate(), 250);
    EXPECT_FALSE(step(325, 800ms)->gap) << "a little late";
    // Asleep for an hour, in which the steady clock stands still.
    now.wall += 1h;
    const auto woken = step(350, 100ms);
    ASSERT_TRUE(woken->gap);
    EXPECT_EQ(std::chrono::round<std::chrono::seconds>(*woken->gap), 3600s);
    EXPECT_FALSE(sampler.history(jiffies).rate());
    EXPECT_FALSE(step(375, 100ms)->gap);
    EXPECT_DOUBLE_EQ(*sampler.history(jiffies).rate(), 250);
    // The clock was set back: nothing was missed.
    now.wall -= 2h;
    EXPECT_FALSE(step(400, 100ms)->gap);
    EXPECT_DOUBLE_EQ(*sampler.history(jiffies).rate(), 250);
}

} // namespace
} // namespace ks::live
