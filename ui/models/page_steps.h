// What the kernel says of a byte in its page tables and slabs, for the line that tells where it comes from.
#pragma once

#include "core/kernel/page_uses.h"
#include "core/kernel/slab_objects.h"
#include "core/memory/page_tables.h"
#include "ui/models/provenance.h"

namespace ks::ui {

/// The page: its flags and size, the entries of all levels as the tool tip. With `tellsPhysical` its physical address
/// as well. Empty where nothing is mapped: the status says so.
std::vector<ProvenanceStep> pageSteps(const Translation &page, bool tellsPhysical);

/// What is known since `asked` was asked for.
struct PageFacts {
    VirtAddr asked;
    std::vector<ProvenanceStep> steps;      ///< of the page
    std::optional<kernel::SlabObject> slab; ///< at `asked`
    std::optional<kernel::PageUse> use;     ///< of the page

    bool isOfPage(VirtAddr address) const { return address.alignedDown(kPageSize) == asked.alignedDown(kPageSize); }
    /// False where another object may lie, or the page is another.
    bool tells(VirtAddr address) const;
    /// The page, behind the slab object or what else the page is used for, where that is known; empty in another page.
    std::vector<ProvenanceStep> stepsAt(VirtAddr address) const;
};

} // namespace ks::ui
