// What a session makes of the files that are at hand: opened on the demo kernel, saved to files where that matters.
#include "core/session/session.h"

#include "core/kernel/modules.h"
#include "core/kernel/tasks.h"
#include "core/values/expression.h"
#include "core/values/format.h"
#include "resources/demo/demo_kernel.h"
#include "resources/demo/demo_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

namespace ks {
namespace {

using testing::Contains;
using testing::HasSubstr;

class SavedDemo : public testing::Test {
protected:
    void SetUp() override
    {
        directory_ = std::filesystem::temp_directory_path() /
                     ("kernoscope-session-" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + "-" +
                      std::to_string(reinterpret_cast<std::uintptr_t>(this)));
        auto kernel = demo::DemoKernel::create(7);
        ASSERT_TRUE(kernel) << kernel.error().message();
        kernel_ = std::move(*kernel);
        const auto written = kernel_->writeTo(directory_);
        ASSERT_TRUE(written) << written.error().message();
        options_.core = directory_ / "vmcore";
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    Result<std::shared_ptr<const Session>> open()
    {
        Progress progress;
        return Session::open(options_, progress);
    }

    static std::string print(const Session &session, std::string_view expression)
    {
        const EvalContext context = session.context();
        const auto value = evaluate(context, expression);
        return value ? summarize(context, *value) : "error: " + value.error().message();
    }

    std::filesystem::path directory_;
    std::unique_ptr<demo::DemoKernel> kernel_;
    SessionOptions options_;
};

TEST_F(SavedDemo, OpensWithItsVmlinux)
{
    options_.vmlinux = directory_ / "vmlinux";
    const auto session = open();
    ASSERT_TRUE(session) << session.error().message();
    const KernelInfo &info = (*session)->info();
    EXPECT_EQ(info.release, demo::kRelease);
    EXPECT_EQ(info.buildId, kernel_->buildId());
    EXPECT_EQ(info.kaslrOffset, kernel_->kaslrOffset());
    EXPECT_EQ(info.physBase, kernel_->physBase());
    EXPECT_EQ(info.pageLevels, 4U);
    EXPECT_EQ(info.architecture, "x86_64");
    EXPECT_THAT(info.typesFrom, testing::StartsWith("DWARF of "));
    EXPECT_FALSE((*session)->memory().isLive());
    EXPECT_EQ(print(**session, "init_task.comm"), "\"swapper/0\"");
    EXPECT_EQ((*session)->symbols().findFirst("init_task")->address, kernel_->symbol("init_task"));
}

TEST_F(SavedDemo, WalksTasksAndModules)
{
    options_.vmlinux = directory_ / "vmlinux";
    const auto session = open();
    ASSERT_TRUE(session) << session.error().message();
    const auto tasks = kernel::listTasks((*session)->context());
    ASSERT_TRUE(tasks) << tasks.error().message();
    EXPECT_EQ(tasks->incomplete, "");
    EXPECT_EQ(tasks->entries.front().comm, "swapper/0");
    // The list has thread group leaders; the generator also made threads.
    for (const demo::DemoTask &task : kernel_->tasks()) {
        if (task.pid != task.tgid)
            continue;
        EXPECT_TRUE(std::ranges::any_of(tasks->entries, [&](const kernel::Task &found) {
            return found.address == task.address && found.pid == task.pid && found.comm == task.comm;
        })) << task.comm;
    }
    // The module lies in vmalloc'ed memory, which this dump holds only through the page tables.
    const auto modules = kernel::listModules((*session)->context());
    ASSERT_TRUE(modules) << modules.error().message();
    EXPECT_TRUE(modules->entries.size() == 1 || !modules->incomplete.empty());
}

TEST_F(SavedDemo, WithoutAnyFileTheKernelsOwnTablesServe)
{
    const auto session = open();
    ASSERT_TRUE(session) << session.error().message();
    EXPECT_EQ((*session)->types(), nullptr);
    EXPECT_THAT((*session)->warnings(), Contains(HasSubstr("no types")));
    EXPECT_THAT((*session)->info().symbolsFrom, HasSubstr("own tables"));
    ASSERT_TRUE((*session)->symbols().findFirst("start_kernel"));
    EXPECT_EQ((*session)->symbols().findFirst("start_kernel")->address, kernel_->symbol("start_kernel"));
    EXPECT_THAT(print(**session, "&init_task"), HasSubstr("init_task"));
}

TEST_F(SavedDemo, KallsymsServesWithoutVmlinux)
{
    options_.kallsyms = directory_ / "kallsyms";
    const auto session = open();
    ASSERT_TRUE(session) << session.error().message();
    EXPECT_EQ((*session)->symbols().findFirst("init_task")->address, kernel_->symbol("init_task"));
    bool module = false;
    for (const Symbol &symbol : (*session)->symbols().withPrefix("demo_net", 50))
        module |= symbol.module == "demo_net";
    EXPECT_TRUE(module);
}

TEST_F(SavedDemo, SystemMapIsMovedByKaslr)
{
    const std::uint64_t linked = kernel_->symbol("start_kernel")->value - kernel_->kaslrOffset();
    options_.systemMap = directory_ / "System.map";
    std::ofstream(options_.systemMap) << std::hex << linked << " T start_kernel\n" << linked + 16 << " t after\n";
    const auto session = open();
    ASSERT_TRUE(session) << session.error().message();
    EXPECT_EQ((*session)->symbols().findFirst("start_kernel")->address, kernel_->symbol("start_kernel"));
}

TEST_F(SavedDemo, AnotherKernelsVmlinuxIsRefusedWithBothBuildIds)
{
    options_.vmlinux = directory_ / "demo_net.ko";
    const auto session = open();
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::Mismatch);
    EXPECT_THAT(session.error().message(), HasSubstr(kernel_->buildId()));
    EXPECT_THAT(session.error().message(), HasSubstr(options_.vmlinux.string()));
}

TEST_F(SavedDemo, FilesThatWereNamedMustBeReadable)
{
    for (auto member :
         {&SessionOptions::vmlinux, &SessionOptions::systemMap, &SessionOptions::kallsyms, &SessionOptions::btf}) {
        SessionOptions options = options_;
        options.*member = directory_ / "nothing-here";
        Progress progress;
        const auto session = Session::open(options, progress);
        ASSERT_FALSE(session);
        EXPECT_EQ(session.error().code, ErrorCode::NotFound) << session.error().message();
        EXPECT_THAT(session.error().message(), HasSubstr("nothing-here"));
    }
}

TEST_F(SavedDemo, ATruncatedDumpOpensAndSaysWhereItEnds)
{
    const auto size = std::filesystem::file_size(options_.core);
    std::filesystem::resize_file(options_.core, size - 5000);
    options_.vmlinux = directory_ / "vmlinux";
    const auto session = open();
    ASSERT_TRUE(session) << session.error().message();
    EXPECT_THAT((*session)->warnings(), Contains(HasSubstr(hex(FileOffset(size - 5000)))));
}

TEST_F(SavedDemo, CancellingEndsTheOpening)
{
    options_.vmlinux = directory_ / "vmlinux";
    Progress progress;
    progress.cancel();
    const auto session = Session::open(options_, progress);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::Cancelled);
}

TEST_F(SavedDemo, TypesAloneNeedNoTarget)
{
    options_ = {};
    options_.useCore = false;
    options_.vmlinux = directory_ / "vmlinux";
    const auto session = open();
    ASSERT_TRUE(session) << session.error().message();
    EXPECT_FALSE((*session)->hasMemory());
    EXPECT_GT((*session)->types()->findTypes(NameClass::Struct, "task_struct").front().size(), 100U);
    EXPECT_THAT(print(**session, "jiffies"), testing::StartsWith("??"));
}

TEST(DemoSession, TicksForAsLongAsItIsHeld)
{
    Progress progress;
    const auto session = demo::openSession({}, progress, 3);
    ASSERT_TRUE(session) << session.error().message();
    EXPECT_TRUE((*session)->memory().isLive());
    const EvalContext context = (*session)->context();
    const auto read = [&] { return evaluate(context, "jiffies")->scalar().value_or(0); };
    const std::uint64_t first = read();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (read() == first && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_GT(read(), first);
    const auto modules = kernel::listModules(context);
    ASSERT_TRUE(modules) << modules.error().message();
    ASSERT_EQ(modules->entries.size(), 1U);
    EXPECT_EQ(modules->entries[0].name, "demo_net");
}

} // namespace
} // namespace ks
