// What a page of RAM is used for.
#pragma once

#include "core/kernel/records.h"
#include "core/memory/notes.h"

#include <cstdint>

namespace ks::kernel {

enum class PageKind : std::uint8_t {
    Unknown,
    Reserved,  ///< PG_reserved: the kernel's image, and what was taken before the page allocator began
    Free,      ///< in a block of the page allocator; pages that it keeps for one processor are not told
    Slab,      ///< as of findSlabObjects
    PageTable, ///< told since 6.10, when the types began to list PG_table (46df8e73a4a3)
    Anonymous, ///< of programs, KSM's pages included
    PageCache, ///< of a file, shared memory or a block device, while it is on a list of those that can be reclaimed
};

/// "free", "page table", ...
const char *name(PageKind kind);

struct PageUse {
    VirtAddr page; ///< the struct page of the address; that of a compound page's head tells what it is
    PageKind kind = PageKind::Unknown;

    friend bool operator==(const PageUse &, const PageUse &) = default;
};

/// One for each address; nothing where there is no RAM, or where its struct page was not read. Up to 6.9
/// `notes` alone tell which pages are free, NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE). Everything is read in four batches.
std::vector<std::optional<PageUse>> findPageUses(const EvalContext &context, const std::optional<VmcoreInfo> &notes,
                                                 std::span<const VirtAddr> addresses);

} // namespace ks::kernel
