#include "resources/demo/vmalloc_space.h"

#include "resources/demo/guest.h"
#include "resources/demo/guest_trees.h"

#include <algorithm>

namespace ks::demo {
namespace {

constexpr std::uint64_t kKernelPage = kPteWrite | kPteAccessed | kPteDirty | kPteGlobal | kPteNoExecute;

} // namespace

VmallocSpace::VmallocSpace(GuestMemory &memory, const KernelImage &image, std::mt19937_64 &rng)
    : memory_(memory),
      image_(image),
      rng_(rng),
      next_(memory.layout().vmallocBase),
      nextModule_(kModulesStart + (1 + rng() % 1024) * kPageSize)
{
}

VirtAddr VmallocSpace::nextStart(std::uint64_t size, std::uint64_t alignment)
{
    // Now and then something was freed before: leave a hole.
    if (rng_() % 4 == 0)
        next_ += (1 + rng_() % 64) * kPageSize;
    const VirtAddr start = (next_ + (alignment - 1)).alignedDown(alignment);
    next_ = start + size + kPageSize;
    return start;
}

VmallocSpace::Area VmallocSpace::add(VirtAddr start, std::uint64_t size, unsigned flags, std::string_view caller)
{
    // The size of an area counts its guard page.
    const std::uint64_t whole = size + kPageSize;
    const VirtAddr vm = memory_.allocateObject(sizeof(guest::vm_struct));
    guest::vm_struct record;
    clear(record);
    record.addr = guestPointer(start.value);
    record.size = whole;
    record.flags = flags;
    record.caller = guestPointer(image_.symbol(caller).value);
    memory_.store(vm, record);

    const VirtAddr area = memory_.allocateObject(sizeof(guest::vmap_area));
    guest::vmap_area node;
    clear(node);
    node.va_start = start.value;
    node.va_end = start.value + whole;
    node.vm = guestPointer<guest::vm_struct>(vm.value);
    memory_.store(area, node);
    areas_.emplace_back(start, area);
    return {start, vm};
}

void VmallocSpace::backWithRam(const Area &area, std::uint64_t size, std::uint64_t pteFlags)
{
    const std::uint64_t count = size / kPageSize;
    const VirtAddr pages = memory_.allocateObject(count * 8);
    // Descending, so that neighbours here are no neighbours in RAM.
    const PhysAddr ram = memory_.allocate(size);
    for (std::uint64_t i = 0; i < count; ++i) {
        const PhysAddr page = ram + (count - 1 - i) * kPageSize;
        memory_.map(area.start + i * kPageSize, page, 0, pteFlags);
        memory_.store(pages + i * 8, memory_.layout().pageStruct(page));
    }
    auto vm = memory_.load<guest::vm_struct>(area.vm);
    vm.pages = guestPointer<guest::page *>(pages.value);
    vm.nr_pages = static_cast<unsigned>(count);
    memory_.store(area.vm, vm);
}

VmallocSpace::Area VmallocSpace::allocate(std::uint64_t size, std::string_view caller, std::uint64_t alignment)
{
    const Area area = add(nextStart(size, alignment), size, guest::VM_ALLOC, caller);
    backWithRam(area, size, kKernelPage);
    return area;
}

VmallocSpace::Area VmallocSpace::allocateModule(std::uint64_t size, std::string_view caller)
{
    const Area area = add(nextModule_, size, guest::VM_ALLOC, caller);
    nextModule_ += size + kPageSize;
    backWithRam(area, size, kPteWrite | kPteAccessed | kPteDirty | kPteGlobal);
    return area;
}

VmallocSpace::Area VmallocSpace::ioremap(PhysAddr phys, std::uint64_t size, std::string_view caller)
{
    const unsigned level = (phys.value | size) % kGiB == 0 ? 2 : (phys.value | size) % kTwoMiB == 0 ? 1 : 0;
    const Area area = add(nextStart(size, kLevelSize[level]), size, guest::VM_IOREMAP, caller);
    for (std::uint64_t done = 0; done < size; done += kLevelSize[level])
        memory_.map(area.start + done, phys + done, level, kKernelPage | kPteNoCache);
    auto vm = memory_.load<guest::vm_struct>(area.vm);
    vm.phys_addr = phys.value;
    memory_.store(area.vm, vm);
    return area;
}

void VmallocSpace::publish()
{
    std::ranges::sort(areas_);
    std::vector<VirtAddr> nodes;
    for (const auto &[start, area] : areas_) {
        memory_.listAddTail(area + offsetof(guest::vmap_area, list), image_.symbol("vmap_area_list"));
        nodes.push_back(area + offsetof(guest::vmap_area, rb_node));
    }
    buildRbTree(memory_, nodes, image_.symbol("vmap_area_root"));
}

} // namespace ks::demo
