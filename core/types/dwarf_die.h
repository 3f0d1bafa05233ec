// DIEs with their attributes, as libdwarf decodes them, without libdwarf's types.
#pragma once

#include "core/types/libdwarf_object.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace ks {

/// The attributes of one DIE that types are made of. Text points into the sections.
struct DwarfDie {
    std::uint64_t offset = 0; ///< in .debug_info
    std::uint16_t tag = 0;
    std::string_view name;
    std::optional<std::uint64_t> type;          ///< offset in .debug_info
    std::optional<std::uint64_t> specification; ///< the declaration that this one defines
    std::optional<std::uint64_t> abstractOrigin;
    std::optional<std::uint64_t> byteSize;
    std::optional<std::uint64_t> bitSize;
    std::optional<std::uint64_t> bitOffset;     ///< DW_AT_bit_offset: counted from the most significant bit (DWARF 3)
    std::optional<std::uint64_t> dataBitOffset; ///< DW_AT_data_bit_offset (DWARF 4 and later)
    std::optional<std::uint64_t> memberLocation;
    std::optional<std::uint64_t> lowerBound;
    std::optional<std::uint64_t> upperBound;
    std::optional<std::uint64_t> count;
    std::optional<std::uint64_t> constValue;
    std::optional<std::uint64_t> encoding;
    std::optional<std::uint64_t> address; ///< DW_AT_location when it is an address, or DW_AT_low_pc
    bool constIsSigned = false;           ///< the form of constValue says so
    bool declaration = false;
    bool external = false;
    std::optional<std::uint64_t> typeSignature; ///< DW_AT_type names a type unit, and `type` is empty
    std::optional<std::uint64_t> signature;     ///< stands for the type of that type unit, and says nothing more
};

/// Reads the DIE at an offset of .debug_info, which must be the start of one (only the index and references know), and
/// then its children, until `child` gives false. BadFormat for damage.
Result<DwarfDie> readDie(const DwarfSections &sections, const LibdwarfUnit &unit, std::uint64_t offset,
                         const std::function<bool(const DwarfDie &)> &child = {});

} // namespace ks
