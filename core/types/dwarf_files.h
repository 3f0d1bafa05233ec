// Which files of a unit's line table are the unit's own source.
#pragma once

#include "core/types/dwarf_abbrev.h"
#include "core/types/dwarf_sections.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ks {

/// Numbers of files (DW_AT_decl_file) that name the source file which the unit was compiled from. Before DWARF 5 it is
/// the file that DW_AT_name names, and from then on file 0; but the assembler lists it once more, wherever it was used
/// first, and file 1 is often a header.
class OwnFiles {
public:
    /// Reads the head of the unit's line table (DWARF 5, 6.2.4; DWARF 4, 6.2.4) at `lineTable`. `unitName` is the
    /// unit's DW_AT_name. Without a table that can be read, the files 0 and 1 are taken for it, as most compilers
    /// number them.
    void read(const DwarfSections &sections, std::uint64_t lineTable, std::string_view unitName);

    bool contains(std::uint64_t file) const
    {
        // Asked for every type of every unit; nearly all units have one or two.
        return file == first_ || file == second_ ||
               (numbers_.size() > 2 && std::ranges::find(numbers_, file) != numbers_.end());
    }
    /// Bytes of .debug_line that read() has looked at, over all calls.
    std::uint64_t work() const { return work_; }

private:
    class Table;

    std::vector<std::uint64_t> numbers_;
    std::uint64_t first_ = 0, second_ = 0;  ///< of them
    std::vector<std::string_view> folders_; ///< of the table at hand; each runs to its section's end
    std::uint64_t work_ = 0;
};

} // namespace ks
