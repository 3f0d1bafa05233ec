#include "core/search/block_scan.h"

#include <cstring>

#if defined(__x86_64__)
// The same loops, compiled once more for processors that have AVX2. No ifunc: sanitizers do not get along with it.
#define KS_WIDE __attribute__((target("avx2")))
#else
#define KS_WIDE
#endif
#define KS_INLINE inline __attribute__((always_inline))

namespace ks::block {
namespace {

constexpr std::size_t kVector = 32; ///< bytes; compilers split it where registers are narrower

template <class T>
struct Lanes {
    typedef T Vector __attribute__((vector_size(kVector)));
};
template <class T>
using VectorOf = typename Lanes<T>::Vector;
using Bytes = VectorOf<std::uint8_t>;
using Words = VectorOf<std::uint64_t>;

template <class Vector>
KS_INLINE void load(Vector &into, const std::byte *from)
{
    std::memcpy(&into, from, sizeof into);
}

template <class Vector>
KS_INLINE bool isZero(const Vector &vector)
{
    Words words;
    std::memcpy(&words, &vector, sizeof words);
    return (words[0] | words[1] | words[2] | words[3]) == 0;
}

KS_INLINE std::size_t anchorsLoop(const std::byte *bytes, std::size_t count, const Anchors &anchors)
{
    const Bytes none = {};
    const Bytes value1 = none + anchors.first.value, mask1 = none + anchors.first.mask;
    const Bytes value2 = none + anchors.second.value, mask2 = none + anchors.second.mask;
    const std::byte *at1 = bytes + anchors.first.at;
    const std::byte *at2 = bytes + anchors.second.at;
    std::size_t position = 0;
    for (; count - position >= kPositions; position += kPositions) {
        Bytes any = none;
        for (std::size_t i = 0; i < kPositions; i += kVector) {
            Bytes here1, here2;
            load(here1, at1 + position + i);
            load(here2, at2 + position + i);
            any |= Bytes((here1 & mask1) == value1) & Bytes((here2 & mask2) == value2);
        }
        if (!isZero(any))
            return position;
    }
    return position;
}

/// `Step`: 1 where integers begin at every byte, else their width.
template <class Signed, class Unsigned, std::size_t Step, bool Outside>
KS_INLINE std::size_t valuesLoop(const std::byte *bytes, std::size_t count, const Values &values)
{
    // v - low <= span, unsigned, is v - (low + half) <= span - half, signed; only signed comparison is one instruction.
    constexpr Unsigned kHalf = Unsigned(Unsigned(1) << (8 * sizeof(Unsigned) - 1));
    const VectorOf<Unsigned> none = {};
    const VectorOf<Unsigned> low = none + Unsigned(Unsigned(values.low) + kHalf);
    const VectorOf<Signed> span = VectorOf<Signed>(none + Unsigned(Unsigned(values.span) + kHalf));
    std::size_t position = 0;
    for (; count - position >= kPositions; position += kPositions) {
        // Bits are set in lanes that are not what is looked for, and stay set only where none of the block is.
        VectorOf<Signed> misses = VectorOf<Signed>(~none);
        for (std::size_t i = 0; i < kPositions; i += kVector)
            for (std::size_t shift = 0; shift < sizeof(Unsigned); shift += Step) {
                VectorOf<Unsigned> here;
                load(here, bytes + position + i + shift);
                const VectorOf<Signed> greater = VectorOf<Signed>(VectorOf<Signed>(here - low) > span);
                misses &= Outside ? ~greater : greater;
            }
        if (!isZero(~misses))
            return position;
    }
    return position;
}

/// Integers of 8 bytes at every position. Their upper halves are looked at first: lanes of half the width make it twice
/// as fast, and SSE2 has no comparison of 8 bytes at all.
KS_INLINE std::size_t wideValuesLoop(const std::byte *bytes, std::size_t count, const Values &values)
{
    const std::uint64_t high = values.low + values.span;
    if (high < values.low) // the upper halves are in no range
        return valuesLoop<std::int64_t, std::uint64_t, 1, false>(bytes, count, values);
    const Values halves{4, values.low >> 32, (high >> 32) - (values.low >> 32), false};
    std::size_t position = 0;
    for (;;) {
        position += valuesLoop<std::int32_t, std::uint32_t, 1, false>(bytes + position + 4, count - position, halves);
        if (count - position < kPositions ||
            valuesLoop<std::int64_t, std::uint64_t, 1, false>(bytes + position, kPositions, values) == 0)
            return position;
        position += kPositions;
    }
}

template <bool Aligned, bool Outside>
KS_INLINE std::size_t valuesOfWidth(const std::byte *bytes, std::size_t count, const Values &values)
{
    switch (values.width) {
    case 1: return valuesLoop<std::int8_t, std::uint8_t, 1, Outside>(bytes, count, values);
    case 2: return valuesLoop<std::int16_t, std::uint16_t, Aligned ? 2 : 1, Outside>(bytes, count, values);
    case 4: return valuesLoop<std::int32_t, std::uint32_t, Aligned ? 4 : 1, Outside>(bytes, count, values);
    default:
        if constexpr (!Aligned && !Outside)
            return wideValuesLoop(bytes, count, values);
        else
            return valuesLoop<std::int64_t, std::uint64_t, Aligned ? 8 : 1, Outside>(bytes, count, values);
    }
}

template <bool Aligned>
KS_INLINE std::size_t valuesOfAnySign(const std::byte *bytes, std::size_t count, const Values &values)
{
    return values.outside ? valuesOfWidth<Aligned, true>(bytes, count, values)
                          : valuesOfWidth<Aligned, false>(bytes, count, values);
}

KS_WIDE std::size_t anchorsWide(const std::byte *bytes, std::size_t count, const Anchors &anchors)
{
    return anchorsLoop(bytes, count, anchors);
}

KS_WIDE std::size_t valuesWide(const std::byte *bytes, std::size_t count, const Values &values)
{
    return valuesOfAnySign<false>(bytes, count, values);
}

KS_WIDE std::size_t alignedValuesWide(const std::byte *bytes, std::size_t count, const Values &values)
{
    return valuesOfAnySign<true>(bytes, count, values);
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
    return isWide(loops) ? anchorsWide(bytes, count, anchors) : anchorsLoop(bytes, count, anchors);
}

std::size_t findValues(const std::byte *bytes, std::size_t count, const Values &values, Loops loops)
{
    return isWide(loops) ? valuesWide(bytes, count, values) : valuesOfAnySign<false>(bytes, count, values);
}

std::size_t findAlignedValues(const std::byte *bytes, std::size_t count, const Values &values, Loops loops)
{
    return isWide(loops) ? alignedValuesWide(bytes, count, values) : valuesOfAnySign<true>(bytes, count, values);
}

} // namespace ks::block
