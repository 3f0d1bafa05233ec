// The kernel's trees, written into the demo kernel's memory.
#pragma once

#include "resources/demo/guest_memory.h"

#include <span>

namespace ks::demo {

/// A balanced red-black tree (include/linux/rbtree_types.h) of nodes in their order; `root` is a struct rb_root.
void buildRbTree(GuestMemory &memory, std::span<const VirtAddr> nodes, VirtAddr root);

/// Numbers below 4096 -> pointers, as an idr holds them (include/linux/xarray.h): a node of nodes.
class GuestIdr {
public:
    /// `idr` is a struct idr in the demo kernel's memory.
    GuestIdr(GuestMemory &memory, VirtAddr idr);

    /// A null pointer removes the entry. Numbers from 4096 on are not entered.
    void set(unsigned id, VirtAddr pointer);

private:
    VirtAddr newNode(unsigned shift, unsigned offset, VirtAddr parent);

    GuestMemory &memory_;
    VirtAddr idr_;
    VirtAddr top_;
    VirtAddr leaves_[64];
};

} // namespace ks::demo
