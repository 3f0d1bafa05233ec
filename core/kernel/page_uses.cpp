#include "core/kernel/page_uses.h"

#include "core/kernel/struct_pages.h"

#include <array>

namespace ks::kernel {
namespace {

constexpr unsigned kMaxOrder = 10;                         ///< of a free block on x86-64: MAX_ORDER is fixed there
constexpr std::uint64_t kAnonymous = 1, kMappingFlags = 3; ///< PAGE_MAPPING_ANON, PAGE_MAPPING_FLAGS
constexpr std::uint64_t kNoType = 0xffffffff;              ///< of a page that has neither type nor mappings

/// What the types and notes of this kernel tell.
struct Layout {
    MemoryMap map;
    PageMark slab, buddy, table, reserved, lru;
    std::optional<std::uint64_t> buddyValue; ///< page.page_type of the first page of a free block
};

std::optional<Layout> layoutOf(const EvalContext &context, const std::optional<VmcoreInfo> &notes)
{
    const auto map = MemoryMap::of(context);
    if (!map)
        return std::nullopt;
    const TypeSource &types = map->types();
    Layout layout{.map = *map,
                  .slab = PageMark::of(types, "slab"),
                  .buddy = PageMark::of(types, "buddy"),
                  .table = PageMark::of(types, "table"),
                  .reserved = PageMark::of(types, "reserved"),
                  .lru = PageMark::of(types, "lru"),
                  .buddyValue = {}};
    if (const auto value = notes ? notes->number("PAGE_BUDDY_MAPCOUNT_VALUE") : std::nullopt)
        layout.buddyValue = static_cast<std::uint32_t>(*value);
    return layout;
}

bool isBuddy(const Layout &layout, const Value &page)
{
    if (layout.buddy.isKnown())
        return layout.buddy.isOn(page);
    return layout.buddyValue && unsignedMember(page, "page_type") == layout.buddyValue;
}

/// The uses of pages that mark themselves, or whose head does.
PageKind kindOf(const Layout &layout, const Value &page, const Value &head)
{
    if (layout.reserved.isOn(page))
        return PageKind::Reserved;
    if (layout.slab.isOn(head))
        return PageKind::Slab;
    if (layout.table.isOn(head))
        return PageKind::PageTable;
    if (isBuddy(layout, page))
        return PageKind::Free;
    // Without a type the same bytes count the mappings of a page that programs may have. Of a slab and of all that is
    // not known here `mapping` is something else.
    const auto type = unsignedMember(head, "page_type"), mapping = unsignedMember(head, "mapping");
    if (!type || !mapping || *mapping == 0 || (*type != kNoType && (*type & 0x80000000)))
        return PageKind::Unknown;
    if (*mapping & kAnonymous)
        return PageKind::Anonymous;
    return layout.lru.isOn(head) && (*mapping & kMappingFlags) == 0 ? PageKind::PageCache : PageKind::Unknown;
}

struct Trace {
    std::size_t index = 0; ///< among those that were asked for
    VirtAddr page, head;
    bool isUnused = false; ///< nobody holds it, and it does not say what it is: a free block may
};

/// The pages that may be the first of a free block that `page` lies in, for each order of blocks but 0.
std::array<VirtAddr, kMaxOrder> firstPages(const MemoryMap &map, VirtAddr page)
{
    std::array<VirtAddr, kMaxOrder> pages;
    for (unsigned order = 1; order <= kMaxOrder; ++order)
        pages[order - 1] = map.structOf(map.frameOf(page) >> order << order);
    return pages;
}

bool isInFreeBlock(const Layout &layout, const Objects &pages, VirtAddr page)
{
    const auto first = firstPages(layout.map, page);
    for (unsigned order = 1; order <= kMaxOrder; ++order) {
        const Value *candidate = objectAt(pages, first[order - 1]);
        const auto size =
            candidate && isBuddy(layout, *candidate) ? unsignedMember(*candidate, "private") : std::nullopt;
        if (size && *size >= order && *size <= kMaxOrder)
            return true;
    }
    return false;
}

} // namespace

const char *name(PageKind kind)
{
    switch (kind) {
    case PageKind::Unknown: return "unknown";
    case PageKind::Reserved: return "reserved";
    case PageKind::Free: return "free";
    case PageKind::Slab: return "slab";
    case PageKind::PageTable: return "page table";
    case PageKind::Anonymous: return "anonymous";
    case PageKind::PageCache: return "page cache";
    }
    return "unknown";
}

std::vector<std::optional<PageUse>> findPageUses(const EvalContext &context, const std::optional<VmcoreInfo> &notes,
                                                 std::span<const VirtAddr> addresses)
{
    std::vector<std::optional<PageUse>> uses(addresses.size());
    const auto layout = layoutOf(context, notes);
    if (!layout)
        return uses;
    const auto segments = context.memory->segments();
    std::vector<Trace> traces;
    std::vector<VirtAddr> wanted;
    for (std::size_t i = 0; i < addresses.size(); ++i)
        if (const auto page = layout->map.structOf(segments, addresses[i])) {
            traces.push_back({.index = i, .page = *page, .head = *page});
            wanted.push_back(*page);
        }
    const Objects pages = readEach(context, layout->map.page, std::move(wanted));
    wanted = {};
    for (Trace &trace : traces)
        if (const Value *page = objectAt(pages, trace.page)) {
            trace.head = headOf(*page).value_or(trace.page);
            wanted.push_back(trace.head);
        }
    const Objects heads = readEach(context, layout->map.page, std::move(wanted));
    wanted = {};
    for (Trace &trace : traces) {
        const Value *page = objectAt(pages, trace.page), *head = objectAt(heads, trace.head);
        // Without a memory map there, or with one that is not in the target, nothing is known of the page.
        if (!page || !head || !flagsOf(*page))
            continue;
        PageUse &use = uses[trace.index].emplace(PageUse{trace.page, PageKind::Unknown});
        const bool isTail = trace.head != trace.page;
        if (!isTail || (trace.head < trace.page && (trace.page - trace.head) % layout->map.page.size() == 0))
            use.kind = kindOf(*layout, *page, *head);
        trace.isUnused = use.kind == PageKind::Unknown && !isTail && unsignedMember(*page, "_refcount.counter") == 0;
        if (trace.isUnused)
            for (const VirtAddr first : firstPages(layout->map, trace.page))
                wanted.push_back(first);
    }
    const Objects blocks = readEach(context, layout->map.page, std::move(wanted));
    for (const Trace &trace : traces)
        if (trace.isUnused && isInFreeBlock(*layout, blocks, trace.page))
            uses[trace.index]->kind = PageKind::Free;
    return uses;
}

} // namespace ks::kernel
