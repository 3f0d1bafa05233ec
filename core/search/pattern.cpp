#include "core/search/pattern.h"

#include "core/search/utf8.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <clocale>
#include <cwctype>

namespace ks {
namespace {

using Octets = std::vector<std::uint8_t>;

std::unexpected<Error> syntax(std::string_view text, std::string why, std::string remedy = {})
{
    return fail(ErrorCode::Syntax, "'" + std::string(text.substr(0, 80)) + "'", std::move(why), std::move(remedy));
}

int hexDigit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Pairs of digits; `?` only where there is a mask to say so.
Result<void> parsePairs(std::string_view text, std::string_view all, Octets &value, Octets *mask)
{
    const std::string remedy = mask ? "write pairs of hex digits, with ? for any digit: de ad ?? e?" : "";
    for (std::size_t i = 0; i < text.size();) {
        if (isSpace(text[i])) {
            ++i;
            continue;
        }
        std::uint8_t byte = 0;
        std::uint8_t counts = 0;
        for (unsigned half = 0; half < 2; ++half, ++i) {
            if (i == text.size() || isSpace(text[i]))
                return syntax(all, "a byte has two digits, and one of " + std::to_string(value.size() + 1) + " has one",
                              remedy);
            const int digit = hexDigit(text[i]);
            if (digit < 0 && !(mask && text[i] == '?'))
                return syntax(all, std::string("'") + text[i] + "' is no hex digit", remedy);
            byte = static_cast<std::uint8_t>(byte << 4 | (digit < 0 ? 0 : digit));
            counts = static_cast<std::uint8_t>(counts << 4 | (digit < 0 ? 0 : 0xf));
        }
        value.push_back(byte);
        if (mask)
            mask->push_back(counts);
        if (value.size() > Matcher::kMaxMatch)
            return fail(ErrorCode::Limit, "the pattern",
                        "it has more than " + std::to_string(Matcher::kMaxMatch) + " bytes");
    }
    return {};
}

/// The case of characters by the C library's Unicode tables, whatever the program's own locale is.
class CaseTable {
public:
    CaseTable() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}
    ~CaseTable()
    {
        if (locale_)
            ::freelocale(locale_);
    }
    CaseTable(const CaseTable &) = delete;
    CaseTable &operator=(const CaseTable &) = delete;

    /// The character in its other case; itself if it has none.
    char32_t other(char32_t c) const
    {
        if (c < 0x80 || !locale_)
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? c ^ 0x20 : c;
        const auto wide = static_cast<std::wint_t>(c);
        const auto lower = static_cast<char32_t>(::towlower_l(wide, locale_));
        return lower != c ? lower : static_cast<char32_t>(::towupper_l(wide, locale_));
    }

private:
    locale_t locale_;
};

void appendUtf16(Octets &bytes, std::uint32_t unit, bool bigEndian)
{
    const auto high = static_cast<std::uint8_t>(unit >> 8);
    const auto low = static_cast<std::uint8_t>(unit);
    bytes.insert(bytes.end(), {bigEndian ? high : low, bigEndian ? low : high});
}

Octets encode(char32_t character, TextEncoding encoding)
{
    const auto c = static_cast<std::uint32_t>(character);
    Octets bytes;
    if (encoding == TextEncoding::Utf16Le || encoding == TextEncoding::Utf16Be) {
        const bool bigEndian = encoding == TextEncoding::Utf16Be;
        if (c >= 0x10000) {
            appendUtf16(bytes, 0xd800 + ((c - 0x10000) >> 10), bigEndian);
            appendUtf16(bytes, 0xdc00 + ((c - 0x10000) & 0x3ff), bigEndian);
        } else {
            appendUtf16(bytes, c, bigEndian);
        }
        return bytes;
    }
    const unsigned size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (size == 1)
        return {static_cast<std::uint8_t>(c)};
    for (unsigned i = size; i-- > 0;)
        bytes.push_back(static_cast<std::uint8_t>(0x80 | ((c >> 6 * i) & 0x3f)));
    bytes[0] = static_cast<std::uint8_t>((0xf00U >> size) | (c >> 6 * (size - 1)));
    return bytes;
}

void append(BytePattern &pattern, const Octets &one, const Octets &other)
{
    BytePattern::Either either{pattern.value.size(), one, other};
    bool isExact = true;
    unsigned differing = 0;
    for (std::size_t i = 0; i < one.size(); ++i) {
        const auto mask = static_cast<std::uint8_t>(~(one[i] ^ other[i]));
        pattern.mask.push_back(mask);
        pattern.value.push_back(one[i] & mask);
        const int bits = 8 - std::popcount(mask);
        differing += bits != 0;
        isExact = isExact && bits <= 1;
    }
    // One bit that differs makes two bytes, which are the two that are meant; more make others, too.
    if (!isExact || differing > 1)
        pattern.either.push_back(std::move(either));
}

/// One end of a range of values. 128 bits hold every number of 8 bytes, with and without sign.
__extension__ typedef __int128 Wide;
std::optional<Wide> parseSigned(std::string_view text)
{
    const bool negative = text.starts_with('-');
    const auto number = parseNumber(text.substr(negative));
    if (!number)
        return std::nullopt;
    return negative ? -static_cast<Wide>(*number) : static_cast<Wide>(*number);
}

} // namespace

Result<BytePattern> parseBytes(std::string_view text)
{
    BytePattern pattern;
    const std::size_t slash = text.find('/');
    if (auto parsed = parsePairs(text.substr(0, slash), text, pattern.value, &pattern.mask); !parsed)
        return std::unexpected(parsed.error());
    if (slash != std::string_view::npos) {
        Octets mask;
        if (auto parsed = parsePairs(text.substr(slash + 1), text, mask, nullptr); !parsed)
            return std::unexpected(parsed.error());
        if (mask.size() != pattern.value.size())
            return syntax(text, "the mask has " + std::to_string(mask.size()) + " bytes, the pattern " +
                                    std::to_string(pattern.value.size()));
        for (std::size_t i = 0; i < mask.size(); ++i) {
            pattern.mask[i] &= mask[i];
            pattern.value[i] &= pattern.mask[i];
        }
    }
    if (pattern.value.empty())
        return syntax(text, "it is empty", "write pairs of hex digits, with ? for any digit: de ad ?? e?");
    if (std::ranges::none_of(pattern.mask, [](std::uint8_t mask) { return mask != 0; }))
        return syntax(text, "it matches everything", "give at least one digit");
    return pattern;
}

const char *name(TextEncoding encoding)
{
    switch (encoding) {
    case TextEncoding::Ascii: return "ascii";
    case TextEncoding::Utf8: return "utf8";
    case TextEncoding::Utf16Le: return "utf16le";
    case TextEncoding::Utf16Be: return "utf16be";
    }
    return "unknown";
}

std::optional<TextEncoding> parseTextEncoding(std::string_view text)
{
    for (const auto encoding : {TextEncoding::Ascii, TextEncoding::Utf8, TextEncoding::Utf16Le, TextEncoding::Utf16Be})
        if (text == name(encoding))
            return encoding;
    return std::nullopt;
}

Result<BytePattern> textPattern(std::string_view text, TextEncoding encoding, bool ignoreCase)
{
    BytePattern pattern;
    const CaseTable cases;
    auto rest = std::as_bytes(std::span(text));
    if (rest.empty())
        return syntax(text, "it is empty");
    while (!rest.empty()) {
        const Utf8Character character = decodeUtf8(rest);
        if (character.size == 0)
            return syntax(text, "it is no UTF-8 from byte " + std::to_string(text.size() - rest.size()) + " on");
        if (encoding == TextEncoding::Ascii && character.code >= 0x80)
            return syntax(text, "not all of it is ASCII", "choose the encoding utf8, utf16le or utf16be");
        rest = rest.subspan(character.size);
        const Octets one = encode(character.code, encoding);
        const Octets other = ignoreCase ? encode(cases.other(character.code), encoding) : one;
        append(pattern, one, other.size() == one.size() ? other : one);
        if (pattern.value.size() > Matcher::kMaxMatch)
            return fail(ErrorCode::Limit, "the text",
                        "it has more than " + std::to_string(Matcher::kMaxMatch) + " bytes");
    }
    return pattern;
}

Result<ValuePattern> parseValues(std::string_view text, unsigned width)
{
    ValuePattern pattern{.width = width};
    std::string_view rest = text;
    if (rest.starts_with('!')) {
        pattern.outside = true;
        rest.remove_prefix(1);
    }
    const std::size_t dots = rest.find("..");
    const auto low = parseSigned(rest.substr(0, dots));
    const auto high = dots == std::string_view::npos ? low : parseSigned(rest.substr(dots + 2));
    if (!low || !high)
        return syntax(text, "it is no number and no range of numbers",
                      "write VALUE or LO..HI, and ! in front for all other values");
    const Wide values = Wide{1} << 8 * width;
    if (*low < -values / 2 || *high >= values)
        return syntax(text, "it does not fit into " + std::to_string(8 * width) + " bits");
    if (*low > *high)
        return syntax(text, "its end is less than its begin");
    if (*high - *low >= values - 1)
        return syntax(text, pattern.outside ? "it matches nothing" : "it matches everything");
    pattern.low = static_cast<std::uint64_t>(*low) & pattern.valueMask();
    pattern.span = static_cast<std::uint64_t>(*high - *low);
    return pattern;
}

ValuePattern pointersTo(const AddrRange &target)
{
    return {.width = 8, .aligned = true, .low = target.first.value, .span = target.last - target.first};
}

} // namespace ks
