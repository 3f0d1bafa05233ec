// The blocks that the inner loops step over hold nothing, and the one where they stop holds something.
#include "core/search/block_scan.h"

#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace ks::block {
namespace {

std::vector<std::byte> randomBytes(std::mt19937_64 &random, std::size_t size, unsigned alphabet)
{
    std::vector<std::byte> bytes(size);
    for (std::byte &byte : bytes)
        byte = static_cast<std::byte>(random() % alphabet);
    return bytes;
}

/// Where the loops have to stop, by a function that judges one position.
template <class Judge>
std::size_t expected(std::size_t count, std::size_t step, const Judge &isHit)
{
    std::size_t block = 0;
    for (; count - block >= kPositions; block += kPositions)
        for (std::size_t i = block; i < block + kPositions; i += step)
            if (isHit(i))
                return block;
    return block;
}

class BlockScan : public testing::TestWithParam<Loops> {};

TEST_P(BlockScan, AnchorsStopWhereAPositionMayMatch)
{
    std::mt19937_64 random(1);
    for (int round = 0; round < 3000; ++round) {
        Anchors anchors;
        for (Anchor *anchor : {&anchors.first, &anchors.second}) {
            anchor->at = random() % 20;
            anchor->mask = random() % 3 == 0 ? static_cast<std::uint8_t>(random()) : 0xff;
            anchor->value = static_cast<std::uint8_t>(random() % 40) & anchor->mask;
        }
        const std::size_t count = random() % 1500;
        const auto bytes = randomBytes(random, count + std::max(anchors.first.at, anchors.second.at), 40);
        const auto fits = [&](const Anchor &anchor, std::size_t i) {
            return (std::to_integer<unsigned>(bytes[i + anchor.at]) & anchor.mask) == anchor.value;
        };
        ASSERT_EQ(findAnchors(bytes.data(), count, anchors, GetParam()),
                  expected(count, 1, [&](std::size_t i) { return fits(anchors.first, i) && fits(anchors.second, i); }))
            << "round " << round;
    }
}

TEST_P(BlockScan, ValuesStopWhereAnIntegerIsInTheRange)
{
    std::mt19937_64 random(2);
    for (int round = 0; round < 6000; ++round) {
        const unsigned width = 1U << random() % 4;
        const std::uint64_t mask = width == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * width) - 1;
        // Ranges over the middle, over the top and of all sizes; outside means that nearly everything is inside.
        Values values{width, random() & mask, random() & mask, random() % 2 == 0};
        if (!values.outside)
            values.span >>= random() % (8 * width);
        else
            values.span = mask - (random() & mask) / 1000 - 1;
        const unsigned alphabet = random() % 2 == 0 ? 256 : 3;
        const std::size_t count = random() % 1500;
        const auto bytes = randomBytes(random, count + width - 1, alphabet);
        if (alphabet == 3 && !values.outside) {
            // Many integers agree with the range in their upper half, few are in it.
            const auto low = randomBytes(random, width, alphabet);
            std::memcpy(&(values.low = 0), low.data(), width);
            values.span = (random() & mask) >> random() % (8 * width);
        }
        const auto isHit = [&](std::size_t i) {
            std::uint64_t value = 0;
            std::memcpy(&value, bytes.data() + i, width);
            return (((value - values.low) & mask) <= values.span) != values.outside;
        };
        ASSERT_EQ(findValues(bytes.data(), count, values, GetParam()), expected(count, 1, isHit)) << "round " << round;
        ASSERT_EQ(findAlignedValues(bytes.data(), count, values, GetParam()), expected(count, width, isHit))
            << "round " << round;
    }
}

INSTANTIATE_TEST_SUITE_P(Loops, BlockScan, testing::Values(Loops::Widest, Loops::Portable), [](const auto &loops) {
    return std::string(loops.param == Loops::Widest ? "Widest" : "Portable");
});

} // namespace
} // namespace ks::block
