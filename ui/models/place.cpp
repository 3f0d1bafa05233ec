#include "ui/models/place.h"

namespace ks::ui {

QString jsonAddress(std::uint64_t value) { return QString::fromStdString(hex(value)); }

std::optional<std::uint64_t> addressFromJson(const QJsonValue &value)
{
    return value.isString() ? parseNumber(value.toString().toStdString()) : std::nullopt;
}

QString Place::text() const
{
    if (symbol.isEmpty())
        return QString::fromStdString(hex(address));
    return offset ? QStringLiteral("%1+0x%2").arg(symbol).arg(offset, 0, 16) : symbol;
}

QJsonObject Place::toJson() const
{
    QJsonObject object{{QStringLiteral("address"), jsonAddress(address.value)}};
    if (!symbol.isEmpty()) {
        object[QStringLiteral("symbol")] = symbol;
        object[QStringLiteral("offset")] = jsonAddress(offset);
    }
    return object;
}

std::optional<Place> Place::fromJson(const QJsonObject &object)
{
    Place place;
    place.symbol = object[QStringLiteral("symbol")].toString();
    const auto address = addressFromJson(object[QStringLiteral("address")]);
    if (!address && place.symbol.isEmpty())
        return std::nullopt;
    place.address = VirtAddr(address.value_or(0));
    place.offset = addressFromJson(object[QStringLiteral("offset")]).value_or(0);
    return place;
}

Place placeOf(const Session &session, VirtAddr address)
{
    Place place;
    place.address = address;
    if (const auto hit = session.symbols().lookup(address)) {
        SymbolHit start = *hit;
        start.offset = 0;
        place.symbol = QString::fromStdString(toString(start));
        place.offset = hit->offset;
    }
    return place;
}

std::optional<VirtAddr> resolve(const Session &session, const Place &place)
{
    if (place.symbol.isEmpty())
        return place.address;
    const auto found = session.symbols().find(place.symbol.toStdString());
    if (found.empty())
        return std::nullopt;
    // Static names repeat: the one that stood where the place was noted, moved by KASLR, keeps its low 21 bits
    // (the kernel image moves by multiples of CONFIG_PHYSICAL_ALIGN, 2 MiB).
    constexpr std::uint64_t kImageAlignment = 0x1fffff;
    for (const Symbol &symbol : found)
        if (((symbol.address.value + place.offset) & kImageAlignment) == (place.address.value & kImageAlignment))
            return symbol.address + place.offset;
    return found.front().address + place.offset;
}

} // namespace ks::ui
