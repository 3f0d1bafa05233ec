#include "core/base/address.h"

#include <charconv>
#include <string_view>

namespace ks {

std::string hex(std::uint64_t value)
{
    char buffer[18] = {'0', 'x'};
    const auto end = std::to_chars(buffer + 2, buffer + sizeof buffer, value, 16).ptr;
    return {buffer, end};
}

std::optional<std::uint64_t> parseNumber(std::string_view text)
{
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text.starts_with('0')) {
        base = 8;
        text.remove_prefix(1);
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

} // namespace ks
