#include "core/symbols/name_match.h"

#include <algorithm>
#include <array>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ks {

namespace {

constexpr std::size_t kBlock = 16;

constexpr std::uint8_t kOtherBit = 37;
constexpr std::uint8_t kTwiceBit = 38; ///< of 'a'; the other letters follow

constexpr std::array<std::uint8_t, 256> kCharacterBit = [] {
    std::array<std::uint8_t, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        const char c = toLowerAscii(static_cast<char>(i));
        table[i] = kOtherBit;
        if (c >= 'a' && c <= 'z')
            table[i] = static_cast<std::uint8_t>(c - 'a');
        else if (c >= '0' && c <= '9')
            table[i] = static_cast<std::uint8_t>(26 + c - '0');
        else if (c == '_')
            table[i] = 36;
    }
    return table;
}();

bool isSmall(char c) { return c >= 'a' && c <= 'z'; }
bool isCapital(char c) { return c >= 'A' && c <= 'Z'; }
/// Letters of other alphabets, in UTF-8, have bytes above 0x7f.
bool isWordCharacter(char c)
{
    return isSmall(c) || isCapital(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

bool startsWord(std::string_view name, std::size_t i)
{
    if (i == 0)
        return true;
    if (!isWordCharacter(name[i - 1]))
        return isWordCharacter(name[i]);
    return isCapital(name[i]) && isSmall(name[i - 1]);
}

/// Sixteen characters, which tell where one character stands among them.
#if defined(__SSE2__)
class Block {
public:
    explicit Block(const char *text) : text_(_mm_loadu_si128(reinterpret_cast<const __m128i *>(text))) {}
    std::uint64_t positionsOf(char c) const
    {
        return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(text_, _mm_set1_epi8(c))));
    }

private:
    __m128i text_;
};
#else
class Block {
public:
    explicit Block(const char *text) { std::memcpy(words_, text, sizeof words_); }
    std::uint64_t positionsOf(char c) const { return positions(words_[0], c) | positions(words_[1], c) << 8; }

private:
    /// The classic test for a zero byte, exact for each byte, and a product that gathers the eight top bits.
    static std::uint64_t positions(std::uint64_t word, char c)
    {
        constexpr std::uint64_t kLow = 0x7f7f7f7f7f7f7f7f;
        const std::uint64_t x = word ^ (0x0101010101010101 * static_cast<unsigned char>(c));
        const std::uint64_t zero = ~(((x & kLow) + kLow) | x | kLow);
        return ((zero >> 7) * 0x0102040810204080) >> 56;
    }
    std::uint64_t words_[2];
};
#endif

/// A set of positions in a name.
template <unsigned Words>
struct Positions {
    std::array<std::uint64_t, Words> words{};

    bool empty() const
    {
        std::uint64_t all = 0;
        for (const std::uint64_t word : words)
            all |= word;
        return all == 0;
    }
    /// Each position's next one.
    Positions next() const
    {
        Positions result;
        std::uint64_t carry = 0;
        for (unsigned i = 0; i < Words; ++i) {
            result.words[i] = words[i] << 1 | carry;
            carry = words[i] >> 63;
        }
        return result;
    }
    /// All positions behind the first.
    Positions behindFirst() const
    {
        Positions result;
        std::uint64_t found = 0; // all ones once it is
        for (unsigned i = 0; i < Words; ++i) {
            result.words[i] = found | ~(words[i] ^ (words[i] - 1));
            found |= words[i] != 0 ? ~std::uint64_t{0} : 0;
        }
        return result;
    }
    friend Positions operator&(Positions a, const Positions &b)
    {
        for (unsigned i = 0; i < Words; ++i)
            a.words[i] &= b.words[i];
        return a;
    }
    friend Positions operator|(Positions a, const Positions &b)
    {
        for (unsigned i = 0; i < Words; ++i)
            a.words[i] |= b.words[i];
        return a;
    }
};

} // namespace

std::uint64_t characterMask(std::string_view text)
{
    std::uint64_t mask = 0;
    for (const char c : text) {
        const std::uint8_t bit = kCharacterBit[static_cast<unsigned char>(c)];
        // The letter's bit, if it is there already, makes the one that says twice.
        if (bit < 26)
            mask |= (mask >> bit & 1) << (kTwiceBit + bit);
        mask |= std::uint64_t{1} << bit;
    }
    return mask;
}

std::uint64_t wordStarts(std::string_view name)
{
    std::uint64_t starts = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(name.size(), 64); ++i)
        starts |= std::uint64_t{startsWord(name, i)} << i;
    return starts;
}

NamePattern::NamePattern(std::string_view typed) : typed_(typed), folded_(typed), mask_(characterMask(typed))
{
    std::ranges::transform(folded_, folded_.begin(), toLowerAscii);
}

/// Follows at once all ways in which the pattern may lie in the name: after each of its characters there is a set of
/// the places where that character can stand. A name that fits has places left in the end.
template <unsigned Blocks>
NameMatch NamePattern::matchBlocks(const char *folded, std::size_t length, const std::uint64_t *starts) const
{
    constexpr unsigned kWords = (Blocks + 3) / 4;
    using Set = Positions<kWords>;
    const auto positionsOf = [&](char c) {
        Set set;
        for (unsigned i = 0; i < Blocks; ++i)
            set.words[i / 4] |= Block(folded + i * kBlock).positionsOf(c) << (i % 4 * kBlock);
        return set;
    };
    Set inName;
    Set words;
    for (unsigned i = 0; i < kWords; ++i) {
        const std::size_t left = length > i * 64 ? length - i * 64 : 0;
        inName.words[i] = left >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
        words.words[i] = starts[i];
    }

    Set anywhere = positionsOf(folded_[0]) & inName;
    Set run = anywhere;
    Set wordRun = anywhere & words;
    Set wordStart = wordRun;
    for (std::size_t i = 1; i < folded_.size(); ++i) {
        const Set here = positionsOf(folded_[i]) & inName;
        anywhere = here & anywhere.behindFirst();
        if (anywhere.empty())
            return NameMatch::None;
        run = here & run.next();
        wordRun = here & wordRun.next();
        wordStart = here & (wordStart.next() | (words & wordStart.behindFirst()));
    }
    if (!wordRun.empty()) {
        if (std::memcmp(folded, folded_.data(), folded_.size()) != 0)
            return NameMatch::WordRun;
        return length == folded_.size() ? NameMatch::Exact : NameMatch::Prefix;
    }
    if (!wordStart.empty())
        return NameMatch::WordStarts;
    if (!run.empty())
        return NameMatch::Run;
    return anywhere.empty() ? NameMatch::None : NameMatch::Subsequence;
}

NameMatch NamePattern::matchFolded(const char *folded, std::size_t length, std::uint64_t starts) const
{
    switch ((length + kBlock - 1) / kBlock) {
    case 1: return matchBlocks<1>(folded, length, &starts);
    case 2: return matchBlocks<2>(folded, length, &starts);
    case 3: return matchBlocks<3>(folded, length, &starts);
    default: return matchBlocks<4>(folded, length, &starts);
    }
}

NameMatch NamePattern::match(std::string_view name) const
{
    if (folded_.empty() || folded_.size() > name.size())
        return NameMatch::None;
    if (name == typed_)
        return NameMatch::ExactCase;
    const std::size_t length = std::min(name.size(), kMatchedLength);
    if (folded_.size() > length) // all that is left to be is the beginning
        return std::ranges::equal(folded_, name.substr(0, folded_.size()), {}, {}, toLowerAscii)
                   ? (folded_.size() == name.size() ? NameMatch::Exact : NameMatch::Prefix)
                   : NameMatch::None;

    std::array<char, kMatchedLength> folded{};
    std::array<std::uint64_t, kMatchedLength / 64> starts{};
    for (std::size_t i = 0; i < length; ++i) {
        folded[i] = toLowerAscii(name[i]);
        starts[i / 64] |= std::uint64_t{startsWord(name, i)} << (i % 64);
    }
    if (length <= 64)
        return matchFolded(folded.data(), length, starts[0]);
    const NameMatch match = matchBlocks<kMatchedLength / kBlock>(folded.data(), length, starts.data());
    // A pattern as long as what is looked at is not the whole of a longer name.
    return match == NameMatch::Exact && name.size() > length ? NameMatch::Prefix : match;
}

} // namespace ks
