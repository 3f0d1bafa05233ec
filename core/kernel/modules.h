// The loaded modules of the kernel, out of its memory.
#pragma once

#include "core/kernel/module_layout.h"

namespace ks::kernel {

/// enum module_state, in the kernel's own words (/sys/module/NAME/initstate).
enum class ModuleState : std::uint8_t { Live, Coming, Going, Unformed, Unknown };

/// "live", "coming", "going", "unformed", "unknown"
const char *name(ModuleState state);

struct Module {
    VirtAddr address; ///< of its struct module
    std::string name;
    ModuleState state = ModuleState::Unknown;
    ModuleLayout layout;
    std::optional<std::int64_t> refcount; ///< as lsmod shows it; nothing without CONFIG_MODULE_UNLOAD
    std::vector<std::string> users;       ///< modules that use this one, in the order of /proc/modules
    std::uint64_t taints = 0;             ///< bits by the numbers of the kernel's taint flags
    VirtAddr perCpu;                      ///< of its section .data..percpu: an offset into each CPU's area
    std::uint64_t perCpuSize = 0;         ///< in bytes; 0: it has none
    std::string version;                  ///< MODULE_VERSION; mostly empty
    std::string srcVersion;               ///< what modinfo calls srcversion; may be empty
    std::string buildId;                  ///< lower-case hex; empty when it is not known
};

/// Every module on the list `modules` but those that are being set up (MODULE_STATE_UNFORMED, which /proc/modules does
/// not show either: kernel/module/procfs.c, m_show). What was not read of one stays empty.
/// NotFound when the kernel's symbols or types have no modules; Cancelled.
Result<Listing<Module>> listModules(const EvalContext &context, Progress *progress = nullptr);

/// As much of a module as tells whether it is still the one that it was.
struct LoadedModule {
    VirtAddr address; ///< of its struct module, which lies in the module's own memory
    std::string name;
    friend bool operator==(const LoadedModule &, const LoadedModule &) = default;
};

/// Which modules are loaded now, the same ones as listModules names, in the order of the list. Cheap enough for every
/// tick. Errors as those of listModules.
Result<Listing<LoadedModule>> listLoadedModules(const EvalContext &context);

} // namespace ks::kernel
