// Types out of the cache are those of the file; what is wrong with the cache is nobody's problem.
#include "core/base/cache_store.h"
#include "core/session/session.h"
#include "resources/demo/demo_kernel.h"

#include <cstdlib>
#include <fstream>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace ks {
namespace {

namespace fs = std::filesystem;

class DebugCache : public ::testing::Test {
protected:
    DebugCache() : kernel_(demo::DemoKernel::create(1).value())
    {
        std::string pattern = (fs::temp_directory_path() / "kernoscope-debug-cache-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        options_.vmlinux = kernel_->vmlinuxPath();
        options_.cacheDir = folder_ / "cache";
        options_.useCore = options_.useSymbols = false;
    }
    ~DebugCache() override { fs::remove_all(folder_); }

    /// All type names, and the layout of one struct: the session is closed before this returns.
    std::vector<std::string> types() const
    {
        Progress progress;
        const auto session = Session::open(options_, progress);
        if (!session)
            return {session.error().message()};
        std::vector<std::string> all;
        const TypeSource &source = *(*session)->types();
        source.forEachTypeName([&](NameClass nameClass, std::string_view name) {
            const auto found = source.findTypes(nameClass, name);
            all.push_back(std::string(ks::name(nameClass)) + " " + std::string(name) + " " +
                          std::to_string(found.empty() ? 0 : found.front().size()));
            return true;
        });
        all.push_back(std::to_string(source.typeNameCount()));
        return all;
    }
    std::vector<CacheStore::Entry> kept() const { return CacheStore(options_.cacheDir).list().value(); }
    fs::path keptPath() const { return options_.cacheDir / kept().at(0).name; }

    std::shared_ptr<demo::DemoKernel> kernel_;
    fs::path folder_;
    SessionOptions options_;
};

TEST_F(DebugCache, ServesTheSameTypesTheSecondTime)
{
    const auto first = types();
    EXPECT_GT(first.size(), 20u);
    ASSERT_EQ(kept().size(), 1u);
    const auto written = fs::last_write_time(keptPath());
    EXPECT_EQ(types(), first);
    EXPECT_EQ(fs::last_write_time(keptPath()), written) << "it was not made again";
    EXPECT_TRUE(CacheStore(options_.cacheDir).open(kept().at(0).name).value()->verify());
}

TEST_F(DebugCache, IsNotTouchedWhenNotWanted)
{
    options_.useCache = false;
    EXPECT_GT(types().size(), 20u);
    EXPECT_FALSE(fs::exists(options_.cacheDir));
}

TEST_F(DebugCache, MakesDamagedFilesAgain)
{
    const auto first = types();
    const auto size = fs::file_size(keptPath());
    for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{40}, size / 2, size - 1}) {
        fs::resize_file(keptPath(), length);
        EXPECT_EQ(types(), first);
        EXPECT_EQ(fs::file_size(keptPath()), size);
    }
}

TEST_F(DebugCache, AnotherFileOfTheSameBuildIdHasItsOwnIndex)
{
    const auto first = types();
    const auto copy = folder_ / "vmlinux";
    fs::copy_file(options_.vmlinux, copy);
    std::ofstream(copy, std::ios::app) << "more";
    options_.vmlinux = copy;
    EXPECT_EQ(types(), first);
    const auto source = CacheStore(options_.cacheDir).open(kept().at(0).name).value()->source();
    EXPECT_EQ(source.path, copy.string());
}

TEST_F(DebugCache, AFolderThatCannotBeUsedIsNoError)
{
    options_.useCache = false;
    const auto expected = types();
    options_.useCache = true;
    options_.cacheDir = "/proc/kernoscope";
    EXPECT_EQ(types(), expected);
    std::ofstream(folder_ / "file") << "x";
    options_.cacheDir = folder_ / "file";
    EXPECT_EQ(types(), expected);
    options_.cacheDir = folder_ / "open";
    fs::create_directory(options_.cacheDir);
    ::chmod(options_.cacheDir.c_str(), 0777);
    EXPECT_EQ(types(), expected);
    EXPECT_TRUE(fs::is_empty(options_.cacheDir));
}

} // namespace
} // namespace ks
