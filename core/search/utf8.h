// UTF-8 as Unicode 15, table 3-7 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ks {

struct Utf8Character {
    char32_t code = 0;
    unsigned size = 0; ///< in bytes; 0: no well-formed character begins here
};

inline Utf8Character decodeUtf8(std::span<const std::byte> bytes)
{
    const auto at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
    if (bytes.empty())
        return {};
    const std::uint32_t lead = at(0);
    if (lead < 0x80)
        return {static_cast<char32_t>(lead), 1};
    const unsigned size = lead >= 0xc2 && lead < 0xe0   ? 2
                          : (lead & 0xf0) == 0xe0       ? 3
                          : lead >= 0xf0 && lead < 0xf5 ? 4
                                                        : 0;
    if (size == 0 || bytes.size() < size)
        return {};
    std::uint32_t code = lead & (0x7fU >> size);
    for (unsigned i = 1; i < size; ++i) {
        if ((at(i) & 0xc0) != 0x80)
            return {};
        code = code << 6 | (at(i) & 0x3f);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kLeast[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return {};
    return {static_cast<char32_t>(code), size};
}

} // namespace ks
