#include "ui/models/diff_export.h"

#include "ui/models/csv.h"
#include "ui/models/place.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace ks::ui {

namespace {

QString fateName(ObjectFate fate)
{
    switch (fate) {
    case ObjectFate::Changed: return QStringLiteral("changed");
    case ObjectFate::Appeared: return QStringLiteral("appeared");
    case ObjectFate::Gone: return QStringLiteral("gone");
    }
    return {};
}

QString addressOrNothing(const std::optional<VirtAddr> &address)
{
    return address ? jsonAddress(address->value) : QString();
}

QJsonValue textOrNull(const QString &text) { return text.isEmpty() ? QJsonValue() : QJsonValue(text); }

template <class Visit>
void forEachEntry(const DiffModel &model, Visit visit)
{
    for (const DiffGroup group : model.groups())
        for (const DiffEntry &entry : model.entries(group))
            visit(entry);
}

} // namespace

QByteArray diffAsCsv(const DiffModel &model)
{
    QString csv = QStringLiteral("group,fate,name,pid,path,before,after,delta,address_before,address_after,size\r\n");
    forEachEntry(model, [&](const DiffEntry &entry) {
        const auto line = [&](const DiffLeaf &leaf) {
            QStringList fields{title(entry.group),
                               fateName(entry.fate),
                               entry.name,
                               entry.pid ? QString::number(*entry.pid) : QString(),
                               leaf.path,
                               leaf.before,
                               leaf.after,
                               leaf.delta,
                               addressOrNothing(entry.before),
                               addressOrNothing(entry.after),
                               entry.size ? QString::number(entry.size) : QString()};
            for (QString &field : fields)
                field = csvField(field);
            csv += fields.join(QLatin1Char(',')) + QStringLiteral("\r\n");
        };
        for (const DiffLeaf &leaf : entry.leaves)
            line(leaf);
        if (entry.leaves.empty())
            line({});
    });
    for (const QString &cut : model.cuts())
        csv += QStringLiteral("cut,,%1,,,,,,,,\r\n").arg(csvField(cut));
    return csv.toUtf8();
}

QByteArray diffAsJson(const DiffModel &model)
{
    QJsonArray array;
    forEachEntry(model, [&](const DiffEntry &entry) {
        QJsonArray changes;
        for (const DiffLeaf &leaf : entry.leaves)
            changes.append(QJsonObject{{QStringLiteral("path"), leaf.path},
                                       {QStringLiteral("before"), leaf.before},
                                       {QStringLiteral("after"), leaf.after},
                                       {QStringLiteral("delta"), textOrNull(leaf.delta)}});
        QJsonObject object{{QStringLiteral("group"), title(entry.group)},
                           {QStringLiteral("fate"), fateName(entry.fate)},
                           {QStringLiteral("name"), entry.name},
                           {QStringLiteral("address_before"), textOrNull(addressOrNothing(entry.before))},
                           {QStringLiteral("address_after"), textOrNull(addressOrNothing(entry.after))},
                           {QStringLiteral("changes"), changes},
                           {QStringLiteral("more"), entry.more}};
        if (entry.pid)
            object[QStringLiteral("pid")] = static_cast<qint64>(*entry.pid);
        if (entry.group == DiffGroup::Bytes) {
            object[QStringLiteral("segment")] = entry.segment;
            object[QStringLiteral("size")] = jsonAddress(entry.size);
        }
        array.append(object);
    });
    for (const QString &cut : model.cuts())
        array.append(QJsonObject{{QStringLiteral("group"), QStringLiteral("cut")},
                                 {QStringLiteral("name"), cut},
                                 {QStringLiteral("changes"), QJsonArray()}});
    return QJsonDocument(array).toJson();
}

QString diffAsText(const QModelIndexList &rows)
{
    QStringList lines;
    for (const QModelIndex &row : rows) {
        QStringList fields;
        for (int column = 0; column < DiffModel::ColumnCount; ++column)
            fields << row.siblingAtColumn(column).data().toString();
        // A member's row has its object's name above it.
        if (fields.first().isEmpty())
            fields.first() = row.parent().data().toString();
        lines << fields.join(QLatin1Char('\t'));
    }
    return lines.join(QLatin1Char('\n'));
}

} // namespace ks::ui
