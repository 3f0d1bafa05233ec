// Strings: runs of printable characters. Whether one begins at a place is told by what stands right before it, so that
// every part of memory can be searched by itself and each string is still found once.
#include "core/search/block_scan.h"
#include "core/search/pattern.h"
#include "core/search/utf8.h"

#include <algorithm>

namespace ks {
namespace {

/// The printable characters of ASCII and the tabulator, as strings(1) takes them.
bool isPrintable(std::byte byte) { return (byte >= std::byte{0x20} && byte < std::byte{0x7f}) || byte == std::byte{9}; }

/// Bytes that no character begins with are not among these.
constexpr block::Values kMayBegin{.width = 1, .low = 9, .span = 0xf4 - 9};

/// Bytes of the printable character that begins here; 0 where there is none.
using Measure = std::size_t (*)(std::span<const std::byte> bytes);

std::size_t measureAscii(std::span<const std::byte> bytes) { return !bytes.empty() && isPrintable(bytes[0]) ? 1 : 0; }

std::size_t measureUtf8(std::span<const std::byte> bytes)
{
    if (bytes.empty() || bytes[0] < std::byte{0x80})
        return measureAscii(bytes);
    const Utf8Character character = decodeUtf8(bytes);
    // U+0080 to U+009F are control characters; U+FFFE and U+FFFF of each plane are none at all.
    return character.code >= 0xa0 && (character.code & 0xfffe) != 0xfffe ? character.size : 0;
}

template <std::size_t Low>
std::size_t measureUtf16(std::span<const std::byte> bytes)
{
    return bytes.size() >= 2 && isPrintable(bytes[Low]) && bytes[1 - Low] == std::byte{0} ? 2 : 0;
}

class StringMatcher final : public Matcher {
public:
    explicit StringMatcher(const StringsPattern &pattern) : minimum_(std::max<std::size_t>(pattern.minimum, 1))
    {
        switch (pattern.encoding) {
        case TextEncoding::Ascii: measure_ = measureAscii; break;
        case TextEncoding::Utf8:
            measure_ = measureUtf8;
            greatest_ = 4;
            break;
        case TextEncoding::Utf16Le:
            measure_ = measureUtf16<0>;
            least_ = greatest_ = 2;
            break;
        case TextEncoding::Utf16Be:
            measure_ = measureUtf16<1>;
            least_ = greatest_ = 2;
            break;
        }
    }

    std::size_t lookBehind() const override { return greatest_; }
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
            if (measure_(bytes.subspan(from)) == 0 || follows(bytes, from)) {
                ++from;
                continue;
            }
            if (found.size() >= enough)
                return from;
            std::size_t end = from;
            std::size_t characters = 0;
            for (;; ++characters) {
                const std::size_t size = measure_(bytes.subspan(end));
                if (size == 0 || end + size - from > kMaxMatch)
                    break;
                end += size;
            }
            if (characters >= minimum_)
                found.push_back({from, end - from});
            // In UTF-16 a string may begin at any byte, but none within another.
            from = std::max(end, from + 1);
        }
        return std::max(from, to);
    }

private:
    /// Whether a printable character ends right before `at`.
    bool follows(std::span<const std::byte> bytes, std::size_t at) const
    {
        for (std::size_t size = least_; size <= greatest_ && size <= at; ++size)
            if (measure_(bytes.subspan(at - size, size)) == size)
                return true;
        return false;
    }

    Measure measure_ = measureAscii;
    std::size_t minimum_;
    std::size_t least_ = 1; ///< bytes of a character
    std::size_t greatest_ = 1;
};

} // namespace

std::unique_ptr<const Matcher> makeMatcher(const StringsPattern &pattern)
{
    return std::make_unique<StringMatcher>(pattern);
}

} // namespace ks
