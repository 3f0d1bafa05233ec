#include "core/live/subscription.h"

#include <array>
#include <cstdio>

namespace ks::live {

Result<std::chrono::nanoseconds> periodOfRate(double hz)
{
    if (hz >= kMinRate && hz <= kMaxRate)
        return std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / hz + 0.5));
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%g Hz", hz);
    return fail(ErrorCode::Limit, text.data(), "rates go from 0.2 to 60 Hz");
}

std::string fullCondition(std::string_view condition)
{
    const std::size_t first = condition.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    const std::string text(condition.substr(first));
    if (text.find("$value") != std::string::npos)
        return text;
    // "!x", "-x", "+x", "*x" and "~x" are whole expressions; so is "&x", but nobody means an address as a condition.
    const bool isBinary = text.starts_with("!=") || std::string_view("<>=&|^%/").contains(text.front());
    return isBinary ? "$value " + text : text;
}

} // namespace ks::live
