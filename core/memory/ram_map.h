// Where the target's RAM is: its physical addresses, and the virtual addresses at which a source shows them.
#pragma once

#include "core/memory/segment_map.h"

#include <optional>
#include <vector>

namespace ks {

/// Immutable. Built from segments, which are untrusted: they may overlap, wrap around or claim more than there is.
class RamMap {
public:
    /// Physical addresses, both ends inclusive, and where the first of them is mapped.
    struct Part {
        PhysAddr first;
        PhysAddr last;
        VirtAddr address;
    };

    RamMap() = default;
    /// The direct map first; of the kernel's image what the direct map does not have. Kernels before 4.11 tell no
    /// physical addresses in kcore (464920104bf7): then the direct map counts from `pageOffset`.
    static RamMap of(const SegmentMap &segments, std::optional<VirtAddr> pageOffset);

    /// The part that holds an address; null when it is no RAM of the target.
    const Part *find(PhysAddr address) const;
    /// The first address behind `address` at which RAM begins.
    std::optional<PhysAddr> nextAfter(PhysAddr address) const;
    /// Where the source shows a byte of RAM.
    std::optional<VirtAddr> addressOf(PhysAddr address) const;
    /// In pages; at least 1.
    std::uint64_t pages() const;

private:
    /// Each sorted and without overlap.
    std::vector<Part> direct_;
    std::vector<Part> image_;
};

} // namespace ks
