// libdwarf, opened over bytes in memory. All that differs between its releases stands in libdwarf_object.cpp.
#pragma once

#include "core/base/error.h"
#include "core/types/dwarf_abbrev.h"
#include "core/types/dwarf_sections.h"

#include <memory>

struct Dwarf_Debug_s;

namespace ks {

/// libdwarf's view of one unit: .debug_info is cut down to it, because libdwarf would else walk all units before the
/// one that is asked for (61 ms for the last one of a kernel). So its offsets count from the start of the unit.
///
/// Sections for addresses and lines are left out: libdwarf reads .debug_rnglists and .debug_loclists when it opens.
/// Not safe to use from two threads at once.
class LibdwarfUnit {
public:
    static Result<std::unique_ptr<LibdwarfUnit>> open(const DwarfSections &sections, const DwarfUnit &unit);
    ~LibdwarfUnit();
    LibdwarfUnit(const LibdwarfUnit &) = delete;
    LibdwarfUnit &operator=(const LibdwarfUnit &) = delete;

    Dwarf_Debug_s *debug() const { return debug_; }
    const DwarfUnit &unit() const { return unit_; }

private:
    struct Object;
    LibdwarfUnit(const DwarfUnit &unit, std::unique_ptr<Object> object);

    DwarfUnit unit_;
    std::unique_ptr<Object> object_; ///< libdwarf keeps a pointer to it
    Dwarf_Debug_s *debug_ = nullptr;
};

} // namespace ks
