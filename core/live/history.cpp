#include "core/live/history.h"

#include <algorithm>

namespace ks::live {

void History::add(const HistoryPoint &point, bool isSigned)
{
    if (isSigned != isSigned_)
        minimum_ = maximum_ = std::nullopt;
    isSigned_ = isSigned;
    points_.push_back(point);
    points_.back().afterGap = point.afterGap || isBroken_;
    isBroken_ = false;
    if (points_.size() > capacity_)
        points_.pop_front();
    ++samples_;
    changes_ += point.changed ? 1 : 0;
    if (!point.scalar)
        return;
    const auto less = [&](std::uint64_t a, std::uint64_t b) {
        return isSigned_ ? static_cast<std::int64_t>(a) < static_cast<std::int64_t>(b) : a < b;
    };
    if (!minimum_ || less(*point.scalar, *minimum_))
        minimum_ = point.scalar;
    if (!maximum_ || less(*maximum_, *point.scalar))
        maximum_ = point.scalar;
}

void History::clear() { *this = History(capacity_); }

/// The first point behind the last gap.
std::size_t History::begin() const
{
    std::size_t i = points_.size();
    while (i > 1 && !points_[i - 1].afterGap)
        --i;
    return i == 0 ? 0 : i - 1;
}

std::optional<double> History::rateBetween(const HistoryPoint &a, const HistoryPoint &b) const
{
    const double seconds = std::chrono::duration<double>(b.time - a.time).count();
    if (!a.scalar || !b.scalar || seconds <= 0)
        return std::nullopt;
    // In two's complement, a step back is a small negative number whatever the signedness.
    return static_cast<double>(static_cast<std::int64_t>(*b.scalar - *a.scalar)) / seconds;
}

std::optional<double> History::rate() const
{
    if (points_.size() < 2 || points_.back().afterGap)
        return std::nullopt;
    return rateBetween(points_[points_.size() - 2], points_.back());
}

std::optional<double> History::meanRate() const
{
    return points_.empty() ? std::nullopt : rateBetween(points_[begin()], points_.back());
}

std::optional<double> History::changesPerSecond() const
{
    const std::size_t first = begin();
    if (points_.size() < first + 2)
        return std::nullopt;
    const double seconds = std::chrono::duration<double>(points_.back().time - points_[first].time).count();
    if (seconds <= 0)
        return std::nullopt;
    const auto changes = std::count_if(points_.begin() + static_cast<std::ptrdiff_t>(first) + 1, points_.end(),
                                       [](const HistoryPoint &point) { return point.changed; });
    return static_cast<double>(changes) / seconds;
}

} // namespace ks::live
