// What the cells of the watch list say.
#pragma once

#include "core/live/history.h"
#include "ui/models/watch_row.h"

#include <QString>

namespace ks::ui {

/// "4294945288", "-3", "0x1f"; in the style of its row as far as a bare number can be.
QString scalarText(std::uint64_t scalar, bool isSigned, ValueStyle style);
/// "250 /s", "-1.5 /s", "1.02e+09 /s"
QString rateText(double perSecond);
/// "12:03:04.120"
QString clockText(std::chrono::system_clock::time_point time);
/// "C", "hexadecimal", ... for menus
QString displayName(ValueStyle style);

/// How fast the number rises, over the last two seconds or the last two samples, whichever is longer, and not over a
/// gap. Nothing where there are not two.
std::optional<double> recentRate(const live::History &history);

/// What is wrong with the value, or of a list what came and went; empty when it is as it should be.
QString stateText(const WatchRow &row);
/// What stands in the column of the value: the value, or why there is none.
QString valueText(const WatchRow &row);
/// Type, address, times, the reason why there is no value, the members that came and went.
QString detailsOf(const WatchRow &row, const live::History &history);

/// "128 watches · 14 reads · 56 KiB · 0.4 ms · CPU 0.3 %"; `share` of one processor from 0 to 1.
QString costText(std::size_t watches, const live::TickCost &cost, double share);

} // namespace ks::ui
