// How one value went: the last samples of it, and what they come to. Bounded.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace ks::live {

struct HistoryPoint {
    std::chrono::steady_clock::time_point time;
    std::chrono::system_clock::time_point wall;
    std::optional<std::uint64_t> scalar; ///< nothing when it is no number, or could not be read
    bool changed = false;
    bool afterGap = false; ///< what lies between this point and the one before is not known
};

class History {
public:
    static constexpr std::size_t kDefaultCapacity = 512;

    explicit History(std::size_t capacity = kDefaultCapacity) : capacity_(capacity < 2 ? 2 : capacity) {}

    /// Points come in the order of time. `isSigned` says how scalars are to be compared and subtracted.
    void add(const HistoryPoint &point, bool isSigned);
    /// The next point lies behind a gap: no rate is computed over it.
    void breakHere() { isBroken_ = true; }
    void clear();

    const std::deque<HistoryPoint> &points() const { return points_; } ///< the oldest first
    bool isSigned() const { return isSigned_; }
    /// Of all points since the beginning, not only of those that are kept.
    std::uint64_t samples() const { return samples_; }
    std::uint64_t changes() const { return changes_; }
    std::optional<std::uint64_t> minimum() const { return minimum_; }
    std::optional<std::uint64_t> maximum() const { return maximum_; }
    /// How fast the number rises, per second, between the two last points; nothing over a gap. Differences are modulo
    /// 2^64, so that a counter may wrap.
    std::optional<double> rate() const;
    /// The same over all the points behind the last gap.
    std::optional<double> meanRate() const;
    /// Changes a second over the same points.
    std::optional<double> changesPerSecond() const;

private:
    std::size_t begin() const;
    std::optional<double> rateBetween(const HistoryPoint &a, const HistoryPoint &b) const;

    std::size_t capacity_;
    std::deque<HistoryPoint> points_;
    bool isSigned_ = false;
    bool isBroken_ = false;
    std::uint64_t samples_ = 0;
    std::uint64_t changes_ = 0;
    std::optional<std::uint64_t> minimum_;
    std::optional<std::uint64_t> maximum_;
};

} // namespace ks::live
