// What a session takes out of the target's own memory where there are no files.
#pragma once

#include "core/session/open_types.h"

namespace ks {

/// The types of the kernel's own BTF. Errors as kernel::readKernelBtf and BtfReader::parse.
Result<OpenedTypes> typesOfMemory(const MemorySource &memory, const SymbolTable &symbols);

/// The table with the symbols of the loaded modules, for targets whose kallsyms cannot be read. Without types, those of
/// memory serve.
void addModulesOfMemory(SymbolTable &table, EvalContext context, std::vector<std::string> &warnings);

} // namespace ks
