// The slow and plain way to find what the search finds: byte by byte, over a map of the bytes that are there.
#pragma once

#include "core/search/search.h"
#include "tests/support/fake_source.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace ks::test {

/// Memory made at random: segments that touch or do not, with parts that cannot be read, cut at all kinds of borders.
class RandomMemory {
public:
    /// Bytes are below `alphabet`.
    RandomMemory(std::mt19937_64 &random, unsigned alphabet)
    {
        // At the top of the address space, or somewhere else.
        const std::uint64_t size = 1 + random() % (6 * kPageSize);
        const std::uint64_t base =
            random() % 4 == 0 ? 0 - size : 0xffff888000000000 + random() % 64 + (random() % 2) * (kPageSize - 8);
        all = *AddrRange::sized(VirtAddr(base), size);
        for (std::uint64_t at = 0; at < size;) {
            const std::uint64_t length = std::min(size - at, pick(random));
            if (random() % 4 != 0) {
                std::vector<std::byte> bytes(length);
                for (std::byte &byte : bytes)
                    byte = static_cast<std::byte>(random() % alphabet);
                source.add(VirtAddr(base + at), bytes);
                for (std::uint64_t i = 0; i < length; ++i)
                    present[base + at + i] = bytes[i];
            }
            at += length;
        }
        for (std::uint64_t marks = random() % 6; marks > 0; --marks) {
            const std::uint64_t at = random() % size;
            const std::uint64_t length = std::min(size - at, pick(random) % 700 + 1);
            const PageState state =
                random() % 2 == 0 ? PageState{PageStatus::Error, EIO} : PageState{PageStatus::Unmapped};
            source.mark(VirtAddr(base + at), length, state);
            for (std::uint64_t i = 0; i < length; ++i)
                if (present.erase(base + at + i) != 0)
                    spoilt.push_back(VirtAddr(base + at + i));
        }
    }

    std::optional<std::byte> at(std::uint64_t address) const
    {
        const auto found = present.find(address);
        return found == present.end() ? std::nullopt : std::optional(found->second);
    }

    /// Random parts of it, which may overlap, in any order.
    std::vector<AddrRange> someRanges(std::mt19937_64 &random) const
    {
        std::vector<AddrRange> ranges;
        for (std::uint64_t count = random() % 4; count > 0; --count) {
            const std::uint64_t from = random() % all.size();
            ranges.push_back(*AddrRange::sized(all.first + from, 1 + random() % (all.size() - from)));
        }
        return ranges.empty() ? std::vector{all} : ranges;
    }

    FakeSource source;
    AddrRange all;
    std::map<std::uint64_t, std::byte> present;
    std::vector<VirtAddr> spoilt; ///< in a segment, but not to be read

private:
    static std::uint64_t pick(std::mt19937_64 &random)
    {
        switch (random() % 4) {
        case 0: return kPageSize;
        case 1: return 1 + random() % 40;
        case 2: return kPageSize - 20 + random() % 40;
        default: return 1 + random() % (2 * kPageSize);
        }
    }
};

/// The stretches of bytes that are present and in `ranges`.
inline std::vector<std::pair<VirtAddr, std::string>> stretches(const RandomMemory &memory,
                                                               const std::vector<AddrRange> &ranges)
{
    std::vector<std::pair<VirtAddr, std::string>> result;
    for (const auto &[address, byte] : memory.present) {
        const VirtAddr at(address);
        if (std::ranges::none_of(ranges, [&](const AddrRange &range) { return range.contains(at); }))
            continue;
        if (result.empty() || result.back().first + result.back().second.size() != at)
            result.emplace_back(at, "");
        result.back().second += static_cast<char>(byte);
    }
    return result;
}

struct Seen {
    VirtAddr address;
    std::string bytes;
    friend bool operator==(const Seen &, const Seen &) = default;
    friend auto operator<=>(const Seen &, const Seen &) = default;
};

inline std::string asText(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

} // namespace ks::test
