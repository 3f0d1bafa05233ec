#include "ui/models/copy_format.h"

#include <QByteArray>
#include <QStringList>

namespace ks::ui {

namespace {

constexpr CopyFormat kFormats[] = {CopyFormat::Hex,          CopyFormat::Dump,    CopyFormat::CArray,
                                   CopyFormat::CInitializer, CopyFormat::Python,  CopyFormat::Base64,
                                   CopyFormat::Text,         CopyFormat::Address, CopyFormat::SymbolOffset};
constexpr std::size_t kLine = 16;

QString digits(std::uint8_t value)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    const QChar text[] = {QLatin1Char(kDigits[value >> 4]), QLatin1Char(kDigits[value & 15])};
    return QString(text, 2);
}

std::uint8_t byteAt(const MemoryBlock &block, std::size_t index)
{
    return std::to_integer<std::uint8_t>(block.bytes()[index]);
}

bool presentAt(const MemoryBlock &block, std::size_t index)
{
    return block.allPresent() || block.stateAt(block.address() + index).present();
}

// `per` items a line, `item(index)` each.
template <class Item>
QString lines(std::size_t count, std::size_t per, const QString &separator, const QString &lineEnd, Item item)
{
    QString text;
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0)
            text += i % per == 0 ? lineEnd : separator;
        text += item(i);
    }
    return text;
}

QString character(const MemoryBlock &block, std::size_t index)
{
    if (!presentAt(block, index))
        return QStringLiteral("?");
    const std::uint8_t value = byteAt(block, index);
    return value >= 0x20 && value < 0x7f ? QString(QLatin1Char(static_cast<char>(value))) : QStringLiteral(".");
}

QString dump(const MemoryBlock &block)
{
    QString text;
    for (std::size_t start = 0; start < block.size(); start += kLine) {
        const std::size_t end = std::min(start + kLine, block.size());
        QString cells, characters;
        for (std::size_t i = start; i < end; ++i) {
            cells += (presentAt(block, i) ? digits(byteAt(block, i)) : QStringLiteral("??")) + QLatin1Char(' ');
            characters += character(block, i);
        }
        text += QStringLiteral("%1  %2 %3\n")
                    .arg(addressText(block.address() + start), cells.leftJustified(3 * kLine), characters);
    }
    return text;
}

// A C identifier for the array: "init_task_0x20", "mem_ffff888000000000".
QString identifier(VirtAddr address, const HexTarget &target)
{
    const auto hit = target.symbol(address);
    QString name = QStringLiteral("mem_") + addressText(address);
    if (hit) {
        name = QString::fromUtf8(hit->symbol.name.data(), static_cast<qsizetype>(hit->symbol.name.size()));
        if (hit->offset != 0)
            name += QStringLiteral("_0x%1").arg(hit->offset, 0, 16);
    }
    for (QChar &c : name)
        if (!(c.isLetterOrNumber() && c.unicode() < 0x80) && c != QLatin1Char('_'))
            c = QLatin1Char('_');
    return name;
}

QString cList(const MemoryBlock &block)
{
    const QString items = lines(block.size(), kLine, QStringLiteral(", "), QStringLiteral(",\n    "),
                                [&](std::size_t i) { return QStringLiteral("0x") + digits(byteAt(block, i)); });
    return block.size() > kLine ? QStringLiteral("{\n    %1,\n}").arg(items) : QStringLiteral("{ %1 }").arg(items);
}

QString python(const MemoryBlock &block)
{
    const auto item = [&](std::size_t i) { return QStringLiteral("\\x") + digits(byteAt(block, i)); };
    if (block.size() <= kLine)
        return QStringLiteral("b\"%1\"").arg(lines(block.size(), kLine, {}, {}, item));
    return QStringLiteral("(\n    b\"%1\"\n)").arg(lines(block.size(), kLine, {}, QStringLiteral("\"\n    b\""), item));
}

} // namespace

std::span<const CopyFormat> copyFormats() { return kFormats; }

QString displayName(CopyFormat format)
{
    switch (format) {
    case CopyFormat::Hex: return QStringLiteral("Hex");
    case CopyFormat::Dump: return QStringLiteral("Hex dump");
    case CopyFormat::CArray: return QStringLiteral("C array");
    case CopyFormat::CInitializer: return QStringLiteral("C initialiser");
    case CopyFormat::SymbolOffset: return QStringLiteral("Symbol + offset");
    case CopyFormat::Address: return QStringLiteral("Address");
    case CopyFormat::Python: return QStringLiteral("Python bytes");
    case CopyFormat::Base64: return QStringLiteral("Base64");
    case CopyFormat::Text: return QStringLiteral("Text");
    }
    return {};
}

Result<QString> copyAs(CopyFormat format, const MemoryBlock &block, const HexTarget &target)
{
    switch (format) {
    case CopyFormat::Hex:
        return lines(block.size(), kLine, QStringLiteral(" "), QStringLiteral("\n"), [&](std::size_t i) {
            return presentAt(block, i) ? digits(byteAt(block, i)) : QStringLiteral("??");
        });
    case CopyFormat::Dump: return dump(block);
    case CopyFormat::Text:
        return lines(block.size(), block.size(), {}, {}, [&](std::size_t i) { return character(block, i); });
    case CopyFormat::Address: return QStringLiteral("0x%1").arg(block.address().value, 0, 16);
    case CopyFormat::SymbolOffset: {
        const QString symbol = target.symbolText(block.address());
        if (symbol.isEmpty())
            return fail(ErrorCode::NotFound, hex(block.address()), "no symbol holds this address");
        return symbol;
    }
    default: break;
    }
    if (const auto missing = block.firstMissing(block.address(), block.size()))
        return fail(ErrorCode::Unreadable, hex(missing->range.first), missing->state.reason(),
                    "copy as hex, which can show ??");
    switch (format) {
    case CopyFormat::CArray:
        return QStringLiteral("static const unsigned char %1[%2] = %3;\n")
            .arg(identifier(block.address(), target))
            .arg(block.size())
            .arg(cList(block));
    case CopyFormat::CInitializer: return cList(block);
    case CopyFormat::Python: return python(block);
    case CopyFormat::Base64:
        return QString::fromLatin1(
            QByteArray(reinterpret_cast<const char *>(block.bytes().data()), static_cast<qsizetype>(block.size()))
                .toBase64());
    default: break;
    }
    return fail(ErrorCode::Unsupported, "copy", "not a format");
}

} // namespace ks::ui
