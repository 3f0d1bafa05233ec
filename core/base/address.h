// Strong address types. An address in virtual memory, an address in physical memory and a position in a file never
// convert into each other. All arithmetic is unsigned and wraps modulo 2^64, as the processor's does.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace ks {

template <class Tag>
struct Strong64 {
    std::uint64_t value = 0;

    constexpr Strong64() = default;
    constexpr explicit Strong64(std::uint64_t v) : value(v) {}

    friend constexpr auto operator<=>(Strong64, Strong64) = default;
    friend constexpr bool operator==(Strong64, Strong64) = default;
    /// Moves by a number of bytes, modulo 2^64.
    friend constexpr Strong64 operator+(Strong64 a, std::uint64_t n) { return Strong64(a.value + n); }
    friend constexpr Strong64 operator-(Strong64 a, std::uint64_t n) { return Strong64(a.value - n); }
    /// The distance in bytes, modulo 2^64.
    friend constexpr std::uint64_t operator-(Strong64 a, Strong64 b) { return a.value - b.value; }
    constexpr Strong64 &operator+=(std::uint64_t n) { return value += n, *this; }
    constexpr Strong64 &operator-=(std::uint64_t n) { return value -= n, *this; }
    /// Rounds down to a multiple of a power of two.
    constexpr Strong64 alignedDown(std::uint64_t powerOfTwo) const { return Strong64(value & ~(powerOfTwo - 1)); }
};

using VirtAddr = Strong64<struct VirtAddrTag>;
using PhysAddr = Strong64<struct PhysAddrTag>;
using FileOffset = Strong64<struct FileOffsetTag>;

inline constexpr std::uint64_t kPageSize = 4096;

/// A non-empty run of virtual addresses. Both ends are inclusive, so that the last byte of 2^64 belongs to a range.
struct AddrRange {
    VirtAddr first;
    VirtAddr last;

    /// `size` bytes from `first`, cut at 2^64. Nothing for size 0.
    static constexpr std::optional<AddrRange> sized(VirtAddr first, std::uint64_t size)
    {
        if (size == 0)
            return std::nullopt;
        const VirtAddr last = first + (size - 1);
        return AddrRange{first, last < first ? VirtAddr(~std::uint64_t{0}) : last};
    }

    /// In bytes; 0 stands for 2^64, the size of the whole address space.
    constexpr std::uint64_t size() const { return last - first + 1; }
    constexpr bool contains(VirtAddr a) const { return first <= a && a <= last; }
    constexpr bool contains(const AddrRange &r) const { return first <= r.first && r.last <= last; }
    constexpr bool overlaps(const AddrRange &r) const { return first <= r.last && r.first <= last; }
    constexpr std::optional<AddrRange> intersect(const AddrRange &r) const
    {
        if (!overlaps(r))
            return std::nullopt;
        return AddrRange{first < r.first ? r.first : first, last < r.last ? last : r.last};
    }
    friend constexpr bool operator==(const AddrRange &, const AddrRange &) = default;
};

/// "0x" and lower-case digits without leading zeros.
std::string hex(std::uint64_t value);
inline std::string hex(VirtAddr a) { return hex(a.value); }
inline std::string hex(PhysAddr a) { return hex(a.value); }
inline std::string hex(FileOffset a) { return hex(a.value); }

/// An unsigned number in C notation: decimal, 0x hex or 0 octal; nothing but digits. Nothing if it is no such number.
std::optional<std::uint64_t> parseNumber(std::string_view text);

} // namespace ks

template <class Tag>
struct std::hash<ks::Strong64<Tag>> {
    std::size_t operator()(ks::Strong64<Tag> a) const noexcept { return std::hash<std::uint64_t>{}(a.value); }
};
