// Which symbols serve a session: vmlinux, System.map, kallsyms, or the kernel's own memory.
#pragma once

#include "core/base/progress.h"
#include "core/memory/notes.h"
#include "core/session/session.h"
#include "core/symbols/elf_image.h"

namespace ks {

struct OpenedSymbols {
    SymbolTable table;
    std::shared_ptr<const ElfImage> vmlinux; ///< null: none was found
    std::optional<std::uint64_t> kaslrOffset;
    std::string from; ///< for a person: "vmlinux and kallsyms"
    std::string buildId;
    std::string release;
    /// What kallsyms has in brackets: modules, and what else is loaded (BPF programs). Null when it was not read.
    std::shared_ptr<const SymbolLayer> modules;
    bool isRunningKernel = false; ///< /proc and /sys of this machine speak of the target
};

/// `memory` may be null (types and symbols of files alone). A file that was named and does not fit, or cannot be read,
/// is an error; what is searched for and not found becomes a warning.
Result<OpenedSymbols> openSymbols(const SessionOptions &options, const MemorySource *memory,
                                  const std::optional<VmcoreInfo> &notes, std::vector<std::string> &warnings,
                                  Progress &progress);

} // namespace ks
