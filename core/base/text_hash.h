// The hash of names in tables that are kept in files: a change is a new version of every such format.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace ks {

/// Folds in eight bytes at a time; names have about 20. The same on every little-endian machine.
inline std::uint64_t textHash(std::string_view text)
{
    std::uint64_t h = text.size();
    const auto mix = [&h](std::uint64_t word) {
        h = (h ^ word) * 0x9e3779b97f4a7c15; // 2^64 / golden ratio
        h ^= h >> 32;
    };
    const char *p = text.data();
    std::size_t left = text.size();
    std::uint64_t word = 0;
    for (; left >= sizeof word; p += sizeof word, left -= sizeof word) {
        std::memcpy(&word, p, sizeof word);
        mix(word);
    }
    word = 0;
    if (left != 0)
        std::memcpy(&word, p, left);
    mix(word);
    return h;
}

} // namespace ks
