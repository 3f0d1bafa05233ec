#include "ui/models/hex_text.h"

#include <QStringList>

namespace ks::ui {

namespace {

QString offsetText(std::uint64_t offset) { return QStringLiteral("+%1").arg(offset, 0, 16); }

QString utf8(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

// Names of the symbols that begin within the row, in the order of their addresses.
QStringList symbolsIn(const AddrRange &row, const HexTarget &target)
{
    QStringList names;
    // Backwards, because a symbol is found by any of its bytes; between symbols may be bytes that belong to none.
    for (VirtAddr at = row.last;; at -= 1) {
        const auto hit = target.symbol(at);
        if (hit && !row.contains(hit->symbol.address))
            break;
        if (hit) {
            names.prepend(utf8(hit->symbol.name));
            at = hit->symbol.address;
        }
        if (at == row.first)
            break;
    }
    return names;
}

} // namespace

GutterText gutterOf(const AddrRange &row, const StructOverlay &overlay, const HexTarget &target, bool top)
{
    GutterText text;
    const QStringList symbols = symbolsIn(row, target);
    const auto here = target.symbol(row.first);
    if (const auto laid = overlay.range(); laid && laid->overlaps(row)) {
        if (!symbols.isEmpty() && here && here->offset == 0) {
            text.names = symbols.join(QStringLiteral(", "));
            text.symbolBegins = true;
            return text;
        }
        if (row.first >= overlay.base())
            text.offset = offsetText(row.first - overlay.base());
        text.names = overlay.namesIn(row);
        return text;
    }
    if (!symbols.isEmpty()) {
        text.symbolBegins = here && here->offset == 0;
        text.names = symbols.join(QStringLiteral(", "));
    }
    if (here && here->offset != 0)
        text.offset = offsetText(here->offset);
    if (top && here && text.names.isEmpty()) {
        text.names = utf8(here->symbol.name);
        text.context = true;
    }
    return text;
}

QString cellText(const HexContent &content, VirtAddr cell, const HexOptions &options, const HexTarget &target)
{
    std::uint64_t value = 0;
    for (unsigned i = 0; i < options.group; ++i) {
        const auto byte = content.at(cell + i);
        if (!byte.present())
            return QStringLiteral("??");
        value |= std::uint64_t{byte.value} << 8 * (options.bigEndian ? options.group - 1 - i : i);
    }
    switch (options.format) {
    case HexFormat::Signed: {
        const unsigned unused = 64 - 8 * options.group;
        return QString::number(static_cast<std::int64_t>(value << unused) >> unused);
    }
    case HexFormat::Pointer: {
        if (value == 0)
            return QStringLiteral("0");
        const QString symbol = target.isPointer(value) ? target.symbolText(VirtAddr(value)) : QString();
        return symbol.isEmpty() ? addressText(VirtAddr(value)) : symbol;
    }
    case HexFormat::Unsigned:
    case HexFormat::Hex: break;
    }
    return QString::number(value);
}

int commonPrefixDigits(VirtAddr first, VirtAddr last)
{
    int digits = 0;
    while (digits < 12 && first.value >> (60 - 4 * digits) == last.value >> (60 - 4 * digits))
        ++digits;
    return digits;
}

QString byteToolTip(const HexContent &content, VirtAddr address, const StructOverlay &overlay, const HexTarget &target)
{
    QStringList lines;
    QString place = addressText(address);
    if (const QString symbol = target.symbolText(address); !symbol.isEmpty())
        place += QStringLiteral("  ") + symbol;
    lines << place;
    if (const int member = overlay.memberAt(address); member >= 0) {
        const OverlaySpan &span = overlay.spans()[static_cast<std::size_t>(member)];
        lines << QStringLiteral("%1  +0x%2, %3 bytes").arg(span.name).arg(span.offset, 0, 16).arg(span.size);
    }
    const auto byte = content.at(address);
    if (!byte.read) {
        lines << QStringLiteral("??  not read yet");
    } else if (!byte.state.present()) {
        lines << QStringLiteral("??  ") + QString::fromStdString(byte.state.reason());
    } else if (const auto word = content.word(address.alignedDown(8)); word && target.isPointer(*word)) {
        QString to = QStringLiteral("pointer to 0x%1").arg(*word, 0, 16);
        if (const QString symbol = target.symbolText(VirtAddr(*word)); !symbol.isEmpty())
            to += QStringLiteral("  ") + symbol;
        lines << to;
    }
    if (byte.present() && content.changes().isMarked(address)) {
        const QString base = displayName(content.changes().base());
        if (const auto before = content.changes().baseValue(address))
            lines << QStringLiteral("%1 at the %2").arg(*before, 2, 16, QLatin1Char('0')).arg(base);
        else
            lines << QStringLiteral("changed since the %1").arg(base);
    }
    return lines.join(QLatin1Char('\n'));
}

} // namespace ks::ui
