// The course of watched values as lines over time.
#pragma once

#include "core/live/history.h"

#include <QString>

#include <optional>
#include <vector>

namespace ks::ui {

struct PlotPoint {
    double time = 0;       ///< seconds of the steady clock
    long double value = 0; ///< has room for all 64 bits of a number
    bool afterGap = false; ///< nothing is known of the time between the point before and this one
};

struct PlotSeries {
    QString name;
    std::vector<PlotPoint> points; ///< in the order of time
    bool isInteger = true;         ///< the value stands until the next point: drawn in steps
    double wallOffset = 0;         ///< seconds since 1970 at time 0, as the last point has it

    /// The last point at or before `time`, unless a gap lies between; null when there is none.
    const PlotPoint *at(double time) const;
};

/// Samples without a number break the line.
PlotSeries seriesOf(const QString &name, const live::History &history);
/// How fast the values of a series rise, per second; nothing over gaps.
PlotSeries ratesOf(const PlotSeries &series);

/// The ends of an axis.
struct PlotRange {
    long double first = 0;
    long double last = 1;
    friend bool operator==(const PlotRange &, const PlotRange &) = default;
};
/// What the values of the points from `since` on take up; widened where they are all the same. Nothing without points.
std::optional<PlotRange> valuesOf(const std::vector<PlotSeries> &series, double since);
/// Round numbers (1, 2 or 5 times a power of ten apart) within the range, `most` at most.
std::vector<long double> roundTicks(const PlotRange &range, int most, bool isInteger);
/// "4294945288", "0.25"
QString plotNumber(long double value, bool isInteger);

/// The newest points for a drawing that has no axis, from 0 (lowest) to 1; nothing breaks the line.
std::vector<std::optional<double>> sparkPoints(const live::History &history, std::size_t most);

} // namespace ks::ui
