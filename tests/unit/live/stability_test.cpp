// Memory that changes while it is read.
#include "tests/unit/live/live_fixture.h"

#include <atomic>
#include <cstddef>
#include <cstring>
#include <gmock/gmock.h>
#include <thread>

namespace ks::live {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class Stability : public LiveTest {
protected:
    void setJiffies(std::uint64_t value) { kernel.memory.set(kernel.kData, value); }
    void setPid(std::int32_t value) { kernel.memory.set(kernel.kTask, value); }
};

TEST_F(Stability, AChangeBetweenTwoReadsIsReadAgain)
{
    const auto jiffies = watch("jiffies");
    tick();
    setJiffies(1);
    source.before = [&](unsigned batch) {
        if (batch == 2)
            setJiffies(2);
    };
    const auto sample = tick();
    EXPECT_EQ(sample->passes, 3U);
    EXPECT_EQ(resultOf(sample, jiffies).state, ResultState::Value);
    EXPECT_EQ(textOf(resultOf(sample, jiffies)), "2");
}

TEST_F(Stability, WhatNeverHoldsStillIsTornAfterFourReads)
{
    const auto jiffies = watch("jiffies");
    const auto pid = watch("init_task.pid");
    tick();
    source.before = [&](unsigned batch) { setJiffies(100 + batch); };
    const auto sample = tick();
    EXPECT_EQ(sample->passes, 4U);
    EXPECT_EQ(resultOf(sample, jiffies).state, ResultState::Torn);
    EXPECT_EQ(textOf(resultOf(sample, jiffies)), "104");
    EXPECT_TRUE(resultOf(sample, jiffies).error);
    EXPECT_EQ(resultOf(sample, pid).state, ResultState::Value);
    // What agreed at once is not read again.
    ASSERT_THAT(source.batches, SizeIs(4));
    EXPECT_THAT(source.batches[1], SizeIs(2));
    EXPECT_THAT(source.batches[2], ElementsAre(*AddrRange::sized(kernel.kData, kPageSize)));
    EXPECT_THAT(source.batches[3], ElementsAre(*AddrRange::sized(kernel.kData, kPageSize)));
    EXPECT_EQ(sampler.history(jiffies).samples(), 1U) << "a torn value is no point of a curve";
    source.before = {};
    const auto calm = tick();
    EXPECT_EQ(resultOf(calm, jiffies).state, ResultState::Value);
    EXPECT_EQ(textOf(resultOf(calm, jiffies)), "104");
}

TEST_F(Stability, NeighboursThatChangeDoNotMatter)
{
    const auto number = watch("table[2]");
    tick();
    source.before = [&](unsigned batch) { setJiffies(batch); }; // on the same page
    const auto sample = tick();
    EXPECT_EQ(resultOf(sample, number).state, ResultState::Value);
    EXPECT_EQ(sample->passes, 2U);
}

TEST_F(Stability, TwoObjectsThatBelongTogetherAreNeverMixed)
{
    // A writer that keeps both numbers equal, seen in the middle of its work: one page before, the other behind.
    const auto both = watch("init_task.pid == jiffies");
    setPid(7);
    setJiffies(7);
    EXPECT_EQ(textOf(resultOf(tick(), both)), "1");
    source.before = [&](unsigned batch) {
        // The first read sees half of the step.
        setPid(8);
        if (batch >= 2)
            setJiffies(8);
    };
    const auto sample = tick();
    EXPECT_EQ(resultOf(sample, both).state, ResultState::Value);
    EXPECT_EQ(textOf(resultOf(sample, both)), "1");
    EXPECT_EQ(sample->passes, 3U);
}

TEST_F(Stability, APageThatIsReadLateIsConfirmedAsWell)
{
    // The pointer moves, so its new target is read after all the rest; the target changes before the confirmation.
    const auto parent = watch("init_task.parent->pid");
    const VirtAddr slot = kernel.kTask + offsetof(test::TinyTask, parent);
    kernel.memory.set(slot, kernel.kSecond.value);
    tick();
    kernel.memory.set(slot, kernel.kThird.value);
    source.before = [&](unsigned batch) {
        if (batch == 3) // after the page of the third was read on demand
            kernel.memory.set(kernel.kThird, std::int32_t{4242});
    };
    const auto sample = tick();
    EXPECT_EQ(resultOf(sample, parent).state, ResultState::Value);
    EXPECT_EQ(textOf(resultOf(sample, parent)), "4242");
}

TEST_F(Stability, AThreadThatWritesAllTheTimeIsNeverMixed)
{
    const VirtAddr border = kernel.kData - 8; // a record of two numbers across a page border
    kernel.memory.addZeros(kernel.kData - kPageSize, kPageSize);
    setJiffies(0);
    const auto range = watchRange(border, 16);
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> steps{0};
    std::jthread writer([&] {
        for (std::uint64_t i = 1; !stop; steps = i++) {
            kernel.memory.set(border, i);
            kernel.memory.set(border + 8, i);
        }
    });
    while (steps == 0)
        std::this_thread::yield();
    int mixed = 0;
    for (int i = 0; i < 300; ++i) {
        const auto sample = tick();
        const WatchResult &result = resultOf(sample, range);
        std::uint64_t numbers[2];
        std::memcpy(numbers, result.value->bytes.bytes().data(), sizeof numbers);
        // A writer that the system stops between its two steps leaves the second number one behind: that is how memory
        // is then. Any other difference is one of two moments.
        const bool isOneMoment = numbers[0] == numbers[1] || numbers[0] == numbers[1] + 1;
        mixed += result.state == ResultState::Value && !isOneMoment ? 1 : 0;
    }
    stop = true;
    EXPECT_EQ(mixed, 0);
}

} // namespace
} // namespace ks::live
