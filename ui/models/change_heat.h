// Where in the address space bytes change, for the strip of the whole map: counts by place that fade with time. Knows
// only of what is read; a place that nobody looks at stays cold.
#pragma once

#include "core/base/address.h"
#include "ui/models/map_scale.h"

#include <chrono>
#include <map>
#include <span>
#include <vector>

namespace ks::ui {

class ChangeHeat {
public:
    using Clock = std::chrono::steady_clock;
    /// Places on the whole scale; two pixels of a tall screen.
    static constexpr std::uint32_t kPlaces = 512;
    /// In which a count falls to its half, and when a place is cold again after its last change.
    static constexpr std::chrono::seconds kHalf{4};
    static constexpr std::chrono::seconds kCold{30};

    struct Place {
        std::uint32_t first = 0; ///< in units of MapScale
        std::uint32_t units = 0;
        double warmth = 0;        ///< from 0 (cold) to 1, by the logarithm of the fading count
        std::uint64_t bytes = 0;  ///< changed in all since the place was cold
        Clock::time_point last{}; ///< when it changed the last time
    };

    /// Forgets everything when it is another map.
    void setScale(const MapScale &scale);
    void add(std::span<const AddrRange> changed, Clock::time_point now);
    /// Places that are warm, in order.
    std::vector<Place> places(Clock::time_point now) const;
    /// Forgets what is cold. False when nothing is left.
    bool cool(Clock::time_point now);

private:
    struct Count {
        double fading = 0;
        std::uint64_t bytes = 0;
        Clock::time_point last{};
    };
    static double fadedCount(const Count &count, Clock::time_point now);

    MapScale scale_;
    std::map<std::uint32_t, Count> counts_; ///< by place; kPlaces at most
};

} // namespace ks::ui
