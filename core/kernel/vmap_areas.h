// The areas of the kernel's vmalloc and module address space, and who has mapped them.
#pragma once

#include "core/kernel/records.h"

#include <cstdint>

namespace ks::kernel {

// vm_struct.flags that have meant the same since 2.6 (include/linux/vmalloc.h).
inline constexpr std::uint64_t kVmIoremap = 0x1;
inline constexpr std::uint64_t kVmAlloc = 0x2;
inline constexpr std::uint64_t kVmMap = 0x4;

struct VmapArea {
    AddrRange range;                    ///< with the guard page behind it, if it has one
    VirtAddr area;                      ///< of its struct vmap_area
    VirtAddr vm;                        ///< of its vm_struct; 0: it has none
    bool isMapRam = false;              ///< made by vm_map_ram(), which keeps no vm_struct
    std::uint64_t flags = 0;            ///< of the vm_struct
    std::optional<std::uint64_t> pages; ///< that the area owns (nr_pages); nothing where that is not known
    std::optional<PhysAddr> phys;       ///< of device memory
    VirtAddr caller;                    ///< a place in the function that asked for it; 0: not known
};

/// "VM_IOREMAP", "VM_ALLOC", "VM_MAP", "VM_USERMAP", "VM_NO_GUARD", ...; bits without a name, or with several through
/// the years, as "0x10".
std::vector<std::string> vmapFlagNames(std::uint64_t flags);

/// Every area that is in use, in the order of addresses, from
///   vmap_area_root and vmap_area_list                                   before 6.9
///   the busy trees and lists of vmap_nodes (d093602919ad, 55c49fee57af)  since
/// The trees are read first, because a level of one is one batch; the lists where a tree is damaged. Areas that are
/// freed and only wait for their addresses to be flushed are left out (before 5.4 they are among the others, marked).
/// NotFound when the kernel's symbols or types have no such thing.
Result<Listing<VmapArea>> listVmapAreas(const EvalContext &context);

/// What of them is device memory; guard pages are of no concern, because nothing is mapped there.
std::vector<AddrRange> deviceMemory(std::span<const VmapArea> areas);

} // namespace ks::kernel
