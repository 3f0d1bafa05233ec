// Many threads read one file of procfs, each of them rightly, whether the file may be opened once more or not. That
// /proc/kcore mixes what two reads of one open file get only a real kernel shows.
#include "core/memory/proc_file.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <thread>

namespace ks {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = 4096;
constexpr unsigned kThreads = 8;
constexpr unsigned kReads = 200;

std::size_t openFiles()
{
    return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

/// This process' own memory, which is read as /proc/kcore is: by address.
class ProcFileTest : public testing::Test {
protected:
    ProcFileTest() : memory(kThreads * kPiece)
    {
        for (std::size_t i = 0; i < memory.size(); ++i)
            memory[i] = static_cast<std::byte>(i / kPiece * 31 + i);
    }

    /// How many reads did not give what is there.
    unsigned readByMany(const ProcFile &file)
    {
        std::atomic<unsigned> wrong = 0;
        std::vector<std::jthread> threads;
        for (unsigned n = 0; n < kThreads; ++n)
            threads.emplace_back([&, mine = std::span(memory).subspan(n * kPiece, kPiece)] {
                std::vector<std::byte> into(kPiece);
                for (unsigned i = 0; i < kReads; ++i) {
                    std::ranges::fill(into, std::byte{0});
                    const auto got = file.readOnce(into, FileOffset(reinterpret_cast<std::uintptr_t>(mine.data())));
                    wrong += got.count != kPiece || std::memcmp(into.data(), mine.data(), kPiece) != 0;
                }
            });
        threads.clear();
        return wrong;
    }

    std::vector<std::byte> memory;
};

TEST_F(ProcFileTest, OpensAFewMoreAndClosesThem)
{
    const std::size_t before = openFiles();
    {
        const ProcFile file(*FileHandle::open("/proc/self/mem"));
        EXPECT_EQ(openFiles(), before + 1);
        EXPECT_EQ(readByMany(file), 0u);
        EXPECT_LE(openFiles(), before + ProcFile::kMaxOpen);
        EXPECT_EQ(file.cost().calls, kThreads * kReads);
        EXPECT_EQ(file.cost().bytes, std::uint64_t{kThreads} * kReads * kPiece);
    }
    EXPECT_EQ(openFiles(), before);
}

TEST_F(ProcFileTest, TakesTurnsWhereItMayNotOpenMore)
{
    const std::size_t before = openFiles();
    const ProcFile file(*FileHandle::open("/proc/self/mem"), 1);
    EXPECT_EQ(readByMany(file), 0u);
    EXPECT_EQ(openFiles(), before + 1);
    EXPECT_EQ(file.cost().calls, kThreads * kReads);
}

TEST_F(ProcFileTest, TellsWhyAReadFails)
{
    const ProcFile file(*FileHandle::open("/proc/self/mem"));
    std::vector<std::byte> into(8);
    EXPECT_EQ(file.readOnce(into, FileOffset(0)).errorNumber, EIO); // nothing is mapped there
    EXPECT_EQ(file.readOnce(into, FileOffset(~std::uint64_t{0})).errorNumber, EOVERFLOW);
    EXPECT_FALSE(file.size());
}

} // namespace
} // namespace ks
