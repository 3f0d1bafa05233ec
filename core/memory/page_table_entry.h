// An entry of the processor's page tables on x86-64 (Intel SDM volume 3, 4.5; AMD APM volume 2, 5.3).
#pragma once

#include "core/base/address.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace ks {

/// The bits that the processor knows. Linux's names for them, and what Linux keeps in the others, are in
/// arch/x86/include/asm/pgtable_types.h.
namespace pte {
inline constexpr std::uint64_t kPresent = 0x1;
inline constexpr std::uint64_t kPageSizeBit = 0x80; ///< the entry maps a large page
inline constexpr std::uint64_t kGlobal = 0x100;
inline constexpr std::uint64_t kFrame = 0x000ffffffffff000;
} // namespace pte

/// 1: a table of pages, 4: the root, 5: the root of five levels.
inline constexpr unsigned kMaxTableLevels = 5;
inline constexpr unsigned kEntriesPerTable = 512;

/// How many address bits lie below an entry's index: 12, 21, 30, 39, 48.
constexpr unsigned tableShift(unsigned level) { return 12 + 9 * (level - 1); }
constexpr std::uint64_t coveredByEntry(unsigned level) { return std::uint64_t{1} << tableShift(level); }
constexpr unsigned tableIndex(VirtAddr address, unsigned level)
{
    return (address.value >> tableShift(level)) % kEntriesPerTable;
}

/// "pte", "pmd", "pud", "p4d", "pgd": the kernel's names. Four levels have no p4d, and their root is the pgd.
const char *tableName(unsigned level, unsigned levels);

struct TableEntry {
    enum class Kind : std::uint8_t {
        Absent,  ///< the processor finds nothing there, whatever the other bits say
        Table,   ///< leads to the next table
        Page,    ///< maps a page of pageSize()
        Damaged, ///< has a bit that no processor lets pass at this level
    };

    std::uint64_t value = 0;
    unsigned level = 1;
    /// What memory encryption adds to each address (NUMBER(sme_mask) of VMCOREINFO).
    std::uint64_t encryption = 0;

    /// Entries that Linux has hidden from the processor, as for PROT_NONE or an unmapped page of the direct map, have
    /// lost the present bit alone, and are Absent. Since 4.18 the frame in them is inverted against L1TF
    /// (6b28baca9b1f); it is not to be followed.
    Kind kind() const;
    /// Of the next table, or of the page.
    PhysAddr frame() const;
    /// "present", "rw", "user", "pwt", "pcd", "accessed", "dirty", "pse", "pat", "global", "sw1", "sw2", "sw3", "sw4",
    /// "encrypted", "nx"; of an Absent entry "protnone" and "inverted" as well. None for 0.
    std::vector<std::string_view> flags() const;
};

} // namespace ks
