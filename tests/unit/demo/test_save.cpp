#include "core/memory/notes.h"
#include "core/memory/open_core.h"
#include "resources/demo/demo_kernel.h"
#include "resources/demo/guest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sys/stat.h>

namespace ks::demo {
namespace {

class DemoSave : public testing::Test {
protected:
    void SetUp() override
    {
        directory = std::filesystem::temp_directory_path() / ("kernoscope-demo-" + std::to_string(getpid()));
        kernel = DemoKernel::create(5).value();
        kernel->tickOnce(260);
    }
    void TearDown() override { std::filesystem::remove_all(directory); }

    std::filesystem::path directory;
    std::unique_ptr<DemoKernel> kernel;
};

TEST_F(DemoSave, TheVmcoreHoldsTextAndRamAndStaysSparse)
{
    ASSERT_TRUE(kernel->writeTo(directory));
    const auto saved = openCore(directory / "vmcore").value();
    const auto live = openCore(FileHandle::duplicate(kernel->coreFd()).value(), {.live = true}).value();
    EXPECT_FALSE(saved->isLive());
    EXPECT_FALSE(saved->truncation());
    ASSERT_EQ(saved->segments().size(), 3u);
    for (const LoadSegment &segment : saved->segments()) {
        EXPECT_TRUE(segment.phys);
        const auto a = saved->read(segment.range.first, segment.range.size());
        const auto b = live->read(segment.range.first, segment.range.size());
        EXPECT_TRUE(a.allPresent());
        EXPECT_TRUE(std::ranges::equal(a.bytes(), b.bytes())) << hex(segment.range.first);
    }
    EXPECT_EQ(findVmcoreInfo(saved->notes())->release(), kRelease);
    struct stat status;
    ASSERT_EQ(stat((directory / "vmcore").c_str(), &status), 0);
    EXPECT_LT(status.st_blocks * 512, 8 << 20);
    EXPECT_EQ(std::filesystem::file_size(directory / "vmlinux"), std::filesystem::file_size(kernel->vmlinuxPath()));
    EXPECT_EQ(std::filesystem::file_size(directory / "demo_net.ko"), std::filesystem::file_size(kernel->modulePath()));
    EXPECT_EQ(readTextFile(directory / "kallsyms").value(), kernel->kallsyms());
}

TEST_F(DemoSave, AKcoreCopyNeedsAFileSystemForIt)
{
    std::filesystem::create_directories(directory);
    const auto file = directory / "kcore";
    const auto done = kernel->saveCore(file, CoreForm::Kcore);
    if (!done) { // ext4 has files of at most 16 TiB
        EXPECT_THAT(done.error().message(), testing::HasSubstr("tmpfs"));
        return;
    }
    const auto saved = openCore(file).value();
    EXPECT_EQ(saved->segments().size(), 8u);
    EXPECT_FALSE(saved->truncation());
    const VirtAddr init = kernel->symbol("init_task").value() + offsetof(guest::task_struct, comm);
    EXPECT_STREQ(reinterpret_cast<const char *>(saved->read(init, 16).bytes().data()), "swapper/0");
}

TEST_F(DemoSave, AnErrorNamesTheFile)
{
    const auto done = kernel->writeTo("/proc/kernoscope-demo");
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().message(), testing::HasSubstr("/proc/kernoscope-demo"));
}

} // namespace
} // namespace ks::demo
