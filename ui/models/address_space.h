// The parts of the address space as a tree of plain values: segments by kind, the kernel image by its sections, modules
// by name.
#pragma once

#include "core/memory/segment_map.h"
#include "core/symbols/symbol_table.h"

#include <QString>

#include <optional>
#include <vector>

namespace ks::ui {

struct AddressSpaceNode {
    QString name;
    QString detail;         ///< beside the name, quieter: "_text … _etext"
    AddrRange range;        ///< from the first to the last byte of all parts
    std::uint64_t size = 0; ///< of the parts without the holes between them
    SegmentKind kind = SegmentKind::Other;
    std::vector<AddressSpaceNode> children;

    /// Whether the address is in a part, not in a hole between two.
    bool contains(VirtAddr address) const;
};

/// One node for each kind that the map has: text, modules, vmalloc, direct map, vmemmap, vsyscall, other.
/// Walks all symbols once (for the extents of modules): run it on a worker.
std::vector<AddressSpaceNode> buildAddressSpace(const SegmentMap &segments, const SymbolTable &symbols);

/// The way from a kind down to the smallest part that holds the address; empty when none does.
std::vector<const AddressSpaceNode *> pathTo(const std::vector<AddressSpaceNode> &nodes, VirtAddr address);

/// Neighbouring segments of one kind as one band, holes between them included; sorted.
struct MapBand {
    AddrRange range;
    SegmentKind kind = SegmentKind::Other;
};
std::vector<MapBand> mapBands(const SegmentMap &segments);

/// The physical address behind a virtual one, where the program headers tell it.
std::optional<PhysAddr> physicalOf(const SegmentMap &segments, VirtAddr address);
/// Another virtual address of the same physical byte (the direct map's for kernel text, and the other way round).
std::optional<VirtAddr> aliasOf(const SegmentMap &segments, VirtAddr address);

/// "40 MiB", "9.5 KiB", "127 TiB"
QString sizeText(std::uint64_t bytes);

} // namespace ks::ui
