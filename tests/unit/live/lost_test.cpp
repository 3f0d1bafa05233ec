// Targets that go away, and come back.
#include "core/memory/kcore_source.h"
#include "core/session/session.h"
#include "resources/demo/demo_kernel.h"
#include "tests/support/core_file.h"
#include "tests/unit/live/live_fixture.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <unistd.h>

namespace ks::live {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Refusal : public LiveTest {};

TEST_F(Refusal, ATargetThatRefusesEverythingIsLostAndKeepsItsValues)
{
    const auto pid = watch("init_task.pid");
    const auto slow = sampler.add({ExpressionWatch{"jiffies"}, 100s});
    auto good = tick();
    std::int32_t pidNow = 4711;
    for (const PageState state :
         {PageState{PageStatus::Denied, EPERM}, PageState{PageStatus::Error, EIO}, PageState{PageStatus::Truncated}}) {
        source.refusal = state;
        kernel.memory.set(kernel.kTask, ++pidNow);
        const auto lost = tick();
        ASSERT_TRUE(lost->lost);
        EXPECT_THAT(lost->lost->message(), HasSubstr(state.reason()));
        for (const auto id : {pid, slow}) {
            EXPECT_EQ(resultOf(lost, id).state, ResultState::Lost);
            EXPECT_EQ(resultOf(lost, id).value, resultOf(good, id).value) << "the last good value";
            EXPECT_EQ(resultOf(lost, id).time, resultOf(good, id).time);
            EXPECT_FALSE(resultOf(lost, id).sampled || resultOf(lost, id).changed);
        }
        source.refusal = std::nullopt;
        const auto back = tick();
        EXPECT_FALSE(back->lost);
        EXPECT_EQ(resultOf(back, pid).state, ResultState::Value);
        EXPECT_EQ(textOf(resultOf(back, pid)), std::to_string(pidNow));
        EXPECT_FALSE(sampler.history(pid).rate()) << "nothing is known of the time between";
        good = back;
    }
}

TEST_F(Refusal, SomebodyElseMayKnowThatItIsAnotherTarget)
{
    const auto pid = watch("init_task.pid");
    const auto good = tick();
    sampler.setProblem(Error{ErrorCode::Mismatch, "the core", "it has been written again"});
    kernel.memory.set(kernel.kTask, std::int32_t{4711});
    const auto lost = tick();
    EXPECT_TRUE(source.batches.empty()) << "nothing is read of what it is now";
    ASSERT_TRUE(lost->lost);
    EXPECT_EQ(lost->lost->why, "it has been written again");
    EXPECT_EQ(resultOf(lost, pid).state, ResultState::Lost);
    EXPECT_EQ(resultOf(lost, pid).value, resultOf(good, pid).value);
    sampler.setProblem(std::nullopt);
    EXPECT_EQ(textOf(resultOf(tick(), pid)), "4711");
}

TEST_F(Refusal, WhatNeverCouldBeReadIsUnreadableNotLost)
{
    source.refusal = PageState{PageStatus::Error, EIO};
    const auto pid = watch("init_task.pid");
    const auto sample = tick();
    EXPECT_FALSE(sample->lost);
    EXPECT_EQ(resultOf(sample, pid).state, ResultState::Unreadable);
}

TEST_F(Refusal, OneBadPageIsNotTheTarget)
{
    const auto pid = watch("init_task.pid");
    const auto jiffies = watch("jiffies");
    tick();
    kernel.memory.mark(kernel.kTask, kPageSize, {PageStatus::Error, EIO});
    const auto sample = tick();
    EXPECT_FALSE(sample->lost);
    EXPECT_EQ(resultOf(sample, pid).state, ResultState::Unreadable);
    EXPECT_EQ(resultOf(sample, jiffies).state, ResultState::Value);
}

/// A kcore whose headers change under the open descriptor, as those of /proc/kcore do when memory is added.
class MovingHeaders : public testing::Test {
protected:
    static constexpr VirtAddr kBase{0xffffffff81000000};

    static std::string core(unsigned more, char content)
    {
        test::CoreBuilder builder;
        builder.load(kBase.value, std::string(2 * kPageSize, content));
        for (unsigned i = 0; i < more; ++i)
            builder.header({.p_type = PT_LOAD, .p_vaddr = kBase.value});
        return builder.build();
    }
    std::shared_ptr<const Sample> tick()
    {
        now.steady += 1s;
        now.wall += 1s;
        return sampler.tick(now);
    }
    static char firstByte(const WatchResult &result) { return static_cast<char>(result.value->bytes.bytes()[0]); }

    std::shared_ptr<test::MemoryFile> file = std::make_shared<test::MemoryFile>(core(0, 'a'));
    std::shared_ptr<test::FaultyFile> faulty = std::make_shared<test::FaultyFile>(file);
    std::shared_ptr<const MemorySource> source = KcoreSource::open(test::shared(faulty), "kcore").value();
    Sampler sampler{source, EvalContext{.memory = source.get()}, {.nap = 0ns}};
    SubscriptionId range = sampler.add({RangeWatch{*AddrRange::sized(kBase, 64)}});
    Moment now = Moment::now();
};

TEST_F(MovingHeaders, TheSameBytesElsewhereInTheFile)
{
    EXPECT_EQ(tick()->find(range)->state, ResultState::Value);
    file->replace(core(200, 'a')); // all offsets have moved
    const auto moved = tick();
    EXPECT_EQ(moved->find(range)->state, ResultState::Value);
    EXPECT_FALSE(moved->find(range)->changed);
    file->replace(core(400, 'b'));
    const auto changed = tick();
    EXPECT_TRUE(changed->find(range)->changed);
    EXPECT_EQ(firstByte(*changed->find(range)), 'b');
}

TEST_F(MovingHeaders, ThatNeverHoldStillLoseTheTargetForAsLong)
{
    const auto good = tick();
    unsigned turn = 0;
    faulty->beforeRead = [&](std::uint64_t offset) {
        if (offset == 0)
            file->replace(core(++turn % 7, 'a'));
    };
    const auto lost = tick();
    ASSERT_TRUE(lost->lost);
    EXPECT_EQ(lost->find(range)->state, ResultState::Lost);
    EXPECT_EQ(lost->find(range)->value, good->find(range)->value);
    faulty->beforeRead = {};
    EXPECT_EQ(tick()->find(range)->state, ResultState::Value);
}

/// A dump that is a file.
class FileTarget : public testing::Test {
protected:
    FileTarget()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "kernoscope-live-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
        const auto written = kernel->writeTo(folder);
        EXPECT_TRUE(written) << written.error().message();
        open();
    }
    ~FileTarget() override { std::filesystem::remove_all(folder); }

    std::filesystem::path core() const { return folder / "vmcore"; }
    SessionOptions options() const
    {
        return {.core = core(), .vmlinux = folder / "vmlinux", .useModules = false, .useCache = false};
    }
    void open()
    {
        Progress progress;
        const auto session = Session::open(options(), progress);
        ASSERT_TRUE(session) << session.error().message();
        buildId = (*session)->info().buildId;
        sampler.emplace(*session, (*session)->context(), SamplerOptions{.renewPause = 0ns});
        sampler->setTarget(TargetWatch(core()));
        sampler->setRenew([this](RenewReason) { return renew(); });
        comm = sampler->add({ExpressionWatch{"init_task.comm"}});
        jiffies = sampler->add({ExpressionWatch{"jiffies"}});
    }
    Result<std::optional<Renewal>> renew()
    {
        ++renewals;
        Progress progress;
        auto session = Session::open(options(), progress);
        if (!session)
            return std::unexpected(session.error());
        if ((*session)->info().buildId != buildId)
            return fail(ErrorCode::Mismatch, core().string(), "another kernel");
        return Renewal{*session, (*session)->context()};
    }
    std::shared_ptr<const Sample> tick()
    {
        now.steady += 1s;
        now.wall += 1s;
        return sampler->tick(now);
    }
    void expectLost(const std::string &why)
    {
        const auto sample = tick();
        ASSERT_TRUE(sample->lost);
        EXPECT_THAT(sample->lost->message(), HasSubstr(why));
        EXPECT_EQ(sample->find(comm)->state, ResultState::Lost);
        ASSERT_TRUE(sample->find(comm)->value);
        EXPECT_EQ(sample->find(comm)->value->text, "\"swapper/0\"");
    }
    void expectThere()
    {
        const auto sample = tick();
        EXPECT_FALSE(sample->lost) << sample->lost->message();
        EXPECT_EQ(sample->find(comm)->state, ResultState::Value);
        EXPECT_EQ(sample->find(comm)->value->text, "\"swapper/0\"");
    }

    std::unique_ptr<demo::DemoKernel> kernel = demo::DemoKernel::create(11).value();
    std::filesystem::path folder;
    std::string buildId;
    std::optional<Sampler> sampler;
    SubscriptionId comm;
    SubscriptionId jiffies;
    Moment now = Moment::now();
    int renewals = 0;
};

TEST_F(FileTarget, GoneAndBack)
{
    expectThere();
    std::filesystem::rename(core(), folder / "aside");
    expectLost("the file is gone");
    expectLost("the file is gone");
    EXPECT_EQ(renewals, 0);
    std::filesystem::rename(folder / "aside", core());
    expectThere();
    EXPECT_EQ(renewals, 0) << "the same file is there again";
}

TEST_F(FileTarget, ReplacedByALaterDumpOfTheSameKernel)
{
    expectThere();
    const std::uint64_t before = *tick()->find(jiffies)->value->scalar;
    kernel->tickOnce(500);
    ASSERT_TRUE(kernel->saveCore(folder / "later"));
    std::filesystem::rename(folder / "later", core());
    const auto sample = tick();
    EXPECT_FALSE(sample->lost);
    EXPECT_TRUE(sample->renewed);
    EXPECT_EQ(sample->find(jiffies)->value->scalar, before + 500);
    EXPECT_TRUE(sample->find(jiffies)->changed);
    EXPECT_EQ(renewals, 1);
    expectThere();
    EXPECT_EQ(renewals, 1);
}

TEST_F(FileTarget, ReplacedByTheKernelAtAnotherAddress)
{
    expectThere();
    const std::uint64_t offset = *tick()->find(comm)->value->address - *kernel->symbol("init_task");
    const auto rebooted = demo::DemoKernel::create(12).value();
    ASSERT_NE(rebooted->kaslrOffset(), kernel->kaslrOffset());
    ASSERT_TRUE(rebooted->saveCore(folder / "later"));
    std::filesystem::rename(folder / "later", core());
    const auto sample = tick();
    EXPECT_FALSE(sample->lost);
    EXPECT_EQ(sample->find(comm)->value->text, "\"swapper/0\"");
    EXPECT_EQ(*sample->find(comm)->value->address - *rebooted->symbol("init_task"), offset);
}

TEST_F(FileTarget, ReplacedBySomethingElse)
{
    expectThere();
    std::ofstream(folder / "other") << "no dump at all";
    std::filesystem::rename(folder / "other", core());
    expectLost("another file has taken its place, which does not serve");
    ASSERT_TRUE(kernel->saveCore(folder / "later"));
    std::filesystem::rename(folder / "later", core());
    expectThere();
}

TEST_F(FileTarget, CutOffAndRestored)
{
    expectThere();
    const auto size = std::filesystem::file_size(core());
    for (const std::uintmax_t left : {std::uintmax_t{0}, std::uintmax_t{100}, size / 2, size - 1}) {
        std::filesystem::copy_file(core(), folder / "whole", std::filesystem::copy_options::overwrite_existing);
        std::filesystem::resize_file(core(), left);
        expectLost("the file has shrunk");
        std::filesystem::copy_file(folder / "whole", core(), std::filesystem::copy_options::overwrite_existing);
        expectThere();
    }
}

TEST_F(FileTarget, ZerosInPlaceOfTheKernelAreNoValue)
{
    expectThere();
    const auto size = std::filesystem::file_size(core());
    std::filesystem::copy_file(core(), folder / "whole");
    std::filesystem::resize_file(core(), 4096);
    std::filesystem::resize_file(core(), size); // as long as before, and full of zeros
    expectLost("the kernel is not in it any more");
    std::filesystem::copy_file(folder / "whole", core(), std::filesystem::copy_options::overwrite_existing);
    expectThere();
}

TEST_F(FileTarget, WithoutAPathTheReadsTell)
{
    sampler->setTarget(std::nullopt);
    expectThere();
    std::filesystem::copy_file(core(), folder / "whole");
    std::filesystem::resize_file(core(), 0);
    expectLost(PageState{PageStatus::Truncated}.reason());
    std::filesystem::copy_file(folder / "whole", core(), std::filesystem::copy_options::overwrite_existing);
    expectThere();
}

TEST(TargetWatch, WhatIsNotThereAndWhatIsOnProcfs)
{
    EXPECT_EQ(TargetWatch("/nowhere/at/all").check().state, TargetState::Gone);
    EXPECT_EQ(TargetWatch("/proc/self/status").check().state, TargetState::Present);
    EXPECT_FALSE(TargetWatch("/proc/self/status").check().why);
    const auto inFile = TargetWatch("/proc/self/exe/beyond").check();
    EXPECT_EQ(inFile.state, TargetState::Gone);
    EXPECT_THAT(inFile.why->message(), HasSubstr("the file is gone"));
}

} // namespace
} // namespace ks::live
