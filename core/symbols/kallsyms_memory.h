// The kernel's own symbol tables, read out of its memory: symbols without any file.
#pragma once

#include "core/base/error.h"
#include "core/memory/memory_source.h"
#include "core/memory/notes.h"
#include "core/symbols/symbol_table.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ks {

/// Runtime addresses of the tables that scripts/kallsyms.c makes and kernel/kallsyms.c reads. Which of the last three a
/// kernel has tells how it writes addresses:
///   addresses               absolute (CONFIG_KALLSYMS_BASE_RELATIVE off; gone since 6.11)
///   offsets, relativeBase   32-bit distances from the base; with CONFIG_KALLSYMS_ABSOLUTE_PERCPU (x86-64 SMP before
///                           6.15) distances are negative and positive values stand for themselves
///   offsets alone           32-bit distances, each from where it lies itself
struct KallsymsTables {
    VirtAddr names;
    VirtAddr count; ///< kallsyms_num_syms
    VirtAddr tokenTable;
    VirtAddr tokenIndex;
    std::optional<VirtAddr> addresses;
    std::optional<VirtAddr> offsets;
    std::optional<VirtAddr> relativeBase;

    /// From SYMBOL(kallsyms_*) of VMCOREINFO, which has them since 6.0. Nothing if it does not.
    static std::optional<KallsymsTables> find(const VmcoreInfo &info);
    /// From a table of symbols (a relocated System.map).
    static std::optional<KallsymsTables> find(const SymbolTable &symbols);
};

struct OwnedSymbols {
    std::vector<Symbol> symbols;
    std::shared_ptr<const std::string> names; ///< what the symbols' views point into
};

/// The symbols of the kernel itself, as /proc/kallsyms has them before its modules. Unreadable when a part of the
/// tables could not be read, BadFormat when they are no such tables, Limit when they claim to be impossibly large.
Result<OwnedSymbols> readKallsyms(const MemorySource &memory, const KallsymsTables &tables);

} // namespace ks
