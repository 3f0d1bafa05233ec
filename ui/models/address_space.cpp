#include "ui/models/address_space.h"

#include "core/base/units.h"

#include <algorithm>
#include <map>

namespace ks::ui {

namespace {

constexpr SegmentKind kOrder[] = {SegmentKind::Text,      SegmentKind::Modules, SegmentKind::Vmalloc,
                                  SegmentKind::DirectMap, SegmentKind::Vmemmap, SegmentKind::Vsyscall,
                                  SegmentKind::Other};

QString kindName(SegmentKind kind)
{
    return kind == SegmentKind::DirectMap ? QStringLiteral("direct map") : QString::fromLatin1(name(kind));
}

// Marks that the kernel's linker script sets around its sections (include/asm-generic/vmlinux.lds.h,
// arch/x86/kernel/vmlinux.lds.S). The end is exclusive.
struct SectionMarks {
    const char *section;
    const char *first;
    const char *end;
};
constexpr SectionMarks kSections[] = {{".text", "_text", "_etext"},
                                      {".rodata", "__start_rodata", "__end_rodata"},
                                      {".data", "_sdata", "_edata"},
                                      {".init", "__init_begin", "__init_end"},
                                      {".bss", "__bss_start", "__bss_stop"}};

std::vector<AddressSpaceNode> imageSections(const AddressSpaceNode &text, const SymbolTable &symbols)
{
    std::vector<AddressSpaceNode> sections;
    for (const SectionMarks &marks : kSections) {
        const auto first = symbols.findFirst(marks.first);
        const auto end = symbols.findFirst(marks.end);
        if (!first || !end || end->address <= first->address)
            continue;
        const AddrRange range{first->address, end->address - 1};
        if (!text.range.contains(range))
            continue;
        sections.push_back(
            {.name = QString::fromLatin1(marks.section),
             .detail = QStringLiteral("%1 … %2").arg(QLatin1String(marks.first), QLatin1String(marks.end)),
             .range = range,
             .size = range.size(),
             .kind = SegmentKind::Text});
    }
    std::ranges::sort(sections, {}, [](const AddressSpaceNode &node) { return node.range.first; });
    return sections;
}

// From the first to the last symbol of each module, in whole pages.
std::vector<AddressSpaceNode> moduleExtents(const SegmentMap &segments, const SymbolTable &symbols)
{
    std::map<std::string_view, AddrRange> extents;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        const Symbol symbol = symbols.at(i);
        if (symbol.module.empty() || symbol.kind == SymbolKind::PerCpu || symbol.kind == SymbolKind::Absolute)
            continue;
        const Segment *segment = segments.find(symbol.address);
        if (!segment || segment->kind != SegmentKind::Modules)
            continue;
        const AddrRange range = AddrRange::sized(symbol.address, std::max<std::uint64_t>(symbol.size, 1))
                                    ->intersect(segment->range())
                                    .value();
        const auto [found, added] = extents.try_emplace(symbol.module, range);
        found->second.first = std::min(found->second.first, range.first);
        found->second.last = std::max(found->second.last, range.last);
    }
    std::vector<AddressSpaceNode> modules;
    for (const auto &[module, extent] : extents) {
        const AddrRange pages{extent.first.alignedDown(kPageSize),
                              extent.last.alignedDown(kPageSize) + (kPageSize - 1)};
        modules.push_back({.name = QString::fromUtf8(module.data(), static_cast<qsizetype>(module.size())),
                           .range = pages,
                           .size = pages.size(),
                           .kind = SegmentKind::Modules});
    }
    std::ranges::sort(modules, {}, [](const AddressSpaceNode &node) { return node.range.first; });
    return modules;
}

} // namespace

bool AddressSpaceNode::contains(VirtAddr address) const
{
    if (!range.contains(address))
        return false;
    // Parts of one kind may have holes between them; modules and sections may leave room that is still theirs.
    const bool scattered = size != range.size();
    return !scattered ||
           std::ranges::any_of(children, [&](const AddressSpaceNode &child) { return child.contains(address); });
}

std::vector<AddressSpaceNode> buildAddressSpace(const SegmentMap &segments, const SymbolTable &symbols)
{
    std::vector<AddressSpaceNode> nodes;
    for (const SegmentKind kind : kOrder) {
        AddressSpaceNode node{.name = kindName(kind), .kind = kind};
        for (const Segment &segment : segments.all()) {
            if (segment.kind != kind)
                continue;
            const AddrRange &range = segment.range();
            node.range.first = node.children.empty() ? range.first : std::min(node.range.first, range.first);
            node.range.last = node.children.empty() ? range.last : std::max(node.range.last, range.last);
            node.size += range.size();
            node.children.push_back({.name = QStringLiteral("%1").arg(range.first.value, 16, 16, QLatin1Char('0')),
                                     .range = range,
                                     .size = range.size(),
                                     .kind = kind});
        }
        if (node.children.empty())
            continue;
        if (node.children.size() == 1)
            node.children.clear();
        if (kind == SegmentKind::Text && node.children.empty())
            node.children = imageSections(node, symbols);
        if (kind == SegmentKind::Modules && node.children.empty())
            node.children = moduleExtents(segments, symbols);
        nodes.push_back(std::move(node));
    }
    return nodes;
}

std::vector<const AddressSpaceNode *> pathTo(const std::vector<AddressSpaceNode> &nodes, VirtAddr address)
{
    std::vector<const AddressSpaceNode *> path;
    const std::vector<AddressSpaceNode> *level = &nodes;
    while (level) {
        const auto found =
            std::ranges::find_if(*level, [&](const AddressSpaceNode &node) { return node.contains(address); });
        if (found == level->end())
            break;
        path.push_back(&*found);
        level = &found->children;
    }
    return path;
}

std::vector<MapBand> mapBands(const SegmentMap &segments)
{
    std::vector<MapBand> bands;
    for (const Segment &segment : segments.all()) {
        if (!bands.empty() && bands.back().kind == segment.kind)
            bands.back().range.last = segment.range().last;
        else
            bands.push_back({segment.range(), segment.kind});
    }
    return bands;
}

std::optional<PhysAddr> physicalOf(const SegmentMap &segments, VirtAddr address)
{
    const Segment *segment = segments.find(address);
    if (!segment || !segment->load.phys)
        return std::nullopt;
    return *segment->load.phys + (address - segment->range().first);
}

std::optional<VirtAddr> aliasOf(const SegmentMap &segments, VirtAddr address)
{
    const auto physical = physicalOf(segments, address);
    if (!physical)
        return std::nullopt;
    for (const Segment &segment : segments.all()) {
        if (!segment.load.phys || segment.range().contains(address) || *physical < *segment.load.phys)
            continue;
        const std::uint64_t offset = *physical - *segment.load.phys;
        if (offset <= segment.range().last - segment.range().first)
            return segment.range().first + offset;
    }
    return std::nullopt;
}

QString sizeText(std::uint64_t bytes) { return QString::fromStdString(ks::sizeText(bytes)); }

} // namespace ks::ui
