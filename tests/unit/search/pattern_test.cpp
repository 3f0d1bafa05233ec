// What people write, and what it is taken for.
#include "core/search/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ks {
namespace {

using testing::HasSubstr;

std::string text(const std::vector<std::uint8_t> &bytes)
{
    std::string result;
    for (const std::uint8_t byte : bytes) {
        constexpr char kDigits[] = "0123456789abcdef";
        result += {kDigits[byte >> 4], kDigits[byte & 15]};
    }
    return result;
}

/// The offsets where a matcher finds something in these bytes.
std::vector<std::size_t> find(const Matcher &matcher, std::string_view in, VirtAddr address = VirtAddr(0x1000))
{
    std::vector<Match> found;
    matcher.find({address, std::as_bytes(std::span(in))}, 0, in.size(), 1000, found);
    std::vector<std::size_t> offsets;
    for (const Match &match : found)
        offsets.push_back(match.offset);
    return offsets;
}

TEST(ParseBytes, ReadsPairsOfDigits)
{
    struct Case {
        const char *text, *value, *mask;
    };
    for (const auto &[given, value, mask] : {Case{"de ad BE ef", "deadbeef", "ffffffff"},
                                             {"deadbeef", "deadbeef", "ffffffff"},
                                             {"  0f\t00\n", "0f00", "ffff"},
                                             {"de ad ?? e? ?f", "dead00e00f", "ffff00f00f"},
                                             {"??de", "00de", "00ff"},
                                             {"dead/ff0f", "de0d", "ff0f"},
                                             {"de ?d / f0 ff", "d00d", "f00f"}}) {
        const auto pattern = parseBytes(given);
        ASSERT_TRUE(pattern) << given << ": " << pattern.error().message();
        EXPECT_EQ(text(pattern->value), value) << given;
        EXPECT_EQ(text(pattern->mask), mask) << given;
        EXPECT_TRUE(pattern->either.empty());
    }
}

TEST(ParseBytes, RefusesWhatIsNoPattern)
{
    struct Case {
        std::string text;
        const char *why;
    };
    for (const auto &[given, why] : {Case{"", "empty"},
                                     {"  ", "empty"},
                                     {"d", "two digits"},
                                     {"de a", "two digits"},
                                     {"d e", "two digits"},
                                     {"xy", "no hex digit"},
                                     {"0xde", "no hex digit"},
                                     {"?? ??", "everything"},
                                     {"dead/0000", "everything"},
                                     {"dead/ff", "1 bytes"},
                                     {"dead/??ff", "no hex digit"},
                                     {"de/ff/ff", "no hex digit"},
                                     {"/", "empty"}}) {
        const auto pattern = parseBytes(given);
        ASSERT_FALSE(pattern) << given;
        EXPECT_EQ(pattern.error().code, ErrorCode::Syntax) << given;
        EXPECT_THAT(pattern.error().why, HasSubstr(why)) << given;
    }
    EXPECT_TRUE(parseBytes(std::string(2 * Matcher::kMaxMatch, 'a')));
    EXPECT_EQ(parseBytes(std::string(2 * Matcher::kMaxMatch + 2, 'a')).error().code, ErrorCode::Limit);
}

TEST(ParseBytes, NibblesAndMasksMatchOnlyWhatTheySay)
{
    EXPECT_THAT(find(*makeMatcher(*parseBytes("a? ?b")), "\xa0\x0b\xaf\xfb\xa1\x1c\xb0\x0b"),
                testing::ElementsAre(0, 2));
    EXPECT_THAT(find(*makeMatcher(*parseBytes("01/81")), "\x01\x7f\x81\x03\x80"), testing::ElementsAre(0, 1, 3));
    EXPECT_THAT(find(*makeMatcher(*parseBytes("?? 41")), "AAB"), testing::ElementsAre(0))
        << "the byte that may be anything has to be there";
}

TEST(TextPattern, EncodesEveryCharacter)
{
    const char *mixed = "aé€😀";
    EXPECT_EQ(text(textPattern(mixed, TextEncoding::Utf8, false)->value), "61c3a9e282acf09f9880");
    EXPECT_EQ(text(textPattern(mixed, TextEncoding::Utf16Le, false)->value), "6100e900ac203dd800de");
    EXPECT_EQ(text(textPattern(mixed, TextEncoding::Utf16Be, false)->value), "006100e920acd83dde00");
    EXPECT_EQ(text(textPattern("abc", TextEncoding::Ascii, false)->value), "616263");
    EXPECT_EQ(textPattern(mixed, TextEncoding::Ascii, false).error().code, ErrorCode::Syntax);
    EXPECT_EQ(textPattern("", TextEncoding::Utf8, false).error().code, ErrorCode::Syntax);
    for (const char *broken : {"\xff", "a\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\x80"})
        EXPECT_EQ(textPattern(broken, TextEncoding::Utf8, false).error().code, ErrorCode::Syntax);
}

TEST(TextPattern, IgnoresCaseOfLettersAlone)
{
    const auto matcher = makeMatcher(*textPattern("Foo_1[", TextEncoding::Utf8, true));
    EXPECT_THAT(find(*matcher, "foo_1[FOO_1[fOo_1[foo\x7f"
                               "1[foo_1{"),
                testing::ElementsAre(0, 6, 12));
    EXPECT_THAT(find(*makeMatcher(*textPattern("Foo", TextEncoding::Utf8, false)), "fooFoo"), testing::ElementsAre(3));
    // Cyrillic er: d1 80 and d0 a0; a mask alone would take d0 80 and d1 a0, too.
    const auto er = makeMatcher(*textPattern("р", TextEncoding::Utf8, true));
    EXPECT_THAT(find(*er, "\xd1\x80\xd0\xa0\xd0\x80\xd1\xa0"), testing::ElementsAre(0, 2));
    const auto wide = makeMatcher(*textPattern("é", TextEncoding::Utf16Le, true));
    EXPECT_THAT(find(*wide, std::string_view("\xe9\0\xc9\0\xc9\1", 6)), testing::ElementsAre(0, 2));
    // The small dotless i has a capital of one byte, which is another length.
    EXPECT_THAT(find(*makeMatcher(*textPattern("ı", TextEncoding::Utf8, true)), "Iı"), testing::ElementsAre(1));
}

TEST(TextEncodings, HaveNames)
{
    for (const auto encoding : {TextEncoding::Ascii, TextEncoding::Utf8, TextEncoding::Utf16Le, TextEncoding::Utf16Be})
        EXPECT_EQ(parseTextEncoding(name(encoding)), encoding);
    EXPECT_EQ(parseTextEncoding("utf-7"), std::nullopt);
}

TEST(ParseValues, TakesNumbersAndRanges)
{
    struct Case {
        const char *text;
        unsigned width;
        std::uint64_t low, span;
        bool outside;
    };
    for (const auto &[given, width, low, span, outside] :
         {Case{"5", 4, 5, 0, false},
          {"0x10..0x1f", 1, 0x10, 0xf, false},
          {"-1", 2, 0xffff, 0, false},
          {"-5..5", 4, 0xfffffffb, 10, false},
          {"!0", 8, 0, 0, true},
          {"!1..3", 1, 1, 2, true},
          {"0xffffffffffffffff", 8, ~std::uint64_t{0}, 0, false},
          {"-0x8000000000000000", 8, std::uint64_t{1} << 63, 0, false},
          {"0xffff888000000000..0xffffffffffffffff", 8, 0xffff888000000000, 0x777fffffffff, false},
          {"0..0xfffffe", 3, 0, 0xfffffe, false}}) {
        const auto pattern = parseValues(given, width);
        ASSERT_TRUE(pattern) << given << ": " << pattern.error().message();
        EXPECT_EQ(pattern->low, low) << given;
        EXPECT_EQ(pattern->span, span) << given;
        EXPECT_EQ(pattern->outside, outside) << given;
        EXPECT_EQ(pattern->width, width);
    }
}

TEST(ParseValues, RefusesWhatIsNone)
{
    struct Case {
        const char *text;
        unsigned width;
        const char *why;
    };
    for (const auto &[given, width, why] : {Case{"", 4, "no number"},
                                            {"x", 4, "no number"},
                                            {"1..", 4, "no number"},
                                            {"..1", 4, "no number"},
                                            {"1...2", 4, "no number"},
                                            {"5..1", 4, "less than"},
                                            {"256", 1, "fit"},
                                            {"-129", 1, "fit"},
                                            {"0..255", 1, "everything"},
                                            {"!0..255", 1, "nothing"},
                                            {"-1..255", 1, "everything"},
                                            {"--1", 4, "no number"}}) {
        const auto pattern = parseValues(given, width);
        ASSERT_FALSE(pattern) << given;
        EXPECT_EQ(pattern.error().code, ErrorCode::Syntax) << given;
        EXPECT_THAT(pattern.error().why, HasSubstr(why)) << given;
    }
}

TEST(ValueMatcher, AlignsByTheAddressNotByTheBuffer)
{
    const std::string bytes("\7\0\0\0\7\0\0\0\7\0\0\0", 12);
    auto seven = *parseValues("7", 4);
    EXPECT_THAT(find(*makeMatcher(seven), bytes), testing::ElementsAre(0, 4, 8));
    seven.aligned = true;
    EXPECT_THAT(find(*makeMatcher(seven), bytes), testing::ElementsAre(0, 4, 8));
    EXPECT_THAT(find(*makeMatcher(seven), bytes, VirtAddr(0x1002)), testing::ElementsAre());
    auto range = *parseValues("6..8", 2);
    range.aligned = true;
    EXPECT_THAT(find(*makeMatcher(range), bytes, VirtAddr(0x1001)), testing::ElementsAre());
    range.bigEndian = true;
    EXPECT_THAT(find(*makeMatcher(range), bytes, VirtAddr(0x1001)), testing::ElementsAre(3, 7));
}

TEST(PointersTo, MeansEveryByteOfTheTarget)
{
    const auto pattern = pointersTo({VirtAddr(0xffff888000001000), VirtAddr(0xffff88800000100f)});
    EXPECT_TRUE(pattern.aligned);
    EXPECT_FALSE(pattern.matches(0xffff888000000fff));
    EXPECT_TRUE(pattern.matches(0xffff888000001000));
    EXPECT_TRUE(pattern.matches(0xffff88800000100f));
    EXPECT_FALSE(pattern.matches(0xffff888000001010));
    EXPECT_TRUE(pointersTo({VirtAddr(0), VirtAddr(~std::uint64_t{0})}).matches(12345));
}

} // namespace
} // namespace ks
