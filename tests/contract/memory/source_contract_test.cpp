// What every MemorySource promises, asked of each of them.
#include "core/memory/elf_core_source.h"
#include "core/memory/kcore_source.h"
#include "core/memory/open_core.h"
#include "tests/support/core_file.h"
#include "tests/support/fake_source.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

namespace ks {
namespace {

using namespace ks::test;

constexpr std::uint64_t kText = 0xffffffff81000000;
constexpr std::uint64_t kDirect = 0xffff888000001000;
constexpr std::uint64_t kTop = 0xfffffffffffff000; // its last byte is the last of 2^64
constexpr std::size_t kTextSize = 5 * kPageSize + 100;

std::byte byteAt(std::uint64_t address) { return static_cast<std::byte>(((address * 0x9e3779b97f4a7c15) >> 56) | 1); }

std::string content(std::uint64_t address, std::size_t size)
{
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<char>(byteAt(address + i));
    return bytes;
}

/// The direct map's two segments touch, the text ends inside a page.
CoreBuilder standardCore()
{
    CoreBuilder core;
    core.note("CORE", 3, std::string(136, 'x'));
    core.load(kText, content(kText, kTextSize), 0x1000000);
    core.load(kTop, content(kTop, kPageSize));
    core.load(kDirect + 2 * kPageSize, content(kDirect + 2 * kPageSize, 3 * kPageSize), 0x3000);
    core.load(kDirect, content(kDirect, 2 * kPageSize), 0x1000);
    return core;
}

std::unique_ptr<MemorySource> opened(Result<std::unique_ptr<MemorySource>> source)
{
    EXPECT_TRUE(source) << source.error().message();
    return std::move(*source);
}

std::unique_ptr<MemorySource> fake()
{
    auto source = std::make_unique<FakeSource>();
    for (const auto &[address, size, phys] :
         {std::tuple<std::uint64_t, std::size_t, std::optional<PhysAddr>>{kText, kTextSize, PhysAddr(0x1000000)},
          {kTop, kPageSize, {}},
          {kDirect + 2 * kPageSize, 3 * kPageSize, PhysAddr(0x3000)},
          {kDirect, 2 * kPageSize, PhysAddr(0x1000)}}) {
        const std::string bytes = content(address, size);
        source->add(VirtAddr(address), std::as_bytes(std::span(bytes)), phys);
    }
    source->setNotes({{"CORE", 3, std::vector<std::byte>(136, std::byte{'x'})}});
    return source;
}

std::unique_ptr<MemorySource> descriptor(bool live)
{
    const std::string bytes = standardCore().build();
    const int fd = ::memfd_create("core", MFD_CLOEXEC);
    EXPECT_EQ(::pwrite(fd, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    return opened(openCore(FileHandle(fd), {.live = live, .description = "memfd"}));
}

std::unique_ptr<MemorySource> overFile(bool live, const std::function<void(FaultyFile &)> &spoil)
{
    auto file = std::make_shared<FaultyFile>(std::make_shared<MemoryFile>(standardCore().build()));
    auto source = opened(live ? KcoreSource::open(shared(file), "kcore") : ElfCoreSource::open(shared(file), "core"));
    spoil(*file);
    return source;
}

struct Maker {
    const char *name;
    std::function<std::unique_ptr<MemorySource>()> make;
};

class SourceContract : public testing::TestWithParam<Maker> {
protected:
    std::unique_ptr<MemorySource> source_ = GetParam().make();

    static bool inSegments(std::uint64_t address)
    {
        return (address >= kText && address - kText < kTextSize) || address >= kTop ||
               (address >= kDirect && address - kDirect < 5 * kPageSize);
    }

    static void expectTrue(const MemoryBlock &block, VirtAddr address, std::size_t size)
    {
        ASSERT_EQ(block.address(), address);
        ASSERT_EQ(block.size(), size);
        VirtAddr next = address;
        for (std::size_t i = 0; i < block.runs().size(); ++i) {
            ASSERT_EQ(block.runs()[i].range.first, next);
            next = block.runs()[i].range.last + 1;
            if (i > 0) {
                ASSERT_NE(block.runs()[i].state, block.runs()[i - 1].state) << "neighbours differ";
            }
        }
        ASSERT_EQ(next, address + size) << "the runs cover the block";
        for (std::size_t i = 0; i < size; ++i) {
            const VirtAddr at = address + i;
            const bool present = inSegments(at.value);
            ASSERT_EQ(block.stateAt(at).status, present ? PageStatus::Present : PageStatus::Hole) << hex(at);
            ASSERT_EQ(block.bytes()[i], present ? byteAt(at.value) : std::byte{0}) << hex(at);
        }
    }

    void expectRead(std::uint64_t address, std::size_t size)
    {
        SCOPED_TRACE(hex(address) + " + " + std::to_string(size));
        expectTrue(source_->read(VirtAddr(address), size), VirtAddr(address), size);
    }
};

TEST_P(SourceContract, SegmentsAreSortedAndCarryPhysicalAddresses)
{
    const auto segments = source_->segments();
    ASSERT_EQ(segments.size(), 4u);
    EXPECT_EQ(segments[0].range, *AddrRange::sized(VirtAddr(kDirect), 2 * kPageSize));
    EXPECT_EQ(segments[1].range, *AddrRange::sized(VirtAddr(kDirect + 2 * kPageSize), 3 * kPageSize));
    EXPECT_EQ(segments[2].range, *AddrRange::sized(VirtAddr(kText), kTextSize));
    EXPECT_EQ(segments[3].range.last.value, ~std::uint64_t{0});
    EXPECT_EQ(segments[1].phys, PhysAddr(0x3000));
    EXPECT_EQ(segments[3].phys, std::nullopt);
    EXPECT_EQ(source_->machine(), Machine::X86_64);
    EXPECT_FALSE(source_->description().empty());
    EXPECT_EQ(source_->truncation(), std::nullopt);
}

TEST_P(SourceContract, NotesAreThere)
{
    const auto notes = source_->notes();
    ASSERT_EQ(notes.size(), 1u);
    EXPECT_EQ(notes[0].name, "CORE");
    EXPECT_EQ(notes[0].bytes.size(), 136u);
}

TEST_P(SourceContract, TellsWhatIsMappedWithoutReadingIt)
{
    const std::uint64_t reads = source_->cost().calls;
    const AddrRange direct{VirtAddr(kDirect), VirtAddr(kDirect + 5 * kPageSize - 1)};
    const AddrRange text{VirtAddr(kText), VirtAddr(kText + kTextSize - 1)};
    EXPECT_THAT(source_->mappedRanges({VirtAddr(0), VirtAddr(~std::uint64_t{0})}),
                testing::ElementsAre(direct, text, AddrRange{VirtAddr(kTop), VirtAddr(~std::uint64_t{0})}));
    EXPECT_THAT(
        source_->mappedRanges({VirtAddr(kDirect + 7), VirtAddr(kText + 1)}),
        testing::ElementsAre(AddrRange{VirtAddr(kDirect + 7), direct.last}, AddrRange{text.first, text.first + 1}));
    EXPECT_THAT(source_->mappedRanges({text.last + 1, text.last + 1}), testing::IsEmpty());
    EXPECT_EQ(source_->cost().calls, reads);
}

TEST_P(SourceContract, GivesExactlyTheBytesThatWereAskedFor)
{
    for (const std::size_t size : {std::size_t{1}, std::size_t{8}, std::size_t{100}, kTextSize})
        expectRead(kText, size);
    expectRead(kText + 4090, 12);
    expectRead(kText + kTextSize - 1, 1);
    expectRead(kDirect + 17, 4 * kPageSize);
}

TEST_P(SourceContract, MarksWhatIsInNoSegment)
{
    expectRead(0, 64);
    expectRead(kText - 50, 100);
    expectRead(kText + kTextSize - 8, 16);
    expectRead(kText + kTextSize, 3 * kPageSize);
    expectRead(kText - kPageSize, kTextSize + 3 * kPageSize);
    expectRead(kTop - 2 * kPageSize, 2 * kPageSize);
}

TEST_P(SourceContract, ReadsAcrossSegmentsThatTouch)
{
    expectRead(kDirect + 2 * kPageSize - 4, 8);
    expectRead(kDirect - 100, 5 * kPageSize + 200);
}

TEST_P(SourceContract, KnowsTheEndOfTheAddressSpace)
{
    expectRead(~std::uint64_t{0}, 1);
    expectRead(kTop, kPageSize);
    // A read over the top ends there.
    expectTrue(source_->read(VirtAddr(kTop + 0xff0), 4096), VirtAddr(kTop + 0xff0), 16);
    expectTrue(source_->read(VirtAddr(~std::uint64_t{0}), 8), VirtAddr(~std::uint64_t{0}), 1);
}

TEST_P(SourceContract, NothingIsNothing)
{
    const auto block = source_->read(VirtAddr(kText), 0);
    EXPECT_EQ(block.size(), 0u);
    EXPECT_TRUE(block.allPresent());
    EXPECT_TRUE(source_->readBatch({}).empty());
}

TEST_P(SourceContract, BatchesAnswerInOrder)
{
    const std::vector<std::pair<std::uint64_t, std::size_t>> asked = {
        {kText + 300, 8},  {kText + 100, 8},    {kText + 100, 8},  {kText + 104, 300},    {kDirect, 4 * kPageSize},
        {kText + 5000, 1}, {kDirect + 8192, 8}, {kTop + 4095, 1},  {kText - 4, 8},        {0x1000, 16},
        {kText + 4096, 4}, {kText + 4100, 4},   {kText + 8191, 2}, {kText, kPageSize * 2}};
    std::vector<AddrRange> ranges;
    for (const auto &[address, size] : asked)
        ranges.push_back(*AddrRange::sized(VirtAddr(address), size));
    const auto before = std::chrono::system_clock::now();
    const auto blocks = source_->readBatch(ranges);
    ASSERT_EQ(blocks.size(), ranges.size());
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        SCOPED_TRACE(i);
        expectTrue(blocks[i], ranges[i].first, asked[i].second);
        EXPECT_GE(blocks[i].time, before);
        EXPECT_LE(blocks[i].time, std::chrono::system_clock::now());
        EXPECT_GE(blocks[i].latency.count(), 0);
    }
}

TEST_P(SourceContract, ReadsIntoTheCallersMemory)
{
    const std::vector<AddrRange> ranges = {{VirtAddr(kDirect - 8), VirtAddr(kDirect + 4 * kPageSize)},
                                           {VirtAddr(kDirect + 4 * kPageSize + 1), VirtAddr(kDirect + 5 * kPageSize)},
                                           {VirtAddr(kText + 3), VirtAddr(kText + kTextSize)},
                                           {VirtAddr(kTop + 1), VirtAddr(~std::uint64_t{0})}};
    std::size_t total = 0;
    for (const AddrRange &range : ranges)
        total += range.size();
    // What was in the memory before, and what lies behind it, must neither show nor change.
    std::vector<std::byte> into(total + 16, std::byte{0xee});
    std::vector<StatusRun> runs{{{VirtAddr(1), VirtAddr(2)}, {PageStatus::Denied}}};
    source_->readInto(ranges, into, runs);

    std::vector<StatusRun> expected;
    std::size_t position = 0;
    for (const AddrRange &range : ranges)
        for (std::uint64_t i = 0; i < range.size(); ++i, ++position) {
            const VirtAddr at = range.first + i;
            const bool present = inSegments(at.value);
            ASSERT_EQ(into[position], present ? byteAt(at.value) : std::byte{0}) << hex(at);
            appendRun(expected, {at, at}, {present ? PageStatus::Present : PageStatus::Hole});
        }
    ASSERT_EQ(runs.size(), expected.size());
    for (std::size_t i = 0; i < runs.size(); ++i) {
        EXPECT_EQ(runs[i].range, expected[i].range) << hex(runs[i].range.first);
        EXPECT_EQ(runs[i].state, expected[i].state) << hex(runs[i].range.first);
    }
    for (; position < into.size(); ++position)
        EXPECT_EQ(into[position], std::byte{0xee});

    source_->readInto({}, {}, runs);
    EXPECT_TRUE(runs.empty());
}

TEST_P(SourceContract, CanBeReadByManyThreads)
{
    std::vector<std::jthread> threads;
    std::atomic<int> wrong = 0;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&, thread] {
            for (std::size_t i = 0; i < 50; ++i) {
                const std::uint64_t address = kText + (i * 397 + thread * 1009) % 16384;
                const auto block = source_->read(VirtAddr(address), 64);
                for (std::size_t at = 0; at < 64; ++at)
                    wrong += block.bytes()[at] != byteAt(address + at);
            }
        });
    threads.clear();
    EXPECT_EQ(wrong, 0);
}

const Maker kMakers[] = {
    {"Fake", fake},
    {"Slow", [] { return std::make_unique<SlowSource>(fake(), std::chrono::milliseconds(1)); }},
    {"KcoreDescriptor", [] { return descriptor(true); }},
    {"ElfCoreDescriptor", [] { return descriptor(false); }},
    {"KcoreShortReads", [] { return overFile(true, [](FaultyFile &file) { file.longestRead = 1000; }); }},
    {"ElfCoreShortReads", [] { return overFile(false, [](FaultyFile &file) { file.longestRead = 7; }); }},
    // EFAULT for every call over more than one page, as if a page in between were bad each time.
    {"KcoreWholeCallsFail", [] { return overFile(true, [](FaultyFile &file) { file.failAcrossPages = EFAULT; }); }},
    {"KcoreHeadersChange",
     [] {
         // The second batch of headers seen is another one: an additional empty segment appears, all offsets move.
         auto memory = std::make_shared<MemoryFile>(standardCore().build());
         auto file = std::make_shared<FaultyFile>(memory);
         auto source = opened(KcoreSource::open(shared(file), "kcore"));
         file->beforeRead = [memory, moved = std::make_shared<std::atomic<bool>>(false)](std::uint64_t offset) {
             if (offset != 0 && !moved->exchange(true)) {
                 CoreBuilder core = standardCore();
                 for (int i = 0; i < 80; ++i)
                     core.header({.p_type = PT_LOAD, .p_vaddr = kText});
                 memory->replace(core.build());
             }
         };
         return source;
     }},
};

INSTANTIATE_TEST_SUITE_P(Sources, SourceContract, testing::ValuesIn(kMakers),
                         [](const auto &maker) { return std::string(maker.param.name); });

} // namespace
} // namespace ks
