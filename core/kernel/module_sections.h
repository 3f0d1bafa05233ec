// The sections of loaded modules and where they lie, and the notes among them.
#pragma once

#include "core/kernel/modules.h"

#include <filesystem>

namespace ks::kernel {

struct ModuleSection {
    std::string name; ///< ".text", ".init.text", ...
    VirtAddr address;
};

/// What /sys/module/NAME/sections shows, out of module.sect_attrs (kernel/module/sysfs.c), in the order of the file.
/// .data..percpu is never among them (its flag SHF_ALLOC was taken away): Module::perCpu says where it is. Those of
/// .init are gone once the module is initialised, though they are still named.
/// NotFound when the kernel keeps none (CONFIG_KALLSYMS is off, or the module is not that far yet); Unreadable, Limit.
Result<std::vector<ModuleSection>> readModuleSections(const EvalContext &context, VirtAddr module);

/// The same as the running kernel tells it. `sysModule` is /sys/module or a copy of it. In the order of names.
/// Permission when the kernel hid the addresses: the files are root's.
Result<std::vector<ModuleSection>> readSysModuleSections(const std::filesystem::path &sysModule,
                                                         const std::string &module);

/// NT_GNU_BUILD_ID out of the module's own notes (module.notes_attrs, else a section named .note.gnu.build-id),
/// lower-case hex. For kernels without module.build_id. Errors as readModuleSections.
Result<std::string> readModuleBuildId(const EvalContext &context, VirtAddr module);

} // namespace ks::kernel
