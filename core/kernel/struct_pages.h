// struct page: which describes an address, which is the head of a compound page, and what type it says it has.
#pragma once

#include "core/kernel/records.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ks::kernel {

/// The array of all struct page (CONFIG_SPARSEMEM_VMEMMAP).
struct MemoryMap {
    Type page;
    VirtAddr begin; ///< vmemmap_base: the struct page of frame 0

    /// The kernel's own types, without those of modules: no kernel has all the names that are asked for here, and what
    /// it lacks is not to be looked for in the files of all modules.
    const TypeSource &types() const { return *page.source(); }
    /// Nothing where types or symbols tell no such array, or where its begin cannot be read.
    static std::optional<MemoryMap> of(const EvalContext &context);

    VirtAddr structOf(std::uint64_t frame) const { return begin + frame * page.size(); }
    std::uint64_t frameOf(VirtAddr structPage) const { return (structPage - begin) / page.size(); }
    /// By one of the segments (in the order of addresses) that has physical addresses; nothing where there is none.
    std::optional<VirtAddr> structOf(std::span<const LoadSegment> segments, VirtAddr address) const;
};

/// The struct page that the tail of a compound page names as its head; nothing when `page` is no tail. Untrusted.
std::optional<VirtAddr> headOf(const Value &page);
/// page.flags, an integer or, in newer kernels, a struct of one (memdesc_flags_t).
std::optional<std::uint64_t> flagsOf(const Value &page);
/// An integer member as 64 bits; nothing where there is none, or where it was not read.
std::optional<std::uint64_t> unsignedMember(const Value &object, std::string_view path);
/// How pages of one kind are marked. A flag of page.flags, as PG_slab up to 6.9 and PG_lru, or one of the types that
/// page.page_type tells, which were macros, unknown to debug information, until
///   6.10  a bit that is cleared when it is set, PG_slab (46df8e73a4a3)
///   6.12  the uppermost byte, PGTY_slab (4ffca5a96678)
struct PageMark {
    std::optional<std::uint64_t> flag; ///< the number of a bit
    std::optional<std::uint64_t> bit;
    std::optional<std::uint64_t> byte;

    /// "slab", "buddy", "lru"; none of them where this kernel has no such enumerator.
    static PageMark of(const TypeSource &types, std::string_view suffix);
    bool isKnown() const { return flag || bit || byte; }
    /// False where it is not known.
    bool isOn(const Value &page) const;
};

} // namespace ks::kernel
