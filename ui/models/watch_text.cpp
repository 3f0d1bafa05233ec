#include "ui/models/watch_text.h"

#include "core/base/units.h"
#include "core/values/format.h"

#include <QDateTime>
#include <QStringList>

namespace ks::ui {

namespace {

constexpr std::size_t kMembersTold = 8;

QString toQt(const std::string &text) { return QString::fromStdString(text); }

QString durationOf(std::chrono::nanoseconds time)
{
    return toQt(durationText(static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count()))));
}

QString membersText(const char *what, const std::vector<VirtAddr> &members)
{
    QStringList list;
    for (std::size_t i = 0; i < members.size() && i < kMembersTold; ++i)
        list << toQt(hex(members[i]));
    if (members.size() > kMembersTold)
        list << QStringLiteral("… %1 more").arg(members.size() - kMembersTold);
    return QStringLiteral("%1: %2").arg(QLatin1String(what), list.join(QStringLiteral(", ")));
}

} // namespace

QString scalarText(std::uint64_t scalar, bool isSigned, ValueStyle style)
{
    if (style == ValueStyle::Hex || style == ValueStyle::Flags || style == ValueStyle::Symbol)
        return toQt(hex(scalar));
    return isSigned ? QString::number(static_cast<qint64>(scalar)) : QString::number(static_cast<quint64>(scalar));
}

QString rateText(double perSecond)
{
    const double size = perSecond < 0 ? -perSecond : perSecond;
    const QString number =
        size >= 100 && size < 1e7 ? QString::number(perSecond, 'f', 0) : QString::number(perSecond, 'g', 3);
    return QStringLiteral("%1 /s").arg(number);
}

QString clockText(std::chrono::system_clock::time_point time)
{
    using namespace std::chrono;
    return QDateTime::fromMSecsSinceEpoch(duration_cast<milliseconds>(time.time_since_epoch()).count())
        .toString(QStringLiteral("HH:mm:ss.zzz"));
}

QString displayName(ValueStyle style)
{
    switch (style) {
    case ValueStyle::C: return QStringLiteral("C");
    case ValueStyle::Hex: return QStringLiteral("Hexadecimal");
    case ValueStyle::Decimal: return QStringLiteral("Decimal");
    case ValueStyle::Time: return QStringLiteral("Time");
    case ValueStyle::Flags: return QStringLiteral("Flags");
    case ValueStyle::Symbol: return QStringLiteral("Symbol");
    case ValueStyle::Enum: return QStringLiteral("Enum");
    }
    return {};
}

std::optional<double> recentRate(const live::History &history)
{
    const auto &points = history.points();
    if (points.size() < 2 || !points.back().scalar)
        return std::nullopt;
    const live::HistoryPoint &last = points.back();
    const live::HistoryPoint *first = &last;
    for (auto point = points.rbegin(); !first->afterGap && ++point != points.rend() && point->scalar;) {
        first = &*point;
        if (last.time - first->time >= std::chrono::seconds(2))
            break;
    }
    const std::chrono::duration<double> passed = last.time - first->time;
    if (passed.count() <= 0)
        return std::nullopt;
    return static_cast<double>(static_cast<std::int64_t>(*last.scalar - *first->scalar)) / passed.count();
}

QString stateText(const WatchRow &row)
{
    const live::WatchResult &result = row.result;
    const QString at =
        row.lastGoodTime == std::chrono::system_clock::time_point{} ? QString() : clockText(row.lastGoodTime).left(8);
    const auto since = [&](const char *word) {
        return at.isEmpty() ? QString::fromLatin1(word) : QStringLiteral("%1 · %2").arg(QLatin1String(word), at);
    };
    if (result.state == live::ResultState::Lost)
        return since("lost");
    if (row.frozen && result.state != live::ResultState::Pending)
        return since("frozen");
    switch (result.state) {
    case live::ResultState::Pending: return row.id.value ? QStringLiteral("…") : QStringLiteral("not sampled");
    case live::ResultState::Unreadable: return since("unreadable");
    case live::ResultState::Error: return QStringLiteral("error");
    case live::ResultState::Torn: return QStringLiteral("torn");
    case live::ResultState::Lost:
    case live::ResultState::Value: break;
    }
    if (isList(row.item.expression) && (row.added || row.removed))
        return QStringLiteral("+%1 −%2").arg(row.added).arg(row.removed);
    return {};
}

QString valueText(const WatchRow &row)
{
    const live::WatchResult &result = row.result;
    if (result.state == live::ResultState::Error && result.error)
        return toQt(result.error->why.empty() ? result.error->what : result.error->why);
    if (result.state == live::ResultState::Unreadable)
        return row.value.isEmpty() ? QStringLiteral("??") : row.value;
    return row.value;
}

QString detailsOf(const WatchRow &row, const live::History &history)
{
    const live::WatchResult &result = row.result;
    QStringList lines{row.item.expression};
    if (!row.value.isEmpty() && result.value)
        lines << QStringLiteral("%1%2").arg(
            toQt(result.value->typeName),
            result.value->address ? QStringLiteral(" at ") + toQt(hex(*result.value->address)) : QString());
    if (result.error)
        lines << toQt(result.error->message());
    if (result.state == live::ResultState::Torn)
        lines << QStringLiteral("It changed between all reads of one tick: the value may mix two moments.");
    if (result.value && !result.value->list.complete())
        lines << toQt(result.value->list.reason());
    if (row.lastGoodTime != std::chrono::system_clock::time_point{}) {
        const QString confirmed = result.state == live::ResultState::Value && result.latency.count() > 0
                                      ? QStringLiteral(", confirmed %1 later").arg(durationOf(result.latency))
                                      : QString();
        if (row.isStale())
            lines << QStringLiteral("last read at %1: %2").arg(clockText(row.lastGoodTime), row.lastGood);
        else
            lines << QStringLiteral("read at %1%2").arg(clockText(row.lastGoodTime), confirmed);
    }
    if (row.isNumber() && history.minimum() && history.maximum())
        lines << QStringLiteral("from %1 to %2")
                     .arg(scalarText(*history.minimum(), result.value->isSigned, row.item.style),
                          scalarText(*history.maximum(), result.value->isSigned, row.item.style));
    if (!row.previous.isEmpty())
        lines << QStringLiteral("before: %1").arg(row.previous);
    if (history.samples())
        lines << QStringLiteral("%1 changes in %2 samples").arg(history.changes()).arg(history.samples());
    if (!row.item.condition.isEmpty())
        lines
            << (result.conditionError
                    ? QStringLiteral("lit when %1: %2").arg(row.item.condition, toQt(result.conditionError->message()))
                    : QStringLiteral("lit when %1").arg(row.item.condition));
    if (!row.lastAdded.empty())
        lines << membersText("came", row.lastAdded);
    if (!row.lastRemoved.empty())
        lines << membersText("went", row.lastRemoved);
    return lines.join(QLatin1Char('\n'));
}

QString costText(std::size_t watches, const live::TickCost &cost, double share)
{
    if (watches == 0)
        return {};
    const double latency = std::chrono::duration<double, std::milli>(cost.latency).count();
    return QStringLiteral("%1 %2 · %3 %4 · %5 · %6 ms · CPU %7 %")
        .arg(watches)
        .arg(QLatin1String(watches == 1 ? "watch" : "watches"))
        .arg(cost.reads.calls)
        .arg(QLatin1String(cost.reads.calls == 1 ? "read" : "reads"))
        .arg(toQt(sizeText(cost.reads.bytes)))
        .arg(latency, 0, 'f', latency < 1 ? 2 : 1)
        .arg(share * 100, 0, 'f', 1);
}

} // namespace ks::ui
