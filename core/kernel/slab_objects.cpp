#include "core/kernel/slab_objects.h"

#include "core/values/expression.h"

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
    Type page;
    Type slab; ///< struct slab since 5.17 (d122019bf061), before that it is the page
    Type cache;
    VirtAddr vmemmap;
    std::optional<std::uint64_t> slabFlag; ///< PG_slab, a bit's number in page.flags or a bit of page.page_type
    std::optional<std::uint64_t> slabType; ///< PGTY_slab
    bool hasObjectsAt = false;             ///< SLAB, not SLUB: the slab tells where its objects begin
    std::optional<AddrRange> kfencePool;   ///< no page beyond it belongs to KFENCE
};

std::optional<std::uint64_t> constant(const EvalContext &context, std::string_view name)
{
    const auto value = evaluate(context, name);
    const auto bits = value ? value->scalar() : Result<std::uint64_t>(std::unexpected(value.error()));
    return bits ? std::optional(*bits) : std::nullopt;
}

std::optional<Layout> layoutOf(const EvalContext &context)
{
    if (!context.memory || !context.types || !context.symbols)
        return std::nullopt;
    const auto page = structType(context, "page"), slab = structType(context, "slab"),
               cache = structType(context, "kmem_cache");
    // Where there is no variable there is no pool; where it cannot be read, what is a slab is not known.
    const auto variable = [&](std::string_view name) {
        const auto symbol = context.symbols->findFirst(name);
        return symbol ? readValue(context, Type::integer(8, false), symbol->address).scalar()
                      : Result<std::uint64_t>(std::uint64_t{0});
    };
    const auto vmemmap = variable("vmemmap_base"), kfencePool = variable("__kfence_pool");
    if (!page || !cache || page->size() == 0 || !vmemmap || *vmemmap == 0 || !kfencePool)
        return std::nullopt;
    Layout layout{*page, slab ? *slab : *page, *cache, VirtAddr(*vmemmap), {}, constant(context, "PGTY_slab")};
    if (!layout.slabType)
        layout.slabFlag = constant(context, "PG_slab");
    layout.hasObjectsAt = findMemberPath(*cache, "gfporder").has_value();
    if (*kfencePool != 0)
        layout.kfencePool = AddrRange::sized(VirtAddr(*kfencePool), kMaxKfencePool);
    return layout.slabType || layout.slabFlag ? std::optional(layout) : std::nullopt;
}

std::optional<std::uint64_t> number(const Value &object, std::string_view path)
{
    const auto value = integerMember(object, path);
    return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

/// Of a tail page; nothing when `page` is no tail.
std::optional<VirtAddr> headOf(const Value &page)
{
    if (const auto head = number(page, "compound_head"))
        return *head & 1 ? std::optional(VirtAddr(*head - 1)) : std::nullopt;
    // 7.x has compound_info instead: a mask where struct page has a size that is a power of two, else the same.
    const auto info = number(page, "compound_info");
    if (!info || !(*info & 1) || !page.address())
        return std::nullopt;
    const bool isMask = *info >> 32 == 0xffffffff;
    return VirtAddr(isMask ? page.address()->value & *info : *info - 1);
}

bool isSlab(const Layout &layout, const Value &head)
{
    const auto type = number(head, "page_type");
    if (layout.slabType)
        return type && (*type >> 24 & 0xff) == *layout.slabType;
    if (*layout.slabFlag >= 64) // a bit that is cleared when it is set, below a base that is set
        return type && (*type & 0x80000000) && !(*type & *layout.slabFlag);
    const auto flags = number(head, "flags");
    return flags && (*flags >> *layout.slabFlag & 1);
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

using Objects = std::map<VirtAddr, Value>;

/// The object at each address, each read once.
Objects readEach(const EvalContext &context, const Type &type, std::vector<VirtAddr> addresses)
{
    std::ranges::sort(addresses);
    addresses.erase(std::ranges::unique(addresses).begin(), addresses.end());
    Objects objects;
    auto values = readObjects(context, type, addresses);
    for (std::size_t i = 0; i < values.size() && i < addresses.size(); ++i)
        objects.emplace(addresses[i], std::move(values[i]));
    return objects;
}

const Value *find(const Objects &objects, VirtAddr address)
{
    const auto found = objects.find(address);
    return found == objects.end() ? nullptr : &found->second;
}

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
        const auto segment =
            std::ranges::lower_bound(segments, addresses[i], {}, [](const LoadSegment &s) { return s.range.last; });
        if (segment == segments.end() || !segment->range.contains(addresses[i]) || !segment->phys)
            continue;
        const PhysAddr phys = *segment->phys + (addresses[i] - segment->range.first);
        traces.push_back({.index = i,
                          .address = addresses[i],
                          .page = layout.vmemmap + phys.value / kPageSize * layout.page.size()});
    }
    return traces;
}

/// Follows tail pages to their heads; what is no page of a slab goes.
void findSlabs(const EvalContext &context, const Layout &layout, std::vector<Trace> &traces)
{
    const Objects pages = readEach(context, layout.page, column(traces, &Trace::page));
    std::erase_if(traces, [&](Trace &trace) {
        const Value *page = find(pages, trace.page);
        if (!page)
            return true;
        trace.head = headOf(*page).value_or(trace.page);
        const std::uint64_t distance = trace.page - trace.head;
        const std::uint64_t before = distance / layout.page.size() * kPageSize;
        trace.slabBegin = trace.address.alignedDown(kPageSize) - before;
        return trace.head > trace.page || distance % layout.page.size() != 0 || before > kMaxSlab;
    });
    const Objects heads = readEach(context, layout.page, column(traces, &Trace::head));
    std::erase_if(traces, [&](const Trace &trace) {
        const Value *head = find(heads, trace.head);
        return !head || !isSlab(layout, *head);
    });
    const Objects slabs = readEach(context, layout.slab, column(traces, &Trace::head));
    std::erase_if(traces, [&](Trace &trace) {
        const Value *slab = find(slabs, trace.head);
        const auto cache = slab ? pointerMember(*slab, "slab_cache") : std::nullopt;
        if (!cache || cache->value == 0)
            return true;
        trace.cache = *cache;
        if (layout.hasObjectsAt)
            trace.slabBegin = pointerMember(*slab, "s_mem").value_or(trace.slabBegin);
        else
            trace.objects = number(*slab, "objects");
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
        const auto slot = number(value, "size"), size = number(value, "object_size");
        if (!name || !slot || !size || *slot == 0 || *size > *slot || *slot > kMaxSlab)
            continue;
        caches[address] = {.name = *name,
                           .slot = *slot,
                           .size = *size,
                           .pad = number(value, layout.hasObjectsAt ? "obj_offset" : "red_left_pad").value_or(0),
                           .objects = layout.hasObjectsAt ? number(value, "num") : std::nullopt,
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
