// What the marks of change compare with. One choice for the hex views and the struct tree of a window.
#pragma once

#include <QString>

#include <chrono>
#include <cmath>

namespace ks::ui {

enum class ChangeBase : std::uint8_t {
    Tick,     ///< the sample before: a mark fades and is gone
    Look,     ///< the moment the person last said "seen", or looked away: what has changed since then stays marked
    Snapshot, ///< bytes that were kept: what differs from them is marked
};

/// "last tick", "last look", "snapshot"
inline QString displayName(ChangeBase base)
{
    switch (base) {
    case ChangeBase::Tick: return QStringLiteral("last tick");
    case ChangeBase::Look: return QStringLiteral("last look");
    case ChangeBase::Snapshot: break;
    }
    return QStringLiteral("snapshot");
}

/// How long what has just changed glows, and in how many steps it fades: a step is the only reason to paint it again.
inline constexpr std::chrono::milliseconds kChangeFade{1600};
inline constexpr int kChangeSteps = 16;
inline constexpr std::chrono::milliseconds kChangeStep = kChangeFade / kChangeSteps;

/// kChangeSteps just after the change, 0 when it has faded.
inline int changeStep(std::chrono::nanoseconds age)
{
    if (age >= kChangeFade)
        return 0;
    const auto left = (kChangeFade - std::max(age, std::chrono::nanoseconds(0))).count();
    return static_cast<int>((left + std::chrono::nanoseconds(kChangeStep).count() - 1) /
                            std::chrono::nanoseconds(kChangeStep).count());
}

} // namespace ks::ui
