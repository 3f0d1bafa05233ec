#include "core/base/address.h"

#include <gtest/gtest.h>

namespace ks {
namespace {

constexpr std::uint64_t kTop = ~std::uint64_t{0};

TEST(AddrRange, ReachesTheLastByte)
{
    const auto range = AddrRange::sized(VirtAddr(kTop - 15), 100);
    ASSERT_TRUE(range);
    EXPECT_EQ(range->last, VirtAddr(kTop));
    EXPECT_EQ(range->size(), 16U);
    EXPECT_TRUE(range->contains(VirtAddr(kTop)));
    EXPECT_FALSE(range->contains(VirtAddr(0)));
    EXPECT_FALSE(AddrRange::sized(VirtAddr(5), 0));
    EXPECT_EQ((AddrRange{VirtAddr(0), VirtAddr(kTop)}.size()), 0U);
}

TEST(AddrRange, Intersects)
{
    const AddrRange a{VirtAddr(10), VirtAddr(20)};
    const AddrRange b{VirtAddr(20), VirtAddr(30)};
    EXPECT_EQ(a.intersect(b), (AddrRange{VirtAddr(20), VirtAddr(20)}));
    EXPECT_FALSE(a.intersect({VirtAddr(21), VirtAddr(30)}));
}

TEST(Number, IsAllOfTheText)
{
    EXPECT_EQ(parseNumber("0x10"), 16U);
    EXPECT_EQ(parseNumber("010"), 8U);
    EXPECT_EQ(parseNumber("0"), 0U);
    EXPECT_EQ(parseNumber("18446744073709551615"), kTop);
    for (const char *bad : {"", "0x", "10k", "-1", " 1", "18446744073709551616", "08"})
        EXPECT_FALSE(parseNumber(bad)) << bad;
}

TEST(Address, PrintsWithoutLeadingZeros)
{
    EXPECT_EQ(hex(VirtAddr(0)), "0x0");
    EXPECT_EQ(hex(VirtAddr(kTop)), "0xffffffffffffffff");
}

} // namespace
} // namespace ks
