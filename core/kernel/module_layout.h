// Where a module's code and data lie, in each of the layouts that struct module has had.
#pragma once

#include "core/kernel/records.h"

namespace ks::kernel {

/// What a part of a module's memory holds. The Init parts are freed when the module has been initialised.
enum class ModuleMemory : std::uint8_t {
    Text,
    RoData,
    RoAfterInit, ///< written while the module is initialised, read-only afterwards
    Data,
    InitText,
    InitRoData,
    InitData,
    Other, ///< of a type that is newer than this program
};

/// "text", "rodata", "ro_after_init", "data", "init_text", "init_rodata", "init_data", "other"
const char *name(ModuleMemory memory);

struct ModuleRange {
    ModuleMemory kind = ModuleMemory::Other;
    AddrRange range;
};

struct ModuleLayout {
    /// As /proc/modules shows it: where the module's text begins. The lowest address of a module without text.
    VirtAddr base;
    std::uint64_t size = 0;          ///< of all parts in bytes, as /proc/modules and lsmod show it
    std::vector<ModuleRange> ranges; ///< not empty each, sorted by address
};

/// Out of a struct module that was read:
///   module_core, core_size, core_text_size, core_ro_size and the same of init   before 4.5
///   core_layout, init_layout (7523e4dc5057)                                      4.5 to 6.3
///   and data_layout where an architecture wants it (01dc0386efb7)                5.18 to 6.3
///   mem[], by enum mod_mem_type (ac3b43283923)                                   since 6.4
/// Parts that were not read are left out.
ModuleLayout moduleLayout(const EvalContext &context, const Value &module);

} // namespace ks::kernel
