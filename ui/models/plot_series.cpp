#include "ui/models/plot_series.h"

#include <algorithm>
#include <cmath>

namespace ks::ui {

namespace {

double secondsOf(std::chrono::steady_clock::time_point time)
{
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

long double valueOf(std::uint64_t scalar, bool isSigned)
{
    return isSigned ? static_cast<long double>(static_cast<std::int64_t>(scalar)) : static_cast<long double>(scalar);
}

} // namespace

const PlotPoint *PlotSeries::at(double time) const
{
    const auto next = std::ranges::upper_bound(points, time, {}, &PlotPoint::time);
    if (next == points.begin() || (next != points.end() && next->afterGap && std::prev(next)->time < time))
        return nullptr;
    return &*std::prev(next);
}

PlotSeries seriesOf(const QString &name, const live::History &history)
{
    PlotSeries series;
    series.name = name;
    series.points.reserve(history.points().size());
    bool isBroken = true;
    for (const live::HistoryPoint &point : history.points()) {
        isBroken |= point.afterGap || !point.scalar;
        if (point.scalar)
            series.points.push_back(
                {secondsOf(point.time), valueOf(*point.scalar, history.isSigned()), std::exchange(isBroken, false)});
    }
    if (!history.points().empty()) {
        const live::HistoryPoint &last = history.points().back();
        series.wallOffset = std::chrono::duration<double>(last.wall.time_since_epoch()).count() - secondsOf(last.time);
    }
    return series;
}

PlotSeries ratesOf(const PlotSeries &series)
{
    PlotSeries rates{series.name, {}, false, series.wallOffset};
    bool isBroken = true;
    for (std::size_t i = 1; i < series.points.size(); ++i) {
        const PlotPoint &before = series.points[i - 1];
        const PlotPoint &point = series.points[i];
        const double passed = point.time - before.time;
        if (point.afterGap || passed <= 0) {
            isBroken = true;
            continue;
        }
        rates.points.push_back({point.time, (point.value - before.value) / passed, std::exchange(isBroken, false)});
    }
    return rates;
}

std::optional<PlotRange> valuesOf(const std::vector<PlotSeries> &series, double since)
{
    std::optional<PlotRange> range;
    const auto add = [&](const PlotPoint &point) {
        if (!range)
            range = PlotRange{point.value, point.value};
        range->first = std::min(range->first, point.value);
        range->last = std::max(range->last, point.value);
    };
    for (const PlotSeries &one : series) {
        // The last point before still shows: its value stands until the next one.
        if (const PlotPoint *before = one.at(since))
            add(*before);
        for (auto point = std::ranges::lower_bound(one.points, since, {}, &PlotPoint::time); point != one.points.end();
             ++point)
            add(*point);
    }
    if (range && range->first == range->last) {
        range->first -= 1;
        range->last += 1;
    }
    return range;
}

std::vector<long double> roundTicks(const PlotRange &range, int most, bool isInteger)
{
    const long double span = range.last - range.first;
    if (!(span > 0) || most < 1)
        return {};
    const long double rough = span / most;
    const long double power = std::pow(10.0L, std::floor(std::log10(rough)));
    long double step = 10 * power;
    for (const long double factor : {1.0L, 2.0L, 5.0L})
        if (factor * power >= rough) {
            step = factor * power;
            break;
        }
    if (isInteger)
        step = std::max(step, 1.0L);
    std::vector<long double> ticks;
    const long double first = std::ceil(range.first / step);
    for (int i = 0; i <= most && (first + i) * step <= range.last; ++i)
        ticks.push_back((first + i) * step);
    return ticks;
}

QString plotNumber(long double value, bool isInteger)
{
    if (isInteger && value >= 0)
        return QString::number(static_cast<qulonglong>(value));
    if (isInteger)
        return QString::number(static_cast<qlonglong>(value));
    const double number = static_cast<double>(value);
    const double size = std::abs(number);
    return size >= 1000 && size < 1e9 ? QString::number(number, 'f', 0) : QString::number(number, 'g', 4);
}

std::vector<std::optional<double>> sparkPoints(const live::History &history, std::size_t most)
{
    const auto &points = history.points();
    const std::size_t count = std::min(most, points.size());
    const auto first = points.end() - static_cast<std::ptrdiff_t>(count);
    std::optional<PlotRange> range;
    for (auto point = first; point != points.end(); ++point)
        if (point->scalar) {
            const long double value = valueOf(*point->scalar, history.isSigned());
            range = range ? PlotRange{std::min(range->first, value), std::max(range->last, value)}
                          : PlotRange{value, value};
        }
    std::vector<std::optional<double>> spark;
    for (auto point = first; point != points.end(); ++point) {
        if (point->afterGap && !spark.empty())
            spark.emplace_back();
        if (!point->scalar) {
            spark.emplace_back();
            continue;
        }
        const long double span = range->last - range->first;
        const long double value = valueOf(*point->scalar, history.isSigned()) - range->first;
        spark.emplace_back(span > 0 ? static_cast<double>(value / span) : 0.5);
    }
    return spark;
}

} // namespace ks::ui
