// The folder of cache files: what is trusted, what is replaced, what goes.
#include "core/base/cache_store.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace ks {
namespace {

using ::testing::ElementsAre;
namespace fs = std::filesystem;

constexpr std::uint32_t kTag = cacheTag("data");

class CacheFolder : public ::testing::Test {
protected:
    CacheFolder()
    {
        std::string pattern = (fs::temp_directory_path() / "kernoscope-cache-XXXXXX").string();
        root_ = ::mkdtemp(pattern.data());
        folder_ = root_ / "deep" / "kernoscope";
    }
    ~CacheFolder() override { fs::remove_all(root_); }

    static CacheKey key(const std::string &buildId = "aa00", std::uint32_t version = 1)
    {
        return {buildId, "types", version};
    }
    Result<void> put(const CacheKey &key, const std::string &text, std::uint64_t limit = CacheStore::kDefaultLimit)
    {
        const CacheSection section{kTag, std::as_bytes(std::span(text))};
        return CacheStore(folder_, limit).put(key, source_, std::span(&section, 1));
    }
    /// The text that the cache has for the key, or the name of the error.
    std::string get(const CacheKey &key)
    {
        const auto file = CacheStore(folder_).find(key, source_);
        if (!file)
            return name(file.error().code);
        const auto text = (*file)->table<char>(kTag);
        return text ? std::string(text->begin(), text->end()) : "no section";
    }
    std::vector<std::string> files() const
    {
        std::vector<std::string> names;
        for (const auto &entry : fs::directory_iterator(folder_))
            names.push_back(entry.path().filename());
        std::ranges::sort(names);
        return names;
    }
    void age(const std::string &name, int days) const
    {
        timespec times[2] = {{0, UTIME_OMIT}, {std::time(nullptr) - days * 24 * 60 * 60, 0}};
        ASSERT_EQ(::utimensat(AT_FDCWD, (folder_ / name).c_str(), times, 0), 0);
    }

    fs::path root_, folder_;
    CacheSource source_{"/boot/vmlinux", 1000, 2000};
};

TEST_F(CacheFolder, KeepsWhatIsPutForOneUserAlone)
{
    EXPECT_EQ(get(key()), "not_found");
    ASSERT_TRUE(put(key(), "hello"));
    EXPECT_EQ(get(key()), "hello");
    EXPECT_THAT(files(), ElementsAre("aa00.types"));
    struct stat info = {};
    ASSERT_EQ(::stat(folder_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u);
    ASSERT_EQ(::stat((folder_ / "aa00.types").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(CacheFolder, IsReplacedByWhatIsPutLater)
{
    ASSERT_TRUE(put(key(), "old"));
    const auto old = CacheStore(folder_).find(key(), source_);
    ASSERT_TRUE(put(key(), "new"));
    EXPECT_EQ(get(key()), "new");
    const auto text = (*old)->table<char>(kTag);
    EXPECT_EQ(std::string(text->begin(), text->end()), "old") << "what is open stays as it was";
}

TEST_F(CacheFolder, AnotherSourceOrVersionIsNotServed)
{
    ASSERT_TRUE(put(key(), "hello"));
    EXPECT_EQ(get(key("bb00")), "not_found");
    EXPECT_EQ(get(key("aa00", 2)), "mismatch");
    source_.size = 1001;
    EXPECT_EQ(get(key()), "mismatch");
    source_ = {"/elsewhere/vmlinux", 1000, 2000};
    EXPECT_EQ(get(key()), "hello") << "the same file under another name";
    source_.fingerprint = 1;
    EXPECT_EQ(get(key()), "mismatch");
    ASSERT_TRUE(put(key(), "of this"));
    EXPECT_EQ(get(key()), "of this");
}

TEST_F(CacheFolder, AFileUnderAnotherNameIsNotServed)
{
    ASSERT_TRUE(put(key(), "hello"));
    fs::rename(folder_ / "aa00.types", folder_ / "bb00.types");
    EXPECT_EQ(get(key("bb00")), "mismatch");
}

TEST_F(CacheFolder, DamagedFilesAreReplaced)
{
    ASSERT_TRUE(put(key(), "hello"));
    fs::resize_file(folder_ / "aa00.types", 100);
    EXPECT_EQ(get(key()), "bad_format");
    ASSERT_TRUE(put(key(), "again"));
    EXPECT_EQ(get(key()), "again");
    std::ofstream(folder_ / "aa00.types", std::ios::trunc) << "nothing of the kind";
    EXPECT_EQ(get(key()), "bad_format");
    std::ofstream(folder_ / "aa00.types", std::ios::trunc);
    EXPECT_EQ(get(key()), "bad_format");
}

TEST_F(CacheFolder, KeysThatAreNoNamesAreRefused)
{
    for (const char *bad : {"", "../aa", "AA", "a/b", "a.b", "g0"}) {
        EXPECT_EQ(get(key(bad)), "not_found") << bad;
        EXPECT_FALSE(put(key(bad), "x")) << bad;
    }
    EXPECT_FALSE(put({"aa00", "../types", 1}, "x"));
    EXPECT_FALSE(CacheStore(folder_).remove("../../etc/passwd"));
    EXPECT_FALSE(CacheStore(folder_).open("../../etc/passwd"));
    EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(CacheFolder, LinksAndOpenFilesAreNotTrusted)
{
    ASSERT_TRUE(put(key(), "hello"));
    fs::copy_file(folder_ / "aa00.types", root_ / "elsewhere");
    fs::remove(folder_ / "aa00.types");
    fs::create_symlink(root_ / "elsewhere", folder_ / "aa00.types");
    EXPECT_EQ(get(key()), "permission");
    ASSERT_TRUE(put(key(), "mine"));
    EXPECT_EQ(get(key()), "mine");
    EXPECT_FALSE(fs::is_symlink(folder_ / "aa00.types"));

    ::chmod((folder_ / "aa00.types").c_str(), 0620);
    EXPECT_EQ(get(key()), "permission");
    ::chmod((folder_ / "aa00.types").c_str(), 0644);
    EXPECT_EQ(get(key()), "mine");
    ::chmod(folder_.c_str(), 0777);
    EXPECT_EQ(get(key()), "permission");
    EXPECT_FALSE(put(key(), "not here"));
    ::chmod(folder_.c_str(), 0700);

    fs::remove(folder_ / "aa00.types");
    ASSERT_EQ(::mkfifo((folder_ / "aa00.types").c_str(), 0600), 0);
    EXPECT_EQ(get(key()), "permission") << "and does not wait for a writer";
}

TEST_F(CacheFolder, OtherPeoplesFilesAreNotTrusted)
{
    ASSERT_TRUE(put(key(), "hello"));
    // Only root can give a file away; everybody else finds root's folders.
    if (::geteuid() == 0) {
        ASSERT_EQ(::chown((folder_ / "aa00.types").c_str(), 65534, 65534), 0);
    } else {
        folder_ = "/usr";
    }
    EXPECT_EQ(get(key()), "permission");
}

TEST_F(CacheFolder, AFolderThatCannotBeWrittenIsAnErrorAndNoMore)
{
    EXPECT_FALSE(CacheStore({}).put(key(), source_, {}));
    EXPECT_FALSE(CacheStore({}).find(key(), source_));
    EXPECT_FALSE(CacheStore("/proc/kernoscope").put(key(), source_, {}));
    std::ofstream(root_ / "deep") << "a file where a folder should be";
    EXPECT_FALSE(put(key(), "x"));
    EXPECT_EQ(get(key()), "not_found");
}

TEST_F(CacheFolder, TheLeastRecentlyUsedGo)
{
    const std::string text(10'000, 'x');
    const std::uint64_t limit = 35'000;
    for (const char *id : {"aa", "bb", "cc"})
        ASSERT_TRUE(put(key(id), text, limit));
    age("aa.types", 3);
    age("bb.types", 5);
    age("cc.types", 4);
    EXPECT_EQ(get(key("bb")), text) << "which makes it the one that was used last";
    ASSERT_TRUE(put(key("dd"), text, limit));
    EXPECT_THAT(files(), ElementsAre("aa.types", "bb.types", "dd.types"));
    ASSERT_TRUE(put(key("ee"), std::string(30'000, 'y'), limit));
    EXPECT_THAT(files(), ElementsAre("ee.types"));
    EXPECT_FALSE(put(key("ff"), std::string(40'000, 'z'), limit));
    EXPECT_THAT(files(), ElementsAre("ee.types"));
}

TEST_F(CacheFolder, UseIsNotedOnceADay)
{
    ASSERT_TRUE(put(key(), "x"));
    const auto stamp = [&] { return fs::last_write_time(folder_ / "aa00.types"); };
    age("aa00.types", 2);
    const auto before = stamp();
    EXPECT_EQ(get(key()), "x");
    EXPECT_GT(stamp() - before, std::chrono::hours(47));
    timespec times[2] = {{0, UTIME_OMIT}, {std::time(nullptr) - 3600, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (folder_ / "aa00.types").c_str(), times, 0), 0);
    const auto recent = stamp();
    EXPECT_EQ(get(key()), "x");
    EXPECT_EQ(stamp(), recent);
}

TEST_F(CacheFolder, WhatACrashLeftGoesAfterADay)
{
    ASSERT_TRUE(put(key(), "x"));
    for (const char *name : {".new-1-old", ".new-2-young", "a stranger"})
        std::ofstream(folder_ / name) << "left";
    age(".new-1-old", 2);
    age("a stranger", 1000);
    ASSERT_TRUE(put(key("bb"), "y"));
    EXPECT_THAT(files(), ElementsAre(".new-2-young", "a stranger", "aa00.types", "bb.types"));
}

TEST_F(CacheFolder, ListsAndRemoves)
{
    EXPECT_TRUE(CacheStore(folder_).list().value().empty());
    ASSERT_TRUE(put(key("aa"), "x"));
    ASSERT_TRUE(put(key("bb"), "y"));
    std::ofstream(folder_ / "README.txt") << "not ours";
    age("bb.types", 1);
    const CacheStore store(folder_);
    const auto entries = store.list().value();
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].name, "aa.types");
    EXPECT_EQ(entries[1].name, "bb.types");
    EXPECT_EQ(entries[1].size, fs::file_size(folder_ / "bb.types"));
    EXPECT_TRUE(store.open("aa.types").value()->verify());
    ASSERT_TRUE(store.remove("aa.types"));
    EXPECT_EQ(store.remove("aa.types").error().code, ErrorCode::NotFound);
    EXPECT_EQ(get(key("aa")), "not_found");
}

TEST_F(CacheFolder, ManyWritersAndReadersAtOnce)
{
    // Threads of this process and another process write the same key; a reader sees one of the texts, whole.
    const auto text = [](int writer) { return std::string(200'000 + writer, static_cast<char>('a' + writer)); };
    ASSERT_TRUE(put(key(), text(0)));
    const pid_t child = ::fork();
    if (child == 0) {
        for (int i = 0; i < 50; ++i)
            if (!put(key(), text(5)))
                ::_exit(1);
        ::_exit(0);
    }
    std::atomic<int> failures{0}, wrong{0};
    {
        std::vector<std::jthread> threads;
        for (int writer = 1; writer < 3; ++writer)
            threads.emplace_back([&, writer] {
                for (int i = 0; i < 50; ++i)
                    failures += !put(key(), text(writer));
            });
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                const auto file = CacheStore(folder_).find(key(), source_);
                const bool whole = file && (*file)->verify() && (*file)->table<char>(kTag)->size() >= 200'000;
                wrong += !whole;
            }
        });
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(wrong, 0);
    EXPECT_THAT(files(), ElementsAre("aa00.types"));
}

class CacheEnvironment : public ::testing::Test {
protected:
    /// What the variables were is put back.
    ~CacheEnvironment() override
    {
        for (const auto &[name, value] : saved_)
            value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
    }
    void set(const std::string &name, const char *value)
    {
        const char *old = std::getenv(name.c_str());
        saved_.emplace_back(name, old ? std::optional<std::string>(old) : std::nullopt);
        value ? ::setenv(name.c_str(), value, 1) : ::unsetenv(name.c_str());
    }

private:
    std::vector<std::pair<std::string, std::optional<std::string>>> saved_;
};

TEST_F(CacheEnvironment, SaysWhere)
{
    set("XDG_CACHE_HOME", "/var/tmp/somewhere");
    EXPECT_EQ(CacheStore::userFolder(), "/var/tmp/somewhere/kernoscope");
    set("XDG_CACHE_HOME", "relative");
    set("HOME", "/home/me");
    EXPECT_EQ(CacheStore::userFolder(), "/home/me/.cache/kernoscope");
    set("HOME", nullptr);
    EXPECT_EQ(CacheStore::userFolder(), "");
}

TEST_F(CacheEnvironment, SaysHowMuch)
{
    set("KERNOSCOPE_CACHE_SIZE", nullptr);
    EXPECT_EQ(CacheStore::limitOfEnvironment(), std::uint64_t{2} << 30);
    set("KERNOSCOPE_CACHE_SIZE", "100");
    EXPECT_EQ(CacheStore::limitOfEnvironment(), std::uint64_t{100} << 20);
    set("KERNOSCOPE_CACHE_SIZE", "0");
    EXPECT_EQ(CacheStore::limitOfEnvironment(), 0u);
    for (const char *bad : {"", "much", "-1", "1G", "99999999999999999999"}) {
        set("KERNOSCOPE_CACHE_SIZE", bad);
        EXPECT_EQ(CacheStore::limitOfEnvironment(), CacheStore::kDefaultLimit) << bad;
    }
}

} // namespace
} // namespace ks
