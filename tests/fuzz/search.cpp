// What a person may write as a pattern, and what it finds in any bytes, beside the plain way to find it.
//
// Input: a byte of kind, a byte of options, the pattern's text up to a newline, then the bytes to search in.
#include "core/search/pattern.h"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace {

using namespace ks;

void expect(bool condition)
{
    if (!condition)
        std::abort();
}

std::uint8_t at(std::span<const std::byte> bytes, std::size_t i) { return std::to_integer<std::uint8_t>(bytes[i]); }

bool matches(const BytePattern &pattern, std::span<const std::byte> bytes)
{
    for (std::size_t i = 0; i < pattern.value.size(); ++i)
        if ((at(bytes, i) & pattern.mask[i]) != pattern.value[i])
            return false;
    const auto equal = [&](std::size_t from, const std::vector<std::uint8_t> &wanted) {
        for (std::size_t i = 0; i < wanted.size(); ++i)
            if (at(bytes, from + i) != wanted[i])
                return false;
        return true;
    };
    return std::ranges::all_of(pattern.either, [&](const BytePattern::Either &either) {
        return equal(either.at, either.one) || equal(either.at, either.other);
    });
}

/// The matcher's answer for parts of the stretch, each with little room for what is found, put together.
std::vector<Match> inParts(const Matcher &matcher, const Stretch &in, std::size_t part, std::size_t room)
{
    std::vector<Match> all;
    for (std::size_t from = 0; from < in.bytes.size(); from += part) {
        const std::size_t to = std::min(in.bytes.size(), from + part);
        std::vector<Match> found;
        for (std::size_t next = from; next < to;) {
            found.clear();
            const std::size_t now = matcher.find(in, next, to, room, found);
            expect(found.size() <= room && now >= next && (now > next || !found.empty()));
            all.insert(all.end(), found.begin(), found.end());
            next = now;
        }
    }
    return all;
}

void compare(const Matcher &matcher, const Stretch &in, std::uint8_t options, const std::vector<Match> *expected)
{
    std::vector<Match> found;
    expect(matcher.longest() >= 1 && matcher.longest() <= Matcher::kMaxMatch);
    expect(matcher.find(in, 0, in.bytes.size(), ~std::size_t{0}, found) >= in.bytes.size());
    if (expected)
        expect(found == *expected);
    for (std::size_t i = 0; i < found.size(); ++i) {
        expect(found[i].size >= 1 && found[i].size <= matcher.longest());
        expect(found[i].offset + found[i].size <= in.bytes.size());
        expect(i == 0 || found[i - 1].offset < found[i].offset);
    }
    expect(inParts(matcher, in, 1 + options % 200, 1 + options % 3) == found);
}

template <class IsMatch>
std::vector<Match> everywhere(std::span<const std::byte> bytes, std::size_t size, const IsMatch &isMatch)
{
    std::vector<Match> result;
    for (std::size_t i = 0; i + size <= bytes.size(); ++i)
        if (isMatch(i))
            result.push_back({i, size});
    return result;
}

void searchBytes(BytePattern pattern, const Stretch &in, std::uint8_t options)
{
    expect(!pattern.value.empty() && pattern.value.size() == pattern.mask.size());
    const auto expected = everywhere(in.bytes, pattern.value.size(),
                                     [&](std::size_t i) { return matches(pattern, in.bytes.subspan(i)); });
    compare(*makeMatcher(std::move(pattern)), in, options, &expected);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size < 2)
        return 0;
    const std::uint8_t kind = data[0], options = data[1];
    const std::string_view rest(reinterpret_cast<const char *>(data) + 2, size - 2);
    const std::size_t newline = std::min(rest.find('\n'), rest.size());
    const std::string_view text = rest.substr(0, newline);
    // Not further than a few thousand bytes, where the naive way would take too long.
    const auto bytes = std::as_bytes(std::span(rest.substr(std::min(newline + 1, rest.size())).substr(0, 4096)));
    const Stretch in{VirtAddr(0xffff888000000000 + options), bytes};
    const auto encoding = static_cast<TextEncoding>(options % 4);
    switch (kind % 4) {
    case 0:
        if (auto pattern = parseBytes(text))
            searchBytes(std::move(*pattern), in, options);
        break;
    case 1:
        if (auto pattern = textPattern(text, encoding, (options & 4) != 0))
            searchBytes(std::move(*pattern), in, options);
        break;
    case 2: {
        auto pattern = parseValues(text, 1 + options % 8);
        if (!pattern)
            break;
        pattern->bigEndian = (kind & 4) != 0;
        pattern->aligned = (kind & 8) != 0;
        const unsigned width = pattern->width;
        const std::uint64_t step = pattern->aligned && (width & (width - 1)) == 0 ? width : 1;
        const auto expected = everywhere(bytes, width, [&](std::size_t i) {
            std::uint64_t value = 0;
            for (unsigned n = 0; n < width; ++n)
                value = value << 8 | at(bytes, i + (pattern->bigEndian ? n : width - 1 - n));
            return (in.address + i).value % step == 0 && pattern->matches(value);
        });
        compare(*makeMatcher(*pattern), in, options, &expected);
        break;
    }
    default: compare(*makeMatcher(StringsPattern{encoding, std::size_t{1} + (kind >> 2) % 8}), in, options, nullptr);
    }
    return 0;
}
