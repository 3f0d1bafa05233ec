#include "core/search/block_scan.h"

#include <bit>
#include <cstring>
#include <optional>

#if defined(__x86_64__)
// The same loops, compiled once more for processors that have AVX2. No ifunc: sanitizers do not get along with it.
#define KS_WIDE __attribute__((target("avx2")))
#else
#define KS_WIDE
#endif
#define KS_INLINE inline __attribute__((always_inline))

namespace ks::block {
namespace {

/// A vector of `Size` bytes: as wide as the processor's registers, since compilers split wider ones at great cost.
template <class T, std::size_t Size>
struct Lanes {
    typedef T Vector __attribute__((vector_size(Size)));
};
template <class T, std::size_t Size>
using VectorOf = typename Lanes<T, Size>::Vector;

constexpr std::size_t kWide = 32;
constexpr std::size_t kPortable = 16;

template <class Vector>
KS_INLINE void load(Vector &into, const std::byte *from)
{
    std::memcpy(&into, from, sizeof into);
}

template <class Vector>
KS_INLINE bool isZero(const Vector &vector)
{
    std::uint64_t words[sizeof vector / 8];
    std::memcpy(&words, &vector, sizeof words);
    std::uint64_t any = 0;
    for (const std::uint64_t word : words)
        any |= word;
    return any == 0;
}

/// The begin of the first block that is not all zeros, with the `more` bytes behind it (fewer than 8).
/// In words: where vectors are narrow they are no faster, and several times slower where they are emulated.
KS_INLINE std::size_t skipZeros(const std::byte *bytes, std::size_t count, std::size_t more)
{
    std::size_t position = 0;
    for (; count - position >= kPositions; position += kPositions) {
        std::uint64_t any = 0, word = 0;
        for (std::size_t i = 0; i < kPositions; i += sizeof word) {
            load(word, bytes + position + i);
            any |= word;
        }
        load(word, bytes + position + kPositions + more - sizeof word); // what the last of them reach into
        if ((any | word) != 0)
            return position;
    }
    return position;
}

template <class Bytes, bool Masked>
KS_INLINE void loadWhere(Bytes &into, const std::byte *bytes, const Anchor &anchor)
{
    const Bytes none = {};
    load(into, bytes + anchor.at);
    if constexpr (Masked)
        into &= none + anchor.mask;
    into = Bytes(into == none + anchor.value);
}

template <std::size_t Size, bool Masked>
KS_INLINE std::size_t anchorsLoop(const std::byte *bytes, std::size_t count, const Anchors &anchors)
{
    using Bytes = VectorOf<std::uint8_t, Size>;
    std::size_t position = 0;
    for (;; position += kPositions) {
        Bytes any = {}, here, there;
        // Where vectors are narrow it pays to step over free memory first.
        if (Size == kPortable && anchors.first.value != 0 && count - position >= kPositions) {
            const std::byte *rest = bytes + position + anchors.first.at;
            load(here, rest);
            if (isZero(here))
                position += skipZeros(rest, count - position, 0);
        }
        if (count - position < kPositions)
            return position;
        // The second one is not looked at where the first, the rarer one, is not there.
        for (std::size_t i = 0; i < kPositions; i += Size) {
            loadWhere<Bytes, Masked>(here, bytes + position + i, anchors.first);
            any |= here;
        }
        if (isZero(any))
            continue;
        any = Bytes{};
        for (std::size_t i = 0; i < kPositions; i += Size) {
            loadWhere<Bytes, Masked>(here, bytes + position + i, anchors.first);
            loadWhere<Bytes, Masked>(there, bytes + position + i, anchors.second);
            any |= here & there;
        }
        if (!isZero(any))
            return position;
    }
}

template <std::size_t Size>
KS_INLINE std::size_t anchorsOfAnyMask(const std::byte *bytes, std::size_t count, const Anchors &anchors)
{
    return anchors.first.mask == 0xff && anchors.second.mask == 0xff ? anchorsLoop<Size, false>(bytes, count, anchors)
                                                                     : anchorsLoop<Size, true>(bytes, count, anchors);
}

/// `Step`: 1 where integers begin at every byte, else their width.
template <std::size_t Size, class Signed, class Unsigned, std::size_t Step, bool Outside>
KS_INLINE std::size_t valuesLoop(const std::byte *bytes, std::size_t count, const Values &values)
{
    using Lane = VectorOf<Unsigned, Size>;
    using SignedLane = VectorOf<Signed, Size>;
    // v - low <= span, unsigned, is v - (low + half) <= span - half, signed; only signed comparison is one instruction.
    constexpr Unsigned kHalf = Unsigned(Unsigned(1) << (8 * sizeof(Unsigned) - 1));
    const Lane none = {};
    const Lane low = none + Unsigned(Unsigned(values.low) + kHalf);
    const SignedLane span = SignedLane(none + Unsigned(Unsigned(values.span) + kHalf));
    std::size_t position = 0;
    for (; count - position >= kPositions; position += kPositions) {
        // Bits are set in lanes that are not what is looked for, and stay set only where none of the block is.
        SignedLane misses = SignedLane(~none);
        for (std::size_t i = 0; i < kPositions; i += Size)
            for (std::size_t shift = 0; shift < sizeof(Unsigned); shift += Step) {
                Lane here;
                load(here, bytes + position + i + shift);
                const SignedLane greater = SignedLane(SignedLane(here - low) > span);
                misses &= Outside ? ~greater : greater;
            }
        if (!isZero(~misses))
            return position;
    }
    return position;
}

/// Integers of 8 bytes, compared one by one: SSE2 cannot compare them in vectors.
template <std::size_t Step, bool Outside>
KS_INLINE std::size_t singleValuesLoop(const std::byte *bytes, std::size_t count, const Values &values)
{
    std::size_t position = 0;
    for (; count - position >= kPositions; position += kPositions) {
        bool any = false;
        for (std::size_t i = 0; i < kPositions; i += Step) {
            std::uint64_t here;
            std::memcpy(&here, bytes + position + i, sizeof here);
            any |= (here - values.low <= values.span) != Outside;
        }
        if (any)
            return position;
    }
    return position;
}

template <std::size_t Size, std::size_t Step, bool Outside>
KS_INLINE std::size_t values8Loop(const std::byte *bytes, std::size_t count, const Values &values)
{
    if constexpr (Size == kWide)
        return valuesLoop<Size, std::int64_t, std::uint64_t, Step, Outside>(bytes, count, values);
    else
        return singleValuesLoop<Step, Outside>(bytes, count, values);
}

/// Two of the bytes that all integers of the range have, those that differ most from one integer to another: the
/// lowest. None where these are zeros.
inline std::optional<Anchors> anchorsOf(std::uint64_t low, std::uint64_t high)
{
    std::optional<Anchors> anchors;
    const unsigned varying = (64 - static_cast<unsigned>(std::countl_zero(low ^ high)) + 7) / 8;
    for (unsigned i = varying; i < 8; ++i) {
        const Anchor anchor{i, static_cast<std::uint8_t>(low >> 8 * i)};
        if (anchor.value == 0)
            continue;
        if (anchors) {
            anchors->second = anchor;
            break;
        }
        anchors = Anchors{anchor, anchor};
    }
    return anchors;
}

/// Integers of 8 bytes at every position. What is cheap is looked at first: bytes that all of them have, or where those
/// are zeros, as most of memory is, whether there is anything but zeros; then in wide vectors their upper halves, since
/// lanes of half the width make it twice as fast.
template <std::size_t Size>
KS_INLINE std::size_t wideValuesLoop(const std::byte *bytes, std::size_t count, const Values &values)
{
    const std::uint64_t high = values.low + values.span;
    if (high < values.low) // there is nothing that all of them have
        return values8Loop<Size, 1, false>(bytes, count, values);
    const auto anchors = anchorsOf(values.low, high);
    [[maybe_unused]] const Values halves{4, values.low >> 32, (high >> 32) - (values.low >> 32), false};
    std::size_t position = 0;
    for (;; position += kPositions) {
        if (anchors)
            position += anchorsLoop<Size, false>(bytes + position, count - position, *anchors);
        else if (values.low != 0)
            position += skipZeros(bytes + position, count - position, 7);
        if (count - position < kPositions)
            return position;
        if constexpr (Size == kWide)
            if (valuesLoop<Size, std::int32_t, std::uint32_t, 1, false>(bytes + position + 4, kPositions, halves) != 0)
                continue;
        if (values8Loop<Size, 1, false>(bytes + position, kPositions, values) == 0)
            return position;
    }
}

template <std::size_t Size, bool Aligned, bool Outside>
KS_INLINE std::size_t valuesOfWidth(const std::byte *bytes, std::size_t count, const Values &values)
{
    switch (values.width) {
    case 1: return valuesLoop<Size, std::int8_t, std::uint8_t, 1, Outside>(bytes, count, values);
    case 2: return valuesLoop<Size, std::int16_t, std::uint16_t, Aligned ? 2 : 1, Outside>(bytes, count, values);
    case 4: return valuesLoop<Size, std::int32_t, std::uint32_t, Aligned ? 4 : 1, Outside>(bytes, count, values);
    default:
        if constexpr (!Aligned && !Outside)
            return wideValuesLoop<Size>(bytes, count, values);
        else
            return values8Loop<Size, Aligned ? 8 : 1, Outside>(bytes, count, values);
    }
}

template <std::size_t Size, bool Aligned>
KS_INLINE std::size_t valuesOfAnySign(const std::byte *bytes, std::size_t count, const Values &values)
{
    return values.outside ? valuesOfWidth<Size, Aligned, true>(bytes, count, values)
                          : valuesOfWidth<Size, Aligned, false>(bytes, count, values);
}

KS_WIDE std::size_t anchorsWide(const std::byte *bytes, std::size_t count, const Anchors &anchors)
{
    return anchorsOfAnyMask<kWide>(bytes, count, anchors);
}

KS_WIDE std::size_t valuesWide(const std::byte *bytes, std::size_t count, const Values &values)
{
    return valuesOfAnySign<kWide, false>(bytes, count, values);
}

KS_WIDE std::size_t alignedValuesWide(const std::byte *bytes, std::size_t count, const Values &values)
{
    return valuesOfAnySign<kWide, true>(bytes, count, values);
}

bool isWide(Loops loops)
{
#if defined(__x86_64__)
    static const bool wide = __builtin_cpu_supports("avx2");
    return wide && loops == Loops::Widest;
#else
    return loops == Loops::Widest;
#endif
}

} // namespace

std::size_t findAnchors(const std::byte *bytes, std::size_t count, const Anchors &anchors, Loops loops)
{
    return isWide(loops) ? anchorsWide(bytes, count, anchors) : anchorsOfAnyMask<kPortable>(bytes, count, anchors);
}

std::size_t findValues(const std::byte *bytes, std::size_t count, const Values &values, Loops loops)
{
    return isWide(loops) ? valuesWide(bytes, count, values) : valuesOfAnySign<kPortable, false>(bytes, count, values);
}

std::size_t findAlignedValues(const std::byte *bytes, std::size_t count, const Values &values, Loops loops)
{
    return isWide(loops) ? alignedValuesWide(bytes, count, values)
                         : valuesOfAnySign<kPortable, true>(bytes, count, values);
}

} // namespace ks::block
