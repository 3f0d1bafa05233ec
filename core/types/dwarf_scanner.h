// Finds every name in .debug_info that can be asked for.
#pragma once

#include "core/base/progress.h"
#include "core/types/dwarf_sections.h"
#include "core/types/type_index.h"

namespace ks {

/// Reads all units, in parallel. BadFormat for damage (with the offset), Cancelled, Limit for input that asks for more
/// work or memory than its size allows.
///
/// Indexed are structs, unions, enums, typedefs, base types, variables and functions that stand directly in a unit, the
/// types inside functions, and the enumerators of the enums. Each thing is kept once: a struct of a header that two
/// thousand units include has one entry. Two are the same if name, class, line, size and flags agree; variables and
/// functions that have an address are always kept, declarations once per name and class.
///
/// `threads`: 0: as many as the machine has.
Result<TypeIndex> scanDwarf(const DwarfSections &sections, Progress &progress, unsigned threads = 0,
                            IndexedNames wanted = IndexedNames::All);

} // namespace ks
