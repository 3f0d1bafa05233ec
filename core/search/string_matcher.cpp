// Strings: runs of printable characters. Whether one begins at a place is told by what stands right before it, so that
// every part of memory can be searched by itself and each string is still found once.
#include "core/search/block_scan.h"
#include "core/search/pattern.h"
#include "core/search/utf8.h"

#include <algorithm>
#include <array>

namespace ks {
namespace {

/// Bytes that no character begins with are not among these.
constexpr block::Values kMayBegin{.width = 1, .low = 9, .span = 0xf4 - 9};

/// The printable characters of ASCII and the tabulator, as strings(1) takes them.
constexpr auto kPrintable = [] {
    std::array<std::uint8_t, 256> table = {};
    for (std::size_t c = 0x20; c < 0x7f; ++c)
        table[c] = 1;
    table['\t'] = 1;
    return table;
}();

std::size_t isPrintable(std::byte byte) { return kPrintable[std::to_integer<std::size_t>(byte)]; }

// An encoding: how many bytes its printable characters have, and how many the one that begins here has; 0 where there
// is none.

struct Ascii {
    static constexpr std::size_t kLeast = 1, kGreatest = 1;
    static std::size_t measure(std::span<const std::byte> bytes) { return bytes.empty() ? 0 : isPrintable(bytes[0]); }
};

struct Utf8 {
    static constexpr std::size_t kLeast = 1, kGreatest = 4;
    static std::size_t measure(std::span<const std::byte> bytes)
    {
        if (bytes.empty() || bytes[0] < std::byte{0x80})
            return Ascii::measure(bytes);
        const Utf8Character character = decodeUtf8(bytes);
        // U+0080 to U+009F are control characters; U+FFFE and U+FFFF of each plane are none at all.
        return character.code >= 0xa0 && (character.code & 0xfffe) != 0xfffe ? character.size : 0;
    }
};

/// `Low`: where in its two bytes the low one is.
template <std::size_t Low>
struct Utf16 {
    static constexpr std::size_t kLeast = 2, kGreatest = 2;
    static std::size_t measure(std::span<const std::byte> bytes)
    {
        return bytes.size() >= 2 && bytes[1 - Low] == std::byte{0} ? 2 * isPrintable(bytes[Low]) : 0;
    }
};

template <class Encoding>
class StringMatcher final : public Matcher {
public:
    explicit StringMatcher(std::size_t minimum) : minimum_(std::max<std::size_t>(minimum, 1)) {}

    std::size_t lookBehind() const override { return Encoding::kGreatest; }
    std::size_t longest() const override { return kMaxMatch; }

    std::size_t find(const Stretch &in, std::size_t from, std::size_t to, std::size_t enough,
                     std::vector<Match> &found) const override
    {
        const auto bytes = in.bytes;
        to = std::min(to, bytes.size());
        std::size_t judged = from; // up to here it is known that characters may begin
        while (from < to) {
            if (from >= judged) {
                // What is no lead byte of UTF-8 and no printable one begins nothing, but a zero before it may.
                const std::size_t skipped = block::findValues(bytes.data() + from, to - from, kMayBegin);
                judged = std::min(to, from + skipped + block::kPositions);
                from += skipped > 0 ? skipped - 1 : 0;
            }
            std::size_t size = Encoding::measure(bytes.subspan(from));
            if (size == 0 || follows(bytes, from)) {
                ++from;
                continue;
            }
            if (found.size() >= enough)
                return from;
            std::size_t end = from;
            std::size_t characters = 0;
            for (; size != 0 && end + size - from <= kMaxMatch; size = Encoding::measure(bytes.subspan(end))) {
                end += size;
                ++characters;
            }
            if (characters >= minimum_)
                found.push_back({from, end - from});
            // In UTF-16 a string may begin at any byte, but none within another.
            from = end;
        }
        return std::max(from, to);
    }

private:
    /// Whether a printable character ends right before `at`.
    static bool follows(std::span<const std::byte> bytes, std::size_t at)
    {
        for (std::size_t size = Encoding::kLeast; size <= Encoding::kGreatest && size <= at; ++size)
            if (Encoding::measure(bytes.subspan(at - size, size)) == size)
                return true;
        return false;
    }

    std::size_t minimum_;
};

} // namespace

std::unique_ptr<const Matcher> makeMatcher(const StringsPattern &pattern)
{
    switch (pattern.encoding) {
    case TextEncoding::Utf8: return std::make_unique<StringMatcher<Utf8>>(pattern.minimum);
    case TextEncoding::Utf16Le: return std::make_unique<StringMatcher<Utf16<0>>>(pattern.minimum);
    case TextEncoding::Utf16Be: return std::make_unique<StringMatcher<Utf16<1>>>(pattern.minimum);
    case TextEncoding::Ascii: break;
    }
    return std::make_unique<StringMatcher<Ascii>>(pattern.minimum);
}

} // namespace ks
