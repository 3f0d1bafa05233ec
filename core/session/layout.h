// What the kernel's own symbols and notes tell about its address space.
#pragma once

#include "core/memory/memory_source.h"
#include "core/memory/notes.h"
#include "core/memory/segment_map.h"
#include "core/symbols/symbol_table.h"

namespace ks {

/// The value of an 8-byte variable of the kernel, such as `page_offset_base`.
std::optional<std::uint64_t> readWord(const MemorySource &memory, const SymbolTable &symbols,
                                      std::string_view variable);

/// Everything that classification of segments can use. On x86-64 without CONFIG_RANDOMIZE_MEMORY the *_base variables
/// do not exist; then those hints stay empty.
LayoutHints findLayout(const MemorySource &memory, const SymbolTable &symbols, const std::optional<VmcoreInfo> &notes,
                       std::optional<std::uint64_t> kaslrOffset);

/// 4 or 5 on x86-64: NUMBER(pgtable_l5_enabled) of VMCOREINFO, else the variable `__pgtable_l5_enabled`; on arm64 by
/// NUMBER(VA_BITS) and the page size. Nothing where neither tells.
std::optional<unsigned> findPageLevels(const MemorySource &memory, const SymbolTable &symbols,
                                       const std::optional<VmcoreInfo> &notes);

/// The difference between the physical and the linked address of the kernel image: NUMBER(phys_base), else the variable
/// `phys_base` (arch/x86/kernel/head_64.S).
std::optional<std::uint64_t> findPhysBase(const MemorySource &memory, const SymbolTable &symbols,
                                          const std::optional<VmcoreInfo> &notes);

} // namespace ks
