#include "core/base/new_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sys/stat.h>

#include "tests/support/folder.h"

namespace ks::test {
namespace {

using Existing = NewFile::Existing;

class NewFileTest : public testing::Test {
protected:
    static std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }
    static void put(const std::filesystem::path &path, std::string_view text) { std::ofstream(path) << text; }
    std::string text(const std::filesystem::path &path) const { return readTextFile(path).value(); }

    Folder folder;
};

TEST_F(NewFileTest, AppearsWhenItIsWholeAndForItsOwnerAlone)
{
    {
        auto file = NewFile::create(folder / "a", Existing::Keep).value();
        ASSERT_TRUE(file.writeAt(bytes("end"), 4097));
        EXPECT_FALSE(std::filesystem::exists(folder / "a"));
        ASSERT_TRUE(file.commit());
    }
    struct stat info = {};
    ASSERT_EQ(::stat((folder / "a").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600u);
    EXPECT_EQ(text(folder / "a"), std::string(4097, '\0') + "end");
    EXPECT_THAT(folder.names(), testing::ElementsAre("a"));
}

TEST_F(NewFileTest, WhatLeavesThePageCacheIsInTheFile)
{
    constexpr std::size_t kChunk = (std::size_t{3} << 20) + 123; // at odds with pages and windows
    constexpr std::size_t kChunks = 24;
    const auto chunk = [](std::size_t i) { return std::string(kChunk, static_cast<char>('a' + i)); };
    auto file = NewFile::create(folder / "a", Existing::Keep).value();
    file.avoidPageCache();
    NewFile moved = std::move(file);
    for (std::size_t i = 0; i < kChunks; ++i)
        ASSERT_TRUE(moved.writeAt(bytes(chunk(i)), i * kChunk));
    ASSERT_TRUE(moved.writeAt(bytes("head"), 0)); // as headers are: last, in front
    ASSERT_TRUE(moved.commit());
    std::ifstream written(folder / "a", std::ios::binary);
    for (std::size_t i = 0; i < kChunks; ++i) {
        std::string expected = chunk(i);
        if (i == 0)
            expected.replace(0, 4, "head");
        std::string found(kChunk, '\0');
        written.read(found.data(), static_cast<std::streamsize>(kChunk));
        EXPECT_TRUE(found == expected) << i;
    }
    EXPECT_EQ(written.peek(), std::ifstream::traits_type::eof());
}

TEST_F(NewFileTest, LeavesNothingWithoutCommit)
{
    {
        auto file = NewFile::create(folder / "a", Existing::Keep).value();
        ASSERT_TRUE(file.writeAt(bytes("text"), 0));
        EXPECT_EQ(folder.names().size(), 1u);
    }
    EXPECT_THAT(folder.names(), testing::IsEmpty());
}

TEST_F(NewFileTest, ReplacesNothingThatNobodyAllowed)
{
    put(folder / "a", "old");
    const auto refused = NewFile::create(folder / "a", Existing::Keep);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("File exists"));

    // And not when the name is taken while the file is being written.
    auto late = NewFile::create(folder / "b", Existing::Keep).value();
    put(folder / "b", "meanwhile");
    EXPECT_FALSE(late.commit());
    EXPECT_EQ(text(folder / "b"), "meanwhile");

    auto allowed = NewFile::create(folder / "a", Existing::Replace).value();
    ASSERT_TRUE(allowed.writeAt(bytes("new"), 0));
    ASSERT_TRUE(allowed.commit());
    EXPECT_EQ(text(folder / "a"), "new");
}

TEST_F(NewFileTest, ReplacesWhatALinkLeadsTo)
{
    put(folder / "a", "old");
    std::filesystem::create_symlink("a", folder / "link");
    auto file = NewFile::create(folder / "link", Existing::Replace).value();
    ASSERT_TRUE(file.writeAt(bytes("new"), 0));
    ASSERT_TRUE(file.commit());
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
    EXPECT_EQ(text(folder / "a"), "new");

    std::filesystem::create_symlink("nowhere", folder / "broken");
    EXPECT_FALSE(NewFile::create(folder / "broken", Existing::Replace));
}

TEST_F(NewFileTest, RefusesWhatIsNoFile)
{
    std::filesystem::create_directory(folder / "folder");
    EXPECT_FALSE(NewFile::create(folder / "folder", Existing::Replace));
    EXPECT_FALSE(NewFile::create("/dev/null", Existing::Replace));
    EXPECT_FALSE(NewFile::create(folder / "no" / "folder", Existing::Keep));
    EXPECT_FALSE(NewFile::create("", Existing::Keep));
}

} // namespace
} // namespace ks::test
