#include "core/base/addr_ranges.h"

#include <gtest/gtest.h>

namespace ks {
namespace {

constexpr std::uint64_t kLast = ~std::uint64_t{0};

AddrRange range(std::uint64_t first, std::uint64_t last) { return {VirtAddr(first), VirtAddr(last)}; }

TEST(AddrRanges, JoinsWhatOverlapsAndWhatTouches)
{
    EXPECT_EQ(joined({range(0x30, 0x3f), range(0x10, 0x1f), range(0x20, 0x2f), range(0x41, 0x50)}),
              (std::vector{range(0x10, 0x3f), range(0x41, 0x50)}));
    EXPECT_EQ(joined({range(0x10, 0x50), range(0x20, 0x30), range(0x18, 0x60)}), std::vector{range(0x10, 0x60)});
    EXPECT_TRUE(joined({}).empty());
}

TEST(AddrRanges, GoToTheEndOfTheAddressSpace)
{
    EXPECT_EQ(joined({range(kLast - 1, kLast), range(0, 0), range(kLast, kLast), range(kLast - 5, kLast - 2)}),
              (std::vector{range(0, 0), range(kLast - 5, kLast)}));
}

TEST(AddrRanges, AppendedOnesJoinTheLastTheyTouch)
{
    std::vector<AddrRange> ranges;
    appendJoined(ranges, range(0x10, 0x1f));
    appendJoined(ranges, range(0x20, 0x2f));
    appendJoined(ranges, range(0x31, kLast));
    appendJoined(ranges, range(0, 0)); // behind the last address comes none
    EXPECT_EQ(ranges, (std::vector{range(0x10, 0x2f), range(0x31, kLast), range(0, 0)}));
}

TEST(AddrRanges, OneThatMeetsAnother)
{
    const std::vector ranges{range(0x10, 0x1f), range(0x31, 0x40)};
    EXPECT_TRUE(anyIntersects(ranges, range(0x1f, 0x30)));
    EXPECT_TRUE(anyIntersects(ranges, range(0, kLast)));
    EXPECT_FALSE(anyIntersects(ranges, range(0x20, 0x30)));
    EXPECT_FALSE(anyIntersects({}, range(0, kLast)));
}

} // namespace
} // namespace ks
