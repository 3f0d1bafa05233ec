#include "core/kernel/slab_objects.h"

#include "core/kernel/struct_pages.h"

#include <algorithm>
#include <map>

namespace ks::kernel {
namespace {

constexpr std::size_t kMaxName = 128;
/// A slab has no more pages than the largest order of the page allocator, and its objects are no larger.
constexpr std::uint64_t kMaxSlab = std::uint64_t{1} << 30;
/// The largest pool of KFENCE: CONFIG_KFENCE_NUM_OBJECTS is at most 65535, each has two pages, and there are two more.
constexpr std::uint64_t kMaxKfencePool = std::uint64_t{65535 + 1} * 2 * kPageSize;

/// The types and constants of this kernel.
struct Layout {
    MemoryMap map;
    Type slab; ///< struct slab since 5.17 (d122019bf061), before that it is the page
    Type cache;
    PageMark mark;
    bool hasObjectsAt = false;           ///< SLAB, not SLUB: the slab tells where its objects begin
    std::optional<AddrRange> kfencePool; ///< no page beyond it belongs to KFENCE
};

std::optional<Layout> layoutOf(const EvalContext &context)
{
    const auto map = MemoryMap::of(context);
    if (!map)
        return std::nullopt;
    const EvalContext own{.types = &map->types()};
    const auto slab = structType(own, "slab"), cache = structType(own, "kmem_cache");
    if (!cache)
        return std::nullopt;
    Layout layout{*map, slab ? *slab : map->page, *cache, PageMark::of(map->types(), "slab")};
    if (!layout.mark.isKnown())
        return std::nullopt;
    layout.hasObjectsAt = findMemberPath(*cache, "gfporder").has_value();
    if (const auto symbol = context.symbols->findFirst("__kfence_pool")) {
        const auto pool = readValue(context, Type::integer(8, false), symbol->address).scalar();
        if (!pool) // what is a slab is not known, then
            return std::nullopt;
        if (*pool != 0)
            layout.kfencePool = AddrRange::sized(VirtAddr(*pool), kMaxKfencePool);
    }
    return layout;
}

/// One address on its way to an object.
struct Trace {
    std::size_t index = 0; ///< among those that were asked for
    VirtAddr address;
    VirtAddr page;
    VirtAddr head;
    VirtAddr slabBegin; ///< in the direct map
    VirtAddr cache;
    std::optional<std::uint64_t> objects; ///< in the slab
};

std::vector<VirtAddr> column(std::span<const Trace> traces, VirtAddr Trace::*member)
{
    std::vector<VirtAddr> addresses;
    addresses.reserve(traces.size());
    for (const Trace &trace : traces)
        addresses.push_back(trace.*member);
    return addresses;
}

std::vector<Trace> pagesOf(const EvalContext &context, const Layout &layout, std::span<const VirtAddr> addresses)
{
    const auto segments = context.memory->segments();
    std::vector<Trace> traces;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        if (const auto page = layout.map.structOf(segments, addresses[i]))
            traces.push_back({.index = i, .address = addresses[i], .page = *page});
    }
    return traces;
}

/// Follows tail pages to their heads; what is no page of a slab goes.
void findSlabs(const EvalContext &context, const Layout &layout, std::vector<Trace> &traces)
{
    const Objects pages = readEach(context, layout.map.page, column(traces, &Trace::page));
    std::erase_if(traces, [&](Trace &trace) {
        const Value *page = objectAt(pages, trace.page);
        if (!page)
            return true;
        trace.head = headOf(*page).value_or(trace.page);
        const std::uint64_t distance = trace.page - trace.head;
        const std::uint64_t before = distance / layout.map.page.size() * kPageSize;
        trace.slabBegin = trace.address.alignedDown(kPageSize) - before;
        return trace.head > trace.page || distance % layout.map.page.size() != 0 || before > kMaxSlab;
    });
    const Objects heads = readEach(context, layout.map.page, column(traces, &Trace::head));
    std::erase_if(traces, [&](const Trace &trace) {
        const Value *head = objectAt(heads, trace.head);
        return !head || !layout.mark.isOn(*head);
    });
    const Objects slabs = readEach(context, layout.slab, column(traces, &Trace::head));
    std::erase_if(traces, [&](Trace &trace) {
        const Value *slab = objectAt(slabs, trace.head);
        const auto cache = slab ? pointerMember(*slab, "slab_cache") : std::nullopt;
        if (!cache || cache->value == 0)
            return true;
        trace.cache = *cache;
        if (layout.hasObjectsAt)
            trace.slabBegin = pointerMember(*slab, "s_mem").value_or(trace.slabBegin);
        else
            trace.objects = unsignedMember(*slab, "objects");
        return trace.slabBegin > trace.address;
    });
}

struct Cache {
    VirtAddr name;
    std::uint64_t slot = 0; ///< from one object to the next
    std::uint64_t size = 0;
    std::uint64_t pad = 0;                ///< before each object
    std::optional<std::uint64_t> objects; ///< of each slab, with SLAB; SLUB's slabs have different sizes
    std::string text;
};

std::map<VirtAddr, Cache> readCaches(const EvalContext &context, const Layout &layout, std::span<const Trace> traces)
{
    std::map<VirtAddr, Cache> caches;
    std::vector<VirtAddr> names;
    for (const auto &[address, value] : readEach(context, layout.cache, column(traces, &Trace::cache))) {
        const auto name = pointerMember(value, "name");
        const auto slot = unsignedMember(value, "size"), size = unsignedMember(value, "object_size");
        if (!name || !slot || !size || *slot == 0 || *size > *slot || *slot > kMaxSlab)
            continue;
        caches[address] = {.name = *name,
                           .slot = *slot,
                           .size = *size,
                           .pad =
                               unsignedMember(value, layout.hasObjectsAt ? "obj_offset" : "red_left_pad").value_or(0),
                           .objects = layout.hasObjectsAt ? unsignedMember(value, "num") : std::nullopt,
                           .text = {}};
    }
    for (const auto &[address, cache] : caches)
        names.push_back(cache.name);
    const auto texts = readTexts(context, names, kMaxName);
    std::size_t next = 0;
    for (auto &[address, cache] : caches)
        cache.text = texts[next++].value_or(std::string());
    std::erase_if(caches, [](const auto &entry) { return entry.second.text.empty(); });
    return caches;
}

/// KFENCE guards single objects that are no larger than a page (__kfence_alloc). SLAB does not count those of a slab.
bool mayBeGuarded(const Layout &layout, const Trace &trace, const Cache &cache)
{
    return layout.kfencePool && layout.kfencePool->contains(trace.address) && cache.size <= kPageSize &&
           trace.head == trace.page && trace.objects.value_or(1) == 1;
}

} // namespace

std::vector<std::optional<SlabObject>> findSlabObjects(const EvalContext &context, std::span<const VirtAddr> addresses)
{
    std::vector<std::optional<SlabObject>> found(addresses.size());
    const auto layout = addresses.empty() ? std::nullopt : layoutOf(context);
    if (!layout)
        return found;
    auto traces = pagesOf(context, *layout, addresses);
    findSlabs(context, *layout, traces);
    const auto caches = readCaches(context, *layout, traces);
    for (const Trace &trace : traces) {
        const auto known = caches.find(trace.cache);
        if (known == caches.end())
            continue;
        const Cache &cache = known->second;
        if (mayBeGuarded(*layout, trace, cache))
            continue;
        SlabObject &result = found[trace.index].emplace();
        result.cache = trace.cache;
        result.name = cache.text;
        const std::uint64_t index = (trace.address - trace.slabBegin) / cache.slot;
        const VirtAddr object = trace.slabBegin + index * cache.slot + cache.pad;
        const auto objects = trace.objects ? trace.objects : cache.objects;
        result.isObject = trace.address >= object && objects && index < *objects;
        if (!result.isObject)
            continue;
        result.address = object;
        result.index = index;
        result.size = cache.size;
        result.offset = trace.address - object;
    }
    return found;
}

std::string toString(const SlabObject &object)
{
    return "slab " + object.name + (object.isObject ? " " + hex(object.address) + "+" + hex(object.offset) : "");
}

} // namespace ks::kernel
