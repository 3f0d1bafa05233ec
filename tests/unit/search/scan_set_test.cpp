// Scans beside naive ones: what is left after each step, on memory that changes in between.
#include "core/search/scan_set.h"

#include "tests/unit/search/naive.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ks {
namespace {

using namespace ks::test;

constexpr std::uint64_t kPlenty = std::uint64_t{1} << 30;
constexpr AddrRange kAll{VirtAddr(0), VirtAddr(~std::uint64_t{0})};

using Candidates = std::map<std::uint64_t, std::uint64_t>; ///< address, value

Candidates listed(const ScanSet &set)
{
    Candidates result;
    std::uint64_t last = 0;
    for (const auto &[address, value] : set.entries(0, ~std::size_t{0})) {
        EXPECT_TRUE(result.empty() || last < address.value) << "in the order of addresses";
        last = address.value;
        result[address.value] = value;
    }
    EXPECT_EQ(result.size(), set.size());
    return result;
}

/// The integer there, if all of it is present and in one of the stretches.
std::optional<std::uint64_t> valueAt(const RandomMemory &memory, std::uint64_t address, const ScanType &type)
{
    std::uint64_t value = 0;
    for (unsigned i = 0; i < type.width; ++i) {
        const std::uint64_t from = address + (type.bigEndian ? i : type.width - 1 - i);
        const auto byte = memory.at(from);
        if (!byte || from < address)
            return std::nullopt;
        value = value << 8 | std::to_integer<std::uint64_t>(*byte);
    }
    return value;
}

std::int64_t extended(std::uint64_t value, const ScanType &type)
{
    const unsigned shift = 64 - 8 * type.width;
    return static_cast<std::int64_t>(value << shift) >> shift;
}

bool passes(ScanTest test, const ScanType &type, const ValuePattern &pattern, std::uint64_t before, std::uint64_t now)
{
    switch (test) {
    case ScanTest::Changed: return before != now;
    case ScanTest::Unchanged: return before == now;
    case ScanTest::Increased: return type.isSigned ? extended(now, type) > extended(before, type) : now > before;
    case ScanTest::Decreased: return type.isSigned ? extended(now, type) < extended(before, type) : now < before;
    case ScanTest::Matching: return pattern.matches(now);
    }
    return false;
}

/// Changes some bytes, and makes others unreadable.
void disturb(RandomMemory &memory, std::mt19937_64 &random, unsigned alphabet)
{
    for (auto &[address, byte] : memory.present)
        if (random() % 16 == 0) {
            byte = static_cast<std::byte>(random() % alphabet);
            memory.source.set(VirtAddr(address), byte);
        }
    const std::uint64_t at = random() % memory.all.size();
    const std::uint64_t length = std::min<std::uint64_t>(memory.all.size() - at, random() % 100 + 1);
    memory.source.mark(memory.all.first + at, length, {PageStatus::Error, EIO});
    for (std::uint64_t i = 0; i < length; ++i)
        memory.present.erase((memory.all.first + at + i).value);
}

TEST(ScanSet, KeepsWhatANaiveScanKeeps)
{
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        const unsigned alphabet = random() % 2 == 0 ? 3 : 256;
        RandomMemory memory(random, alphabet);
        const ScanType type{static_cast<unsigned>(1 + random() % 8), random() % 2 == 0, random() % 2 == 0,
                            random() % 2 == 0};
        const std::size_t step = type.aligned && (type.width & (type.width - 1)) == 0 ? type.width : 1;
        ValuePattern pattern{.width = type.width, .bigEndian = type.bigEndian};
        const auto randomPattern = [&] {
            pattern.low = random() & pattern.valueMask();
            pattern.span = pattern.valueMask() >> (1 + random() % 3);
        };
        randomPattern();
        const bool isUnknown = random() % 2 == 0;
        Progress progress;
        auto set = ScanSet::first(memory.source, {&kAll, 1}, type, isUnknown ? std::nullopt : std::optional(pattern),
                                  kPlenty, progress);
        ASSERT_TRUE(set) << set.error().message();
        Candidates expected;
        for (const auto &[address, byte] : memory.present)
            if (const auto value = valueAt(memory, address, type);
                value && address % step == 0 && (isUnknown || pattern.matches(*value)))
                expected[address] = *value;
        ASSERT_EQ(listed(*set), expected);

        for (int scan = 0; scan < 4; ++scan) {
            disturb(memory, random, alphabet);
            const auto test = static_cast<ScanTest>(random() % 5);
            randomPattern();
            auto next = set->next(memory.source, test, pattern, progress);
            ASSERT_TRUE(next) << next.error().message();
            Candidates kept;
            std::uint64_t lost = 0;
            for (const auto &[address, before] : expected) {
                const auto now = valueAt(memory, address, type);
                if (!now)
                    ++lost;
                else if (passes(test, type, pattern, before, *now))
                    kept[address] = *now;
            }
            ASSERT_EQ(listed(*next), kept) << "scan " << scan;
            ASSERT_EQ(next->lost(), lost);
            ASSERT_EQ(listed(*set), expected) << "the set before is still there";
            // Any part of the list is that part of it.
            const std::uint64_t from = random() % (next->size() + 2);
            const auto all = next->entries(0, ~std::size_t{0});
            const auto some = next->entries(from, 5);
            ASSERT_EQ(some.size(), std::min<std::uint64_t>(5, next->size() - std::min(from, next->size())));
            for (std::size_t i = 0; i < some.size(); ++i)
                ASSERT_EQ(some[i].address, all[from + i].address);
            set = std::move(next);
            expected = std::move(kept);
        }
    }
}

TEST(ScanSet, SaysWhenItWouldNotFit)
{
    FakeSource memory;
    memory.addZeros(VirtAddr(0x100000), 1 << 20);
    Progress progress;
    const auto unknown = ScanSet::first(memory, {&kAll, 1}, {}, {}, 1 << 20, progress);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::Limit);
    EXPECT_THAT(unknown.error().message(), testing::HasSubstr("1 MiB"));
    EXPECT_FALSE(unknown.error().remedy.empty());
    const auto zeros = ScanSet::first(memory, {&kAll, 1}, {}, *parseValues("0", 8), 1 << 20, progress);
    ASSERT_FALSE(zeros);
    EXPECT_EQ(zeros.error().code, ErrorCode::Limit);
    // The same with room enough, and within the bound that was given.
    const auto fits = ScanSet::first(memory, {&kAll, 1}, {}, {}, 2 << 20, progress);
    ASSERT_TRUE(fits);
    EXPECT_EQ(fits->size(), (1u << 20) / 8);
    EXPECT_LE(fits->memoryUsage(), 2u << 20);
}

TEST(ScanSet, ShrinksToItsCandidates)
{
    FakeSource memory;
    memory.addZeros(VirtAddr(0x100000), 1 << 20);
    Progress progress;
    const auto all = ScanSet::first(memory, {&kAll, 1}, {.width = 4}, {}, kPlenty, progress);
    ASSERT_TRUE(all);
    memory.set<std::uint32_t>(VirtAddr(0x123454), 7);
    const auto one = all->next(memory, ScanTest::Increased, {}, progress);
    ASSERT_TRUE(one);
    EXPECT_EQ(listed(*one), (Candidates{{0x123454, 7}}));
    EXPECT_LT(one->memoryUsage(), 1000u);
}

TEST(ScanSet, GoesOnFromWhatASearchFound)
{
    FakeSource memory;
    memory.addZeros(VirtAddr(0x1000), 4096);
    memory.set<std::uint16_t>(VirtAddr(0x1010), 5);
    const ScanSet found =
        ScanSet::of({.width = 2}, {{VirtAddr(0x1000), 0}, {VirtAddr(0x1010), 4}, {VirtAddr(0x9000), 1}});
    EXPECT_EQ(listed(found), (Candidates{{0x1000, 0}, {0x1010, 4}, {0x9000, 1}}));
    Progress progress;
    const auto grown = found.next(memory, ScanTest::Increased, {}, progress);
    ASSERT_TRUE(grown);
    EXPECT_EQ(listed(*grown), (Candidates{{0x1010, 5}}));
    EXPECT_EQ(grown->lost(), 1u);
}

TEST(ScanSet, CanBeCancelledAndAskedWrongly)
{
    FakeSource memory;
    memory.addZeros(VirtAddr(0x1000), 4096);
    Progress progress;
    const auto set = ScanSet::first(memory, {&kAll, 1}, {}, {}, kPlenty, progress);
    ASSERT_TRUE(set);
    EXPECT_EQ(set->next(memory, ScanTest::Matching, {}, progress).error().code, ErrorCode::Syntax);
    progress.cancel();
    EXPECT_EQ(set->next(memory, ScanTest::Changed, {}, progress).error().code, ErrorCode::Cancelled);
    EXPECT_EQ(ScanSet::first(memory, {&kAll, 1}, {}, {}, kPlenty, progress).error().code, ErrorCode::Cancelled);
    EXPECT_EQ(ScanSet::first(memory, {&kAll, 1}, {}, *parseValues("0", 8), kPlenty, progress).error().code,
              ErrorCode::Cancelled);
}

} // namespace
} // namespace ks
