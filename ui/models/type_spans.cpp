#include "ui/models/type_spans.h"

#include "core/types/type_source.h"

#include <algorithm>

namespace ks::ui {

namespace {

constexpr unsigned kMaxDepth = 4;
constexpr std::size_t kMaxSpans = 5000;

void append(const Type &type, std::uint64_t offset, const QString &path, unsigned depth,
            std::vector<OverlaySpan> &spans)
{
    if (spans.size() >= kMaxSpans)
        return;
    const Type bare = type.definition();
    const bool list = bare.name() == "list_head" || bare.name() == "hlist_head";
    if (bare.isRecord() && depth < kMaxDepth && (!list || depth == 0)) {
        for (const Member &member : bare.node().members) {
            QString name = QString::fromStdString(member.name);
            if (!path.isEmpty() && !name.isEmpty())
                name.prepend(path + QLatin1Char('.'));
            else if (name.isEmpty())
                name = path;
            const std::uint64_t at = offset + member.bitOffset / 8;
            if (!member.isBitfield())
                append(bare.memberType(member), at, name, depth + 1, spans);
            else if (!member.name.empty())
                spans.push_back({at, (member.bitOffset % 8 + member.bitSize + 7) / 8, name});
        }
        return;
    }
    const bool records = bare.kind() == TypeKind::Array && bare.target().definition().isRecord();
    if (bare.kind() == TypeKind::Array && (depth == 0 || records) && depth < kMaxDepth) {
        const std::uint64_t size = bare.target().size();
        const std::uint64_t count = std::min<std::uint64_t>(bare.node().count.value_or(0), kMaxSpans);
        for (std::uint64_t i = 0; i < count && size && spans.size() < kMaxSpans; ++i)
            append(bare.target(), offset + i * size, QStringLiteral("%1[%2]").arg(path).arg(i), depth + 1, spans);
        return;
    }
    if (const std::uint64_t size = bare.size(); size && !path.isEmpty())
        spans.push_back({offset, size, path});
}

} // namespace

std::vector<OverlaySpan> typeSpans(const Type &type)
{
    std::vector<OverlaySpan> spans;
    append(type, 0, {}, 0, spans);
    return spans;
}

} // namespace ks::ui
