// What is looked for. The search (search.h) brings the bytes; a matcher says where in them it matches.
#pragma once

#include "core/base/address.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ks {

/// Where in the searched bytes a match lies.
struct Match {
    std::size_t offset = 0;
    std::size_t size = 0;

    friend bool operator==(const Match &, const Match &) = default;
};

/// Bytes to search in: all of them were read, and neighbours are neighbours in memory.
struct Stretch {
    VirtAddr address; ///< of bytes[0]
    std::span<const std::byte> bytes;
};

/// Knows no state, so that several threads may use one.
class Matcher {
public:
    virtual ~Matcher() = default;

    /// How many bytes before its first one decide whether something is a match.
    virtual std::size_t lookBehind() const { return 0; }
    /// No match has more bytes. At least 1, at most kMaxMatch.
    virtual std::size_t longest() const = 0;
    /// Appends the matches that begin in [from, to) of the stretch and end within it, in their order, until `found`
    /// holds `enough`. Gives where to go on: `to` when all were found.
    virtual std::size_t find(const Stretch &in, std::size_t from, std::size_t to, std::size_t enough,
                             std::vector<Match> &found) const = 0;

    static constexpr std::size_t kMaxMatch = 4096;
};

} // namespace ks
