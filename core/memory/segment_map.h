// The map of the kernel's address space: which part every segment of the target is.
#pragma once

#include "core/memory/memory_source.h"

namespace ks {

enum class SegmentKind { Text, DirectMap, Vmalloc, Modules, Vmemmap, Vsyscall, Other };

/// "text", "direct-map", "vmalloc", "modules", "vmemmap", "vsyscall", "other"
const char *name(SegmentKind kind);

struct Segment {
    LoadSegment load;
    SegmentKind kind = SegmentKind::Other;
    const AddrRange &range() const { return load.range; }
};

/// What symbols and notes tell about the layout. What is unknown stays empty; what is known decides over any guess.
struct LayoutHints {
    std::optional<VirtAddr> text;           ///< runtime address of `_text`
    std::optional<VirtAddr> end;            ///< runtime address of `_end`
    std::optional<VirtAddr> pageOffsetBase; ///< value of `page_offset_base`
    std::optional<VirtAddr> vmallocBase;    ///< value of `vmalloc_base`, VMCOREINFO's NUMBER(VMALLOC_START)
    std::optional<VirtAddr> vmemmapBase;    ///< value of `vmemmap_base`
    std::optional<VirtAddr> modulesBase;    ///< MODULES_VADDR
    std::optional<bool> fiveLevels;         ///< NUMBER(pgtable_l5_enabled)
    std::optional<std::uint64_t> kaslrOffset;
};

/// Immutable; sorted by address.
class SegmentMap {
public:
    SegmentMap() = default;
    static SegmentMap classify(std::vector<LoadSegment> loads, Machine machine, const LayoutHints &hints);

    std::span<const Segment> all() const { return segments_; }
    const Segment *find(VirtAddr address) const;
    /// The first segment that begins after `address`.
    const Segment *nextAfter(VirtAddr address) const;

private:
    std::vector<Segment> segments_;
};

} // namespace ks
