// The search beside a naive one, on memory that has borders and holes everywhere; and what it promises beside finding.
#include "core/search/search.h"

#include "core/memory/open_core.h"
#include "core/search/pattern.h"
#include "tests/support/core_file.h"
#include "tests/support/folder.h"
#include "tests/unit/search/naive.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace ks {
namespace {

using namespace ks::test;

SearchOptions randomOptions(std::mt19937_64 &random)
{
    constexpr std::size_t kChunks[] = {1, 7, 64, 100, 4096, 5000, 8192, std::size_t{1} << 20};
    return {.context = random() % 3 == 0 ? 0 : random() % 20,
            .threads = static_cast<unsigned>(1 + random() % 3),
            .chunk = kChunks[random() % std::size(kChunks)]};
}

/// Runs the search, and holds what every hit promises against the memory.
std::vector<Seen> found(const RandomMemory &memory, const std::vector<AddrRange> &ranges, const Matcher &matcher,
                        const SearchOptions &options, SearchSummary *summary = nullptr)
{
    std::vector<Seen> result;
    Progress progress;
    const auto thread = std::this_thread::get_id();
    const auto sum = search(
        memory.source, ranges, matcher, options,
        [&](std::span<const SearchHit> hits) {
            EXPECT_EQ(std::this_thread::get_id(), thread);
            for (const SearchHit &hit : hits) {
                result.push_back({hit.address, asText(hit.match())});
                const VirtAddr first = hit.address - hit.before;
                EXPECT_LE(hit.before, options.context);
                EXPECT_LE(hit.bytes.size() - hit.before - hit.size, options.context);
                for (std::size_t i = 0; i < hit.bytes.size(); ++i)
                    EXPECT_EQ(memory.at((first + i).value), hit.bytes[i]) << hex(first + i);
            }
            return true;
        },
        progress);
    EXPECT_EQ(sum.hits, result.size());
    EXPECT_FALSE(sum.cancelled);
    EXPECT_FALSE(sum.limited);
    EXPECT_EQ(progress.state().done, progress.state().total);
    if (summary)
        *summary = sum;
    return result;
}

/// All places where `size` bytes satisfy `isMatch`.
template <class IsMatch>
std::vector<Seen> everywhere(const RandomMemory &memory, const std::vector<AddrRange> &ranges, std::size_t size,
                             const IsMatch &isMatch)
{
    std::vector<Seen> result;
    for (const auto &[address, bytes] : stretches(memory, ranges))
        for (std::size_t i = 0; i + size <= bytes.size(); ++i)
            if (isMatch(address + i, bytes.substr(i, size)))
                result.push_back({address + i, bytes.substr(i, size)});
    return result;
}

TEST(Search, FindsBytesWhereverTheyAre)
{
    for (std::uint64_t seed = 0; seed < 250; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        const unsigned alphabet = 2 + random() % 3;
        const RandomMemory memory(random, alphabet);
        BytePattern pattern;
        const std::size_t size = random() % 8 == 0 ? 1 + random() % 5000 % Matcher::kMaxMatch : 1 + random() % 12;
        for (std::size_t i = 0; i < size; ++i) {
            pattern.mask.push_back(random() % 3 == 0 || size > 20 ? static_cast<std::uint8_t>(random() % 2) : 0xff);
            pattern.value.push_back(static_cast<std::uint8_t>(random() % alphabet) & pattern.mask.back());
        }
        const auto ranges = memory.someRanges(random);
        const auto expected = everywhere(memory, ranges, size, [&](VirtAddr, const std::string &bytes) {
            for (std::size_t i = 0; i < size; ++i)
                if ((static_cast<std::uint8_t>(bytes[i]) & pattern.mask[i]) != pattern.value[i])
                    return false;
            return true;
        });
        ASSERT_EQ(found(memory, ranges, *makeMatcher(pattern), randomOptions(random)), expected);
    }
}

TEST(Search, FindsIntegersOfEveryKind)
{
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        const RandomMemory memory(random, random() % 2 == 0 ? 3 : 256);
        ValuePattern pattern{.width = static_cast<unsigned>(1 + random() % 8),
                             .bigEndian = random() % 2 == 0,
                             .aligned = random() % 2 == 0,
                             .outside = random() % 4 == 0};
        pattern.low = random() % 3 == 0 ? random() & pattern.valueMask() : random() % 4;
        pattern.span = random() % 2 == 0 ? 0 : (random() & pattern.valueMask()) >> random() % (8 * pattern.width);
        if (pattern.outside)
            pattern.span = pattern.valueMask() - 1 - pattern.span / 1000 % pattern.valueMask();
        const std::size_t step = pattern.aligned && (pattern.width & (pattern.width - 1)) == 0 ? pattern.width : 1;
        const auto ranges = memory.someRanges(random);
        const auto expected = everywhere(memory, ranges, pattern.width, [&](VirtAddr at, const std::string &bytes) {
            std::uint64_t value = 0;
            for (unsigned i = 0; i < pattern.width; ++i)
                value = value << 8 | static_cast<std::uint8_t>(bytes[pattern.bigEndian ? i : pattern.width - 1 - i]);
            const std::uint64_t above = (value - pattern.low) & pattern.valueMask();
            return at.value % step == 0 && (above <= pattern.span) != pattern.outside;
        });
        ASSERT_EQ(found(memory, ranges, *makeMatcher(pattern), randomOptions(random)), expected);
    }
}

/// Strings as a reader sees them who has the whole stretch before him.
std::vector<Seen> stringsOf(const std::vector<std::pair<VirtAddr, std::string>> &parts, const StringsPattern &pattern)
{
    const auto isPrintable = [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; };
    std::vector<Seen> result;
    for (const auto &[address, bytes] : parts) {
        const auto measure = [&](std::size_t i) -> std::size_t {
            if (i >= bytes.size())
                return 0;
            switch (pattern.encoding) {
            case TextEncoding::Ascii: return isPrintable(bytes[i]);
            case TextEncoding::Utf16Le:
                return i + 1 < bytes.size() && isPrintable(bytes[i]) && bytes[i + 1] == 0 ? 2 : 0;
            case TextEncoding::Utf16Be:
                return i + 1 < bytes.size() && isPrintable(bytes[i + 1]) && bytes[i] == 0 ? 2 : 0;
            case TextEncoding::Utf8: break;
            }
            if (isPrintable(bytes[i]))
                return 1;
            // Two bytes are enough to see the rule: c3 80 to c3 bf, and c2 a0 on.
            if (i + 1 >= bytes.size())
                return 0;
            const auto lead = static_cast<std::uint8_t>(bytes[i]), next = static_cast<std::uint8_t>(bytes[i + 1]);
            return (lead == 0xc3 && next >= 0x80 && next < 0xc0) || (lead == 0xc2 && next >= 0xa0 && next < 0xc0) ? 2
                                                                                                                  : 0;
        };
        for (std::size_t i = 0; i < bytes.size();) {
            std::size_t end = i, characters = 0, cut = 0;
            for (std::size_t size; (size = measure(end)) != 0; ++characters) {
                end += size;
                if (end - i <= Matcher::kMaxMatch)
                    cut = end;
            }
            if (characters >= pattern.minimum)
                result.push_back({address + i, bytes.substr(i, cut - i)});
            i = std::max(end, i + 1);
        }
    }
    return result;
}

TEST(Search, ListsEveryStringOnce)
{
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        RandomMemory memory(random, 1);
        // Characters that are printable, those that are not, and what is half of one; strings of all lengths.
        static constexpr std::uint8_t kBytes[] = {'a', 'b', '\t', 0, 0, 0x7f, 0xc3, 0xa9, 0xc2, 0x85, 0xa0, 0xff, '\n'};
        const unsigned spread = random() % 3;
        for (auto &[address, byte] : memory.present) {
            byte = spread == 0   ? std::byte{'x'}
                   : spread == 1 ? static_cast<std::byte>(kBytes[random() % std::size(kBytes)])
                                 : (random() % 50 == 0 ? std::byte{0} : static_cast<std::byte>(kBytes[random() % 4]));
            memory.source.set(VirtAddr(address), byte);
        }
        const StringsPattern pattern{static_cast<TextEncoding>(random() % 4), 1 + random() % 6};
        const auto ranges = memory.someRanges(random);
        ASSERT_EQ(found(memory, ranges, *makeMatcher(pattern), randomOptions(random)),
                  stringsOf(stretches(memory, ranges), pattern));
    }
}

TEST(Search, SaysWhatItCouldNotRead)
{
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        const RandomMemory memory(random, 2);
        SearchSummary summary;
        found(memory, {memory.all}, *makeMatcher(*parseBytes("0101")), randomOptions(random), &summary);
        EXPECT_EQ(summary.searched, memory.present.size());
        std::uint64_t unread = 0;
        for (const UnreadBytes &part : summary.unread) {
            unread += part.bytes;
            EXPECT_FALSE(part.state.present());
            EXPECT_EQ(memory.at(part.first.value), std::nullopt);
        }
        EXPECT_EQ(unread, memory.spoilt.size());
    }
}

/// Two segments, of which a dump holds only the first half of the second.
class Partial : public FakeSource {
public:
    std::vector<LoadSegment> segments() const override
    {
        auto loads = FakeSource::segments();
        loads[1].fileSize /= 2;
        return loads;
    }
};

TEST(Search, CountsWhatADumpLeavesOut)
{
    Partial memory;
    memory.addZeros(VirtAddr(0x10000), 0x1000);
    memory.addZeros(VirtAddr(0x20000), 0x2000);
    const AddrRange where{VirtAddr(0x10800), VirtAddr(0x217ff)};
    Progress progress;
    const auto summary =
        search(memory, {&where, 1}, *makeMatcher(*parseBytes("01")), {}, [](auto) { return true; }, progress);
    EXPECT_EQ(summary.hits, 0u);
    EXPECT_EQ(summary.searched, 0x800u + 0x1000u);
    ASSERT_EQ(summary.unread.size(), 1u);
    EXPECT_EQ(summary.unread[0].state.status, PageStatus::Excluded);
    EXPECT_EQ(summary.unread[0].bytes, 0x800u);
    EXPECT_EQ(summary.unread[0].first, VirtAddr(0x21000));
}

TEST(Search, StopsAtTheLimitWithTheFirstOnes)
{
    FakeSource memory;
    memory.addZeros(VirtAddr(0x100000), 1 << 20);
    const AddrRange where{VirtAddr(0x100000), VirtAddr(0x1fffff)};
    const auto matcher = makeMatcher(*parseBytes("00"));
    for (const std::uint64_t limit : {1u, 7u, 8192u, 8193u, 100000u}) {
        for (const std::size_t chunk : {std::size_t{4096}, std::size_t{1} << 20}) {
            std::uint64_t next = 0x100000;
            Progress progress;
            const auto summary = search(
                memory, {&where, 1}, *matcher, {.limit = limit, .chunk = chunk},
                [&](std::span<const SearchHit> hits) {
                    for (const SearchHit &hit : hits)
                        EXPECT_EQ(hit.address.value, next++);
                    return true;
                },
                progress);
            EXPECT_EQ(summary.hits, limit);
            EXPECT_EQ(next, 0x100000 + limit);
            EXPECT_TRUE(summary.limited);
            EXPECT_FALSE(summary.cancelled);
        }
    }
}

TEST(Search, StopsWhenTheSinkWantsNoMore)
{
    FakeSource memory;
    memory.addZeros(VirtAddr(0x100000), 1 << 20);
    const AddrRange where{VirtAddr(0x100000), VirtAddr(0x1fffff)};
    int calls = 0;
    Progress progress;
    const auto summary = search(
        memory, {&where, 1}, *makeMatcher(*parseBytes("00")), {},
        [&](auto) {
            ++calls;
            return false;
        },
        progress);
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(summary.limited);
}

TEST(Search, CanBeCancelledWhileReadsAreSlow)
{
    auto inner = std::make_shared<FakeSource>();
    inner->addZeros(VirtAddr(0x100000), 1 << 20);
    const SlowSource memory(inner, std::chrono::milliseconds(10));
    const AddrRange where{VirtAddr(0x100000), VirtAddr(0x1fffff)};
    Progress progress;
    std::uint64_t hits = 0;
    // Cancelled from within, when the first hits have come; there would be 256 chunks.
    const auto summary = search(
        memory, {&where, 1}, *makeMatcher(*parseBytes("00")), {.chunk = 4096},
        [&](std::span<const SearchHit> found) {
            hits += found.size();
            progress.cancel();
            return true;
        },
        progress);
    EXPECT_TRUE(summary.cancelled);
    EXPECT_EQ(summary.hits, hits);
    EXPECT_GT(hits, 0u);
    EXPECT_LT(hits, 1u << 20);
    EXPECT_LT(inner->batches(), 64u);
}

// A dump that another program writes again. What is gone is told, and is not taken for zeros.
TEST(Search, OfAFileThatIsCutOffMeanwhileTellsWhatIsMissing)
{
    constexpr std::uint64_t kBegin = 0x100000, kSize = std::uint64_t{64} << 20;
    const AddrRange where{VirtAddr(kBegin), VirtAddr(kBegin + kSize - 1)};
    std::string bytes(kSize, '\0');
    bytes[100] = bytes[kSize - 100] = '\x5a';
    const Folder folder;
    const auto path = folder / "core";
    std::ofstream(path, std::ios::binary) << CoreBuilder().load(kBegin, bytes).build();
    const auto memory = openCore(path, {});
    ASSERT_TRUE(memory);
    for (const char *pattern : {"5a", "00"}) {
        const auto whole = std::filesystem::file_size(path);
        std::uint64_t lastHit = 0;
        Progress progress;
        const auto summary = search(
            **memory, {&where, 1}, *makeMatcher(*parseBytes(pattern)), {},
            [&](std::span<const SearchHit> hits) {
                std::filesystem::resize_file(path, std::size_t{1} << 20);
                lastHit = hits.back().address.value;
                return true;
            },
            progress);
        EXPECT_GT(summary.hits, 0u) << pattern;
        EXPECT_LT(lastHit, kBegin + kSize / 2) << pattern;
        ASSERT_FALSE(summary.unread.empty()) << pattern;
        EXPECT_EQ(summary.unread[0].state.status, PageStatus::Truncated) << pattern;
        EXPECT_GT(summary.unread[0].bytes, kSize / 2) << pattern;
        EXPECT_EQ(summary.searched + summary.unread[0].bytes, kSize) << pattern;
        std::filesystem::resize_file(path, whole); // with zeros
    }
}

TEST(Search, OfNothingFindsNothing)
{
    FakeSource memory;
    memory.addZeros(VirtAddr(0x1000), 16);
    Progress progress;
    const auto sink = [](auto) { return true; };
    const auto matcher = makeMatcher(*parseBytes("00"));
    EXPECT_EQ(search(memory, {}, *matcher, {}, sink, progress).hits, 0u);
    const AddrRange hole{VirtAddr(0x5000), VirtAddr(0x6000)};
    const auto summary = search(memory, {&hole, 1}, *matcher, {}, sink, progress);
    EXPECT_EQ(summary.hits, 0u);
    EXPECT_EQ(summary.searched, 0u);
    EXPECT_TRUE(summary.unread.empty());
    Progress over;
    over.cancel();
    const AddrRange all{VirtAddr(0), VirtAddr(~std::uint64_t{0})};
    EXPECT_TRUE(search(memory, {&all, 1}, *matcher, {}, sink, over).cancelled);
}

} // namespace
} // namespace ks
