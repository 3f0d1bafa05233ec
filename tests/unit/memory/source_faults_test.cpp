// What the file-backed sources say when the file fails, ends or changes; and how few reads they make.
#include "core/memory/elf_core_source.h"
#include "core/memory/kcore_source.h"
#include "core/memory/segment_reader.h"
#include "tests/support/core_file.h"

#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace ks {
namespace {

using namespace ks::test;
using testing::HasSubstr;

constexpr VirtAddr kBase{0xffffffff81000000};
constexpr std::uint64_t kPages = 16;

struct Opened {
    std::shared_ptr<MemoryFile> memory;
    std::shared_ptr<FaultyFile> file;
    std::unique_ptr<MemorySource> source;
    std::uint64_t offset = 0; ///< of the first segment's bytes
};

Opened open(const CoreBuilder &core, bool live = true)
{
    Opened result;
    result.memory = std::make_shared<MemoryFile>(core.build());
    result.file = std::make_shared<FaultyFile>(result.memory);
    auto source =
        live ? KcoreSource::open(shared(result.file), "kcore") : ElfCoreSource::open(shared(result.file), "core");
    EXPECT_TRUE(source) << source.error().message();
    result.source = std::move(*source);
    result.offset = result.source->segments().front().offset.value;
    return result;
}

CoreBuilder sixteenPages()
{
    CoreBuilder core;
    core.load(kBase.value, std::string(kPages * kPageSize, 'x'));
    return core;
}

std::vector<StatusRun> runs(const MemoryBlock &block) { return {block.runs().begin(), block.runs().end()}; }

StatusRun run(std::uint64_t from, std::uint64_t to, PageStatus status, int error = 0)
{
    return {{kBase + from, kBase + (to - 1)}, {status, error}};
}

void expectRuns(const MemoryBlock &block, const std::vector<StatusRun> &expected)
{
    const auto got = runs(block);
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        EXPECT_EQ(got[i].range.first - kBase, expected[i].range.first - kBase);
        EXPECT_EQ(got[i].range.last - kBase, expected[i].range.last - kBase);
        EXPECT_EQ(got[i].state, expected[i].state) << got[i].state.reason();
    }
    for (std::size_t i = 0; i < block.size(); ++i)
        ASSERT_EQ(block.bytes()[i], block.stateAt(block.address() + i).present() ? std::byte{'x'} : std::byte{0}) << i;
}

TEST(SourceFaults, OnlyTheBadPagesOfAFailedCallAreMarked)
{
    for (const bool wholeCall : {true, false})
        for (const int error : {EFAULT, EIO}) {
            auto kcore = open(sixteenPages());
            kcore.file->faults = {{kcore.offset + 3 * kPageSize, kcore.offset + 4 * kPageSize - 1, error, wholeCall},
                                  {kcore.offset + 9 * kPageSize + 17, kcore.offset + 9 * kPageSize + 17, error, true},
                                  {kcore.offset + 10 * kPageSize, kcore.offset + 10 * kPageSize, error, true}};
            expectRuns(kcore.source->read(kBase + 100, kPages * kPageSize - 200),
                       {run(100, 3 * kPageSize, PageStatus::Present),
                        run(3 * kPageSize, 4 * kPageSize, PageStatus::Error, error),
                        run(4 * kPageSize, 9 * kPageSize, PageStatus::Present),
                        run(9 * kPageSize, 11 * kPageSize, PageStatus::Error, error),
                        run(11 * kPageSize, kPages * kPageSize - 100, PageStatus::Present)});
        }
}

TEST(SourceFaults, AReadOverAPageBorderInsideOfTheFault)
{
    auto kcore = open(sixteenPages());
    kcore.file->faults = {{kcore.offset + kPageSize, kcore.offset + kPageSize, EFAULT, true}};
    expectRuns(
        kcore.source->read(kBase + kPageSize - 4, 8),
        {run(kPageSize - 4, kPageSize, PageStatus::Present), run(kPageSize, kPageSize + 4, PageStatus::Error, EFAULT)});
    expectRuns(kcore.source->read(kBase + kPageSize, 8), {run(kPageSize, kPageSize + 8, PageStatus::Error, EFAULT)});
}

TEST(SourceFaults, AllPagesBad)
{
    auto kcore = open(sixteenPages());
    kcore.file->faults = {{kcore.offset, ~std::uint64_t{0}, EIO, true}};
    kcore.file->calls = 0;
    expectRuns(kcore.source->read(kBase, kPages * kPageSize), {run(0, kPages * kPageSize, PageStatus::Error, EIO)});
    EXPECT_LE(kcore.file->calls, kPages + 3);
}

TEST(SourceFaults, ARefusalIsNotAskedAgainForEveryPage)
{
    auto kcore = open(sixteenPages());
    kcore.file->faults = {{kcore.offset, ~std::uint64_t{0}, EPERM, true}};
    kcore.file->calls = 0;
    expectRuns(kcore.source->read(kBase, kPages * kPageSize), {run(0, kPages * kPageSize, PageStatus::Denied, EPERM)});
    EXPECT_EQ(kcore.file->calls, 2u); // data, headers
}

TEST(SourceFaults, AHeaderThatCannotBeReadAnyMoreTakesAllAnswers)
{
    auto kcore = open(sixteenPages());
    kcore.file->faults = {{0, 10, EIO, true}};
    expectRuns(kcore.source->read(kBase, 10), {run(0, 10, PageStatus::Error, EIO)});
    kcore.file->faults = {{0, 10, EACCES, true}};
    expectRuns(kcore.source->read(kBase, 10), {run(0, 10, PageStatus::Denied, EACCES)});
    kcore.file->faults = {};
    expectRuns(kcore.source->read(kBase, 10), {run(0, 10, PageStatus::Present)});
}

TEST(SourceFaults, OffsetsBeyondWhatAFileCanHold)
{
    for (const std::uint64_t offset : {std::uint64_t{1} << 63, ~std::uint64_t{0} - 100, ~std::uint64_t{0} - 4096}) {
        const std::string bytes =
            CoreBuilder()
                .header(
                    {.p_type = PT_LOAD, .p_offset = offset, .p_vaddr = kBase.value, .p_filesz = 8192, .p_memsz = 8192})
                .build();
        const int fd = ::memfd_create("core", MFD_CLOEXEC);
        ASSERT_EQ(::pwrite(fd, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
        auto source = KcoreSource::open(std::make_unique<DescriptorFile>(FileHandle(fd)), "kcore");
        ASSERT_TRUE(source) << source.error().message();
        expectRuns((*source)->read(kBase + 10, 5000), {run(10, 5010, PageStatus::Error, EOVERFLOW)});
    }
}

TEST(SourceFaults, WhatTheDumpLeftOutIsExcluded)
{
    CoreBuilder core;
    core.load(kBase.value, std::string(5000, 'x'), 0x1000, 3 * kPageSize);
    auto dump = open(core, false);
    expectRuns(dump.source->read(kBase, 4 * kPageSize),
               {run(0, 5000, PageStatus::Present), run(5000, 3 * kPageSize, PageStatus::Excluded),
                run(3 * kPageSize, 4 * kPageSize, PageStatus::Hole)});
    expectRuns(dump.source->read(kBase + 6000, 10), {run(6000, 6010, PageStatus::Excluded)});
    EXPECT_EQ(dump.source->truncation(), std::nullopt);
}

TEST(SourceFaults, WhatTheFileLostIsTruncated)
{
    const std::string whole = sixteenPages().build();
    const std::size_t begin = whole.size() - kPages * kPageSize;
    for (const std::uint64_t kept : {std::uint64_t{0}, std::uint64_t{1}, kPageSize, 3 * kPageSize + 777}) {
        const std::string bytes = whole.substr(0, begin + kept);
        auto source = ElfCoreSource::open(std::make_unique<MemoryFile>(bytes), "vmcore");
        ASSERT_TRUE(source);
        std::vector<StatusRun> expected;
        if (kept > 0)
            expected.push_back(run(0, kept, PageStatus::Present));
        expected.push_back(run(kept, kPages * kPageSize, PageStatus::Truncated));
        expectRuns((*source)->read(kBase, kPages * kPageSize), expected);
        ASSERT_TRUE((*source)->truncation());
        EXPECT_THAT(*(*source)->truncation(), HasSubstr("vmcore ends at offset " + hex(begin + kept)));
        EXPECT_THAT(*(*source)->truncation(), HasSubstr(hex(kPages * kPageSize - kept) + " bytes are missing"));
    }
}

TEST(SourceFaults, AFileThatShrinksWhileItIsOpen)
{
    auto dump = open(sixteenPages(), false);
    dump.memory->replace(sixteenPages().build().substr(0, dump.offset + 5000));
    expectRuns(dump.source->read(kBase, 6000),
               {run(0, 5000, PageStatus::Present), run(5000, 6000, PageStatus::Truncated)});
}

TEST(LiveHeaders, NewMemoryIsSeenAndOffsetsFollow)
{
    auto kcore = open(sixteenPages());
    CoreBuilder grown;
    grown.load(0xffff888100000000, std::string(kPageSize, 'n'), 0x100000000);
    grown.load(kBase.value, std::string(kPages * kPageSize, 'x'));
    for (int i = 0; i < 100; ++i)
        grown.header({.p_type = PT_LOAD, .p_vaddr = kBase.value});
    kcore.memory->replace(grown.build());
    EXPECT_EQ(kcore.source->segments().size(), 1u);
    const AddrRange ranges[] = {*AddrRange::sized(VirtAddr(0xffff888100000000), 4), *AddrRange::sized(kBase, 4)};
    const auto blocks = kcore.source->readBatch(ranges);
    EXPECT_TRUE(blocks[0].allPresent());
    EXPECT_EQ(blocks[0].bytes()[0], std::byte{'n'});
    expectRuns(blocks[1], {run(0, 4, PageStatus::Present)});
    EXPECT_EQ(kcore.source->segments().size(), 2u);
}

TEST(LiveHeaders, ThatNeverHoldStillGiveNoBytes)
{
    auto kcore = open(sixteenPages());
    int turn = 0;
    kcore.file->beforeRead = [&](std::uint64_t offset) {
        if (offset == 0)
            kcore.memory->replace(sixteenPages().header({.p_type = PT_LOAD, .p_align = ++turn % 1000u}).build());
    };
    expectRuns(kcore.source->read(kBase, 100), {run(0, 100, PageStatus::Error, EAGAIN)});
    EXPECT_LT(turn, 100);
    kcore.file->beforeRead = {};
    expectRuns(kcore.source->read(kBase, 100), {run(0, 100, PageStatus::Present)});
}

TEST(LiveHeaders, ThatAreDamagedForAMomentAreReadAgain)
{
    auto kcore = open(sixteenPages());
    const std::string good = sixteenPages().build();
    int reads = 0;
    kcore.memory->replace("rubbish");
    kcore.file->beforeRead = [&](std::uint64_t) {
        if (++reads == 4)
            kcore.memory->replace(good);
    };
    expectRuns(kcore.source->read(kBase, 100), {run(0, 100, PageStatus::Present)});
}

TEST(ReadCount, NeighboursShareOneReadAndNoOtherPageIsTouched)
{
    auto dump = open(sixteenPages(), false);
    std::vector<AddrRange> ranges;
    // 200 fields on two neighbouring pages, some overlapping, and one far away.
    for (std::uint64_t i = 0; i < 200; ++i)
        ranges.push_back(*AddrRange::sized(kBase + (i * 37) % 8000, 8 + i % 200));
    ranges.push_back(*AddrRange::sized(kBase + 9 * kPageSize, 8));
    std::vector<std::uint64_t> offsets;
    dump.file->beforeRead = [&](std::uint64_t offset) { offsets.push_back(offset); };
    const auto blocks = dump.source->readBatch(ranges);
    for (const MemoryBlock &block : blocks)
        EXPECT_TRUE(block.allPresent());
    EXPECT_THAT(offsets, testing::ElementsAre(dump.offset, dump.offset + 9 * kPageSize));
}

TEST(ReadCount, AGoodReadOfMuchMemoryIsOneCall)
{
    auto dump = open(sixteenPages(), false);
    dump.file->calls = 0;
    EXPECT_TRUE(dump.source->read(kBase + 5, kPages * kPageSize - 5).allPresent());
    EXPECT_EQ(dump.file->calls, 1u);
}

TEST(MemoryBlock, FindsWhatIsMissing)
{
    CoreBuilder core;
    core.load(kBase.value, std::string(100, 'x'), 0, 200);
    auto dump = open(core, false);
    const auto block = dump.source->read(kBase, 300);
    EXPECT_TRUE(block.present(kBase + 10, 90));
    EXPECT_FALSE(block.present(kBase + 10, 91));
    EXPECT_FALSE(block.present(kBase - 1, 2));
    EXPECT_FALSE(block.present(kBase + 50, ~std::uint64_t{0}));
    EXPECT_EQ(block.firstMissing(kBase, 100), std::nullopt);
    const auto missing = block.firstMissing(kBase + 50, 100);
    ASSERT_TRUE(missing);
    EXPECT_EQ(missing->range, (AddrRange{kBase + 100, kBase + 149}));
    EXPECT_EQ(missing->state.status, PageStatus::Excluded);
    const auto behind = block.firstMissing(kBase + 400, 8);
    ASSERT_TRUE(behind);
    EXPECT_EQ(behind->state.status, PageStatus::Hole);
    EXPECT_EQ(block.stateAt(kBase + 299).status, PageStatus::Hole);
    EXPECT_EQ(block.stateAt(kBase + 199).status, PageStatus::Excluded);
}

} // namespace
} // namespace ks
