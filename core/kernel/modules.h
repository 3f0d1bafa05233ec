// The loaded modules of the kernel.
#pragma once

#include "core/kernel/records.h"

namespace ks::kernel {

struct Module {
    VirtAddr address; ///< of its struct module
    std::string name;
};

/// Every module on the list `modules` but those that are being set up (MODULE_STATE_UNFORMED, which /proc/modules does
/// not show either: kernel/module/procfs.c, m_show).
Result<Listing<Module>> listModules(const EvalContext &context);

} // namespace ks::kernel
