#include "ui/models/change_heat.h"

#include <algorithm>
#include <cmath>

namespace ks::ui {

namespace {

constexpr std::uint32_t kUnitsAPlace = MapScale::kUnits / ChangeHeat::kPlaces;
/// A count that is as warm as can be: a screen full of bytes.
constexpr double kHottest = 2048;

} // namespace

void ChangeHeat::setScale(const MapScale &scale)
{
    const bool same =
        std::ranges::equal(scale.spans(), scale_.spans(), {}, &MapScale::Span::range, &MapScale::Span::range);
    scale_ = scale;
    if (!same)
        counts_.clear();
}

double ChangeHeat::fadedCount(const Count &count, Clock::time_point now)
{
    const double age = std::chrono::duration<double>(now - count.last) / kHalf;
    return count.fading * std::exp2(-std::max(0.0, age));
}

void ChangeHeat::add(std::span<const AddrRange> changed, Clock::time_point now)
{
    for (const AddrRange &range : changed) {
        // A change is a few bytes: all of it counts where it begins.
        const std::uint64_t bytes = range.last - range.first + 1;
        Count &count = counts_[scale_.position(range.first) / kUnitsAPlace];
        count.fading = fadedCount(count, now) + static_cast<double>(bytes);
        count.bytes += bytes;
        count.last = now;
    }
}

std::vector<ChangeHeat::Place> ChangeHeat::places(Clock::time_point now) const
{
    std::vector<Place> places;
    for (const auto &[place, count] : counts_) {
        if (now - count.last >= kCold)
            continue;
        // One byte just now is well seen, and every mark goes out smoothly.
        const double loud = 0.4 + 0.6 * std::log2(1 + fadedCount(count, now)) / std::log2(1 + kHottest);
        const double age = std::chrono::duration<double>(now - count.last) / kCold;
        const double warmth = std::min(1.0, loud) * std::clamp(1 - age, 0.0, 1.0);
        places.push_back({place * kUnitsAPlace, kUnitsAPlace, warmth, count.bytes, count.last});
    }
    return places;
}

bool ChangeHeat::cool(Clock::time_point now)
{
    std::erase_if(counts_, [&](const auto &entry) { return now - entry.second.last >= kCold; });
    return !counts_.empty();
}

} // namespace ks::ui
