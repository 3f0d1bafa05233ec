#include "ui/models/readings.h"

#include "ui/models/torn.h"

#include <QDateTime>
#include <QTimeZone>

#include <array>

namespace ks::ui {

namespace {

// Moments that somebody may mean: 1990 to 2100.
constexpr std::uint64_t kMomentFirst = 631152000;
constexpr std::uint64_t kMomentLast = 4102444800;
constexpr std::uint64_t kNanoseconds = 1000000000;
// Durations: a millisecond to ten years of uptime.
constexpr std::uint64_t kDurationFirst = kNanoseconds / 1000;
constexpr std::uint64_t kDurationLast = kNanoseconds * 3600 * 24 * 3652;

struct Bytes {
    std::array<std::uint8_t, 8> value{};
    unsigned present = 0; ///< leading bytes that were read
    QString why;          ///< why the next one was not
};

Bytes bytesAt(const HexContent &content, VirtAddr address)
{
    Bytes bytes;
    for (; bytes.present < bytes.value.size(); ++bytes.present) {
        const VirtAddr at = address + bytes.present;
        if (at < address) {
            bytes.why = QStringLiteral("beyond the last address");
            break;
        }
        const auto byte = content.at(at);
        if (!byte.present()) {
            bytes.why = byte.read ? QString::fromStdString(byte.state.reason()) : QStringLiteral("not read yet");
            break;
        }
        bytes.value[bytes.present] = byte.value;
    }
    return bytes;
}

std::uint64_t number(const Bytes &bytes, unsigned size)
{
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i)
        value |= std::uint64_t{bytes.value[i]} << 8 * i;
    return value;
}

QString utc(std::uint64_t seconds)
{
    return QDateTime::fromSecsSinceEpoch(static_cast<qint64>(seconds), QTimeZone::utc())
        .toString(QStringLiteral("yyyy-MM-dd HH:mm:ss 'UTC'"));
}

QString character(std::uint8_t value)
{
    if (value >= 0x20 && value < 0x7f)
        return QStringLiteral("'%1'").arg(QLatin1Char(static_cast<char>(value)));
    return QStringLiteral("'\\x%1'").arg(value, 2, 16, QLatin1Char('0'));
}

QString binary(std::uint8_t value)
{
    const QString bits = QStringLiteral("%1").arg(value, 8, 2, QLatin1Char('0'));
    return bits.left(4) + QLatin1Char(' ') + bits.mid(4);
}

} // namespace

QString timeText(std::uint64_t value)
{
    if (value >= kMomentFirst && value < kMomentLast)
        return utc(value);
    if (value / kNanoseconds >= kMomentFirst && value / kNanoseconds < kMomentLast)
        return utc(value / kNanoseconds);
    if (value >= kDurationFirst && value < kDurationLast)
        return QStringLiteral("%1.%2 s as ns")
            .arg(value / kNanoseconds)
            .arg(value % kNanoseconds / 1000, 6, 10, QLatin1Char('0'));
    return QStringLiteral("—");
}

std::vector<Reading> readingsOf(const HexContent &content, VirtAddr address, const HexTarget &target)
{
    const Bytes bytes = bytesAt(content, address);
    std::vector<Reading> readings;
    const auto add = [&](const char *label, unsigned size, auto text) {
        Reading reading{.label = QString::fromUtf8(label)};
        if (bytes.present < size) {
            reading.value = QStringLiteral("??");
            reading.why = bytes.why;
        } else {
            reading.value = text(number(bytes, size));
            reading.torn = size > 1 && content.isTorn({address, address + (size - 1)});
            if (reading.torn)
                reading.why = tornReason();
        }
        readings.push_back(std::move(reading));
    };
    add("pointer", 8, [&](std::uint64_t v) {
        if (!target.isPointer(v))
            return QStringLiteral("—");
        const QString symbol = target.symbolText(VirtAddr(v));
        return symbol.isEmpty() ? QStringLiteral("0x") + addressText(VirtAddr(v)) : symbol;
    });
    if (bytes.present == 8 && target.isPointer(number(bytes, 8)))
        readings.back().pointer = VirtAddr(number(bytes, 8));
    add("u64", 8, [](std::uint64_t v) { return QString::number(v); });
    add("i64", 8, [](std::uint64_t v) { return QString::number(static_cast<std::int64_t>(v)); });
    add("hex", 8, [](std::uint64_t v) { return QStringLiteral("0x%1").arg(v, 0, 16); });
    add("u32 · i32", 4,
        [](std::uint64_t v) { return QStringLiteral("%1 · %2").arg(v).arg(static_cast<std::int32_t>(v)); });
    add("u16 · i16", 2,
        [](std::uint64_t v) { return QStringLiteral("%1 · %2").arg(v).arg(static_cast<std::int16_t>(v)); });
    add("u8 · char", 1,
        [](std::uint64_t v) { return QStringLiteral("%1 · %2").arg(v).arg(character(static_cast<std::uint8_t>(v))); });
    add("binary", 1, [](std::uint64_t v) { return binary(static_cast<std::uint8_t>(v)); });
    add("time", 8, [](std::uint64_t v) { return timeText(v); });
    return readings;
}

} // namespace ks::ui
