#include "ui/models/search_text.h"

#include "core/search/explain.h"
#include "ui/models/place.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace ks::ui {

namespace {

QString toQt(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

/// RFC 4180.
QString csvField(QString text)
{
    if (!text.contains(QLatin1Char(',')) && !text.contains(QLatin1Char('"')))
        return text;
    return QLatin1Char('"') + text.replace(QLatin1Char('"'), QStringLiteral("\"\"")) + QLatin1Char('"');
}

QString segmentName(const Session &session, VirtAddr address)
{
    const Segment *segment = session.segments().find(address);
    return segment ? QLatin1String(name(segment->kind)) : QString();
}

QString decimal(const ScanType &type, std::uint64_t value)
{
    if (!type.isSigned)
        return QString::number(value);
    const unsigned shift = 64 - 8 * type.width;
    return QString::number(static_cast<qlonglong>(value << shift) >> shift);
}

} // namespace

QString placeText(const Session &session, VirtAddr address, const std::string &slab)
{
    const Explanation here = explain(address, session.segments(), session.symbols(), session.modules());
    if (here.symbol)
        return toQt(toString(*here.symbol));
    if (!here.module.empty())
        return QStringLiteral("[%1]").arg(toQt(here.module));
    if (!slab.empty())
        return toQt(slab);
    if (!here.segment || !here.segment->load.phys)
        return {};
    return QStringLiteral("phys %1").arg(toQt(hex(*here.segment->load.phys + (address - here.segment->range().first))));
}

QString numberText(const Session &session, const SearchForm &form, const ScanType &type, std::uint64_t value)
{
    if (form.kind == SearchKind::Pointer) {
        const QString target = placeText(session, VirtAddr(value));
        return toQt(hex(value)) + (target.isEmpty() ? QString() : QStringLiteral(" → ") + target);
    }
    const QString text = decimal(type, value);
    return text.size() == 1 ? text : QStringLiteral("%1 · %2").arg(text, toQt(hex(value)));
}

QString charactersOf(std::span<const std::byte> bytes, const SearchForm &form)
{
    const bool isWide = form.encoding == TextEncoding::Utf16Le || form.encoding == TextEncoding::Utf16Be;
    if (form.kind == SearchKind::Strings && !isWide) {
        // What was cut in the middle of a character is shown as far as it goes.
        return QString::fromUtf8(reinterpret_cast<const char *>(bytes.data()), static_cast<qsizetype>(bytes.size()));
    }
    QString text;
    for (const std::byte byte : bytes) {
        const auto c = std::to_integer<unsigned char>(byte);
        if (form.kind == SearchKind::Strings && c == 0)
            continue;
        text += c >= 0x20 && c < 0x7f ? QChar(c) : QChar(u'·');
    }
    return text;
}

QString hexText(std::span<const std::byte> bytes)
{
    return QString::fromLatin1(
        QByteArray::fromRawData(reinterpret_cast<const char *>(bytes.data()), static_cast<qsizetype>(bytes.size()))
            .toHex(' '));
}

QByteArray searchAsCsv(const Session &session, const SearchForm &form, const ScanType &type,
                       std::span<const SearchRow> rows)
{
    QByteArray csv("address,segment,place,value,found,bytes\r\n");
    for (const SearchRow &row : rows) {
        const bool isNumber = form.isNumeric();
        const QString value = form.kind == SearchKind::Pointer ? toQt(hex(row.value))
                              : isNumber                       ? decimal(type, row.value)
                                                               : charactersOf(row.match(), form);
        const QString found = form.kind == SearchKind::Pointer ? toQt(hex(row.found))
                              : isNumber                       ? decimal(type, row.found)
                                                               : QString();
        const QStringList fields{toQt(hex(row.address)),
                                 segmentName(session, row.address),
                                 csvField(placeText(session, row.address, row.slab)),
                                 csvField(value),
                                 found,
                                 hexText(row.match()).remove(QLatin1Char(' '))};
        csv += fields.join(QLatin1Char(',')).toUtf8() + "\r\n";
    }
    return csv;
}

QByteArray searchAsJson(const Session &session, const SearchForm &form, const ScanType &,
                        std::span<const SearchRow> rows)
{
    QJsonArray array;
    for (const SearchRow &row : rows) {
        QJsonObject object{{QStringLiteral("address"), jsonAddress(row.address.value)},
                           {QStringLiteral("size"), static_cast<qint64>(row.size)},
                           {QStringLiteral("segment"), segmentName(session, row.address)},
                           {QStringLiteral("place"), placeText(session, row.address, row.slab)},
                           {QStringLiteral("bytes"), hexText(row.match()).remove(QLatin1Char(' '))}};
        if (form.isNumeric()) {
            object[QStringLiteral("value")] = jsonAddress(row.value);
            object[QStringLiteral("found")] = jsonAddress(row.found);
        } else {
            object[QStringLiteral("text")] = charactersOf(row.match(), form);
        }
        array.append(object);
    }
    return QJsonDocument(array).toJson();
}

} // namespace ks::ui
