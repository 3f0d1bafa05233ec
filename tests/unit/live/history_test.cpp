#include "core/live/history.h"

#include <gtest/gtest.h>

namespace ks::live {
namespace {

using namespace std::chrono_literals;

HistoryPoint at(std::chrono::milliseconds time, std::optional<std::uint64_t> scalar, bool changed = true)
{
    return {std::chrono::steady_clock::time_point(time), {}, scalar, changed};
}

TEST(History, KeepsTheLastPointsAndCountsAll)
{
    History history(4);
    for (unsigned i = 0; i < 10; ++i)
        history.add(at(i * 100ms, i, i % 2 == 1), false);
    EXPECT_EQ(history.points().size(), 4U);
    EXPECT_EQ(history.points().front().scalar, 6U);
    EXPECT_EQ(history.samples(), 10U);
    EXPECT_EQ(history.changes(), 5U);
    EXPECT_EQ(history.minimum(), 0U);
    EXPECT_EQ(history.maximum(), 9U);
    EXPECT_DOUBLE_EQ(*history.rate(), 10);
    EXPECT_DOUBLE_EQ(*history.meanRate(), 10);
    EXPECT_NEAR(*history.changesPerSecond(), 2 / 0.3, 1e-9);
}

TEST(History, SignedNumbersAndCountersThatWrap)
{
    History history;
    history.add(at(0s, static_cast<std::uint64_t>(-5)), true);
    history.add(at(1s, 3), true);
    EXPECT_EQ(history.minimum(), static_cast<std::uint64_t>(-5));
    EXPECT_EQ(history.maximum(), 3U);
    EXPECT_DOUBLE_EQ(*history.rate(), 8);
    history.clear();
    history.add(at(0s, ~std::uint64_t{0} - 1), false);
    history.add(at(1s, 8), false);
    EXPECT_DOUBLE_EQ(*history.rate(), 10);
    EXPECT_EQ(history.maximum(), ~std::uint64_t{0} - 1);
    history.add(at(3s, 2), false);
    EXPECT_DOUBLE_EQ(*history.rate(), -3);
}

TEST(History, NoRateOverAGapOrWithoutNumbers)
{
    History history;
    EXPECT_FALSE(history.rate() || history.meanRate() || history.changesPerSecond());
    history.add(at(0s, 0), false);
    EXPECT_FALSE(history.rate());
    EXPECT_FALSE(history.changesPerSecond());
    history.add(at(1s, 10), false);
    history.breakHere();
    history.add(at(1000s, 20), false);
    EXPECT_FALSE(history.rate());
    EXPECT_FALSE(history.meanRate());
    history.add(at(1001s, 25), false);
    history.add(at(1002s, 40), false);
    EXPECT_DOUBLE_EQ(*history.rate(), 15);
    EXPECT_DOUBLE_EQ(*history.meanRate(), 10);
    EXPECT_DOUBLE_EQ(*history.changesPerSecond(), 1);
    history.add(at(1003s, std::nullopt), false);
    EXPECT_FALSE(history.rate());
    EXPECT_EQ(history.maximum(), 40U);
}

} // namespace
} // namespace ks::live
