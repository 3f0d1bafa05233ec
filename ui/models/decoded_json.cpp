#include "ui/models/decoded_json.h"

#include "core/base/address.h"

#include <QJsonArray>
#include <QJsonObject>

namespace ks::ui {

namespace {

QString text(const std::string &bytes) { return QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size())); }

/// JSON's numbers are exact up to 2^53 only.
constexpr std::uint64_t kExact = std::uint64_t{1} << 53;

struct Converter {
    QJsonValue operator()(const Decoded::Unreadable &value) const
    {
        return QJsonObject{{QStringLiteral("unreadable"), QString::fromLatin1(name(value.state.status))},
                           {QStringLiteral("address"), text(hex(value.address))}};
    }
    QJsonValue operator()(std::uint64_t value) const
    {
        return value <= kExact ? QJsonValue(static_cast<qint64>(value)) : QJsonValue(text(hex(value)));
    }
    QJsonValue operator()(std::int64_t value) const
    {
        const std::uint64_t magnitude =
            value < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
        return magnitude <= kExact ? QJsonValue(static_cast<qint64>(value))
                                   : QJsonValue(text(hex(static_cast<std::uint64_t>(value))));
    }
    QJsonValue operator()(bool value) const { return value ? 1 : 0; }
    QJsonValue operator()(double value) const { return value; }
    QJsonValue operator()(const std::string &value) const { return text(value); }
    QJsonValue operator()(const Decoded::Pointer &value) const { return text(hex(value.value)); }
    QJsonValue operator()(const Decoded::EnumValue &value) const
    {
        return value.name.empty() ? QJsonValue(static_cast<qint64>(value.value)) : QJsonValue(text(value.name));
    }
    QJsonValue operator()(const Decoded::Record &value) const
    {
        QJsonObject object;
        for (const auto &[member, child] : value.members)
            object[text(member)] = decodedToJson(child);
        return object;
    }
    QJsonValue operator()(const Decoded::Array &value) const
    {
        QJsonArray array;
        for (const Decoded &element : value.elements)
            array.append(decodedToJson(element));
        return array;
    }
    QJsonValue operator()(const Decoded::Broken &value) const
    {
        return QJsonObject{{QStringLiteral("broken"), text(value.why)}};
    }
};

} // namespace

QJsonValue decodedToJson(const Decoded &value) { return std::visit(Converter{}, value.data); }

} // namespace ks::ui
