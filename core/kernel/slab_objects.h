// Which object of a slab cache lies at an address.
#pragma once

#include "core/kernel/records.h"

#include <cstdint>

namespace ks::kernel {

struct SlabObject {
    VirtAddr cache; ///< of its struct kmem_cache
    std::string name;
    bool isObject = false;    ///< else it is what is left of the slab around its objects, and there is nothing below
    VirtAddr address;         ///< where the object begins
    std::uint64_t index = 0;  ///< among the objects of its slab
    std::uint64_t size = 0;   ///< of the object, without what the allocator puts around it
    std::uint64_t offset = 0; ///< of what was asked for; at or beyond `size` it is in the allocator's part

    friend bool operator==(const SlabObject &, const SlabObject &) = default;
};

/// For each address the object of a slab that it lies in, in use or free; nothing where it is in no slab, or where that
/// is not known. An address leads to its struct page (through segments with physical addresses and `vmemmap_base`),
/// that to the head of a compound page, and that is a slab by
///   PG_slab of page.flags           up to 6.9
///   PG_slab of page.page_type       6.10 and 6.11 (46df8e73a4a3)
///   PGTY_slab, its uppermost byte   since 6.12 (4ffca5a96678)
/// Nothing is said of what may be an object that KFENCE guards: its page looks like a slab of one object, which lies at
/// either end of it (0ce20dd84089, d3fb45f370d9 for SLAB).
/// Everything is read in four batches, however many addresses there are.
std::vector<std::optional<SlabObject>> findSlabObjects(const EvalContext &context, std::span<const VirtAddr> addresses);

/// "slab dentry 0xffff888012345600+0x38"; "slab dentry" where there is no object.
std::string toString(const SlabObject &object);

} // namespace ks::kernel
