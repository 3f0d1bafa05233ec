#include "core/memory/mapped_batch.h"
#include "core/memory/mapped_source.h"
#include "core/memory/snapshot_note.h"
#include "tests/support/table_kernel.h"

#include <atomic>
#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace ks {
namespace {

using test::TableKernel;
using test::WatchedSource;
using testing::ElementsAre;

constexpr AddrRange kEverything{VirtAddr(0), VirtAddr(~std::uint64_t{0})};

AddrRange pages(VirtAddr first, std::uint64_t count) { return *AddrRange::sized(first, count * kPageSize); }

std::vector<std::pair<std::uint64_t, PageStatus>> statuses(const MemoryBlock &block)
{
    std::vector<std::pair<std::uint64_t, PageStatus>> found;
    for (const StatusRun &run : block.runs())
        found.emplace_back(run.range.size(), run.state.status);
    return found;
}

/// Whether all bytes at [offset, offset + size) have this value.
bool holds(const MemoryBlock &block, std::size_t offset, std::size_t size, std::uint8_t value)
{
    return std::ranges::all_of(block.bytes().subspan(offset, size), [&](std::byte b) { return b == std::byte{value}; });
}

using Status = std::pair<std::uint64_t, PageStatus>;

TEST(MappedSource, HolesAreToldFromZeros)
{
    TableKernel kernel;
    const VirtAddr area = kernel.vmalloc();
    kernel.fill(PhysAddr(0x300000), 0xaa);
    kernel.fill(PhysAddr(0x401000), 0xbb);
    kernel.map(area, PhysAddr(0x300000));
    kernel.map(area + 0x1000, PhysAddr(0x401000));
    kernel.map(area + 0x3000, PhysAddr(0x402000)); // a page of zeros
    kernel.map(area + 0x4000, PhysAddr(0xfee00000));
    const auto source = kernel.mapped();
    for (int again = 0; again < 2; ++again) {
        const MemoryBlock block = source->read(area + 0x10, 5 * kPageSize);
        EXPECT_THAT(statuses(block),
                    ElementsAre(Status(0x1ff0, PageStatus::Present), Status(0x1000, PageStatus::Unmapped),
                                Status(0x1000, PageStatus::Present), Status(0x1000, PageStatus::Mmio),
                                Status(0x10, PageStatus::Unmapped)));
        EXPECT_TRUE(holds(block, 0, 0xff0, 0xaa));
        EXPECT_TRUE(holds(block, 0xff0, 0x1000, 0xbb)) << "from the RAM that is mapped there, page by page";
        EXPECT_TRUE(holds(block, 0x1ff0, block.size() - 0x1ff0, 0));
    }
    EXPECT_EQ(source->read(kernel.vmalloc() - 8, 16).stateAt(area - 1).status, PageStatus::Hole);
    EXPECT_TRUE(source->read(TableKernel::kText + 0x100, 0x3000).allPresent());
    EXPECT_TRUE(holds(source->read(TableKernel::kText, 64), 0, 64, 0x90)) << "text is read in its own place";
}

TEST(MappedSource, OnlyRamIsEverRead)
{
    TableKernel kernel;
    const auto watched = std::make_shared<WatchedSource>(kernel.memory);
    const AddrRange ram = *AddrRange::sized(kernel.directMap(TableKernel::kRam), TableKernel::kRamSize);
    const AddrRange text = *AddrRange::sized(TableKernel::kText, TableKernel::kTextSize);
    std::size_t reads = 0;
    watched->before = [&](std::span<const AddrRange> ranges) {
        for (const AddrRange &range : ranges) {
            EXPECT_TRUE(ram.contains(range) || text.contains(range)) << hex(range.first);
            ++reads;
        }
    };
    const VirtAddr area = kernel.vmalloc();
    kernel.map(area, PhysAddr(0x300000));
    kernel.map(area + 0x1000, PhysAddr(0xfee00000));
    const auto source = kernel.mapped(watched);
    const AddrRange asked[] = {pages(area, 16), pages(TableKernel::kText, 4),
                               pages(kernel.directMap(PhysAddr(0x300000)), 1), pages(VirtAddr(0), 1)};
    for (int again = 0; again < 3; ++again) {
        source->readBatch(asked);
        // What was RAM a moment ago is a device now.
        kernel.map(area, PhysAddr(0xfee00000));
    }
    EXPECT_EQ(source->read(area, 8).stateAt(area).status, PageStatus::Mmio);
    EXPECT_GT(reads, 0u);
}

/// What a batch gives and what is read into memory that was full of something else: the same.
void expectSameInto(const MemorySource &source, std::span<const AddrRange> ranges)
{
    std::size_t size = 0;
    for (const AddrRange &range : ranges)
        size += range.size();
    std::vector<std::byte> bytes(size, std::byte{0xee});
    std::vector<StatusRun> runs, expected;
    source.readInto(ranges, bytes, runs);
    std::vector<std::byte> batch;
    for (const MemoryBlock &block : source.readBatch(ranges)) {
        batch.insert(batch.end(), block.bytes().begin(), block.bytes().end());
        for (const StatusRun &run : block.runs())
            appendRun(expected, run.range, run.state);
    }
    EXPECT_EQ(bytes, batch);
    ASSERT_EQ(runs.size(), expected.size());
    for (std::size_t i = 0; i < runs.size(); ++i) {
        EXPECT_EQ(runs[i].range, expected[i].range) << hex(runs[i].range.first);
        EXPECT_EQ(runs[i].state, expected[i].state) << hex(runs[i].range.first);
    }
}

TEST(MappedSource, ReadsIntoTheCallersMemoryWhatABatchGives)
{
    for (const bool isLive : {true, false}) {
        TableKernel kernel({.isLive = isLive});
        const VirtAddr area = kernel.vmalloc();
        const VirtAddr direct = kernel.directMap(PhysAddr(0x300000));
        for (std::uint64_t page = 0; page < 200; ++page) {
            kernel.fill(PhysAddr(0x300000 + page * kPageSize), static_cast<std::uint8_t>(page + 1));
            // One part is in one piece, the other is scattered.
            kernel.map(area + page * kPageSize, PhysAddr(0x300000 + (page < 100 ? page : 299 - page) * kPageSize));
        }
        kernel.unmap(area + 50 * kPageSize);
        kernel.map(area + 60 * kPageSize, PhysAddr(0xfee00000));
        const AddrRange ranges[] = {{direct + 5, direct + 0x40004},
                                    {area + 7, area + 0xc8000},
                                    pages(area + 0x200000, 3),
                                    {TableKernel::kText - 8, TableKernel::kText + TableKernel::kTextSize + 8}};
        const auto source = kernel.mapped();
        for (int again = 0; again < 2; ++again) {
            expectSameInto(*source, ranges);
            expectSameInto(*source, {});
        }
    }
}

TEST(MappedSource, APageThatGoesWhileItIsReadInItsPlaceLeavesNothing)
{
    TableKernel kernel;
    const auto watched = std::make_shared<WatchedSource>(kernel.memory);
    const VirtAddr area = kernel.vmalloc();
    for (std::uint64_t page = 0; page < 32; ++page) {
        kernel.fill(PhysAddr(0x300000 + page * kPageSize), 0xaa);
        kernel.map(area + page * kPageSize, PhysAddr(0x300000 + page * kPageSize));
    }
    const auto source = kernel.mapped(watched);
    EXPECT_TRUE(source->read(area, 32 * kPageSize).allPresent());
    std::size_t largest = 0;
    watched->after = [&](std::span<const AddrRange> ranges) {
        for (const AddrRange &range : ranges)
            largest = std::max<std::size_t>(largest, range.size());
        kernel.unmap(area + 5 * kPageSize);
    };
    const AddrRange range = pages(area, 32);
    std::vector<std::byte> bytes(range.size(), std::byte{0xee});
    std::vector<StatusRun> runs;
    source->readInto({&range, 1}, bytes, runs);
    EXPECT_EQ(largest, range.size()) << "it is read in one piece";
    ASSERT_EQ(runs.size(), 3u);
    EXPECT_EQ(runs[1].range, pages(area + 5 * kPageSize, 1));
    EXPECT_EQ(runs[1].state.status, PageStatus::Unmapped);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        ASSERT_EQ(bytes[i], i / kPageSize == 5 ? std::byte{0} : std::byte{0xaa}) << i;
}

TEST(MappedSource, WhatTheKernelCallsDeviceMemoryIsNotRead)
{
    TableKernel kernel;
    const VirtAddr area = kernel.vmalloc();
    for (std::uint64_t at = 0; at < 8; ++at)
        kernel.map(area + at * kPageSize, PhysAddr(0x300000 + at * kPageSize));
    const auto source = kernel.mapped();
    source->setDeviceMemory({pages(area + 0x4000, 1), pages(area + 0x1000, 2), pages(area + 0x7000, 5)});
    EXPECT_THAT(statuses(source->read(area, 9 * kPageSize)),
                ElementsAre(Status(0x1000, PageStatus::Present), Status(0x2000, PageStatus::Mmio),
                            Status(0x1000, PageStatus::Present), Status(0x1000, PageStatus::Mmio),
                            Status(0x2000, PageStatus::Present), Status(0x1000, PageStatus::Mmio),
                            Status(0x1000, PageStatus::Unmapped)));
    EXPECT_THAT(source->mappedRanges(pages(area, 9)),
                ElementsAre(pages(area, 1), pages(area + 0x3000, 1), pages(area + 0x5000, 2)));
    source->setDeviceMemory({});
    EXPECT_TRUE(source->read(area, 8 * kPageSize).allPresent());
}

TEST(MappedSource, AChangeIsSeenAtTheNextRead)
{
    TableKernel kernel;
    const VirtAddr area = kernel.vmalloc();
    kernel.fill(PhysAddr(0x300000), 1);
    kernel.fill(PhysAddr(0x301000), 2);
    kernel.map(area, PhysAddr(0x300000));
    const auto source = kernel.mapped();
    EXPECT_TRUE(holds(source->read(area, 4096), 0, 4096, 1));
    kernel.map(area, PhysAddr(0x301000));
    EXPECT_TRUE(holds(source->read(area, 4096), 0, 4096, 2));
    EXPECT_TRUE(source->read(area, 4096).allPresent());
    kernel.unmap(area);
    EXPECT_EQ(source->read(area, 4096).stateAt(area).status, PageStatus::Unmapped);
    kernel.map(area, PhysAddr(0x300000));
    EXPECT_TRUE(source->read(area, 4096).allPresent());
    // Another table, and the old one is filled with something else.
    const PhysAddr table = kernel.allocateTable();
    kernel.fill(kernel.entryPhys(area, 1).alignedDown(kPageSize), 0xff);
    kernel.setEntry(area, 2, table.value | 3);
    kernel.map(area, PhysAddr(0x301000));
    EXPECT_TRUE(holds(source->read(area, 4096), 0, 4096, 2));
    kernel.unmap(kernel.directMap(PhysAddr(0x300000)));
    EXPECT_EQ(source->read(kernel.directMap(PhysAddr(0x300000)), 8).runs()[0].state.status, PageStatus::Unmapped)
        << "the direct map has holes too";
}

TEST(MappedSource, APageThatGoesWhileItIsReadIsNotPresent)
{
    TableKernel kernel;
    const VirtAddr area = kernel.vmalloc();
    for (std::uint64_t at = 0; at < 4; ++at) {
        kernel.fill(PhysAddr(0x300000 + at * kPageSize), static_cast<std::uint8_t>(at + 1));
        kernel.map(area + at * kPageSize, PhysAddr(0x300000 + at * kPageSize));
    }
    kernel.fill(PhysAddr(0x310000), 0x77);
    const auto watched = std::make_shared<WatchedSource>(kernel.memory);
    const auto source = kernel.mapped(watched);
    source->read(area, 4 * kPageSize);
    const VirtAddr data = kernel.directMap(PhysAddr(0x300000));
    bool done = false;
    watched->after = [&](std::span<const AddrRange> ranges) {
        if (done || std::ranges::none_of(ranges, [&](const AddrRange &r) { return r.contains(data); }))
            return;
        done = true;
        kernel.unmap(area + 0x1000);
        kernel.map(area + 0x2000, PhysAddr(0x310000));
    };
    const MemoryBlock block = source->read(area, 4 * kPageSize);
    EXPECT_TRUE(done);
    EXPECT_THAT(statuses(block), ElementsAre(Status(0x1000, PageStatus::Present), Status(0x1000, PageStatus::Unmapped),
                                             Status(0x2000, PageStatus::Present)));
    EXPECT_TRUE(holds(block, 0, 0x1000, 1));
    EXPECT_TRUE(holds(block, 0x1000, 0x1000, 0)) << "what was read of it is not handed out";
    EXPECT_TRUE(holds(block, 0x2000, 0x1000, 0x77)) << "read again from where it is now";
    EXPECT_TRUE(holds(block, 0x3000, 0x1000, 4));
}

TEST(MappedSource, APageThatNeverStaysIsAnError)
{
    TableKernel kernel;
    const VirtAddr area = kernel.vmalloc();
    kernel.map(area, PhysAddr(0x300000));
    kernel.map(area + 0x1000, PhysAddr(0x301000));
    const auto watched = std::make_shared<WatchedSource>(kernel.memory);
    std::uint64_t frame = 0x310000;
    watched->before = [&](std::span<const AddrRange>) { kernel.map(area, PhysAddr(frame += kPageSize)); };
    const MemoryBlock block = kernel.mapped(watched)->read(area, 2 * kPageSize);
    EXPECT_EQ(block.stateAt(area), (PageState{PageStatus::Error, EAGAIN}));
    EXPECT_EQ(block.stateAt(area + 0x1000).status, PageStatus::Present);
}

TEST(MappedSource, WithoutTablesThereIsNoAnswer)
{
    TableKernel kernel;
    const VirtAddr area = kernel.vmalloc();
    kernel.map(area, PhysAddr(0x300000));
    const PhysAddr table = kernel.entryPhys(area, 1).alignedDown(kPageSize);
    kernel.memory->mark(kernel.directMap(table), kPageSize, {PageStatus::Error, EIO});
    const auto source = kernel.mapped();
    EXPECT_THAT(statuses(source->read(area, 3 * kPageSize)), ElementsAre(Status(0x3000, PageStatus::Error)));
    EXPECT_TRUE(source->read(TableKernel::kText, 8).allPresent());
    // What the source itself cannot read keeps its reason.
    kernel.memory->mark(kernel.directMap(table), kPageSize, {PageStatus::Present});
    kernel.memory->mark(kernel.directMap(PhysAddr(0x300800)), 0x100, {PageStatus::Error, ENXIO});
    const MemoryBlock block = source->read(area, kPageSize);
    EXPECT_THAT(statuses(block), ElementsAre(Status(0x800, PageStatus::Present), Status(0x100, PageStatus::Error),
                                             Status(0x700, PageStatus::Present)));
    EXPECT_EQ(block.stateAt(area + 0x800).errorNumber, ENXIO);
}

TEST(MappedSource, WhatWasReadBeforeCostsTwoBatches)
{
    TableKernel kernel;
    const VirtAddr area = kernel.vmalloc();
    for (std::uint64_t at = 0; at < 64; ++at)
        kernel.map(area + at * kPageSize, PhysAddr(0x300000 + (63 - at) * kPageSize));
    const auto source = kernel.mapped();
    const AddrRange asked[] = {pages(area, 64), pages(TableKernel::kText, 2)};
    source->readBatch(asked);
    const unsigned before = kernel.memory->batches();
    source->readBatch(asked);
    EXPECT_EQ(kernel.memory->batches() - before, 2u) << "the bytes, and the tables after them";
    source->readBatch({});
    EXPECT_EQ(kernel.memory->batches() - before, 2u);
}

TEST(MappedSource, AnswersInOrderAndInParts)
{
    TableKernel kernel;
    const VirtAddr area = kernel.vmalloc();
    for (std::uint64_t at = 0; at < 8; ++at) {
        kernel.fill(PhysAddr(0x300000 + at * kPageSize), static_cast<std::uint8_t>(at));
        kernel.map(area + (7 - at) * kPageSize, PhysAddr(0x300000 + at * kPageSize));
    }
    const auto source = kernel.mapped();
    const AddrRange asked[] = {*AddrRange::sized(area + 0x1ffc, 8),
                               *AddrRange::sized(area + 0x10, 1),
                               *AddrRange::sized(area + 0x1ffc, 8),
                               *AddrRange::sized(area - 16, 32),
                               {VirtAddr(~std::uint64_t{0}), VirtAddr(~std::uint64_t{0})}};
    const auto blocks = source->readBatch(asked);
    ASSERT_EQ(blocks.size(), 5u);
    for (const std::size_t twice : {0, 2}) {
        EXPECT_TRUE(holds(blocks[twice], 0, 4, 6));
        EXPECT_TRUE(holds(blocks[twice], 4, 4, 5));
        EXPECT_TRUE(blocks[twice].allPresent());
    }
    EXPECT_TRUE(holds(blocks[1], 0, 1, 7));
    EXPECT_THAT(statuses(blocks[3]), ElementsAre(Status(16, PageStatus::Hole), Status(16, PageStatus::Present)));
    EXPECT_THAT(statuses(blocks[4]), ElementsAre(Status(1, PageStatus::Hole)));
    EXPECT_EQ(source->read(VirtAddr(~std::uint64_t{0} - 3), 100).size(), 4u);
}

TEST(MappedSource, ReadingIntoPlaceGivesWhatReadingInBlocksDoes)
{
    TableKernel kernel;
    const VirtAddr area = kernel.vmalloc();
    kernel.fill(PhysAddr(0x300000), 0xaa);
    kernel.fill(PhysAddr(0x301000), 0xbb);
    kernel.map(area, PhysAddr(0x301000));
    kernel.map(area + 0x2000, PhysAddr(0xfee00000));
    const AddrRange ram = *AddrRange::sized(kernel.directMap(PhysAddr(0x2ff800)), 0x2000);
    const AddrRange text = *AddrRange::sized(TableKernel::kText + 5, 0x1800);
    const AddrRange vmalloc = *AddrRange::sized(area + 0x10, 0x2800);
    const auto expectSame = [](const MemorySource &source, std::span<const AddrRange> ranges) {
        std::vector<std::byte> expected, bytes;
        std::vector<StatusRun> expectedRuns, runs{{{VirtAddr(1), VirtAddr(2)}, {}}};
        for (const MemoryBlock &block : source.readBatch(ranges)) {
            expected.insert(expected.end(), block.bytes().begin(), block.bytes().end());
            for (const StatusRun &run : block.runs())
                appendRun(expectedRuns, run.range, run.state);
        }
        bytes.resize(expected.size(), std::byte{0xee});
        source.readInto(ranges, bytes, runs);
        EXPECT_EQ(bytes, expected);
        ASSERT_EQ(runs.size(), expectedRuns.size());
        for (std::size_t i = 0; i < runs.size(); ++i) {
            EXPECT_EQ(runs[i].range, expectedRuns[i].range);
            EXPECT_EQ(runs[i].state, expectedRuns[i].state);
        }
    };
    for (const bool unmapsRam : {false, true}) {
        // A page of the direct map may be taken out of it (set_memory_np, arch/x86/mm/pat/set_memory.c).
        if (unmapsRam)
            kernel.unmap(kernel.directMap(PhysAddr(0x300000)));
        const auto source = kernel.mapped();
        expectSame(*source, std::vector{ram});
        expectSame(*source, std::vector{ram, text});
        expectSame(*source, std::vector{ram, vmalloc, text});
        expectSame(*source, std::vector{vmalloc});
        EXPECT_EQ(source->read(kernel.directMap(PhysAddr(0x300000)), 1).allPresent(), !unmapsRam);
    }
}

TEST(MappedSource, TellsWhatIsMapped)
{
    TableKernel kernel;
    const VirtAddr area = kernel.vmalloc();
    kernel.map(area + 0x1000, PhysAddr(0x300000));
    kernel.map(area + 0x2000, PhysAddr(0x308000));
    kernel.map(area + 0x3000, PhysAddr(0xfee00000));
    kernel.unmap(kernel.directMap(PhysAddr(0x350000)));
    EXPECT_THAT(kernel.mapped()->mappedRanges(kEverything),
                ElementsAre(AddrRange{kernel.directMap(TableKernel::kRam), kernel.directMap(PhysAddr(0x34ffff))},
                            AddrRange{kernel.directMap(PhysAddr(0x351000)), kernel.directMap(PhysAddr(0x5fffff))},
                            pages(area + 0x1000, 2), pages(TableKernel::kText, 16)));
    EXPECT_THAT(kernel.mapped()->mappedRanges({area + 0x1010, area + 0x1020}),
                ElementsAre(AddrRange{area + 0x1010, area + 0x1020}));
}

TEST(MappedSource, ADumpOfRamHasWhatTheTablesMap)
{
    TableKernel kernel({.isLive = false, .hasVmalloc = false});
    const VirtAddr area = kernel.vmalloc();
    kernel.fill(PhysAddr(0x300000), 0x5a);
    kernel.map(area + 0x1000, PhysAddr(0x300000));
    kernel.map(area + 0x2000, PhysAddr(0xfee00000));
    kernel.unmap(kernel.directMap(PhysAddr(0x400000))); // but its bytes were saved
    const auto source = kernel.mapped();
    const MemoryBlock block = source->read(area, 4 * kPageSize);
    EXPECT_THAT(statuses(block), ElementsAre(Status(0x1000, PageStatus::Hole), Status(0x1000, PageStatus::Present),
                                             Status(0x1000, PageStatus::Mmio), Status(0x1000, PageStatus::Hole)));
    EXPECT_TRUE(holds(block, 0x1000, 0x1000, 0x5a));
    EXPECT_TRUE(source->read(kernel.directMap(TableKernel::kRam), TableKernel::kRamSize).allPresent());
    EXPECT_THAT(source->mappedRanges(kEverything),
                ElementsAre(*AddrRange::sized(kernel.directMap(TableKernel::kRam), TableKernel::kRamSize),
                            pages(area + 0x1000, 1), pages(TableKernel::kText, 16)));
    const AddrRange both[] = {pages(area + 0x1000, 1), pages(TableKernel::kText, 1)};
    EXPECT_TRUE(source->readBatch(both)[1].allPresent());
    EXPECT_TRUE(holds(source->readBatch(both)[1], 0, 4096, 0x90));
}

TEST(MappedSource, ACopyOfKcoreHasItsHolesToo)
{
    TableKernel kernel({.isLive = false});
    const VirtAddr area = kernel.vmalloc();
    kernel.map(area + 0x1000, PhysAddr(0x300000));
    kernel.unmap(kernel.directMap(PhysAddr(0x400000)));
    const auto source = kernel.mapped();
    EXPECT_THAT(statuses(source->read(area, 3 * kPageSize)),
                ElementsAre(Status(0x1000, PageStatus::Unmapped), Status(0x1000, PageStatus::Present),
                            Status(0x1000, PageStatus::Unmapped)));
    EXPECT_EQ(source->read(kernel.directMap(PhysAddr(0x400000)), 8).runs()[0].state.status, PageStatus::Unmapped);
    EXPECT_THAT(source->mappedRanges(pages(area, 1024)), ElementsAre(pages(area + 0x1000, 1)));
}

TEST(MappedSource, ASnapshotHasWhatWasSaved)
{
    TableKernel kernel({.isLive = false});
    const VirtAddr area = kernel.vmalloc();
    kernel.memory->setNotes({toNote(SnapshotNote{.selection = "vmalloc"})});
    kernel.memory->write(area, std::vector<std::byte>(kPageSize, std::byte{0x33}));
    kernel.map(area, PhysAddr(0x900000)); // RAM that was not saved
    kernel.map(area + TableKernel::kAreaSize, PhysAddr(0x300000));
    const auto source = kernel.mapped();
    const MemoryBlock block = source->read(area, 2 * kPageSize);
    EXPECT_TRUE(block.allPresent());
    EXPECT_TRUE(holds(block, 0, kPageSize, 0x33));
    EXPECT_TRUE(source->read(area + TableKernel::kAreaSize, kPageSize).allPresent()) << "by the tables";
    EXPECT_THAT(source->mappedRanges(*AddrRange::sized(area, 2 * TableKernel::kAreaSize)),
                ElementsAre(*AddrRange::sized(area, TableKernel::kAreaSize + kPageSize)));
}

TEST(MappedSource, CanBeReadByManyThreadsWhileTheTablesChange)
{
    TableKernel kernel;
    const VirtAddr area = kernel.vmalloc();
    kernel.fill(PhysAddr(0x300000), 1);
    kernel.fill(PhysAddr(0x301000), 1);
    kernel.map(area, PhysAddr(0x300000));
    const auto source = kernel.mapped();
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 3; ++thread)
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                const MemoryBlock block = source->read(area, 4096);
                wrong += block.allPresent() && !holds(block, 0, 4096, 1);
                source->setDeviceMemory({});
            }
        });
    for (int i = 0; i < 100; ++i) {
        kernel.map(area, PhysAddr(0x300000 + (i % 2) * kPageSize));
        if (i % 10 == 0)
            kernel.unmap(area);
    }
    kernel.map(area, PhysAddr(0x301000));
    threads.clear();
    EXPECT_EQ(wrong, 0);
    EXPECT_TRUE(source->read(area, 4096).allPresent());
}

} // namespace
} // namespace ks
