#include "ui/models/watch_subject.h"

#include "core/values/expression.h"

#include <algorithm>

namespace ks::ui {

namespace {

constexpr int kMaxDepth = 16;

/// The path from an object down to the innermost member that holds all of `bytes`, which count from its start.
QString innermost(const Type &type, std::uint64_t first, std::uint64_t last, int depth)
{
    const Type bare = type.definition();
    if (depth == 0)
        return {};
    if (bare.isRecord()) {
        for (const Member &member : bare.node().members) {
            const Type inner = bare.memberType(member);
            const std::uint64_t start = member.bitOffset / 8;
            const std::uint64_t size =
                member.isBitfield() ? (member.bitOffset % 8 + member.bitSize + 7) / 8 : inner.size();
            if (first < start || size == 0 || last - start >= size)
                continue;
            const QString name = QString::fromStdString(member.name);
            const QString rest =
                member.isBitfield() ? QString() : innermost(inner, first - start, last - start, depth - 1);
            return name.isEmpty() ? rest : QLatin1Char('.') + name + rest;
        }
        return {};
    }
    if (bare.kind() != TypeKind::Array)
        return {};
    const Type element = bare.target();
    const std::uint64_t size = element.size();
    // Text is one thing.
    if (size == 0 || first / size != last / size || element.stripped().kind() == TypeKind::Character)
        return {};
    const std::uint64_t index = first / size;
    return QStringLiteral("[%1]").arg(index) + innermost(element, first % size, last % size, depth - 1);
}

QString bytesAt(const QString &address, std::uint64_t size)
{
    const char *type = size == 1   ? "unsigned char"
                       : size == 2 ? "unsigned short"
                       : size == 4 ? "unsigned int"
                                   : "unsigned long";
    if (size == 1 || size == 2 || size == 4 || size == 8)
        return QStringLiteral("*(%1 *)%2").arg(QLatin1String(type), address);
    return QStringLiteral("*(unsigned char (*)[%1])%2").arg(size).arg(address);
}

} // namespace

QString memberOf(const QString &object, const QString &path)
{
    if (path.isEmpty())
        return object;
    const bool isPlain = std::all_of(object.begin(), object.end(), [](QChar c) {
        return c.isLetterOrNumber() || QStringLiteral("_:.[]").contains(c);
    });
    const QString subject = isPlain ? object : QStringLiteral("(%1)").arg(object);
    return path.startsWith(QLatin1Char('[')) || path.startsWith(QLatin1Char('.')) ? subject + path
                                                                                  : subject + QLatin1Char('.') + path;
}

QString expressionFor(const Session &session, const AddrRange &bytes)
{
    const bool isPlace = bytes.first == bytes.last;
    const auto hit = session.symbols().lookup(bytes.first);
    if (hit && hit->symbol.kind != SymbolKind::Function && hit->symbol.kind != SymbolKind::Other) {
        SymbolHit start = *hit;
        start.offset = 0;
        const QString name = QString::fromStdString(toString(start));
        const auto value = evaluate(session.context(), name.toStdString());
        const std::uint64_t last = hit->offset + (bytes.last - bytes.first);
        if (value && value->address() == hit->symbol.address && last < value->type().size())
            return memberOf(name, innermost(value->type(), hit->offset, last, kMaxDepth));
    }
    const VirtAddr first = isPlace ? bytes.first.alignedDown(8) : bytes.first;
    const std::uint64_t size = isPlace ? 8 : bytes.size();
    QString address = QString::fromStdString(hex(first));
    if (const auto near = session.symbols().lookup(first)) {
        SymbolHit start = *near;
        start.offset = 0;
        const QString name = QStringLiteral("&%1").arg(QString::fromStdString(toString(start)));
        const auto base = evaluate(session.context(), name.toStdString());
        // Two symbols may have one name; only the one that is meant will do.
        if (base && base->scalar() == near->symbol.address.value)
            address =
                near->offset ? QStringLiteral("((unsigned long)%1 + 0x%2)").arg(name).arg(near->offset, 0, 16) : name;
    }
    return bytesAt(address, size);
}

} // namespace ks::ui
