// The debug information of loaded modules, opened module by module when somebody asks.
#pragma once

#include "core/kernel/btf_in_memory.h"
#include "core/kernel/modules.h"
#include "core/session/session.h"
#include "core/symbols/module_files.h"
#include "core/types/btf_reader.h"
#include "core/types/modular_types.h"

#include <map>

namespace ks {

/// Makes the types of modules. One lives as long as a session and all that grew from it; safe to use from any thread.
class ModuleOpener : public std::enable_shared_from_this<ModuleOpener> {
public:
    /// What is known of the kernel. `types` and `symbols` are those of the kernel alone.
    struct Kernel {
        SessionOptions options;
        std::shared_ptr<const MemorySource> memory;
        std::shared_ptr<const ElfImage> vmlinux; ///< may be null
        std::shared_ptr<const TypeSource> types;
        SymbolTable symbols;
        std::uint64_t kaslrOffset = 0;
        std::string release;
        bool isRunning = false; ///< /sys of this machine speaks of it
    };
    explicit ModuleOpener(Kernel kernel);

    /// The types of each module; of modules that `before` knows already, the same object again.
    std::vector<std::shared_ptr<const ModuleTypes>>
    typesOf(const std::vector<kernel::Module> &modules,
            const std::vector<std::shared_ptr<const ModuleTypes>> &before = {}) const;

    /// The file that has the debug information of a module, or at least its symbols. Errors of ModuleFiles::find().
    Result<FoundModule> findFile(const kernel::Module &module, Progress *download = nullptr) const;
    /// Where the kernel has put the sections of a module: out of its memory, else as /sys tells.
    Result<SectionAddresses> sectionsOf(const kernel::Module &module) const;

private:
    using Types = Result<std::shared_ptr<const TypeSource>>;
    Types openBtf(const kernel::Module &module) const;
    Types openDwarf(const kernel::Module &module, Progress &progress) const;
    std::shared_ptr<const BtfReader> kernelBtf() const;
    const std::map<std::string, kernel::ModuleBtf> &btfInMemory() const;
    EvalContext context() const;

    Kernel kernel_;
    ModuleFiles files_;
    mutable std::once_flag btfOnce_, listOnce_;
    mutable std::shared_ptr<const BtfReader> btf_;
    mutable std::map<std::string, kernel::ModuleBtf> btfInMemory_;
};

} // namespace ks
