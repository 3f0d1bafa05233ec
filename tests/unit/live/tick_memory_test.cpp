#include "core/live/footprint.h"
#include "tests/unit/live/live_fixture.h"

#include <cerrno>
#include <gmock/gmock.h>

namespace ks::live {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr VirtAddr kBase{0xffff888000100000};
constexpr std::uint64_t kPages = 8;

AddrRange pages(std::uint64_t first, std::uint64_t count)
{
    return *AddrRange::sized(kBase + first * kPageSize, count * kPageSize);
}

class TickMemoryTest : public testing::Test {
protected:
    TickMemoryTest()
    {
        std::vector<std::byte> bytes(kPages * kPageSize);
        for (std::size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = static_cast<std::byte>(i / kPageSize * 16 + i % 7);
        memory.add(kBase, bytes);
    }
    Footprint footprint(std::vector<AddrRange> ranges) { return {std::move(ranges), tick}; }

    test::FakeSource memory;
    WatchedSource source{memory};
    TickMemory tick{std::shared_ptr<const MemorySource>(std::shared_ptr<const void>(), &source)};
};

TEST_F(TickMemoryTest, NeighboursAreReadAsOneRunAndAllRunsInOneBatch)
{
    tick.fetch(
        std::vector{kBase, kBase + kPageSize, kBase + 4 * kPageSize, kBase + 5 * kPageSize, kBase + 7 * kPageSize});
    EXPECT_THAT(source.batches, ElementsAre(ElementsAre(pages(0, 2), pages(4, 2), pages(7, 1))));
    EXPECT_EQ(tick.pageCount(), 5U);
    EXPECT_EQ(tick.spent().reads, (ReadCost{3, 5 * kPageSize}));
}

TEST_F(TickMemoryTest, APageIsReadOnceHoweverOften)
{
    const auto first = tick.read(kBase + 10, 20);
    const auto second = tick.read(kBase + 100, 2 * kPageSize);
    const auto third = tick.read(kBase + 5, 5000);
    EXPECT_THAT(source.batches, ElementsAre(ElementsAre(pages(0, 1)), ElementsAre(pages(1, 2))));
    const auto direct = memory.read(kBase + 100, 2 * kPageSize);
    EXPECT_TRUE(std::ranges::equal(second.bytes(), direct.bytes()));
    EXPECT_TRUE(second.allPresent());
    EXPECT_EQ(third.bytes()[4999], direct.bytes()[4904]);
    tick.clear();
    tick.read(kBase, 1);
    EXPECT_THAT(source.batches, SizeIs(3));
}

TEST_F(TickMemoryTest, EveryByteKeepsItsState)
{
    memory.mark(kBase + kPageSize + 100, 50, {PageStatus::Error, EIO});
    const auto block = tick.read(kBase + kPageSize + 90, 20);
    EXPECT_TRUE(block.stateAt(kBase + kPageSize + 99).present());
    EXPECT_EQ(block.stateAt(kBase + kPageSize + 100), (PageState{PageStatus::Error, EIO}));
    EXPECT_EQ(block.bytes()[10], std::byte{0});
    EXPECT_EQ(tick.failure(), (PageState{PageStatus::Error, EIO}));
    EXPECT_TRUE(tick.anyPresent());
    const auto beyond = tick.read(kBase + kPages * kPageSize - 4, 8);
    EXPECT_EQ(beyond.runs().size(), 2U);
    EXPECT_EQ(beyond.stateAt(kBase + kPages * kPageSize).status, PageStatus::Hole);
}

TEST_F(TickMemoryTest, TheLastByteOfTheAddressSpace)
{
    const VirtAddr end(~std::uint64_t{0} - 15);
    memory.add(end, "0123456789abcdef");
    const auto block = tick.read(end, 100);
    ASSERT_EQ(block.size(), 16U);
    EXPECT_EQ(block.bytes()[15], std::byte{'f'});
    const Footprint all = footprint({*AddrRange::sized(end, 16)});
    std::vector<VirtAddr> touched;
    all.addPages(touched);
    EXPECT_THAT(touched, ElementsAre(end.alignedDown(kPageSize)));
    EXPECT_FALSE(all.agreesWith(tick)) << "it was read on demand, later than all the rest";
    tick.clear();
    tick.fetch(touched);
    EXPECT_TRUE(all.agreesWith(tick));
}

TEST_F(TickMemoryTest, AFootprintAgreesUntilOneOfItsBytesChanges)
{
    const Footprint print = footprint({*AddrRange::sized(kBase + 4090, 12), *AddrRange::sized(kBase + 3 * kPageSize, 8),
                                       *AddrRange::sized(kBase + 4094, 4)});
    std::vector<VirtAddr> touched;
    print.addPages(touched);
    EXPECT_THAT(touched, ElementsAre(kBase, kBase + kPageSize, kBase + 3 * kPageSize));
    const auto agrees = [&] {
        tick.clear();
        tick.fetch(touched);
        return print.agreesWith(tick);
    };
    EXPECT_TRUE(agrees());
    memory.set(kBase + 100, 1);
    memory.set(kBase + 4102, std::uint8_t{99});
    memory.set(kBase + 3 * kPageSize + 8, 1);
    EXPECT_TRUE(agrees());
    memory.set(kBase + 4101, std::uint8_t{99});
    EXPECT_FALSE(agrees());
    tick.clear();
    EXPECT_FALSE(print.agreesWith(tick)) << "nothing has been read";
}

TEST_F(TickMemoryTest, AFootprintAgreesUntilAStateChanges)
{
    const VirtAddr zero = kBase + 64 * kPageSize;
    memory.addZeros(zero, kPageSize);
    const Footprint print = footprint({*AddrRange::sized(zero, 16)});
    tick.clear();
    tick.fetch(std::vector{zero});
    EXPECT_TRUE(print.agreesWith(tick));
    memory.mark(zero + 8, 1, {PageStatus::Unmapped}); // its byte reads as zero as before
    tick.clear();
    tick.fetch(std::vector{zero});
    EXPECT_FALSE(print.agreesWith(tick));
}

TEST_F(TickMemoryTest, TwoReadsAgreeWhereNothingHasChangedBetweenThem)
{
    const Footprint print = footprint({*AddrRange::sized(kBase + 4090, 12)});
    TickMemory first{std::shared_ptr<const MemorySource>(std::shared_ptr<const void>(), &source)};
    const std::vector both{kBase, kBase + kPageSize};
    memory.set(kBase + 4092, std::uint8_t{200}); // not what the footprint has, but the same for both
    const auto agree = [&] {
        tick.clear();
        tick.fetch(both);
        return print.isSameIn(first, tick);
    };
    first.fetch(both);
    EXPECT_TRUE(agree());
    memory.set(kBase + 100, 1);
    EXPECT_TRUE(agree());
    memory.set(kBase + 4097, std::uint8_t{201});
    EXPECT_FALSE(agree());
    first.clear();
    first.read(kBase, 2 * kPageSize); // on demand
    EXPECT_FALSE(agree());
}

TEST_F(TickMemoryTest, RecordingKeepsWhatWasReadAndRefusesTooMuch)
{
    RecordingMemory recorder(tick);
    recorder.read(kBase + 8, 8);
    recorder.read(kBase + 16, 8);
    recorder.read(kBase + 5 * kPageSize, 1);
    std::vector<VirtAddr> touched;
    recorder.footprint().addPages(touched);
    EXPECT_THAT(touched, ElementsAre(kBase, kBase + 5 * kPageSize));
    EXPECT_FALSE(recorder.exceeded());
    source.batches.clear();
    const auto refused = recorder.read(VirtAddr(0), RecordingMemory::kMaxBytes);
    EXPECT_TRUE(recorder.exceeded());
    EXPECT_EQ(refused.size(), RecordingMemory::kMaxBytes);
    EXPECT_EQ(refused.stateAt(VirtAddr(5)), (PageState{PageStatus::Error, EFBIG}));
    EXPECT_THAT(source.batches, IsEmpty());
    recorder.restart(tick);
    EXPECT_FALSE(recorder.exceeded());
    EXPECT_TRUE(recorder.footprint().empty());
}

} // namespace
} // namespace ks::live
