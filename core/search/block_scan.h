// The inner loops of the search: they step over blocks in which nothing can match, as fast as bytes come from the
// cache. They take vectors of whatever width the processor has (AVX2 is asked for at run time, SSE2 and NEON are always
// there).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ks::block {

/// Which of the compiled loops to run. What they give is the same.
enum class Loops {
    Widest,   ///< the best that this processor can run
    Portable, ///< those that every processor of this architecture can
};

/// Positions that are judged together.
inline constexpr std::size_t kPositions = 128;

/// Two bytes of a pattern: position i may match where (bytes[i + at] & mask) == value for both of them.
struct Anchor {
    std::size_t at = 0;
    std::uint8_t value = 0;
    std::uint8_t mask = 0xff;
};
struct Anchors {
    Anchor first;
    Anchor second;
};

/// The begin of the first block of `count` positions in which one may match: a multiple of kPositions, or what is left
/// where the last full block ends. Reads bytes[0, count + the greater `at`).
std::size_t findAnchors(const std::byte *bytes, std::size_t count, const Anchors &anchors, Loops loops = Loops::Widest);

/// An unsigned integer v of the processor's byte order is looked for with v - low <= span, modulo 2^(8 * width); with
/// `outside` all others are.
struct Values {
    unsigned width = 8; ///< 1, 2, 4 or 8
    std::uint64_t low = 0;
    std::uint64_t span = 0;
    bool outside = false;
};

/// The same for integers that begin at every position. Reads bytes[0, count + width - 1).
std::size_t findValues(const std::byte *bytes, std::size_t count, const Values &values, Loops loops = Loops::Widest);
/// The same for integers that begin at multiples of their width; `count` is a number of bytes, and bytes[0, count) are
/// read.
std::size_t findAlignedValues(const std::byte *bytes, std::size_t count, const Values &values,
                              Loops loops = Loops::Widest);

} // namespace ks::block
