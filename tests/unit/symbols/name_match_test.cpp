#include "core/symbols/name_index.h"

#include <gmock/gmock.h>

#include <random>

namespace ks {
namespace {

/// The definition of a match, letter by letter, trying every way.
bool isSubsequence(std::string_view name, std::string_view pattern)
{
    std::size_t matched = 0;
    for (const char c : name)
        matched += matched < pattern.size() && toLowerAscii(c) == toLowerAscii(pattern[matched]);
    return matched == pattern.size();
}

bool byWords(std::string_view name, std::string_view pattern, std::uint64_t starts, std::size_t at, bool running)
{
    if (pattern.empty())
        return true;
    for (std::size_t i = at; i < name.size(); ++i) {
        const bool allowed = (running && i == at) || (starts >> i & 1) != 0;
        if (allowed && toLowerAscii(name[i]) == toLowerAscii(pattern[0]) &&
            byWords(name, pattern.substr(1), starts, i + 1, true))
            return true;
    }
    return false;
}

NameMatch expected(std::string_view name, std::string_view pattern)
{
    const auto lower = [](std::string_view text) {
        std::string result(text);
        std::ranges::transform(result, result.begin(), toLowerAscii);
        return result;
    };
    const std::string n = lower(name);
    const std::string p = lower(pattern);
    const std::uint64_t starts = wordStarts(name);
    if (n == p)
        return name == pattern ? NameMatch::ExactCase : NameMatch::Exact;
    if (n.starts_with(p))
        return NameMatch::Prefix;
    for (std::size_t i = n.find(p); i != n.npos; i = n.find(p, i + 1)) {
        if ((starts >> i & 1) != 0)
            return NameMatch::WordRun;
    }
    if (byWords(name, pattern, starts, 0, false))
        return NameMatch::WordStarts;
    if (n.find(p) != n.npos)
        return NameMatch::Run;
    return isSubsequence(name, pattern) ? NameMatch::Subsequence : NameMatch::None;
}

std::string randomText(std::mt19937 &random, std::size_t longest)
{
    constexpr std::string_view kLetters = "eeeabAE__.1";
    std::string text;
    for (std::size_t length = 1 + random() % longest; text.size() < length;)
        text += kLetters[random() % kLetters.size()];
    return text;
}

TEST(NameMatch, KindsOfMatches)
{
    const auto match = [](std::string_view pattern, std::string_view name) { return NamePattern(pattern).match(name); };
    EXPECT_EQ(match("task", "task"), NameMatch::ExactCase);
    EXPECT_EQ(match("TASK", "task"), NameMatch::Exact);
    EXPECT_EQ(match("task", "Task_struct"), NameMatch::Prefix);
    EXPECT_EQ(match("task", "init_task"), NameMatch::WordRun);
    EXPECT_EQ(match("tst", "task_struct"), NameMatch::WordStarts);
    EXPECT_EQ(match("vas", "vm_area_struct"), NameMatch::WordStarts);
    EXPECT_EQ(match("oa", "acpiOsAllocate"), NameMatch::WordStarts);
    EXPECT_EQ(match("task", "multitask"), NameMatch::Run);
    EXPECT_EQ(match("task", "trap_sink"), NameMatch::Subsequence);
    EXPECT_EQ(match("ksat", "task"), NameMatch::None);
    EXPECT_EQ(match("tasks", "task"), NameMatch::None);
    EXPECT_EQ(match("", "task"), NameMatch::None);
}

TEST(NameMatch, AgreesWithItsDefinition)
{
    std::mt19937 random(3);
    std::array<std::size_t, 8> seen{};
    for (int i = 0; i < 40000; ++i) {
        const std::string name = randomText(random, 63);
        const std::string pattern = i % 4 == 0 ? name.substr(0, 1 + random() % name.size()) : randomText(random, 9);
        const NameMatch match = NamePattern(pattern).match(name);
        ASSERT_EQ(match, expected(name, pattern)) << pattern << " in " << name;
        ASSERT_TRUE(match == NameMatch::None ||
                    (characterMask(name) & characterMask(pattern)) == characterMask(pattern))
            << pattern << " in " << name;
        ++seen[std::size_t(match)];
    }
    for (const std::size_t count : seen)
        EXPECT_GT(count, 0u);
}

TEST(NameMatch, LongNamesAreMatchedToo)
{
    const std::string filler(100, 'x');
    EXPECT_EQ(NamePattern("tst").match("task_" + filler + "_struct"), NameMatch::WordStarts);
    EXPECT_EQ(NamePattern("struct").match(filler + filler + "_struct"), NameMatch::WordRun);
    EXPECT_EQ(NamePattern("ts").match("t" + filler + "s"), NameMatch::Subsequence);
    EXPECT_EQ(NamePattern("st").match("t" + filler + "s"), NameMatch::None);
    const std::string huge = std::string(1000, 'y') + "z";
    EXPECT_EQ(NamePattern(huge).match(huge), NameMatch::ExactCase);
    EXPECT_EQ(NamePattern(huge.substr(0, 700)).match(huge), NameMatch::Prefix);
    EXPECT_EQ(NamePattern(huge.substr(0, 512)).match(huge), NameMatch::Prefix);
    EXPECT_EQ(NamePattern(huge.substr(0, 600) + "z").match(huge), NameMatch::None);
}

TEST(NameIndex, FindsTheSameAsTryingEveryName)
{
    std::mt19937 random(5);
    std::vector<std::string> names;
    for (int i = 0; i < 3000; ++i)
        names.push_back(randomText(random, i % 50 == 0 ? 90 : 24));
    const auto textOf = [&](std::uint32_t n) -> std::string_view { return names[n]; };
    const NameIndex index = NameIndex::build(static_cast<std::uint32_t>(names.size()), textOf);
    for (int i = 0; i < 400; ++i) {
        const NamePattern pattern(i % 3 == 0 ? names[random() % names.size()] : randomText(random, 1 + i % 9));
        const std::size_t limit = 1 + random() % 60;
        const auto accept = [&](std::uint32_t n) { return i % 2 == 0 || n % 3 == 0; };
        std::vector<std::tuple<NameMatch, std::size_t, std::string>> all;
        for (std::uint32_t n = 0; n < names.size(); ++n) {
            if (const NameMatch match = pattern.match(names[n]); match != NameMatch::None && accept(n))
                all.emplace_back(match, names[n].size(), names[n]);
        }
        std::ranges::sort(all);
        all.resize(std::min(all.size(), limit));
        std::vector<std::tuple<NameMatch, std::size_t, std::string>> found;
        for (const NameHit &hit : index.search(pattern, limit, textOf, accept))
            found.emplace_back(hit.match, hit.length, names[hit.name]);
        ASSERT_EQ(found, all) << pattern.typed() << " " << limit;
    }
}

} // namespace
} // namespace ks
