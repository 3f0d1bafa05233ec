// Types without any file: the BTF that a running kernel keeps of itself and of its modules.
//
// What needs what: the kernel's symbols (kallsyms) give its BTF, that gives struct module and struct btf, and those
// the modules and their BTF.
#pragma once

#include "core/base/file.h"
#include "core/kernel/records.h"

namespace ks::kernel {

/// The BTF of the kernel itself, between __start_BTF and __stop_BTF (CONFIG_DEBUG_INFO_BTF, 5.2 and newer), for
/// BtfReader::parse. NotFound when it has none; Unreadable tells the first missing byte; BadFormat, Limit.
Result<std::shared_ptr<const MappedFile>> readKernelBtf(const MemorySource &memory, const SymbolTable &symbols);

/// The (split) BTF of one module: it continues the kernel's.
struct ModuleBtf {
    std::string module;
    VirtAddr data;
    std::uint64_t size = 0; ///< in bytes
};

/// From the list btf_modules (5.11 and newer, 36e68442d1af). NotFound when the kernel has no such list.
Result<Listing<ModuleBtf>> listModuleBtf(const EvalContext &context);

/// Errors as readKernelBtf.
Result<std::shared_ptr<const MappedFile>> readModuleBtf(const MemorySource &memory, const ModuleBtf &btf);

} // namespace ks::kernel
