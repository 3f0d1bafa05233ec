#include "core/live/snapshot.h"

#include "core/kernel/tasks.h"
#include "core/memory/notes.h"
#include "core/memory/open_core.h"
#include "core/session/session.h"
#include "core/values/expression.h"
#include "core/values/format.h"
#include "resources/demo/demo_kernel.h"
#include "tests/support/fake_source.h"
#include "tests/support/folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <elf.h>
#include <fstream>
#include <functional>
#include <sys/resource.h>
#include <sys/stat.h>

namespace ks::test {
namespace {

using Existing = NewFile::Existing;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr VirtAddr kBase{0xffff888000000000};
constexpr AddrRange kAll{VirtAddr(0), VirtAddr(~std::uint64_t{0})};

/// A source whose answers, or what it says is mapped, a test makes.
class MadeUpSource : public FakeSource {
public:
    std::function<std::vector<MemoryBlock>(std::span<const AddrRange>)> answer;
    std::function<void()> beforeRead;
    std::optional<std::vector<AddrRange>> mapped;

    std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override
    {
        if (beforeRead)
            beforeRead();
        return answer ? answer(ranges) : FakeSource::readBatch(ranges);
    }
    std::vector<AddrRange> mappedRanges(const AddrRange &within) const override
    {
        return mapped ? *mapped : FakeSource::mappedRanges(within);
    }
};

std::string pattern(std::size_t size, unsigned seed = 1)
{
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<char>((seed + i * 7) % 251 + 1);
    return bytes;
}

std::span<const std::byte> asBytes(std::string_view text) { return std::as_bytes(std::span(text)); }

class SnapshotTest : public testing::Test {
protected:
    Result<SnapshotReport> save(const MemorySource &memory, std::vector<AddrRange> ranges, bool everyByte = false,
                                Existing existing = Existing::Keep)
    {
        const SnapshotRequest request{.ranges = std::move(ranges), .everyByte = everyByte, .note = {}};
        return saveSnapshot(memory, request, file, existing, progress);
    }
    std::unique_ptr<MemorySource> saved() const { return openCore(file).value(); }
    std::string text(VirtAddr address, std::size_t size) const
    {
        const MemoryBlock block = saved()->read(address, size);
        EXPECT_TRUE(block.allPresent());
        return {reinterpret_cast<const char *>(block.bytes().data()), block.size()};
    }
    Elf64_Ehdr header() const
    {
        Elf64_Ehdr elf = {};
        std::ifstream(file, std::ios::binary).read(reinterpret_cast<char *>(&elf), sizeof elf);
        return elf;
    }

    Folder folder;
    std::filesystem::path file = folder / "snapshot";
    Progress progress;
};

TEST_F(SnapshotTest, OpensAsTheKernelThatItWas)
{
    const auto kernel = demo::DemoKernel::create(4).value();
    kernel->tickOnce(300);
    SessionOptions options;
    options.coreFd = kernel->coreFd();
    options.kallsymsFd = kernel->kallsymsFd();
    options.live = true;
    options.vmlinux = kernel->vmlinuxPath();
    options.useCache = false;
    const auto live = Session::open(options, progress).value();
    SnapshotRequest request{.ranges = rangesOf(live->segments(), kRamKinds), .note = {.selection = "ram"}};
    const auto report = saveSnapshot(live->memory(), request, file, Existing::Keep, progress).value();
    EXPECT_THAT(report.skipped, IsEmpty());

    SessionOptions fromFile;
    fromFile.core = file;
    fromFile.vmlinux = kernel->vmlinuxPath();
    fromFile.useCache = false;
    const auto back = Session::open(fromFile, progress).value();
    EXPECT_EQ(back->info().kaslrOffset, live->info().kaslrOffset);
    EXPECT_EQ(back->info().physBase, live->info().physBase);
    EXPECT_EQ(back->info().release, live->info().release);
    EXPECT_EQ(back->info().commandLine, live->info().commandLine);
    EXPECT_EQ(findSnapshotNote(back->notes())->selection, "ram");
    std::uint64_t bytes = 0;
    for (const AddrRange &range : request.ranges) {
        for (const AddrRange &mapped : live->memory().mappedRanges(range)) {
            for (VirtAddr at = mapped.first;;) {
                const std::uint64_t size = std::min<std::uint64_t>(mapped.last - at, (64 << 20) - 1) + 1;
                const auto before = live->memory().read(at, size);
                const auto after = back->memory().read(at, size);
                ASSERT_EQ(before.runs().size(), after.runs().size()) << hex(at);
                ASSERT_TRUE(after.runs()[0].state == before.runs()[0].state) << hex(at);
                ASSERT_TRUE(std::ranges::equal(before.bytes(), after.bytes())) << hex(at);
                bytes += size;
                if (at + (size - 1) == mapped.last)
                    break;
                at += size;
            }
        }
    }
    EXPECT_EQ(report.bytes, bytes);
    for (const Segment &segment : back->segments().all()) {
        const Segment *before = live->segments().find(segment.range().first);
        ASSERT_TRUE(before);
        EXPECT_EQ(segment.kind, before->kind);
    }

    const auto names = [](const Session &session) {
        std::vector<std::string> result;
        const auto tasks = kernel::listTasks(session.context()).value();
        for (const kernel::Task &task : tasks.entries)
            result.push_back(std::to_string(task.pid) + " " + task.comm + " " + hex(task.address));
        for (const kernel::Module &module : session.modules())
            result.push_back(module.name + " " + hex(module.address));
        for (const char *expression : {"jiffies", "init_task", "per_cpu(runqueues, 1)"})
            result.push_back(summarize(session.context(), *evaluate(session.context(), expression)));
        result.push_back(hex(session.symbols().findFirst("demo_net_device")->address));
        return result;
    };
    EXPECT_GT(names(*live).size(), 10u);
    EXPECT_EQ(names(*back), names(*live));
}

TEST_F(SnapshotTest, ZerosTakeNoSpaceAndAreThere)
{
    FakeSource memory;
    const std::string text = pattern(kPageSize);
    memory.addZeros(kBase, 4096 * kPageSize);
    memory.write(kBase + 7 * kPageSize, asBytes(text));
    const auto report = save(memory, {kAll}).value();
    EXPECT_EQ(report.bytes, 4096 * kPageSize);
    EXPECT_EQ(report.zeroBytes, 4095 * kPageSize);
    EXPECT_EQ(report.pages, 4096u);
    EXPECT_EQ(report.segments, 1u);
    struct stat info = {};
    ASSERT_EQ(::stat(file.c_str(), &info), 0);
    EXPECT_LT(info.st_blocks * 512, 256 << 10);
    EXPECT_GT(static_cast<std::uint64_t>(info.st_size), 4096 * kPageSize);
    EXPECT_EQ(report.fileSize, static_cast<std::uint64_t>(info.st_size));
    EXPECT_EQ(info.st_mode & 07777, 0600u);
    EXPECT_EQ(this->text(kBase + 7 * kPageSize, kPageSize), text);
    EXPECT_EQ(this->text(kBase + 4095 * kPageSize, kPageSize), std::string(kPageSize, '\0'));
}

TEST_F(SnapshotTest, SpaceIsToldBeforeAnythingIsRead)
{
    MadeUpSource memory;
    memory.addZeros(kBase, 8 * kPageSize);
    memory.beforeRead = [] { ADD_FAILURE() << "something was read"; };
    const AddrRange ranges[] = {{kBase, kBase + (4 * kPageSize - 1)}, {kBase + kPageSize, kBase + (6 * kPageSize - 1)}};
    const auto space = snapshotSpace(memory, ranges, file).value();
    EXPECT_EQ(space.needed, 6 * kPageSize);
    EXPECT_GT(space.available, 0u);
    EXPECT_FALSE(space.exists);
    std::ofstream(file) << "something";
    EXPECT_TRUE(snapshotSpace(memory, ranges, file).value().exists);
    EXPECT_EQ(snapshotSpace(memory, ranges, folder / "none" / "file").error().code, ErrorCode::NotFound);
    EXPECT_FALSE(snapshotSpace(memory, ranges, "").has_value());
}

TEST_F(SnapshotTest, WhatWasNotReadIsLeftOutAndNeverZeros)
{
    FakeSource memory;
    memory.add(kBase, asBytes(pattern(8 * kPageSize)), PhysAddr(0x100000));
    const PageState failed{PageStatus::Error, EIO};
    memory.mark(kBase + 2 * kPageSize, 2 * kPageSize, failed);
    memory.mark(kBase + 6 * kPageSize, kPageSize, {PageStatus::Unmapped});
    const auto report = save(memory, {kAll}).value();
    EXPECT_EQ(report.bytes, 5 * kPageSize);
    EXPECT_EQ(report.skippedBytes, 3 * kPageSize);
    ASSERT_EQ(report.skipped.size(), 2u);
    EXPECT_EQ(report.skipped[0].state, failed);
    EXPECT_EQ(report.skipped[0].range, (AddrRange{kBase + 2 * kPageSize, kBase + (4 * kPageSize - 1)}));
    EXPECT_EQ(report.segments, 3u);

    const auto back = saved();
    const MemoryBlock block = back->read(kBase, 8 * kPageSize);
    EXPECT_EQ(block.stateAt(kBase + kPageSize).status, PageStatus::Present);
    EXPECT_EQ(block.stateAt(kBase + 3 * kPageSize).status, PageStatus::Excluded);
    EXPECT_EQ(block.stateAt(kBase + 5 * kPageSize).status, PageStatus::Present);
    EXPECT_EQ(block.stateAt(kBase + 6 * kPageSize).status, PageStatus::Hole);
    EXPECT_EQ(text(kBase + 4 * kPageSize, kPageSize), pattern(8 * kPageSize).substr(4 * kPageSize, kPageSize));
    EXPECT_EQ(back->segments().back().phys, PhysAddr(0x100000 + 7 * kPageSize));
    EXPECT_EQ(findSnapshotNote(back->notes())->leftOutBytes, 2 * kPageSize);
    // No program header speaks of what was left out: other programs show zeros where p_filesz is less than p_memsz.
    EXPECT_EQ(header().e_phnum, 1 + 3);
}

TEST_F(SnapshotTest, PartsOfPagesStayParts)
{
    FakeSource memory;
    memory.add(kBase, pattern(3 * kPageSize));
    const AddrRange object{kBase + 0x123, kBase + 0x1122};
    const auto report = save(memory, {object, {kBase + 0x1000, kBase + 0x1130}, {kBase + 0x2000, kBase + 0x2000}});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->bytes, 0x1131u - 0x123u + 1);
    EXPECT_EQ(report->pages, 3u);
    EXPECT_EQ(report->segments, 2u);
    EXPECT_EQ(text(kBase + 0x123, 0x1131 - 0x123), pattern(3 * kPageSize).substr(0x123, 0x1131 - 0x123));
    EXPECT_EQ(saved()->read(kBase + 0x122, 1).stateAt(kBase + 0x122).status, PageStatus::Hole);
    EXPECT_EQ(saved()->read(kBase + 0x1131, 1).stateAt(kBase + 0x1131).status, PageStatus::Hole);
}

TEST_F(SnapshotTest, TheEndOfTheAddressSpace)
{
    FakeSource memory;
    memory.add(VirtAddr(~std::uint64_t{0} - kPageSize + 1), pattern(kPageSize));
    memory.add(VirtAddr(0), pattern(kPageSize, 9));
    EXPECT_EQ(save(memory, {kAll}).value().bytes, 2 * kPageSize);
    EXPECT_EQ(text(VirtAddr(~std::uint64_t{0} - kPageSize + 1), kPageSize), pattern(kPageSize));
    EXPECT_EQ(text(VirtAddr(0), kPageSize), pattern(kPageSize, 9));
}

TEST_F(SnapshotTest, RamUnderTwoAddressesIsSavedOnceAndOfOneMoment)
{
    // As the kernel's image is: in the text segment and in the direct map. Whoever reads both gets two moments of it.
    class Moving : public FakeSource {
    public:
        std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override
        {
            auto blocks = FakeSource::readBatch(ranges);
            for (MemoryBlock &block : blocks) {
                std::vector<std::byte> bytes(block.bytes().begin(), block.bytes().end());
                std::ranges::fill(bytes, std::byte(++reads_));
                block = MemoryBlock(block.address(), bytes, {block.runs().begin(), block.runs().end()});
            }
            return blocks;
        }

    private:
        mutable int reads_ = 0;
    };
    Moving memory;
    const VirtAddr text(0xffffffff81000000);
    const auto add = [&](VirtAddr address, std::size_t pages, std::uint64_t phys) {
        memory.add(address, std::vector<std::byte>(pages * kPageSize), PhysAddr(phys));
    };
    add(kBase, 16, 0x100000);
    add(text, 3, 0x104000);
    add(text + 16 * kPageSize, 2, 0x10f000); // ends behind the other
    add(text + 32 * kPageSize, 1, 0x106000);
    const auto report = save(memory, {kAll}).value();
    EXPECT_EQ(report.bytes, 22 * kPageSize);
    const auto back = saved();
    ASSERT_EQ(back->segments().size(), 4u);
    EXPECT_EQ(back->segments()[1].phys, PhysAddr(0x104000));
    const auto same = [&](VirtAddr a, VirtAddr b, std::size_t size) {
        const MemoryBlock one = back->read(a, size), other = back->read(b, size);
        EXPECT_TRUE(one.allPresent() && other.allPresent());
        return std::ranges::equal(one.bytes(), other.bytes());
    };
    EXPECT_TRUE(same(text, kBase + 4 * kPageSize, 3 * kPageSize));
    EXPECT_TRUE(same(text + 32 * kPageSize, kBase + 6 * kPageSize, kPageSize));
    EXPECT_FALSE(same(text + 16 * kPageSize, kBase + 15 * kPageSize, kPageSize)) << "it has bytes of its own";
    EXPECT_EQ(back->segments()[1].offset, back->segments()[0].offset + 4 * kPageSize);
}

TEST_F(SnapshotTest, SegmentsThatTouchKeepTheirPhysicalAddresses)
{
    FakeSource memory;
    memory.add(kBase, asBytes(pattern(kPageSize)), PhysAddr(0x5000));
    memory.add(kBase + kPageSize, asBytes(pattern(kPageSize, 3)), PhysAddr(0x1000));
    memory.add(kBase + 2 * kPageSize, pattern(kPageSize, 5));
    ASSERT_TRUE(save(memory, {kAll}));
    std::vector<std::optional<PhysAddr>> phys;
    for (const LoadSegment &load : saved()->segments())
        phys.push_back(load.phys);
    EXPECT_THAT(phys, ElementsAre(PhysAddr(0x5000), PhysAddr(0x1000), std::nullopt));
}

TEST_F(SnapshotTest, SaysWhatOfARangeIsNotThere)
{
    FakeSource memory;
    memory.add(kBase, pattern(kPageSize));
    const AddrRange range{kBase - kPageSize, kBase + (2 * kPageSize - 1)};
    const auto report = save(memory, {range}, true).value();
    EXPECT_EQ(report.bytes, kPageSize);
    EXPECT_EQ(report.skippedBytes, 2 * kPageSize);
    ASSERT_EQ(report.skipped.size(), 2u);
    EXPECT_EQ(report.skipped[0].range.first, range.first);
    EXPECT_EQ(report.skipped[1].range.last, range.last);
    EXPECT_EQ(report.skipped[1].state.status, PageStatus::Hole);
}

TEST_F(SnapshotTest, ASnapshotOfNothingIsAnError)
{
    FakeSource memory;
    memory.add(kBase, pattern(kPageSize));
    memory.mark(kBase, kPageSize, {PageStatus::Error, EIO});
    const auto unread = save(memory, {kAll});
    ASSERT_FALSE(unread);
    EXPECT_EQ(unread.error().code, ErrorCode::Unreadable);
    EXPECT_THAT(unread.error().message(), HasSubstr("Input/output error"));
    const auto hole = save(memory, {{VirtAddr(0x1000), VirtAddr(0x1fff)}}, true);
    ASSERT_FALSE(hole);
    EXPECT_EQ(hole.error().code, ErrorCode::Unreadable);
    EXPECT_THAT(folder.names(), IsEmpty());
}

TEST_F(SnapshotTest, CancelLeavesNothing)
{
    MadeUpSource memory;
    memory.addZeros(kBase, 16 << 20);
    memory.beforeRead = [&] { progress.cancel(); };
    const auto cancelled = save(memory, {kAll});
    ASSERT_FALSE(cancelled);
    EXPECT_EQ(cancelled.error().code, ErrorCode::Cancelled);
    EXPECT_GT(progress.state().done, 0u);
    EXPECT_LT(progress.state().done, progress.state().total);
    EXPECT_THAT(folder.names(), IsEmpty());
}

TEST_F(SnapshotTest, NothingIsReadWhenItWouldNotFit)
{
    MadeUpSource memory;
    memory.addZeros(kBase, kPageSize);
    memory.beforeRead = [] { ADD_FAILURE(); };
    for (const int bits : {50, 63}) {
        memory.mapped = {{kBase, kBase + ((std::uint64_t{1} << bits) - 1)}};
        const auto refused = save(memory, {kAll});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::Limit);
        EXPECT_THAT(refused.error().message(), HasSubstr("free"));
    }
    memory.mapped = {kAll};
    EXPECT_FALSE(save(memory, {kAll}));
    EXPECT_THAT(folder.names(), IsEmpty());
}

TEST_F(SnapshotTest, AnErrorInTheMiddleLeavesNothing)
{
    FakeSource memory;
    memory.add(kBase, pattern(8 << 20));
    rlimit before = {};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit small{3 << 20, before.rlim_max};
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto failed = save(memory, {kAll});
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::Io);
    EXPECT_THAT(failed.error().message(), HasSubstr("File too large"));
    EXPECT_THAT(folder.names(), IsEmpty());
}

TEST_F(SnapshotTest, AFileThatIsThereStays)
{
    FakeSource memory;
    memory.add(kBase, pattern(kPageSize));
    std::ofstream(file) << "mine";
    EXPECT_FALSE(save(memory, {kAll}));
    EXPECT_EQ(readTextFile(file).value(), "mine");
    ASSERT_TRUE(save(memory, {kAll}, false, Existing::Replace));
    EXPECT_EQ(text(kBase, kPageSize), pattern(kPageSize));
    EXPECT_THAT(folder.names(), ElementsAre("snapshot"));
}

TEST_F(SnapshotTest, MoreSegmentsThanTheHeaderCanCount)
{
    constexpr std::size_t kCount = 70000;
    MadeUpSource memory;
    memory.mapped.emplace();
    for (std::size_t i = 0; i < kCount; ++i)
        memory.mapped->push_back({kBase + i * 64, kBase + (i * 64 + 7)});
    memory.answer = [](std::span<const AddrRange> ranges) {
        std::vector<MemoryBlock> blocks;
        for (const AddrRange &range : ranges) {
            const std::uint64_t number = (range.first - kBase) / 64;
            const auto bytes = std::as_bytes(std::span(&number, 1));
            blocks.emplace_back(range.first, std::vector(bytes.begin(), bytes.end()),
                                std::vector<StatusRun>{{range, {PageStatus::Present}}});
        }
        return blocks;
    };
    const auto report = save(memory, {kAll}).value();
    EXPECT_EQ(report.segments, kCount);
    EXPECT_EQ(header().e_phnum, PN_XNUM);
    EXPECT_EQ(header().e_phoff, sizeof(Elf64_Ehdr));
    const auto back = saved();
    ASSERT_EQ(back->segments().size(), kCount);
    for (const std::uint64_t i : {std::size_t{0}, kCount / 2, kCount - 1}) {
        const MemoryBlock block = back->read(kBase + i * 64, 8);
        EXPECT_TRUE(block.allPresent());
        EXPECT_EQ(std::memcmp(block.bytes().data(), &i, 8), 0);
    }
}

TEST_F(SnapshotTest, MorePiecesThanRoomWasKeptFor)
{
    // Of each 16 bytes the second half is unreadable: far more pieces than pages.
    MadeUpSource memory;
    memory.add(kBase, pattern(16 * kPageSize));
    memory.answer = [](std::span<const AddrRange> ranges) {
        std::vector<MemoryBlock> blocks;
        for (const AddrRange &range : ranges) {
            std::vector<StatusRun> runs;
            for (std::uint64_t at = 0; at < range.size(); at += 8)
                runs.push_back({{range.first + at, range.first + (at + 7)},
                                {at % 16 == 0 ? PageStatus::Present : PageStatus::Hole}});
            blocks.emplace_back(range.first, std::vector<std::byte>(range.size(), std::byte{0x5a}), std::move(runs));
        }
        return blocks;
    };
    const auto report = save(memory, {kAll}).value();
    EXPECT_EQ(report.segments, 16 * kPageSize / 16);
    EXPECT_GT(header().e_phoff, sizeof(Elf64_Ehdr));
    const auto back = saved();
    EXPECT_EQ(back->segments().size(), report.segments);
    EXPECT_FALSE(back->truncation());
    EXPECT_EQ(text(kBase + 0x8000, 8), std::string(8, '\x5a'));
    EXPECT_TRUE(findSnapshotNote(back->notes()));
}

TEST_F(SnapshotTest, KeepsTheNotesAndTellsOfItselfOnce)
{
    FakeSource memory;
    memory.add(kBase, pattern(kPageSize));
    const auto bytes = asBytes("OSRELEASE=6.1.0\n");
    memory.setNotes(
        {{"CORE", kNotePrstatus, std::vector<std::byte>(336)}, {"VMCOREINFO", 0, {bytes.begin(), bytes.end()}}});
    const auto before = std::chrono::system_clock::now();
    SnapshotRequest request{.ranges = {kAll}, .note = {.selection = "all", .target = "a test"}};
    const auto report = saveSnapshot(memory, request, file, Existing::Keep, progress).value();
    const auto notes = saved()->notes();
    ASSERT_EQ(notes.size(), 3u);
    EXPECT_EQ(notes[0].bytes.size(), 336u);
    EXPECT_EQ(findVmcoreInfo(notes)->release(), "6.1.0");
    const auto own = findSnapshotNote(notes).value();
    EXPECT_EQ(own.target, "a test");
    EXPECT_GE(own.begin, before);
    EXPECT_GE(own.end, own.begin);
    EXPECT_EQ(own.begin, report.begin);

    const auto again = folder / "again";
    request.note.selection = "again";
    ASSERT_TRUE(saveSnapshot(*saved(), request, again, Existing::Keep, progress));
    const auto notesAgain = openCore(again).value()->notes();
    EXPECT_EQ(notesAgain.size(), 3u);
    EXPECT_EQ(findSnapshotNote(notesAgain)->selection, "again");
}

} // namespace
} // namespace ks::test
