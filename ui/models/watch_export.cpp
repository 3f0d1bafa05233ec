#include "ui/models/watch_export.h"

#include "ui/models/csv.h"
#include "ui/models/place.h"
#include "ui/models/watch_text.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace ks::ui {

namespace {

QString isoTime(std::chrono::system_clock::time_point time)
{
    using namespace std::chrono;
    return QDateTime::fromMSecsSinceEpoch(duration_cast<milliseconds>(time.time_since_epoch()).count(), Qt::UTC)
        .toString(Qt::ISODateWithMs);
}

QString groupOf(const WatchModel &model, const QModelIndex &index)
{
    return model.data(index.parent(), Qt::DisplayRole).toString();
}

QString decimal(std::uint64_t scalar, bool isSigned) { return scalarText(scalar, isSigned, ValueStyle::Decimal); }

QJsonValue numberOrNull(std::optional<std::uint64_t> value)
{
    return value ? QJsonValue(jsonAddress(*value)) : QJsonValue();
}

} // namespace

QByteArray watchesAsCsv(const WatchModel &model)
{
    QString csv = QStringLiteral("group,expression,time,number,changed,gap,state,text\r\n");
    for (const QModelIndex &index : model.watches()) {
        const WatchRow &row = *model.rowAt(index);
        const live::History &history = model.historyAt(index);
        const QString head =
            csvField(groupOf(model, index)) + QLatin1Char(',') + csvField(row.item.expression) + QLatin1Char(',');
        const auto line = [&](std::chrono::system_clock::time_point time, std::optional<std::uint64_t> scalar,
                              bool isSigned, bool changed, bool gap, const char *state, const QString &text) {
            csv += head + isoTime(time) + QLatin1Char(',') + (scalar ? decimal(*scalar, isSigned) : QString()) +
                   QStringLiteral(",%1,%2,%3,").arg(changed).arg(gap).arg(QLatin1String(state)) + csvField(text) +
                   QStringLiteral("\r\n");
        };
        const live::WatchResult &result = row.result;
        const bool isCurrent = !history.points().empty() && history.points().back().wall == result.time &&
                               result.state == live::ResultState::Value;
        for (std::size_t i = 0; i < history.points().size(); ++i) {
            const live::HistoryPoint &point = history.points()[i];
            if (isCurrent && i + 1 == history.points().size())
                break;
            line(point.wall, point.scalar, history.isSigned(), point.changed, point.afterGap, "value", {});
        }
        if (result.state == live::ResultState::Pending)
            continue;
        line(result.time, result.value ? result.value->scalar : std::nullopt, result.value && result.value->isSigned,
             result.changed, isCurrent && history.points().back().afterGap, live::name(result.state), valueText(row));
    }
    return csv.toUtf8();
}

QByteArray watchesAsJson(const WatchModel &model)
{
    QJsonArray array;
    for (const QModelIndex &index : model.watches()) {
        const WatchRow &row = *model.rowAt(index);
        const live::WatchResult &result = row.result;
        const live::History &history = model.historyAt(index);
        QJsonArray points;
        for (const live::HistoryPoint &point : history.points())
            points.append(QJsonObject{{QStringLiteral("time"), isoTime(point.wall)},
                                      {QStringLiteral("number"), numberOrNull(point.scalar)},
                                      {QStringLiteral("changed"), point.changed},
                                      {QStringLiteral("gap"), point.afterGap}});
        QJsonObject object{
            {QStringLiteral("group"), groupOf(model, index)},
            {QStringLiteral("expression"), row.item.expression},
            {QStringLiteral("format"), QLatin1String(name(row.item.style))},
            {QStringLiteral("state"), QLatin1String(live::name(result.state))},
            {QStringLiteral("changes"), static_cast<qint64>(history.changes())},
            {QStringLiteral("samples"), static_cast<qint64>(history.samples())},
            {QStringLiteral("minimum"), numberOrNull(history.minimum())},
            {QStringLiteral("maximum"), numberOrNull(history.maximum())},
            {QStringLiteral("signed"), history.isSigned()},
            {QStringLiteral("history"), points},
        };
        if (!row.item.condition.isEmpty())
            object[QStringLiteral("condition")] = row.item.condition;
        if (result.holds)
            object[QStringLiteral("holds")] = *result.holds;
        if (result.error)
            object[QStringLiteral("error")] = QString::fromStdString(result.error->message());
        if (result.state != live::ResultState::Pending)
            object[QStringLiteral("time")] = isoTime(result.time);
        if (result.value) {
            object[QStringLiteral("value")] = row.value;
            object[QStringLiteral("type")] = QString::fromStdString(result.value->typeName);
            if (result.value->address)
                object[QStringLiteral("address")] = jsonAddress(result.value->address->value);
        }
        array.append(object);
    }
    return QJsonDocument(array).toJson();
}

QString watchesAsText(const WatchModel &model, const QModelIndexList &indexes)
{
    QStringList lines;
    for (const QModelIndex &index : indexes)
        if (const WatchRow *row = model.rowAt(index))
            lines << row->item.expression + QLatin1Char('\t') + valueText(*row);
    return lines.join(QLatin1Char('\n'));
}

} // namespace ks::ui
