#include "core/base/byte_reader.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace ks {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values)
{
    std::vector<std::byte> result;
    for (const int value : values)
        result.push_back(std::byte(value));
    return result;
}

TEST(ByteReader, GivesZerosOnceItHasFailed)
{
    const auto data = bytes({1, 2, 3});
    ByteReader reader(data);
    EXPECT_EQ(reader.read<std::uint16_t>(), 0x0201);
    EXPECT_EQ(reader.read<std::uint32_t>(), 0U);
    EXPECT_TRUE(reader.failed());
    EXPECT_EQ(reader.read<std::uint8_t>(), 0);
    EXPECT_EQ(reader.remaining(), 0U);
}

TEST(ByteReader, RefusesCountsThatWouldWrap)
{
    const auto data = bytes({1, 2, 3});
    ByteReader reader(data);
    reader.skip(1);
    EXPECT_TRUE(reader.readBytes(~std::uint64_t{0}).empty());
    EXPECT_TRUE(reader.failed());
}

TEST(ByteReader, ReadsLeb128AsDwarfSays)
{
    // The examples of DWARF 5, 7.6.
    const auto data = bytes({127, 0x80, 1, 0x81, 1, 0xb9, 0x64, 2, 0x7e, 0xff, 0, 0x81, 0x7f});
    ByteReader reader(data);
    EXPECT_EQ(reader.readUleb128(), 127U);
    EXPECT_EQ(reader.readUleb128(), 128U);
    EXPECT_EQ(reader.readUleb128(), 129U);
    EXPECT_EQ(reader.readUleb128(), 12857U);
    EXPECT_EQ(reader.readSleb128(), 2);
    EXPECT_EQ(reader.readSleb128(), -2);
    EXPECT_EQ(reader.readSleb128(), 127);
    EXPECT_EQ(reader.readSleb128(), -127);
    EXPECT_FALSE(reader.failed());
    EXPECT_TRUE(reader.atEnd());
}

TEST(ByteReader, RefusesLeb128OverSixtyFourBits)
{
    const auto most = bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1});
    ByteReader good(most);
    EXPECT_EQ(good.readUleb128(), ~std::uint64_t{0});
    const auto over = bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2});
    ByteReader bad(over);
    bad.readUleb128();
    EXPECT_TRUE(bad.failed());
    const auto endless = bytes({0x80, 0x80, 0x80});
    ByteReader cut(endless);
    cut.readUleb128();
    EXPECT_TRUE(cut.failed());
}

TEST(ByteReader, TextNeedsItsEnd)
{
    const auto data = bytes({'a', 'b', 0, 'c'});
    ByteReader reader(data);
    EXPECT_EQ(reader.readCString(), "ab");
    EXPECT_EQ(reader.readCString(), "");
    EXPECT_TRUE(reader.failed());
}

} // namespace
} // namespace ks
