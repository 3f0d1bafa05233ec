#include "core/kernel/struct_pages.h"

#include <algorithm>

namespace ks::kernel {

std::optional<MemoryMap> MemoryMap::of(const EvalContext &context)
{
    if (!context.memory || !context.types || !context.symbols)
        return std::nullopt;
    const auto page = structType(context, "page");
    const auto base = context.symbols->findFirst("vmemmap_base");
    if (!page || page->size() == 0 || !base)
        return std::nullopt;
    const auto begin = readValue(context, Type::integer(8, false), base->address).scalar();
    return begin && *begin != 0 ? std::optional(MemoryMap{*page, VirtAddr(*begin)}) : std::nullopt;
}

std::optional<VirtAddr> MemoryMap::structOf(std::span<const LoadSegment> segments, VirtAddr address) const
{
    const auto segment =
        std::ranges::lower_bound(segments, address, {}, [](const LoadSegment &s) { return s.range.last; });
    if (segment == segments.end() || !segment->range.contains(address) || !segment->phys)
        return std::nullopt;
    const PhysAddr phys = *segment->phys + (address - segment->range.first);
    return structOf(phys.value / kPageSize);
}

std::optional<VirtAddr> headOf(const Value &page)
{
    if (const auto head = unsignedMember(page, "compound_head"))
        return *head & 1 ? std::optional(VirtAddr(*head - 1)) : std::nullopt;
    // 7.x has compound_info instead: a mask where struct page has a size that is a power of two, else the same.
    const auto info = unsignedMember(page, "compound_info");
    if (!info || !(*info & 1) || !page.address())
        return std::nullopt;
    const bool isMask = *info >> 32 == 0xffffffff;
    return VirtAddr(isMask ? page.address()->value & *info : *info - 1);
}

std::optional<std::uint64_t> flagsOf(const Value &page)
{
    const auto flags = unsignedMember(page, "flags");
    return flags ? flags : unsignedMember(page, "flags.f");
}

std::optional<std::uint64_t> unsignedMember(const Value &object, std::string_view path)
{
    const auto value = integerMember(object, path);
    return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

PageMark PageMark::of(const TypeSource &types, std::string_view suffix)
{
    const auto value = [&](const char *prefix) -> std::optional<std::uint64_t> {
        const auto found = findEnumerator(types, prefix + std::string(suffix));
        return found ? std::optional(found->value) : std::nullopt;
    };
    if (const auto byte = value("PGTY_"))
        return {.flag = {}, .bit = {}, .byte = byte};
    const auto named = value("PG_");
    if (named && *named < 64)
        return {.flag = named, .bit = {}, .byte = {}};
    return {.flag = {}, .bit = named, .byte = {}};
}

bool PageMark::isOn(const Value &page) const
{
    if (flag) {
        const auto flags = flagsOf(page);
        return flags && (*flags >> *flag & 1);
    }
    const auto type = unsignedMember(page, "page_type");
    if (!type || !isKnown())
        return false;
    if (byte)
        return (*type >> 24 & 0xff) == *byte;
    return (*type & 0x80000000) && !(*type & *bit);
}

} // namespace ks::kernel
