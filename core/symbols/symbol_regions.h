// Decides which symbol answers for which addresses, once, when a table is built.
#pragma once

#include "core/symbols/symbol_table_data.h"

namespace ks {

/// Of functions, data and labels. `data` is complete up to its regions.
SymbolRegions memoryRegions(const SymbolTableData &data);
/// Of per-CPU symbols.
SymbolRegions perCpuRegions(const SymbolTableData &data);

} // namespace ks
