#include "ui/models/provenance.h"

namespace ks::ui {

namespace {

QString utf8(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

// "ffff8ed7…aa60": enough to know it again, the whole of it is in the tool tip.
QString shortAddress(VirtAddr address)
{
    const QString text = addressText(address);
    return text.left(8) + QStringLiteral("…") + text.right(4);
}

// The image: a section of the kernel, or the module.
std::optional<ProvenanceStep> imageOf(VirtAddr address, const Segment &segment, const HexTarget &target,
                                      const std::vector<AddressSpaceNode> &parts)
{
    const auto path = pathTo(parts, address);
    const AddressSpaceNode *part = path.size() > 1 ? path.back() : nullptr;
    if (const auto hit = target.symbol(address); hit && !hit->symbol.module.empty())
        return ProvenanceStep{.text = utf8(hit->symbol.module)};
    if (segment.kind == SegmentKind::Text)
        return ProvenanceStep{.text = part ? QStringLiteral("vmlinux %1").arg(part->name) : QStringLiteral("vmlinux"),
                              .toolTip = part ? part->detail : QString()};
    if (segment.kind == SegmentKind::Modules && part)
        return ProvenanceStep{.text = part->name};
    return std::nullopt;
}

} // namespace

std::vector<ProvenanceStep> provenanceOf(VirtAddr address, const HexContent &content, const HexTarget &target,
                                         const std::vector<AddressSpaceNode> &parts, const StructOverlay &overlay)
{
    std::vector<ProvenanceStep> steps;
    const Segment *segment = target.segments ? target.segments->find(address) : nullptr;
    if (segment) {
        const SegmentKind kind = segment->kind;
        steps.push_back(
            {.text = kind == SegmentKind::DirectMap ? QStringLiteral("direct map") : QString::fromLatin1(name(kind)),
             .toolTip =
                 addressText(segment->range().first) + QStringLiteral(" … ") + addressText(segment->range().last),
             .kind = kind});
        if (auto image = imageOf(address, *segment, target, parts))
            steps.push_back(std::move(*image));
    }
    if (const auto hit = target.symbol(address)) {
        QString text = QString::fromStdString(toString(*hit));
        // "init_task.stack" says more than "init_task+0x20" where the struct is laid over its symbol.
        const int member = overlay.memberAt(address);
        if (member >= 0 && hit->symbol.address == overlay.base())
            text = utf8(hit->symbol.name) + QLatin1Char('.') + overlay.spans()[static_cast<std::size_t>(member)].name;
        steps.push_back({.text = text, .toolTip = QString::fromStdString(toString(*hit)), .link = hit->symbol.address});
    } else if (const int member = overlay.memberAt(address); member >= 0) {
        steps.push_back({.text = overlay.spans()[static_cast<std::size_t>(member)].name, .link = overlay.base()});
    }

    const auto byte = content.at(address);
    if (!segment && !byte.read)
        steps.push_back({.text = QStringLiteral("hole"),
                         .toolTip = QString::fromStdString(PageState{PageStatus::Hole}.reason()),
                         .warning = true});
    else if (!byte.read)
        steps.push_back({.text = QStringLiteral("not read yet")});
    else
        steps.push_back({.text = QString::fromLatin1(name(byte.state.status)),
                         .toolTip = byte.state.present() ? QString() : QString::fromStdString(byte.state.reason()),
                         .warning = !byte.state.present()});

    if (segment) {
        if (const auto physical = physicalOf(*target.segments, address))
            steps.push_back({.text = QStringLiteral("phys 0x%1").arg(physical->value, 0, 16)});
        if (const auto alias = aliasOf(*target.segments, address))
            steps.push_back({.text = QStringLiteral("alias ") + shortAddress(*alias),
                             .toolTip = QStringLiteral("the same byte at ") + addressText(*alias),
                             .link = *alias});
    }
    return steps;
}

QString durationText(std::chrono::nanoseconds duration)
{
    const auto ns = std::max<std::int64_t>(0, duration.count());
    const auto tenths = [](std::int64_t value, std::int64_t unit, const char *name) {
        if (value / unit >= 10)
            return QStringLiteral("%1 %2").arg(value / unit).arg(QString::fromUtf8(name));
        return QStringLiteral("%1.%2 %3").arg(value / unit).arg(value % unit * 10 / unit).arg(QString::fromUtf8(name));
    };
    if (ns < 1000)
        return QStringLiteral("%1 ns").arg(ns);
    if (ns < 100000)
        return QStringLiteral("%1 µs").arg(ns / 1000);
    if (ns < 1000000000)
        return tenths(ns, 1000000, "ms");
    return tenths(ns, 1000000000, "s");
}

} // namespace ks::ui
