// What a person asks for, made into what is looked for: bytes with don't-cares, text, integers, strings.
#pragma once

#include "core/base/error.h"
#include "core/search/matcher.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ks {

/// A byte b at position i matches when (b & mask[i]) == value[i].
struct BytePattern {
    /// Bytes that may be one of two, where a mask cannot tell them from others: letters in either case.
    struct Either {
        std::size_t at = 0;
        std::vector<std::uint8_t> one;
        std::vector<std::uint8_t> other;
    };
    std::vector<std::uint8_t> value;
    std::vector<std::uint8_t> mask;
    std::vector<Either> either;
};

/// Pairs of hex digits, with or without white space between them; `?` stands for any digit: "de ad ?? e? ef". A mask of
/// as many bytes may follow: "dead/ff0f". At most Matcher::kMaxMatch bytes, and at least one bit that counts.
Result<BytePattern> parseBytes(std::string_view text);

enum class TextEncoding { Ascii, Utf8, Utf16Le, Utf16Be };

/// "ascii", "utf8", "utf16le", "utf16be"
const char *name(TextEncoding encoding);
/// The encoding of that name.
std::optional<TextEncoding> parseTextEncoding(std::string_view name);

/// `text` is UTF-8. Ignoring case, each character with two forms of the same length matches in both of them.
Result<BytePattern> textPattern(std::string_view text, TextEncoding encoding, bool ignoreCase);

/// Integers of 1 to 8 bytes: v - low <= span modulo 2^(8 * width), or all others.
struct ValuePattern {
    unsigned width = 8;
    bool bigEndian = false;
    bool aligned = false; ///< only at multiples of their width, if it is a power of two
    std::uint64_t low = 0;
    std::uint64_t span = 0;
    bool outside = false;

    bool matches(std::uint64_t value) const { return (((value - low) & valueMask()) <= span) != outside; }
    std::uint64_t valueMask() const { return width >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * width) - 1; }
};

/// VALUE, or LO..HI with both ends included; each may be negative, and with `!` in front all but these are meant. Sets
/// low, span and outside for integers of `width` bytes.
Result<ValuePattern> parseValues(std::string_view text, unsigned width);

/// Pointers to any byte of `target`, where pointers lie: at multiples of 8, little-endian.
ValuePattern pointersTo(const AddrRange &target);

/// Runs of at least `minimum` printable characters. For UTF-16 those of ASCII, as others are everywhere in binary data.
struct StringsPattern {
    TextEncoding encoding = TextEncoding::Ascii;
    std::size_t minimum = 4; ///< characters, at least 1
};

/// None of them fails for patterns that the functions above gave. Patterns must not be empty.
std::unique_ptr<const Matcher> makeMatcher(BytePattern pattern);
std::unique_ptr<const Matcher> makeMatcher(const ValuePattern &pattern);
/// The matches have at most Matcher::kMaxMatch bytes; of longer strings they are the beginning.
std::unique_ptr<const Matcher> makeMatcher(const StringsPattern &pattern);

/// The integer at bytes[0, width).
std::uint64_t readInteger(const std::byte *bytes, unsigned width, bool bigEndian);

} // namespace ks
