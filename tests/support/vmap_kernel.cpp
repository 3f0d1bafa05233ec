#include "tests/support/vmap_kernel.h"

#include "core/values/containers.h"

#include <stdexcept>

namespace ks::test {
namespace {

MemberPath find(const FakeTypes &types, std::string_view tag, std::string_view path)
{
    const auto found = findMemberPath(types.type(NameClass::Struct, tag), path);
    if (!found)
        throw std::invalid_argument(found.error().message());
    return *found;
}

} // namespace

VirtAddr VmapKernel::allocate(std::size_t size)
{
    const VirtAddr at = next_;
    next_ += (size + 15) / 16 * 16;
    return at;
}

VirtAddr VmapKernel::place(VirtAddr object, std::string_view tag, std::string_view path) const
{
    return object + find(types, tag, path).bitOffset / 8;
}

void VmapKernel::put(VirtAddr object, std::string_view tag, std::string_view path, std::uint64_t value)
{
    const MemberPath member = find(types, tag, path);
    memory.write(object + member.bitOffset / 8, std::as_bytes(std::span(&value, 1)).first(member.type.size()));
}

void VmapKernel::addTypes()
{
    const TypeId u32 = types.base("unsigned int"), u64 = types.base("long unsigned int");
    const TypeId pointer = types.pointer();
    auto list = types.structure("list_head");
    list.member("next", types.pointer(list)).member("prev", types.pointer(list));
    auto node = types.structure("rb_node");
    node.member("__rb_parent_color", u64)
        .member("rb_right", types.pointer(node))
        .member("rb_left", types.pointer(node));
    auto root = types.structure("rb_root");
    root.member("rb_node", types.pointer(node));
    auto llist = types.structure("llist_node");
    llist.member("next", types.pointer(llist));
    auto vm = types.structure("vm_struct");
    vm.member("next", types.pointer(vm)).member("addr", pointer).member("size", u64).member("flags", u64);
    vm.member("pages", pointer).member("nr_pages", u32).member("phys_addr", u64).member("caller", pointer);

    auto area = types.structure("vmap_area");
    area.member("va_start", u64).member("va_end", u64);
    if (era_ == VmapEra::Flags) {
        area.member("flags", u64).member("rb_node", node).member("list", list).member("purge_list", llist);
        area.member("vm", types.pointer(vm));
    } else {
        auto both = types.unionType("");
        both.member("subtree_max_size", u64).member("vm", types.pointer(vm));
        area.member("rb_node", node).member("list", list).member("", both);
        if (era_ != VmapEra::Union)
            area.member("flags", u64);
    }
    if (era_ != VmapEra::Nodes)
        return;
    auto rbList = types.structure("rb_list");
    rbList.member("root", root).member("head", list).member("lock", u32);
    auto vmapNode = types.structure("vmap_node");
    vmapNode.member("pool", types.array(u64, 6)).member("busy", rbList).member("lazy", rbList);
}

VmapKernel::VmapKernel(VmapEra era) : era_(era)
{
    memory.addZeros(kHeap, kHeapSize);
    memory.addZeros(VirtAddr(0xffffffff81000000), 0x10000);
    addTypes();
    const VirtAddr variables = allocate(64);
    if (era == VmapEra::Nodes) {
        const std::uint64_t size = types.type(NameClass::Struct, "vmap_node").size();
        const VirtAddr nodes = allocate(kNodes * size);
        memory.set(variables, nodes.value);
        memory.set<std::uint32_t>(variables + 8, kNodes);
        symbols_.push_back({.name = "vmap_nodes", .address = variables, .size = 8, .kind = SymbolKind::Data});
        symbols_.push_back({.name = "nr_vmap_nodes", .address = variables + 8, .size = 4, .kind = SymbolKind::Data});
        for (unsigned i = 0; i < kNodes; ++i) {
            roots.push_back(place(nodes + i * size, "vmap_node", "busy.root"));
            lists.push_back(place(nodes + i * size, "vmap_node", "busy.head"));
        }
    } else {
        roots.push_back(variables);
        lists.push_back(variables + 16);
        symbols_.push_back({.name = "vmap_area_root", .address = roots[0], .size = 8, .kind = SymbolKind::Data});
        symbols_.push_back({.name = "vmap_area_list", .address = lists[0], .size = 16, .kind = SymbolKind::Data});
    }
    symbols = SymbolTable::build(symbols_);
    addAreas();
}

void VmapKernel::addAreas()
{
    constexpr std::uint64_t kIoremap = 1, kAlloc = 2, kMap = 4;
    areas = {{kVmalloc, 0x5000, kAlloc, 4},
             {kVmalloc + 0x5000, 0x2000, kIoremap, 0, 0xfed00000},
             {kVmalloc + 0x8000, 0x3000, kMap | 0x40},
             {kVmalloc + 0x10000, 0x400000, 0, 0, 0, false},
             {kVmalloc + 0x800000, 0x2000, kAlloc | 0x8, 1},
             {VirtAddr(0xffffffffc0000000), 0x7000, kAlloc | 0x100, 6}};
    if (era_ == VmapEra::Flags)
        areas.push_back({VirtAddr(0xffffffffc0010000), 0x2000, kAlloc, 1, 0, true, true});
    for (const VmapKernelArea &area : areas) {
        const VirtAddr object = allocate(types.type(NameClass::Struct, "vmap_area").size());
        objects.push_back(object);
        put(object, "vmap_area", "va_start", area.start.value);
        put(object, "vmap_area", "va_end", area.start.value + area.size);
        vms.push_back(area.hasVm ? allocate(types.type(NameClass::Struct, "vm_struct").size()) : VirtAddr());
        if (era_ == VmapEra::Flags)
            put(object, "vmap_area", "flags", (area.hasVm ? 4 : 0) | (area.isFreed ? 1 : 0));
        if ((era_ == VmapEra::RamFlags || era_ == VmapEra::Nodes) && !area.hasVm)
            put(object, "vmap_area", "flags", 3); // VMAP_RAM | VMAP_BLOCK
        // Before 5.4 the pointer of an area without one is what was there before.
        put(object, "vmap_area", "vm", area.hasVm ? vms.back().value : era_ == VmapEra::Flags ? 0xdead : 0);
        if (!area.hasVm)
            continue;
        put(vms.back(), "vm_struct", "addr", area.start.value);
        put(vms.back(), "vm_struct", "size", area.size);
        put(vms.back(), "vm_struct", "flags", area.flags);
        put(vms.back(), "vm_struct", "nr_pages", area.pages);
        put(vms.back(), "vm_struct", "phys_addr", area.phys);
        put(vms.back(), "vm_struct", "caller", kCaller.value);
    }
    for (std::size_t tree = 0; tree < roots.size(); ++tree)
        addTree(tree);
}

VirtAddr VmapKernel::subtree(std::span<const VirtAddr> nodes)
{
    if (nodes.empty())
        return {};
    const std::size_t middle = nodes.size() / 2;
    put(nodes[middle], "rb_node", "rb_left", subtree(nodes.first(middle)).value);
    put(nodes[middle], "rb_node", "rb_right", subtree(nodes.subspan(middle + 1)).value);
    return nodes[middle];
}

/// An area is in the tree of its number.
void VmapKernel::addTree(std::size_t tree)
{
    std::vector<VirtAddr> nodes;
    VirtAddr last = lists[tree];
    for (std::size_t i = tree; i < objects.size(); i += roots.size()) {
        nodes.push_back(place(objects[i], "vmap_area", "rb_node"));
        const VirtAddr link = place(objects[i], "vmap_area", "list");
        put(last, "list_head", "next", link.value);
        put(link, "list_head", "prev", last.value);
        last = link;
    }
    put(last, "list_head", "next", lists[tree].value);
    put(lists[tree], "list_head", "prev", last.value);
    put(roots[tree], "rb_root", "rb_node", subtree(nodes).value);
}

void VmapKernel::withoutSymbol(std::string_view name)
{
    std::erase_if(symbols_, [&](const RawSymbol &symbol) { return symbol.name == name; });
    symbols = SymbolTable::build(symbols_);
}

} // namespace ks::test
