// The bytes that DWARF is read from.
#pragma once

#include "core/base/file.h"
#include "core/symbols/relocation.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace ks {

/// The DWARF sections of one file, decompressed and relocated; those that are missing stay empty. The bytes must live
/// as long as whatever was made from them; `owner` sees to that.
struct DwarfSections {
    std::span<const std::byte> info;       ///< .debug_info
    std::span<const std::byte> abbrev;     ///< .debug_abbrev
    std::span<const std::byte> str;        ///< .debug_str
    std::span<const std::byte> lineStr;    ///< .debug_line_str
    std::span<const std::byte> strOffsets; ///< .debug_str_offsets
    std::span<const std::byte> addr;       ///< .debug_addr
    std::span<const std::byte> line;       ///< .debug_line
    std::string fileName;                  ///< for messages
    /// They were relocated here, so that addresses are those of the running kernel. `ld -r` leaves 0 for what lay in a
    /// discarded section, like .discard.addressable of scripts/module.lds.S; then nothing lies at 0.
    bool isRelocated = false;

    std::shared_ptr<const void> owner;
    /// The mapping that the sections lie in, if any: pages that were scanned once are given back to the system.
    std::shared_ptr<const MappedFile> mapping;

    /// Gives back the pages of `part` if it lies in `mapping` (a decompressed section does not).
    void release(std::span<const std::byte> part) const;
};

/// The sections of a file; NotFound if it has no debug information (kept in a separate file, or never made).
/// Those of a relocatable file (a module) are relocated copies; what its debug information says to lie in a section
/// that is not in `addresses` gets an address in kNowhere. Errors of relocatedBytes().
Result<DwarfSections> dwarfSectionsOf(const std::shared_ptr<const ElfImage> &image,
                                      const SectionAddresses &addresses = {});

} // namespace ks
