// Collects what the scanner meets, each thing once, and makes a TypeIndex of it.
#pragma once

#include "core/types/dwarf_abbrev.h"
#include "core/types/type_index.h"

#include <vector>

namespace ks {

/// A thing with a name. Two are the same when all fields but `die` and `units` are: the linker merges strings, so the
/// place of the text is the name, and headers that are included in many units have their types at the same line.
struct FoundName {
    std::uint32_t text = 0;
    std::uint32_t line = 0;
    std::uint32_t size = 0;
    std::uint32_t die = 0;
    std::uint32_t distinct = 0; ///< the DIE again for things that are never the same: code and data in memory
    std::uint8_t textSection = NameRef::None;
    std::uint8_t nameClass = 0; ///< a NameClass or kUnnamedEnum
    std::uint8_t flags = 0;
    std::uint32_t units = 1;

    /// Kept only to recognise an enum without a name, by its first enumerator; not part of the index.
    static constexpr std::uint8_t kUnnamedEnum = 0xff;
    bool same(const FoundName &other) const;
};

/// A set of FoundNames. One per thread while scanning, then merged.
class FoundNames {
public:
    FoundNames();
    /// False if it was there already; then the lower DIE is kept and the units are added.
    bool add(const FoundName &found);
    const std::vector<FoundName> &all() const { return all_; }

private:
    static std::uint64_t hash(const FoundName &found);
    void grow();

    std::vector<FoundName> all_;
    std::vector<std::uint32_t> slots_;
};

/// Limit when the names take more room than the sections that they are from.
Result<TypeIndex> buildTypeIndex(const DwarfSections &sections, const FoundNames &found,
                                 std::vector<std::uint32_t> unitOffsets);

} // namespace ks
