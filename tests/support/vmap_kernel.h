// A kernel with a few vmap areas, in the shape of any version: types, symbols and memory that belong together.
#pragma once

#include "core/symbols/symbol_table.h"
#include "core/values/context.h"
#include "tests/support/fake_source.h"
#include "tests/support/fake_types.h"

#include <string>
#include <vector>

namespace ks::test {

enum class VmapEra {
    Flags,    ///< vmap_area.flags tells what an area is, freed ones included; before 5.4
    Union,    ///< `vm` shares its place with subtree_max_size; 5.4 to 6.2
    RamFlags, ///< flags again, of vm_map_ram; 6.3 to 6.8
    Nodes,    ///< several trees; since 6.9
};

struct VmapKernelArea {
    VirtAddr start;
    std::uint64_t size = 0; ///< with the guard page
    std::uint64_t flags = 0;
    std::uint64_t pages = 0;
    std::uint64_t phys = 0;
    bool hasVm = true;
    bool isFreed = false; ///< waits to be flushed; only with VmapEra::Flags
};

class VmapKernel {
public:
    explicit VmapKernel(VmapEra era);
    EvalContext context() const { return {.memory = &memory, .symbols = &symbols, .types = &types}; }

    void put(VirtAddr object, std::string_view tag, std::string_view path, std::uint64_t value);
    VirtAddr place(VirtAddr object, std::string_view tag, std::string_view path) const;
    VirtAddr allocate(std::size_t size);
    /// Takes the tree, or the list, away: a symbol that is not there.
    void withoutSymbol(std::string_view name);

    static constexpr VirtAddr kVmalloc{0xffffc90000000000};
    static constexpr VirtAddr kCaller{0xffffffff81001234};
    static constexpr VirtAddr kHeap{0xffff888000000000};
    static constexpr std::size_t kHeapSize = 0x10000;
    static constexpr unsigned kNodes = 3;

    std::vector<VmapKernelArea> areas; ///< in the order of addresses
    std::vector<VirtAddr> objects;     ///< their vmap_area structs
    std::vector<VirtAddr> vms;         ///< their vm_structs; 0 where there is none
    std::vector<VirtAddr> roots;       ///< the rb_root of each tree
    std::vector<VirtAddr> lists;       ///< the list_head of each list
    FakeTypes types;
    FakeSource memory;
    SymbolTable symbols;

private:
    void addTypes();
    void addAreas();
    void addTree(std::size_t tree);
    VirtAddr subtree(std::span<const VirtAddr> nodes);

    VmapEra era_;
    VirtAddr next_ = kHeap;
    std::vector<RawSymbol> symbols_;
};

} // namespace ks::test
