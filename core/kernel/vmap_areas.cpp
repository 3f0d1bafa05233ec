#include "core/kernel/vmap_areas.h"

#include <algorithm>
#include <unordered_set>

namespace ks::kernel {
namespace {

constexpr std::size_t kMaxAreas = std::size_t{1} << 20;
constexpr std::size_t kMaxNodes = 1024; // as many as CPUs, up to 128 in 6.9
/// A tree that is rotated while it is walked shows a node twice or not at all.
constexpr int kMaxAttempts = 3;

// vmap_area.flags before 5.4 (688fcbfc06e4 has taken them out): what the area is.
constexpr std::uint64_t kLazyFree = 0x1, kLazyFreeing = 0x2, kHasVm = 0x4;

struct Flag {
    std::uint64_t bit;
    const char *name;
};
// 0x10 was VM_VPAGES up to 5.10 and is VM_DMA_COHERENT; 0x100 was VM_MAP_PUT_PAGES as well in 5.10.
constexpr Flag kFlags[] = {
    {kVmIoremap, "VM_IOREMAP"},    {kVmAlloc, "VM_ALLOC"}, {kVmMap, "VM_MAP"}, {0x8, "VM_USERMAP"},
    {0x20, "VM_UNINITIALIZED"},    {0x40, "VM_NO_GUARD"},  {0x80, "VM_KASAN"}, {0x200, "VM_MAP_PUT_PAGES"},
    {0x400, "VM_ALLOW_HUGE_VMAP"}, {0x1000, "VM_SPARSE"},
};

/// Where one tree of areas, and the list of the same, begin.
struct Heads {
    std::optional<VirtAddr> root; ///< a struct rb_root
    std::optional<VirtAddr> list; ///< a struct list_head
};

/// The types of this kernel.
struct Layout {
    Type area;
    std::optional<Type> vm;
    std::uint64_t nodeOffset = 0;  ///< of vmap_area.rb_node
    std::uint64_t leftOffset = 0;  ///< in rb_node
    std::uint64_t rightOffset = 0; ///< in rb_node
    bool marksFreed = false;       ///< flags as they were before 5.4
};

std::optional<std::uint64_t> offsetOf(const Type &type, std::string_view path)
{
    const auto member = findMemberPath(type, path);
    return member ? std::optional(member->bitOffset / 8) : std::nullopt;
}

Result<Layout> layoutOf(const EvalContext &context)
{
    const auto area = structType(context, "vmap_area");
    if (!area)
        return std::unexpected(area.error());
    Layout layout{.area = *area};
    if (const auto vm = structType(context, "vm_struct"))
        layout.vm = *vm;
    const auto node = offsetOf(*area, "rb_node"), left = offsetOf(*area, "rb_node.rb_left"),
               right = offsetOf(*area, "rb_node.rb_right");
    if (!node || !left || !right)
        return fail(ErrorCode::NotFound, "struct vmap_area", "it has no rb_node");
    layout.nodeOffset = *node;
    layout.leftOffset = *left - *node;
    layout.rightOffset = *right - *node;
    // Since 5.4 `vm` shares its place with what only free areas have.
    const auto vm = offsetOf(*area, "vm");
    layout.marksFreed = offsetOf(*area, "flags") && vm && offsetOf(*area, "subtree_max_size") != vm;
    return layout;
}

std::optional<std::uint64_t> readNumber(const EvalContext &context, VirtAddr address, std::uint64_t size)
{
    const auto value = readValue(context, Type::integer(size, false), address).scalar();
    return value ? std::optional(*value) : std::nullopt;
}

Result<std::vector<Heads>> headsOfNodes(const EvalContext &context, VirtAddr nodes)
{
    const auto count = context.symbols->findFirst("nr_vmap_nodes");
    const auto type = structType(context, "vmap_node");
    if (!type)
        return std::unexpected(type.error());
    const auto root = offsetOf(*type, "busy.root"), list = offsetOf(*type, "busy.head");
    const auto first = readNumber(context, nodes, 8);
    const auto number = count ? readNumber(context, count->address, 4) : std::nullopt;
    if (!first || !number)
        return fail(ErrorCode::Unreadable, "vmap_nodes", "it could not be read");
    if ((!root && !list) || *number > kMaxNodes)
        return fail(ErrorCode::BadFormat, "vmap_nodes", "there are " + std::to_string(*number) + " of them");
    std::vector<Heads> heads;
    for (std::uint64_t i = 0; i < *number; ++i) {
        const VirtAddr node = VirtAddr(*first) + i * type->size();
        heads.push_back(
            {root ? std::optional(node + *root) : std::nullopt, list ? std::optional(node + *list) : std::nullopt});
    }
    return heads;
}

Result<std::vector<Heads>> findHeads(const EvalContext &context)
{
    if (const auto nodes = context.symbols->findFirst("vmap_nodes"))
        return headsOfNodes(context, nodes->address);
    Heads heads;
    if (const auto root = context.symbols->findFirst("vmap_area_root"))
        heads.root = root->address;
    if (const auto list = context.symbols->findFirst("vmap_area_list"))
        heads.list = list->address;
    if (!heads.root && !heads.list)
        return fail(ErrorCode::NotFound, "vmap_area_list", "not among the kernel's symbols");
    return std::vector{heads};
}

/// Level by level, so that each costs one batch.
Listing<Value> readTree(const EvalContext &context, const Layout &layout, VirtAddr root)
{
    Listing<Value> listing;
    const auto top = readNumber(context, root, 8);
    if (!top) {
        listing.incomplete = "the tree's root at " + hex(root) + " could not be read";
        return listing;
    }
    std::unordered_set<std::uint64_t> seen;
    std::vector<VirtAddr> level;
    const auto add = [&](std::uint64_t node) {
        if (node == 0)
            return;
        if (!seen.insert(node).second)
            listing.incomplete = "the node at " + hex(node) + " is in the tree twice";
        else if (seen.size() > kMaxAreas)
            listing.incomplete = "only the first " + std::to_string(kMaxAreas) + " areas were read";
        else
            level.push_back(VirtAddr(node) - layout.nodeOffset);
    };
    add(*top);
    while (!level.empty()) {
        auto objects = readObjects(context, layout.area, std::exchange(level, {}));
        for (Value &object : objects) {
            const auto left = integerMember(object, "rb_node.rb_left"),
                       right = integerMember(object, "rb_node.rb_right");
            if (!left || !right) {
                listing.incomplete = "the area at " + hex(object.address().value_or(VirtAddr())) + " could not be read";
                continue;
            }
            add(static_cast<std::uint64_t>(*left));
            add(static_cast<std::uint64_t>(*right));
            listing.entries.push_back(std::move(object));
        }
    }
    return listing;
}

Listing<Value> readList(const EvalContext &context, const Layout &layout, VirtAddr head)
{
    Listing<Value> listing;
    const auto walk = walkList(context, head, layout.area, "list", kMaxAreas);
    if (!walk) {
        listing.incomplete = walk.error().message();
        return listing;
    }
    listing.incomplete = walk->reason();
    std::vector<VirtAddr> addresses;
    for (const WalkEntry &entry : walk->entries)
        addresses.push_back(entry.object);
    listing.entries = readObjects(context, layout.area, addresses);
    return listing;
}

Listing<Value> readAreas(const EvalContext &context, const Layout &layout, const Heads &heads)
{
    Listing<Value> best;
    best.incomplete = "there is neither a tree nor a list";
    const bool isLive = context.memory && context.memory->isLive();
    for (int attempt = 0; heads.root && attempt < (isLive ? kMaxAttempts : 1); ++attempt) {
        best = readTree(context, layout, *heads.root);
        if (best.incomplete.empty())
            return best;
    }
    if (!heads.list)
        return best;
    Listing<Value> listed = readList(context, layout, *heads.list);
    // Even a whole list does not undo what is wrong with the tree, but nothing of it is missing.
    return listed.incomplete.empty() || listed.entries.size() > best.entries.size() ? std::move(listed)
                                                                                    : std::move(best);
}

std::optional<VmapArea> toArea(const Layout &layout, const Value &object)
{
    const auto start = integerMember(object, "va_start"), end = integerMember(object, "va_end");
    const auto flags = static_cast<std::uint64_t>(integerMember(object, "flags").value_or(0));
    if (!start || !end || static_cast<std::uint64_t>(*end) <= static_cast<std::uint64_t>(*start))
        return std::nullopt;
    if (layout.marksFreed && (flags & (kLazyFree | kLazyFreeing)))
        return std::nullopt;
    VmapArea area;
    area.range = {VirtAddr(static_cast<std::uint64_t>(*start)), VirtAddr(static_cast<std::uint64_t>(*end)) - 1};
    area.area = object.address().value_or(VirtAddr());
    if (!layout.marksFreed || (flags & kHasVm))
        area.vm = pointerMember(object, "vm").value_or(VirtAddr());
    area.isMapRam = area.vm.value == 0;
    return area;
}

void addVms(const EvalContext &context, const Layout &layout, std::vector<VmapArea> &areas, std::string &incomplete)
{
    if (!layout.vm)
        return;
    std::vector<VirtAddr> addresses;
    std::vector<VmapArea *> owners;
    for (VmapArea &area : areas) {
        if (area.vm.value != 0) {
            addresses.push_back(area.vm);
            owners.push_back(&area);
        }
    }
    const auto vms = readObjects(context, *layout.vm, addresses);
    for (std::size_t i = 0; i < vms.size(); ++i) {
        VmapArea &area = *owners[i];
        if (pointerMember(vms[i], "addr") != area.range.first) {
            if (incomplete.empty())
                incomplete = "the vm_struct at " + hex(area.vm) + " is not that of " + hex(area.range.first);
            continue;
        }
        area.flags = static_cast<std::uint64_t>(integerMember(vms[i], "flags").value_or(0));
        area.caller = pointerMember(vms[i], "caller").value_or(VirtAddr());
        if (const auto pages = integerMember(vms[i], "nr_pages"); pages && *pages != 0)
            area.pages = static_cast<std::uint32_t>(*pages);
        const auto phys = integerMember(vms[i], "phys_addr");
        if (phys && *phys != 0)
            area.phys = PhysAddr(static_cast<std::uint64_t>(*phys));
    }
}

} // namespace

std::vector<std::string> vmapFlagNames(std::uint64_t flags)
{
    std::vector<std::string> names;
    for (const Flag &flag : kFlags) {
        if (flags & flag.bit)
            names.emplace_back(flag.name);
        flags &= ~flag.bit;
    }
    for (std::uint64_t bit = 1; flags != 0; bit <<= 1) {
        if (flags & bit)
            names.push_back(hex(bit));
        flags &= ~bit;
    }
    return names;
}

Result<Listing<VmapArea>> listVmapAreas(const EvalContext &context)
{
    if (!context.types || !context.symbols)
        return fail(ErrorCode::NotFound, "vmap areas", "no types and symbols of the kernel are known");
    const auto layout = layoutOf(context);
    if (!layout)
        return std::unexpected(layout.error());
    const auto heads = findHeads(context);
    if (!heads)
        return std::unexpected(heads.error());
    Listing<VmapArea> listing;
    for (const Heads &head : *heads) {
        const auto areas = readAreas(context, *layout, head);
        if (!areas.incomplete.empty())
            listing.incomplete = areas.incomplete;
        for (const Value &object : areas.entries)
            if (const auto area = toArea(*layout, object))
                listing.entries.push_back(*area);
    }
    std::ranges::sort(listing.entries, {}, [](const VmapArea &area) { return area.range.first; });
    addVms(context, *layout, listing.entries, listing.incomplete);
    return listing;
}

std::vector<AddrRange> deviceMemory(std::span<const VmapArea> areas)
{
    std::vector<AddrRange> ranges;
    for (const VmapArea &area : areas)
        if (area.flags & kVmIoremap)
            ranges.push_back(area.range);
    return ranges;
}

} // namespace ks::kernel
