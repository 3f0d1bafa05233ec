#include "ui/models/watch_row.h"

#include <algorithm>

namespace ks::ui {

WatchRow::News WatchRow::take(const live::WatchResult &next, Clock::time_point now)
{
    const bool isOther = next.state != result.state || next.value != result.value || next.holds != result.holds ||
                         next.error.has_value() != result.error.has_value();
    const bool isFirst = result.state == live::ResultState::Pending;
    if (next.changed && !isFirst) {
        if (!value.isEmpty())
            previous = value;
        changedAt = now;
        added += next.added.size();
        removed += next.removed.size();
        lastAdded = next.added;
        lastRemoved = next.removed;
    }
    if (next.sampled)
        sinceChange = next.changed || isFirst ? 0 : sinceChange + 1;
    const bool hasOtherValue = next.value != result.value;
    result = next;
    if (hasOtherValue)
        value = result.value ? QString::fromStdString(result.value->text) : QString();
    if (result.state == live::ResultState::Value) {
        lastGood = value;
        lastGoodTime = result.time;
    }
    if (isOther || next.changed)
        return News::All;
    return next.sampled && sinceChange < kTrail ? News::Trail : News::None;
}

void WatchRow::forget()
{
    WatchRow fresh;
    fresh.item = std::move(item);
    fresh.frozen = frozen;
    *this = std::move(fresh);
}

qreal WatchRow::warmth(Clock::time_point now) const
{
    if (!changedAt || now - *changedAt >= kFade)
        return 0;
    const std::chrono::duration<qreal> passed = now - *changedAt;
    return std::clamp(1 - passed / std::chrono::duration<qreal>(kFade), 0.0, 1.0);
}

bool WatchRow::isStale() const { return result.state != live::ResultState::Value || frozen; }

bool WatchRow::isNumber() const
{
    if (!result.value || !result.value->scalar)
        return false;
    const auto &decoded = result.value->decoded;
    return !decoded ||
           (decoded->look != Decoded::Look::Character && (std::holds_alternative<std::uint64_t>(decoded->data) ||
                                                          std::holds_alternative<std::int64_t>(decoded->data)));
}

bool WatchRow::hasCourse() const
{
    if (!result.value || !result.value->scalar)
        return false;
    const auto &decoded = result.value->decoded;
    return !decoded || !std::holds_alternative<Decoded::Pointer>(decoded->data);
}

} // namespace ks::ui
