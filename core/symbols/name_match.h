// How well a name answers what a person typed. One measure for symbols, types, modules and commands alike.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ks {

/// From the best to the worst.
enum class NameMatch : std::uint8_t {
    ExactCase,
    Exact, ///< from here on, letters match in either case
    Prefix,
    WordRun,     ///< the pattern stands in the name, at the start of a word
    WordStarts,  ///< every character begins a later word or goes on where the one before it stood: "tst" in task_struct
    Run,         ///< the pattern stands anywhere in the name
    Subsequence, ///< its characters occur in their order
    None
};

/// Characters of a name beyond these are not looked at. KSYM_NAME_LEN of the kernel is 512 since 6.1 (b8a94bfb3395).
inline constexpr std::size_t kMatchedLength = 512;

/// A set of characters of a name, in any case: a bit for each letter, digit and '_', one that others share, and more
/// for letters that occur twice. What a name is matched by has no bits that the name lacks.
std::uint64_t characterMask(std::string_view text);

/// Lower case of ASCII; all else is itself.
constexpr char toLowerAscii(char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; }

/// Bit i: a word begins at character i, for the first 64 characters. Words begin at the start of the name, behind what
/// is neither letter nor digit, and at a capital behind a small letter.
std::uint64_t wordStarts(std::string_view name);

/// What was typed, prepared for many comparisons.
class NamePattern {
public:
    explicit NamePattern(std::string_view typed);

    bool empty() const { return folded_.empty(); }
    std::size_t size() const { return folded_.size(); }
    std::uint64_t mask() const { return mask_; }
    const std::string &typed() const { return typed_; }

    /// An empty pattern matches nothing.
    NameMatch match(std::string_view name) const;

    /// The same for a name that was folded to lower case, of at most 64 characters, and at least as many as the pattern
    /// has: `folded` must be readable up to the next multiple of 16. Exact stands for ExactCase, too.
    NameMatch matchFolded(const char *folded, std::size_t length, std::uint64_t starts) const;

private:
    template <unsigned Blocks>
    NameMatch matchBlocks(const char *folded, std::size_t length, const std::uint64_t *starts) const;

    std::string typed_;
    std::string folded_;
    std::uint64_t mask_ = 0;
};

} // namespace ks
