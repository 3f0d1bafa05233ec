// Searches 100,000 names and more for what a person types, in milliseconds. Flat arrays, which can be used where they
// lie in a mapped file.
#pragma once

#include "core/symbols/name_match.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace ks {

/// A name that matches. Better hits compare less, up to the alphabet: names of equal match and length.
struct NameHit {
    NameMatch match = NameMatch::None;
    std::uint32_t length = 0;
    std::uint32_t name = 0; ///< its number
};

/// Knows names by their numbers 0..count-1; their text stays with whoever owns them, who passes `textOf` along.
class NameIndex {
public:
    using TextOf = std::function<std::string_view(std::uint32_t)>;

    /// Names of one length, and where the arrays have them.
    struct Bucket {
        std::uint32_t length = 0;
        std::uint32_t first = 0; ///< in byLength, masks and starts
        std::uint64_t text = 0;  ///< in folded
    };
    struct Tables {
        std::span<const std::uint32_t> byText;   ///< name numbers in the order of the alphabet (of bytes)
        std::span<const std::uint32_t> byLength; ///< name numbers by length, then as in byText
        std::span<const Bucket> buckets;         ///< shortest first; one more ends the last
        std::span<const std::uint64_t> masks;    ///< as byLength: characterMask
        std::span<const std::uint64_t> starts;   ///< as byLength: wordStarts
        std::span<const char> folded;            ///< as byLength: lower case, without separators; then kPadding
    };
    static constexpr std::size_t kPadding = 64;

    NameIndex() = default;
    /// Of tables that may hold anything: wrong ones give wrong answers, but touch nothing outside. `storage` keeps them
    /// alive.
    NameIndex(Tables tables, std::shared_ptr<const void> storage);
    static NameIndex build(std::uint32_t count, const TextOf &textOf);

    /// The best `limit` names that `accept` takes (all if it is empty), the best first: by match, length, alphabet.
    std::vector<NameHit> search(const NamePattern &pattern, std::size_t limit, const TextOf &textOf,
                                const std::function<bool(std::uint32_t)> &accept = {}) const;
    /// Place in byText of the first name that is not less than `text`.
    std::size_t lowerBound(std::string_view text, const TextOf &textOf) const;

    const Tables &tables() const { return tables_; }
    std::size_t memoryUsage() const;

private:
    Tables tables_;
    std::shared_ptr<const void> storage_;
};

} // namespace ks
