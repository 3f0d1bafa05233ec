#include "ui/models/object_label.h"

#include <algorithm>

namespace ks::ui {

namespace {

constexpr std::size_t kMaxName = 64;

/// Printable text up to the first NUL; empty when it is none.
QString textAt(const EvalContext &context, VirtAddr address, std::size_t size)
{
    if (!context.memory)
        return {};
    const MemoryBlock block = context.memory->read(address, std::min(size, kMaxName));
    const auto missing = block.firstMissing(address, block.size());
    const std::size_t readable = missing ? missing->range.first - address : block.size();
    QString text;
    for (const std::byte byte : block.bytes().first(std::min(readable, block.size()))) {
        const auto c = std::to_integer<unsigned char>(byte);
        if (c == 0)
            return text;
        if (c < 0x20 || c > 0x7e)
            return {};
        text += QLatin1Char(static_cast<char>(c));
    }
    return readable == block.size() ? text : QString();
}

QString charArray(const EvalContext &context, const Type &record, VirtAddr address, std::string_view memberName)
{
    const auto member = findMember(record, memberName);
    if (!member || member->member.isBitfield())
        return {};
    const Type type = member->type.stripped();
    const VirtAddr at = address + member->bitOffset / 8;
    if (type.kind() == TypeKind::Array && type.target().stripped().kind() == TypeKind::Character)
        return textAt(context, at, type.size());
    if (type.kind() == TypeKind::Pointer && type.target().stripped().kind() == TypeKind::Character) {
        const auto pointer = readValue(context, type, at).scalar();
        return pointer && *pointer ? textAt(context, VirtAddr(*pointer), kMaxName) : QString();
    }
    return {};
}

} // namespace

QString pointeeLabel(const EvalContext &context, const Type &record, VirtAddr address)
{
    // task_struct alone: reading behind every pointer of a screen would cost more than the screen itself.
    return record.kind() == TypeKind::Struct && record.name() == "task_struct"
               ? charArray(context, record, address, "comm")
               : QString();
}

QString objectLabel(const EvalContext &context, const Type &type, VirtAddr address)
{
    const Type record = type.stripped();
    if (!record.isRecord())
        return {};
    QString label = charArray(context, record, address, "comm");
    if (!label.isEmpty()) {
        if (const auto pid = findMember(record, "pid"))
            if (const auto number = readValue(context, pid->type, address + pid->bitOffset / 8).scalar())
                label += QStringLiteral(" pid %1").arg(static_cast<qint64>(*number));
        return label;
    }
    return charArray(context, record, address, "name");
}

} // namespace ks::ui
