// What a sample holds, and what it costs.
#include "tests/unit/live/live_fixture.h"

#include <cstddef>
#include <gmock/gmock.h>

namespace ks::live {
namespace {

using test::TinyKernel;
using test::TinyTask;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class SamplerTest : public LiveTest {};

TEST_F(SamplerTest, ValuesWithTheirTextsNumbersAndAddresses)
{
    const auto jiffies = watch("jiffies");
    const auto comm = watch("init_task.comm");
    const auto nice = watch("init_task.nice");
    const auto sum = watch("1 + 2");
    kernel.memory.set(kernel.kData, std::uint64_t{4711});
    const auto sample = tick();
    EXPECT_EQ(sample->tick, 1U);
    EXPECT_EQ(sample->passes, 3U) << "what has to be read is not known before the first";
    ASSERT_THAT(sample->results, SizeIs(4));
    EXPECT_EQ(textOf(resultOf(sample, jiffies)), "4711");
    EXPECT_EQ(resultOf(sample, jiffies).value->scalar, 4711U);
    EXPECT_EQ(resultOf(sample, jiffies).value->address, kernel.kData);
    EXPECT_EQ(resultOf(sample, jiffies).state, ResultState::Value);
    EXPECT_EQ(textOf(resultOf(sample, comm)), "\"swapper/0\"");
    EXPECT_FALSE(resultOf(sample, comm).value->scalar);
    EXPECT_EQ(static_cast<std::int64_t>(*resultOf(sample, nice).value->scalar), -17);
    EXPECT_TRUE(resultOf(sample, nice).value->isSigned);
    EXPECT_EQ(textOf(resultOf(sample, sum)), "3");
    for (const WatchResult &result : sample->results) {
        EXPECT_TRUE(result.sampled);
        EXPECT_FALSE(result.changed) << "there is nothing before the first sample";
        EXPECT_FALSE(result.error);
    }
}

TEST_F(SamplerTest, ChangesAreThoseOfTheValueAndUnchangedValuesAreShared)
{
    const auto pid = watch("init_task.pid");
    const auto prio = watch("init_task.prio");
    const auto first = tick();
    kernel.memory.set(kernel.kTask, 17);
    const auto second = tick();
    EXPECT_TRUE(resultOf(second, pid).changed);
    EXPECT_EQ(textOf(resultOf(second, pid)), "17");
    EXPECT_FALSE(resultOf(second, prio).changed);
    EXPECT_EQ(resultOf(second, prio).value, resultOf(first, prio).value);
    EXPECT_EQ(textOf(resultOf(first, pid)), "0") << "samples do not change";
    // The bitfield's neighbours lie in the same bytes.
    TinyTask task = kernel.task;
    task.policy = 1;
    kernel.memory.set(kernel.kTask, task);
    const auto third = tick();
    EXPECT_FALSE(resultOf(third, prio).changed);
    EXPECT_EQ(resultOf(third, prio).value, resultOf(first, prio).value);
}

TEST_F(SamplerTest, EachPageIsReadOncePerPassAndNeighboursTogether)
{
    for (int i = 0; i < 300; ++i)
        watch(i % 3 == 0 ? "init_task.pid" : i % 3 == 1 ? "s32v" : "table[3]");
    watchRange(kernel.kData.alignedDown(kPageSize), 64);
    tick();
    const auto sample = tick();
    EXPECT_EQ(sample->pages, 3U);
    ASSERT_THAT(source.batches, SizeIs(2)) << "one batch and its confirmation";
    for (const auto &batch : source.batches)
        EXPECT_THAT(batch, ElementsAre(*AddrRange::sized(kernel.kTask, kPageSize),
                                       *AddrRange::sized(kernel.kNumbers, kPageSize),
                                       *AddrRange::sized(kernel.kData, kPageSize)));
    EXPECT_EQ(sample->cost.reads, (ReadCost{6, 6 * kPageSize}));
    EXPECT_GT(sample->cost.cpu.count(), 0);
    EXPECT_GT(sample->cost.latency.count(), 0);
}

TEST_F(SamplerTest, WhatDoesNotChangeIsReadOnce)
{
    kernel.memory.setLive(false);
    const auto pid = watch("init_task.pid");
    const auto sample = tick();
    EXPECT_EQ(sample->passes, 1U);
    EXPECT_EQ(resultOf(sample, pid).state, ResultState::Value);
    tick();
    EXPECT_THAT(source.batches, SizeIs(1));
}

TEST_F(SamplerTest, APointerIsFollowedAnewEachTime)
{
    const auto parent = watch("init_task.parent->pid");
    const VirtAddr slot = kernel.kTask + offsetof(TinyTask, parent);
    kernel.memory.set(slot, kernel.kSecond.value);
    const std::string second = textOf(resultOf(tick(), parent));
    kernel.memory.set(slot, kernel.kThird.value);
    const auto moved = tick();
    EXPECT_EQ(resultOf(moved, parent).value->address, kernel.kThird);
    EXPECT_NE(textOf(resultOf(moved, parent)), second);
    EXPECT_TRUE(resultOf(moved, parent).changed);
    kernel.memory.set(slot, std::uint64_t{0});
    const auto null = tick();
    EXPECT_EQ(resultOf(null, parent).state, ResultState::Unreadable);
    EXPECT_THAT(resultOf(null, parent).error->message(), HasSubstr("0x0"));
    kernel.memory.set(slot, kernel.kSecond.value);
    EXPECT_EQ(textOf(resultOf(tick(), parent)), second);
}

TEST_F(SamplerTest, ARangeTellsWhichBytesChanged)
{
    const auto range = watchRange(kernel.kNumbers, 64);
    tick();
    kernel.memory.set(kernel.kNumbers + 3, std::uint8_t{0xee});
    kernel.memory.set(kernel.kNumbers + 20, std::uint32_t{0xa1b2c3d4});
    const auto sample = tick();
    EXPECT_TRUE(resultOf(sample, range).changed);
    EXPECT_THAT(resultOf(sample, range).changedBytes,
                ElementsAre(*AddrRange::sized(kernel.kNumbers + 3, 1), *AddrRange::sized(kernel.kNumbers + 20, 4)));
    EXPECT_EQ(resultOf(sample, range).value->bytes.bytes()[3], std::byte{0xee});
    kernel.memory.mark(kernel.kNumbers + 62, 2, {PageStatus::Unmapped});
    const auto partly = tick();
    EXPECT_EQ(resultOf(partly, range).state, ResultState::Value);
    EXPECT_THAT(resultOf(partly, range).changedBytes, ElementsAre(*AddrRange::sized(kernel.kNumbers + 62, 2)));
    EXPECT_THAT(resultOf(tick(), range).changedBytes, IsEmpty());
    const auto nowhere = watchRange(VirtAddr(0x1000), 16);
    const auto tooLong = watchRange(VirtAddr(0), RangeWatch::kMaxRange + 1);
    const auto last = tick();
    EXPECT_EQ(resultOf(last, nowhere).state, ResultState::Unreadable);
    EXPECT_EQ(resultOf(last, tooLong).error->code, ErrorCode::Limit);
}

TEST_F(SamplerTest, AListTellsWhoCameAndWent)
{
    const auto tasks = sampler.add({ListWatch{"init_task.tasks", "struct task_struct", "tasks"}, {}, "> 1"});
    const auto first = tick();
    EXPECT_EQ(textOf(resultOf(first, tasks)), "2 members");
    EXPECT_EQ(resultOf(first, tasks).holds, true);
    EXPECT_THAT(resultOf(first, tasks).added, IsEmpty());
    const auto nodeOf = [](VirtAddr task) { return task + offsetof(TinyTask, tasks); };
    kernel.memory.set(nodeOf(kernel.kSecond), nodeOf(kernel.kTask).value); // the third is unlinked
    const auto second = tick();
    EXPECT_EQ(textOf(resultOf(second, tasks)), "1 member");
    EXPECT_THAT(resultOf(second, tasks).removed, ElementsAre(kernel.kThird));
    EXPECT_TRUE(resultOf(second, tasks).changed);
    EXPECT_EQ(resultOf(second, tasks).holds, false);
    kernel.memory.set(nodeOf(kernel.kSecond), nodeOf(kernel.kThird).value);
    const auto third = tick();
    EXPECT_THAT(resultOf(third, tasks).added, ElementsAre(kernel.kThird));
    EXPECT_EQ(resultOf(third, tasks).value->scalar, 2U);
    EXPECT_THAT(resultOf(tick(), tasks).added, IsEmpty());
}

TEST_F(SamplerTest, ListsOfOtherKindsAndListsThatAreNone)
{
    const auto bucket = sampler.add({ListWatch{"bucket", "struct hashed", "link"}});
    const auto pointer = sampler.add({ListWatch{"&init_task.tasks", "task_t", "tasks", 1}});
    const auto number = sampler.add({ListWatch{"jiffies", "struct task_struct", "tasks"}});
    const auto type = sampler.add({ListWatch{"init_task.tasks", "struct nothing", "tasks"}});
    const auto member = sampler.add({ListWatch{"init_task.tasks", "struct task_struct", "comm"}});
    kernel.memory.set(kernel.kData + 0x560, std::uint64_t{0});
    const auto sample = tick();
    EXPECT_EQ(textOf(resultOf(sample, bucket)), "0 members");
    EXPECT_THAT(textOf(resultOf(sample, pointer)), HasSubstr("1 member ("));
    EXPECT_EQ(resultOf(sample, pointer).value->list.end, WalkEnd::Limit);
    EXPECT_THAT(resultOf(sample, number).error->message(), HasSubstr("no head of a list"));
    EXPECT_EQ(resultOf(sample, type).state, ResultState::Error);
    EXPECT_THAT(resultOf(sample, member).error->message(), HasSubstr("no list node"));
}

TEST_F(SamplerTest, ErrorsAreResultsAndStopNobodyElse)
{
    const auto unknown = watch("nothing_here");
    const auto broken = watch("1 +");
    const auto good = watch("init_task.pid");
    const auto nowhere = watch("*(int *)16");
    const auto sample = tick();
    EXPECT_EQ(resultOf(sample, unknown).error->code, ErrorCode::NotFound);
    EXPECT_EQ(resultOf(sample, broken).error->code, ErrorCode::Syntax);
    EXPECT_EQ(resultOf(sample, nowhere).state, ResultState::Unreadable);
    EXPECT_EQ(resultOf(sample, good).state, ResultState::Value);
    EXPECT_TRUE(sampler.history(unknown).points().empty());
}

TEST_F(SamplerTest, AnExpressionThatReadsTooMuchIsRefused)
{
    const auto huge = sampler.add({ExpressionWatch{"huge[0..1048575]", {.depth = 1, .elements = 10}}});
    const auto list = watch("init_task.pid");
    kernel.memory.setLive(false);
    const auto sample = tick();
    EXPECT_NE(resultOf(sample, huge).state, ResultState::Pending);
    EXPECT_EQ(resultOf(sample, list).state, ResultState::Value);
}

TEST_F(SamplerTest, Conditions)
{
    const auto above = watch("jiffies", "> 5");
    const auto range = watch("jiffies", "$value >= 5 && $value < init_task.prio");
    const auto bits = watch("init_task.flags", "& 4");
    const auto unequal = watch("init_task.pid", " != 0");
    const auto other = watch("1", "jiffies == 7");
    const auto none = watch("jiffies");
    const auto wrong = watch("jiffies", "> nothing_here");
    const auto notANumber = watch("init_task", "> 5");
    kernel.memory.set(kernel.kData, std::uint64_t{5});
    const auto first = tick();
    EXPECT_EQ(resultOf(first, above).holds, false);
    EXPECT_EQ(resultOf(first, range).holds, true);
    EXPECT_EQ(resultOf(first, bits).holds, true);
    EXPECT_EQ(resultOf(first, unequal).holds, false);
    EXPECT_EQ(resultOf(first, other).holds, false);
    EXPECT_EQ(resultOf(first, none).holds, std::nullopt);
    EXPECT_EQ(resultOf(first, wrong).holds, std::nullopt);
    EXPECT_EQ(resultOf(first, wrong).conditionError->code, ErrorCode::NotFound);
    EXPECT_EQ(resultOf(first, wrong).state, ResultState::Value);
    EXPECT_EQ(resultOf(first, notANumber).conditionError->code, ErrorCode::Type);
    kernel.memory.set(kernel.kData, std::uint64_t{7});
    const auto second = tick();
    EXPECT_EQ(resultOf(second, above).holds, true);
    EXPECT_EQ(resultOf(second, other).holds, true) << "what a condition reads counts as well";
    EXPECT_FALSE(resultOf(second, other).changed);
}

TEST_F(SamplerTest, AnotherSessionOfTheSameKernelTakesOver)
{
    const auto pid = watch("init_task.pid");
    const auto before = tick();
    sampler.setPeriod(kMaxPeriod);
    tick(); // and for a day there is nothing to do
    const auto owner = std::make_shared<int>(1);
    EvalContext next = kernel.context(); // without the source in between
    sampler.setContext(owner, next);
    EXPECT_EQ(owner.use_count(), 2);
    const auto after = tick();
    EXPECT_TRUE(after->renewed);
    EXPECT_TRUE(resultOf(after, pid).sampled) << "nothing that was read before counts";
    sampler.setPeriod(kSecond);
    EXPECT_FALSE(tick()->renewed);
    EXPECT_THAT(source.batches, IsEmpty());
    EXPECT_EQ(resultOf(after, pid).state, ResultState::Value);
    EXPECT_FALSE(resultOf(after, pid).changed);
    sampler.setContext(nullptr, context());
    tick();
    EXPECT_EQ(owner.use_count(), 1) << "a session that has been replaced is let go";
}

TEST_F(SamplerTest, RemovedSubscriptionsLeaveNothing)
{
    const auto pid = watch("init_task.pid");
    const auto comm = watch("init_task.comm");
    tick();
    EXPECT_TRUE(sampler.remove(pid));
    EXPECT_FALSE(sampler.remove(pid));
    const auto sample = tick();
    EXPECT_EQ(sample->find(pid), nullptr);
    EXPECT_NE(sample->find(comm), nullptr);
    EXPECT_TRUE(sampler.history(pid).points().empty());
    EXPECT_EQ(sampler.last(), sample);
}

TEST_F(SamplerTest, HistoriesOfNumbers)
{
    const auto jiffies = watch("jiffies");
    for (unsigned i = 0; i < 5; ++i) {
        kernel.memory.set(kernel.kData, std::uint64_t{1000 + 250 * i});
        tick();
    }
    const History history = sampler.history(jiffies);
    EXPECT_EQ(history.samples(), 5U);
    EXPECT_EQ(history.changes(), 4U);
    EXPECT_DOUBLE_EQ(*history.rate(), 250);
    EXPECT_EQ(history.minimum(), 1000U);
    EXPECT_EQ(history.maximum(), 2000U);
}

} // namespace
} // namespace ks::live
