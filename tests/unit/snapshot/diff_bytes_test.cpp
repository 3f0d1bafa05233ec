#include "core/live/diff_bytes.h"

#include "tests/support/fake_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace ks::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr VirtAddr kDirect{0xffff888000000000};
constexpr std::uint64_t kMiB = 1 << 20;

/// A kernel with its image at a physical address and a direct map of `ram` bytes, moved by KASLR.
struct FakeKernel {
    FakeKernel(VirtAddr direct, std::uint64_t offset, std::uint64_t ram = 0x8000) : kaslr(offset)
    {
        layout.text = VirtAddr(0xffffffff81000000 + offset);
        layout.end = *layout.text + 0x4000;
        layout.pageOffsetBase = direct;
        layout.vmallocBase = direct + (std::uint64_t{1} << 46);
        const std::string image(0x4000, 't');
        const std::string bytes(ram, 'r');
        memory.add(*layout.text, std::as_bytes(std::span(image)), PhysAddr(0x100000));
        memory.add(direct, std::as_bytes(std::span(bytes)), PhysAddr(0));
    }
    DiffSide side()
    {
        segments = SegmentMap::classify(memory.segments(), Machine::X86_64, layout);
        return {.context = {.memory = &memory, .symbols = &symbols, .kaslrOffset = kaslr},
                .segments = &segments,
                .layout = layout,
                .buildId = "0123"};
    }
    void put(VirtAddr address, std::string_view text) { memory.write(address, std::as_bytes(std::span(text))); }

    FakeSource memory;
    SymbolTable symbols;
    SegmentMap segments;
    LayoutHints layout;
    std::uint64_t kaslr = 0;
};

class DiffBytes : public testing::Test {
protected:
    BytesDiff diff(FakeKernel &a, FakeKernel &b, std::vector<AddrRange> ranges = {})
    {
        changes.clear();
        const auto found = [&](const ByteChange &change) {
            changes.push_back(change);
            return changes.size() < limit;
        };
        return diffBytes(a.side(), b.side(), {std::move(ranges)}, found, progress).value();
    }
    static std::string text(const std::vector<std::byte> &bytes)
    {
        return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
    }

    std::vector<ByteChange> changes;
    std::size_t limit = 1000;
    Progress progress;
};

TEST_F(DiffBytes, OneKernelTwice)
{
    FakeKernel a(kDirect, 0), b(kDirect, 0);
    const BytesDiff result = diff(a, b);
    EXPECT_EQ(result.compared, 0xc000u);
    EXPECT_EQ(result.changed, 0u);
    EXPECT_THAT(changes, IsEmpty());
    EXPECT_THAT(result.onlyInA, IsEmpty());
    EXPECT_THAT(result.onlyInB, IsEmpty());
    EXPECT_THAT(result.unplacedInA, IsEmpty());
}

TEST_F(DiffBytes, RunsThatAreNearAreOne)
{
    FakeKernel a(kDirect, 0), b(kDirect, 0);
    b.put(kDirect + 0x100, "ab");
    b.put(kDirect + 0x108, "c"); // six equal bytes between
    b.put(kDirect + 0x111, "d"); // eight
    b.put(*b.layout.text, "x");
    const BytesDiff result = diff(a, b);
    ASSERT_THAT(changes, SizeIs(3));
    EXPECT_EQ(changes[0].addressA, kDirect + 0x100);
    EXPECT_EQ(changes[0].length, 9u);
    EXPECT_EQ(text(changes[0].before), "rrrrrrrrr");
    EXPECT_EQ(text(changes[0].after), "abrrrrrrc");
    EXPECT_EQ(changes[1].addressA, kDirect + 0x111);
    EXPECT_EQ(changes[2].addressA, *a.layout.text);
    EXPECT_EQ(result.changed, 5u);
    EXPECT_EQ(result.changes, 3u);
}

TEST_F(DiffBytes, ALongRunIsOneAndShowsItsBegin)
{
    FakeKernel a(kDirect, 0, 4 * kMiB), b(kDirect, 0, 4 * kMiB);
    b.put(kDirect + 3 * kMiB / 2, std::string(2 * kMiB, 'n'));
    const BytesDiff result = diff(a, b);
    ASSERT_THAT(changes, SizeIs(1));
    EXPECT_EQ(changes[0].length, 2 * kMiB);
    EXPECT_EQ(text(changes[0].after), std::string(ByteChange::kMaxShown, 'n'));
    EXPECT_EQ(result.changed, 2 * kMiB);
}

TEST_F(DiffBytes, WhatOneSideLacksIsNoChange)
{
    FakeKernel a(kDirect, 0), b(kDirect, 0);
    b.put(kDirect, std::string(0x8000, 'n'));
    a.memory.mark(kDirect + 0x1000, 0x1000, {PageStatus::Error, EIO});
    b.memory.mark(kDirect + 0x2000, 0x1000, {PageStatus::Unmapped});
    a.memory.mark(kDirect + 0x3000, 0x1000, {PageStatus::Unmapped});
    b.memory.mark(kDirect + 0x3000, 0x1000, {PageStatus::Excluded});
    b.memory.add(kDirect + 0x100000, std::string(0x1000, 'r'));
    a.memory.add(kDirect + 0x200000, std::string(0x1000, 'r'));
    const BytesDiff result = diff(a, b);
    EXPECT_EQ(result.changed, 0x5000u);
    EXPECT_THAT(result.onlyInA, testing::UnorderedElementsAre(AddrRange{kDirect + 0x2000, kDirect + 0x2fff},
                                                              AddrRange{kDirect + 0x200000, kDirect + 0x200fff}));
    EXPECT_THAT(result.onlyInB, testing::UnorderedElementsAre(AddrRange{kDirect + 0x1000, kDirect + 0x1fff},
                                                              AddrRange{kDirect + 0x100000, kDirect + 0x100fff}));
}

TEST_F(DiffBytes, KaslrMovesWhatIsTheSame)
{
    FakeKernel a(kDirect, 0), b(VirtAddr(0xffff9f1240000000), 0x1a000000);
    b.put(*b.layout.pageOffsetBase + 0x500, "phys");
    b.put(*b.layout.text + 0x20, "image");
    a.memory.add(VirtAddr(0xffffffffc0000000), std::string(0x1000, 'm'));
    const BytesDiff result = diff(a, b);
    EXPECT_EQ(result.compared, 0xc000u);
    ASSERT_THAT(changes, SizeIs(2));
    EXPECT_EQ(changes[0].addressA, kDirect + 0x500);
    EXPECT_EQ(changes[0].addressB, *b.layout.pageOffsetBase + 0x500);
    EXPECT_EQ(changes[1].addressA, *a.layout.text + 0x20);
    EXPECT_EQ(changes[1].addressB, *b.layout.text + 0x20);
    EXPECT_THAT(result.unplacedInA, ElementsAre(AddrRange{VirtAddr(0xffffffffc0000000), VirtAddr(0xffffffffc0000fff)}));
    EXPECT_THAT(result.onlyInA, IsEmpty());
}

TEST_F(DiffBytes, TheImageIsComparedOnce)
{
    FakeKernel a(kDirect, 0, 2 * kMiB), b(kDirect, 0, 2 * kMiB);
    for (FakeKernel *each : {&a, &b})
        each->put(kDirect + 0x100000, std::string(0x4000, 't'));
    b.put(*b.layout.text + 0x20, "image");
    b.put(kDirect + 0x100020, "image");
    const BytesDiff result = diff(a, b);
    EXPECT_THAT(changes, SizeIs(1));
    EXPECT_EQ(result.compared, 2 * kMiB);
    EXPECT_THAT(result.onlyInA, IsEmpty());
}

TEST_F(DiffBytes, OnlyTheRangesThatAreWanted)
{
    FakeKernel a(kDirect, 0), b(kDirect, 0);
    b.put(kDirect, std::string(0x8000, 'n'));
    b.memory.add(kDirect + 0x100000, std::string(0x1000, 'r'));
    const BytesDiff result = diff(a, b, {{kDirect + 0x10, kDirect + 0x1f}, {kDirect + 0x7ff8, kDirect + 0x8fff}});
    EXPECT_EQ(result.compared, 24u);
    EXPECT_THAT(changes, SizeIs(2));
    EXPECT_THAT(result.onlyInB, IsEmpty());
}

TEST_F(DiffBytes, EndsWhenItIsEnough)
{
    FakeKernel a(kDirect, 0), b(kDirect, 0);
    for (std::uint64_t i = 0; i < 0x8000; i += 0x100)
        b.put(kDirect + i, "n");
    limit = 3;
    EXPECT_FALSE(diff(a, b).complete);
    EXPECT_THAT(changes, SizeIs(3));
    progress.cancel();
    const auto cancelled = diffBytes(a.side(), b.side(), {}, [](const ByteChange &) { return true; }, progress);
    ASSERT_FALSE(cancelled);
    EXPECT_EQ(cancelled.error().code, ErrorCode::Cancelled);
}

TEST_F(DiffBytes, AnotherKernelIsRefused)
{
    FakeKernel a(kDirect, 0), b(kDirect, 0);
    DiffSide other = b.side();
    other.buildId = "4567";
    const auto refused = diffBytes(a.side(), other, {}, [](const ByteChange &) { return true; }, progress);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Mismatch);
}

TEST_F(DiffBytes, PointersMeanTheSameAcrossKaslr)
{
    FakeKernel a(kDirect, 0), b(VirtAddr(0xffff9f1240000000), 0x1a000000);
    a.symbols = SymbolTable::build({{"f", "net", VirtAddr(0xffffffffc0000000), 16, SymbolKind::Function}});
    b.symbols = SymbolTable::build({{"f", "net", VirtAddr(0xffffffffc0200000), 16, SymbolKind::Function}});
    const DiffSide sideA = a.side();
    const DiffSide sideB = b.side();
    const PointerMatch match(sideA, sideB);
    EXPECT_TRUE(match.same(0, 0));
    EXPECT_TRUE(match.same((kDirect + 5).value, (*b.layout.pageOffsetBase + 5).value));
    EXPECT_FALSE(match.same((kDirect + 5).value, (*b.layout.pageOffsetBase + 6).value));
    EXPECT_TRUE(match.same((*a.layout.text + 5).value, (*b.layout.text + 5).value));
    EXPECT_FALSE(match.same((*a.layout.text + 5).value, (*b.layout.pageOffsetBase + 5).value));
    EXPECT_TRUE(match.same(0xffffffffc0000004, 0xffffffffc0200004));
    EXPECT_FALSE(match.same(0xffffffffc0000004, 0xffffffffc0200005));
    const PointerMatch unmoved(sideA, sideA);
    EXPECT_FALSE(unmoved.same(0xffffffffc0000004, 0xffffffffc0200004));
}

} // namespace
} // namespace ks::test
