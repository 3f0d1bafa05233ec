// Finds the kernel's page tables in a target.
#pragma once

#include "core/memory/notes.h"
#include "core/memory/page_tables.h"
#include "core/symbols/symbol_table.h"

namespace ks {

/// init_mm's page tables: by VMCOREINFO's SYMBOL(swapper_pg_dir), else by the symbols init_top_pgt (since 4.13,
/// 65ade2f872b4) and init_level4_pgt. They count as found when they map the kernel's text to where the text segment, or
/// phys_base, says that it is. A dump must have the direct map of them: parts of a kernel, saved without the RAM that
/// they lie in, are not to be judged by its tables. Unsupported on other machines than x86-64; NotFound without a root
/// or a place in RAM for it; Unreadable; Mismatch.
Result<std::shared_ptr<const PageTables>> findPageTables(std::shared_ptr<const MemorySource> memory,
                                                         const SymbolTable &symbols,
                                                         const std::optional<VmcoreInfo> &notes,
                                                         std::optional<std::uint64_t> kaslrOffset);

} // namespace ks
