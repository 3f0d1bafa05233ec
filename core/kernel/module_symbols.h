// The symbols of a loaded module, out of its own memory: what /proc/kallsyms shows with [module].
#pragma once

#include "core/kernel/modules.h"
#include "core/symbols/kallsyms_memory.h"
#include "core/symbols/symbol_table_builder.h"

#include <span>

namespace ks::kernel {

/// Every named and defined symbol that the kernel keeps (kernel/module/kallsyms.c), at runtime addresses, with its
/// size; those of per-CPU variables are offsets. Views point into the result's `names`. Out of struct mod_kallsyms
/// since 4.5 (8244062ef1e5), out of struct module itself before. NotFound when the kernel keeps none; Unreadable,
/// BadFormat and Limit when the tables are not what they should be.
Result<OwnedSymbols> readModuleSymbols(const EvalContext &context, const Module &module);

/// Adds those of these modules. Gives one sentence for each module whose symbols could not be read.
std::vector<std::string> addModuleSymbols(const EvalContext &context, std::span<const Module> modules,
                                          SymbolTableBuilder &builder);

} // namespace ks::kernel
