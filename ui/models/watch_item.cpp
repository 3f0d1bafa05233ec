#include "ui/models/watch_item.h"

namespace ks::ui {

namespace {

constexpr QLatin1String kList("list ");

std::string part(QStringView text) { return text.trimmed().toString().toStdString(); }

live::ListWatch listOf(const QString &expression)
{
    const QStringView rest = QStringView(expression).trimmed().mid(kList.size());
    const qsizetype member = rest.lastIndexOf(QLatin1Char(','));
    const qsizetype type = member > 0 ? rest.lastIndexOf(QLatin1Char(','), member - 1) : -1;
    live::ListWatch watch;
    watch.head = part(type < 0 ? rest : rest.left(type));
    if (type >= 0) {
        watch.type = part(rest.mid(type + 1, member - type - 1));
        watch.member = part(rest.mid(member + 1));
    }
    return watch;
}

} // namespace

bool isList(const QString &expression) { return QStringView(expression).trimmed().startsWith(kList); }

live::Subscription subscriptionOf(const WatchItem &item)
{
    live::Subscription subscription;
    if (isList(item.expression))
        subscription.what = listOf(item.expression);
    else
        subscription.what = live::ExpressionWatch{
            .expression = item.expression.trimmed().toStdString(), .format = live::kLineFormat, .style = item.style};
    subscription.period = periodOf(item);
    subscription.condition = item.condition.toStdString();
    return subscription;
}

std::optional<std::chrono::nanoseconds> periodOf(const WatchItem &item)
{
    if (!item.rateHz)
        return std::nullopt;
    const auto period = live::periodOfRate(*item.rateHz);
    return period ? std::optional(*period) : std::nullopt;
}

} // namespace ks::ui
