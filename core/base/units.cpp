#include "core/base/units.h"

#include <iterator>

namespace ks {

std::string sizeText(std::uint64_t bytes)
{
    static constexpr const char *kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024)
        return std::to_string(bytes) + " B";
    // In tenths of the unit; the first division leaves room for the rest not to overflow.
    std::size_t unit = 1;
    std::uint64_t divisor = 1024;
    const auto tenths = [&] { return bytes / divisor * 10 + (bytes % divisor / (divisor / 1024) * 10 + 512) / 1024; };
    while (unit + 1 < std::size(kUnits) && tenths() >= 10235) { // would read as 1024
        divisor *= 1024;
        ++unit;
    }
    const std::uint64_t value = tenths();
    if (value < 100 && value % 10 != 0)
        return std::to_string(value / 10) + "." + std::to_string(value % 10) + " " + kUnits[unit];
    return std::to_string((value + 5) / 10) + " " + kUnits[unit];
}

} // namespace ks
