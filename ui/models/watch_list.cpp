#include "ui/models/watch_list.h"

#include <QJsonObject>

namespace ks::ui {

namespace {

QJsonObject itemToJson(const WatchItem &item)
{
    QJsonObject object{{QStringLiteral("expression"), item.expression}};
    if (item.style != ValueStyle::C)
        object[QStringLiteral("format")] = QLatin1String(name(item.style));
    if (!item.condition.isEmpty())
        object[QStringLiteral("condition")] = item.condition;
    if (item.rateHz)
        object[QStringLiteral("rate_hz")] = *item.rateHz;
    if (item.frozen)
        object[QStringLiteral("frozen")] = true;
    if (item.plotted)
        object[QStringLiteral("plotted")] = true;
    return object;
}

std::optional<WatchItem> itemFromJson(const QJsonObject &object)
{
    WatchItem item;
    item.expression = object[QStringLiteral("expression")].toString();
    if (item.expression.trimmed().isEmpty() || item.expression.size() > kMaxExpression)
        return std::nullopt;
    item.style = parseValueStyle(object[QStringLiteral("format")].toString().toStdString()).value_or(ValueStyle::C);
    item.condition = object[QStringLiteral("condition")].toString().left(kMaxExpression);
    const double rate = object[QStringLiteral("rate_hz")].toDouble();
    if (live::periodOfRate(rate))
        item.rateHz = rate;
    item.frozen = object[QStringLiteral("frozen")].toBool();
    item.plotted = object[QStringLiteral("plotted")].toBool();
    return item;
}

} // namespace

QJsonArray toJson(const WatchList &list)
{
    QJsonArray array;
    for (const WatchEntry &entry : list) {
        if (!entry.isGroup) {
            for (const WatchItem &item : entry.items)
                array.append(itemToJson(item));
            continue;
        }
        QJsonArray items;
        for (const WatchItem &item : entry.items)
            items.append(itemToJson(item));
        array.append(QJsonObject{{QStringLiteral("group"), entry.group}, {QStringLiteral("watches"), items}});
    }
    return array;
}

WatchList watchListFromJson(const QJsonArray &array)
{
    WatchList list;
    std::size_t room = kMaxWatches;
    const auto take = [&](const QJsonValue &value, std::vector<WatchItem> &items) {
        if (room == 0)
            return;
        if (auto item = itemFromJson(value.toObject())) {
            items.push_back(std::move(*item));
            --room;
        }
    };
    for (const QJsonValue &value : array) {
        const QJsonObject object = value.toObject();
        WatchEntry entry;
        entry.group = object[QStringLiteral("group")].toString().left(kMaxExpression);
        entry.isGroup = !entry.group.trimmed().isEmpty();
        if (entry.isGroup)
            for (const QJsonValue &one : object[QStringLiteral("watches")].toArray())
                take(one, entry.items);
        else
            take(value, entry.items);
        if (entry.isGroup ? list.size() < kMaxWatches : !entry.items.empty())
            list.push_back(std::move(entry));
    }
    return list;
}

} // namespace ks::ui
