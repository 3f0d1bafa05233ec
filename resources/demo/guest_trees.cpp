#include "resources/demo/guest_trees.h"

#include "resources/demo/guest.h"

#include <bit>

namespace ks::demo {
namespace {

constexpr std::uint64_t kBlack = 1;    ///< rb_node.__rb_parent_color, bit 0
constexpr std::uint64_t kNodeMark = 2; ///< xa_mk_node(): pointers to nodes have bit 1 set

VirtAddr buildSubtree(GuestMemory &memory, std::span<const VirtAddr> nodes, VirtAddr parent, unsigned blackLevels)
{
    if (nodes.empty())
        return VirtAddr(0);
    const std::size_t middle = nodes.size() / 2;
    const VirtAddr node = nodes[middle];
    const unsigned below = blackLevels ? blackLevels - 1 : 0;
    guest::rb_node record;
    clear(record);
    // Full levels are black; what hangs below them is red, so every path has as many black nodes.
    record.__rb_parent_color = parent.value | (blackLevels ? kBlack : 0);
    record.rb_left = guestPointer<guest::rb_node>(buildSubtree(memory, nodes.first(middle), node, below).value);
    record.rb_right = guestPointer<guest::rb_node>(buildSubtree(memory, nodes.subspan(middle + 1), node, below).value);
    memory.store(node, record);
    return node;
}

} // namespace

void buildRbTree(GuestMemory &memory, std::span<const VirtAddr> nodes, VirtAddr root)
{
    const auto fullLevels = static_cast<unsigned>(std::bit_width(nodes.size() + 1) - 1);
    memory.store(root, buildSubtree(memory, nodes, VirtAddr(0), fullLevels));
}

GuestIdr::GuestIdr(GuestMemory &memory, VirtAddr idr) : memory_(memory), idr_(idr)
{
    top_ = newNode(guest::XA_CHUNK_SHIFT, 0, VirtAddr(0));
    memory_.store(idr_ + offsetof(guest::idr, idr_rt.xa_head), top_.value | kNodeMark);
}

VirtAddr GuestIdr::newNode(unsigned shift, unsigned offset, VirtAddr parent)
{
    const VirtAddr node = memory_.allocateObject(sizeof(guest::xa_node));
    guest::xa_node record;
    clear(record);
    record.shift = static_cast<guest::u8>(shift);
    record.offset = static_cast<guest::u8>(offset);
    record.parent = guestPointer<guest::xa_node>(parent.value);
    record.array = guestPointer<guest::xarray>(idr_.value);
    memory_.store(node, record);
    memory_.listInit(node + offsetof(guest::xa_node, private_list));
    return node;
}

void GuestIdr::set(unsigned id, VirtAddr pointer)
{
    if (id >= 64 * 64)
        return;
    const unsigned high = id / 64;
    VirtAddr &leaf = leaves_[high];
    if (leaf.value == 0)
        leaf = newNode(0, high, top_);

    const auto put = [&](VirtAddr node, unsigned slot, std::uint64_t value) {
        auto record = memory_.load<guest::xa_node>(node);
        record.count += static_cast<guest::u8>((value != 0) - (record.slots[slot] != nullptr));
        record.slots[slot] = guestPointer(value);
        memory_.store(node, record);
        return record.count;
    };
    const auto left = put(leaf, id % 64, pointer.value);
    // An array has no empty nodes; ours is kept for the next time.
    put(top_, high, left ? leaf.value | kNodeMark : 0);
}

} // namespace ks::demo
