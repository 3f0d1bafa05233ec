// The demo kernel's vmalloc and module areas: vmap_area and vm_struct objects with their pages, guard holes between.
#pragma once

#include "resources/demo/kernel_image.h"

#include <random>

namespace ks::demo {

class VmallocSpace {
public:
    VmallocSpace(GuestMemory &memory, const KernelImage &image, std::mt19937_64 &rng);

    struct Area {
        VirtAddr start;
        VirtAddr vm; ///< its vm_struct
    };
    /// RAM, page by page and not in order, at a free place of the vmalloc area; followed by a guard page that is not
    /// mapped.
    Area allocate(std::uint64_t size, std::string_view caller, std::uint64_t alignment = kPageSize);
    /// The same in the module area. `flags` are the page table bits of each page.
    Area allocateModule(std::uint64_t size, std::string_view caller);
    /// Device memory: mapped, but never RAM. 1 GiB aligned pieces become 1 GiB pages.
    Area ioremap(PhysAddr phys, std::uint64_t size, std::string_view caller);
    /// Enters all areas into vmap_area_list (sorted) and vmap_area_root.
    void publish();

private:
    Area add(VirtAddr start, std::uint64_t size, unsigned flags, std::string_view caller);
    VirtAddr nextStart(std::uint64_t size, std::uint64_t alignment);
    void backWithRam(const Area &area, std::uint64_t size, std::uint64_t pteFlags);

    GuestMemory &memory_;
    const KernelImage &image_;
    std::mt19937_64 &rng_;
    VirtAddr next_;
    VirtAddr nextModule_;
    std::vector<std::pair<VirtAddr, VirtAddr>> areas_; ///< start, vmap_area
};

} // namespace ks::demo
