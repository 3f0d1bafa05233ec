#include "core/memory/segment_map.h"

#include <algorithm>

namespace ks {
namespace {

// arch/x86/include/asm/page_64_types.h: __START_KERNEL_map; uapi/asm/vsyscall.h: VSYSCALL_ADDR.
constexpr VirtAddr kX86KernelMap{0xffffffff80000000};
constexpr VirtAddr kX86Vsyscall{0xffffffffff600000};
/// MODULES_END: the fixmap begins here at the earliest (arch/x86/include/asm/pgtable_64_types.h).
constexpr VirtAddr kX86FixMap{0xffffffffff000000};
constexpr VirtAddr kUpperHalf{0x8000000000000000};
/// No kernel image is larger: KERNEL_IMAGE_SIZE is 512 MiB, or 1 GiB with KASLR, and that includes the gap before it.
constexpr std::uint64_t kMaxImage = std::uint64_t{512} << 20;
/// The vmalloc area is the one segment of this size without a physical address: 32 TiB or 12.5 PiB on x86-64, at least
/// 63 GiB on arm64 with the smallest address space; vmemmap entries cover the struct pages of present memory only.
constexpr std::uint64_t kMinVmalloc = std::uint64_t{32} << 30;

/// Where the areas lie without KASLR (Documentation/x86/x86_64/mm.rst), for headers that tell nothing more.
struct FixedArea {
    AddrRange range;
    SegmentKind kind;
};
constexpr FixedArea kX86FixedAreas[] = {
    // 4 levels; the direct map began at 0xffff880000000000 before 4.20.
    {{VirtAddr(0xffff880000000000), VirtAddr(0xffffc87fffffffff)}, SegmentKind::DirectMap},
    {{VirtAddr(0xffffc90000000000), VirtAddr(0xffffe8ffffffffff)}, SegmentKind::Vmalloc},
    {{VirtAddr(0xffffea0000000000), VirtAddr(0xffffeaffffffffff)}, SegmentKind::Vmemmap},
    // 5 levels; the direct map began at 0xff10000000000000 before 4.20.
    {{VirtAddr(0xff10000000000000), VirtAddr(0xff90ffffffffffff)}, SegmentKind::DirectMap},
    {{VirtAddr(0xffa0000000000000), VirtAddr(0xffd1ffffffffffff)}, SegmentKind::Vmalloc},
    {{VirtAddr(0xffd4000000000000), VirtAddr(0xffd5ffffffffffff)}, SegmentKind::Vmemmap},
};

class Classifier {
public:
    Classifier(std::span<const LoadSegment> loads, Machine machine, const LayoutHints &hints)
        : machine_(machine), hints_(hints), vmallocStart_(hints.vmallocBase)
    {
        const LoadSegment *largest = nullptr;
        for (const LoadSegment &load : loads) {
            anyPhys_ |= load.phys.has_value();
            if (!load.phys && load.range.first >= kUpperHalf && !isKernelMap(load) &&
                load.range.size() >= kMinVmalloc && (!largest || load.range.size() > largest->range.size()))
                largest = &load;
        }
        if (!vmallocStart_ && largest && (anyPhys_ || !isFixedDirectMap(*largest)))
            vmallocStart_ = largest->range.first;
    }

    SegmentKind classify(const LoadSegment &load) const
    {
        if (load.range.first < kUpperHalf)
            return SegmentKind::Other;
        if (hints_.modulesBase && load.range.contains(*hints_.modulesBase) && !load.phys)
            return SegmentKind::Modules;
        if (holdsText(load))
            return SegmentKind::Text;
        if (isKernelMap(load))
            return classifyKernelMap(load);
        return classifyLower(load);
    }

private:
    bool isKernelMap(const LoadSegment &load) const
    {
        return machine_ == Machine::X86_64 && load.range.first >= kX86KernelMap;
    }

    /// On arm64 the image lies inside of the vmalloc area, and before 4.6 inside of the direct map; a segment that
    /// holds much more than an image is not called text.
    bool holdsText(const LoadSegment &load) const
    {
        if (!hints_.text || !load.range.contains(*hints_.text))
            return false;
        return isKernelMap(load) || load.range.size() <= kMaxImage;
    }

    /// The upper 2 GiB of x86-64: kernel image, modules, fixmap with the vsyscall page.
    SegmentKind classifyKernelMap(const LoadSegment &load) const
    {
        if (load.range.first == kX86Vsyscall)
            return SegmentKind::Vsyscall;
        // MODULES_VADDR is 0xffffffffa0000000, or 0xffffffffc0000000 with KASLR; the area reaches to the fixmap.
        const bool sizeOfModules = load.range.size() > kMaxImage;
        // Dumps hold parts of the area: what lies behind the image.
        const bool behindImage = hints_.end && load.range.first >= *hints_.end && load.range.last < kX86FixMap;
        if (load.phys || !(sizeOfModules || behindImage))
            return hints_.text && !load.phys ? SegmentKind::Other : SegmentKind::Text;
        return SegmentKind::Modules;
    }

    SegmentKind classifyLower(const LoadSegment &load) const
    {
        const VirtAddr first = load.range.first;
        if (hints_.vmemmapBase && first >= *hints_.vmemmapBase && !load.phys)
            return SegmentKind::Vmemmap;
        if (vmallocStart_ && load.range.contains(*vmallocStart_))
            return SegmentKind::Vmalloc;
        if (load.phys)
            return SegmentKind::DirectMap;
        if (vmallocStart_ && first > *vmallocStart_)
            return classifyAboveVmalloc(load);
        if (vmallocStart_)
            return classifyBelowVmalloc(load);
        return classifyFixed(load);
    }

    SegmentKind classifyAboveVmalloc(const LoadSegment &load) const
    {
        if (hints_.vmemmapBase) // and this segment lies below it
            return SegmentKind::Vmalloc;
        return anyPhys_ || !isFixedDirectMap(load) ? SegmentKind::Vmemmap : SegmentKind::DirectMap;
    }

    SegmentKind classifyBelowVmalloc(const LoadSegment &load) const
    {
        // arm64: the modules' area ends where vmalloc begins (arch/arm64/include/asm/memory.h).
        if (machine_ == Machine::Arm64 && load.range.last + 1 == *vmallocStart_)
            return SegmentKind::Modules;
        if (hints_.pageOffsetBase ? load.range.first >= *hints_.pageOffsetBase : !anyPhys_)
            return SegmentKind::DirectMap;
        return SegmentKind::Other;
    }

    bool isFixedDirectMap(const LoadSegment &load) const
    {
        return machine_ == Machine::X86_64 && classifyFixed(load) == SegmentKind::DirectMap;
    }

    SegmentKind classifyFixed(const LoadSegment &load) const
    {
        if (hints_.pageOffsetBase && load.range.first >= *hints_.pageOffsetBase && !anyPhys_)
            return SegmentKind::DirectMap;
        if (machine_ == Machine::X86_64)
            for (const FixedArea &area : kX86FixedAreas)
                if (area.range.contains(load.range.first))
                    return area.kind;
        return SegmentKind::Other;
    }

    Machine machine_;
    const LayoutHints &hints_;
    std::optional<VirtAddr> vmallocStart_;
    bool anyPhys_ = false;
};

} // namespace

const char *name(SegmentKind kind)
{
    switch (kind) {
    case SegmentKind::Text: return "text";
    case SegmentKind::DirectMap: return "direct-map";
    case SegmentKind::Vmalloc: return "vmalloc";
    case SegmentKind::Modules: return "modules";
    case SegmentKind::Vmemmap: return "vmemmap";
    case SegmentKind::Vsyscall: return "vsyscall";
    case SegmentKind::Other: return "other";
    }
    return "other";
}

SegmentMap SegmentMap::classify(std::vector<LoadSegment> loads, Machine machine, const LayoutHints &hints)
{
    std::ranges::sort(loads, {}, [](const LoadSegment &load) { return load.range.first; });
    const Classifier classifier(loads, machine, hints);
    SegmentMap map;
    map.segments_.reserve(loads.size());
    for (const LoadSegment &load : loads)
        map.segments_.push_back({load, classifier.classify(load)});
    return map;
}

const Segment *SegmentMap::find(VirtAddr address) const
{
    const auto found =
        std::ranges::lower_bound(segments_, address, {}, [](const Segment &s) { return s.range().last; });
    return found != segments_.end() && found->range().contains(address) ? &*found : nullptr;
}

const Segment *SegmentMap::nextAfter(VirtAddr address) const
{
    const auto found =
        std::ranges::upper_bound(segments_, address, {}, [](const Segment &s) { return s.range().first; });
    return found != segments_.end() ? &*found : nullptr;
}

} // namespace ks
