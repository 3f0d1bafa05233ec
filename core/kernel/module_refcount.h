// How often a module is in use, and by whom.
#pragma once

#include "core/kernel/records.h"

namespace ks::kernel {

/// As lsmod shows it. Nothing when the kernel does not count (CONFIG_MODULE_UNLOAD is off) or it was not read.
std::optional<std::int64_t> moduleRefcount(const EvalContext &context, const Value &module);

/// The addresses of the struct modules that use this one (module.source_list). Empty when the list cannot be read.
std::vector<VirtAddr> moduleUsers(const EvalContext &context, const Value &module);

} // namespace ks::kernel
