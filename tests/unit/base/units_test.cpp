#include "core/base/units.h"

#include <gtest/gtest.h>

namespace ks {
namespace {

TEST(SizeText, RoundsToTheNearest)
{
    EXPECT_EQ(sizeText(0), "0 B");
    EXPECT_EQ(sizeText(1023), "1023 B");
    EXPECT_EQ(sizeText(1024), "1 KiB");
    EXPECT_EQ(sizeText(1536), "1.5 KiB");
    EXPECT_EQ(sizeText(12 * 1024), "12 KiB");
    EXPECT_EQ(sizeText(12 * 1024 + 600), "13 KiB");
    EXPECT_EQ(sizeText(1024 * 1024 - 1), "1 MiB");
    // The vmalloc segment of /proc/kcore is a byte short of its size.
    EXPECT_EQ(sizeText((std::uint64_t{32} << 40) - 1), "32 TiB");
    EXPECT_EQ(sizeText(~std::uint64_t{0}), "16 EiB");
}

} // namespace
} // namespace ks
