// One opened kernel: memory + symbols + types. The one object that every program holds.
#pragma once

#include "core/base/file.h"
#include "core/base/progress.h"
#include "core/kernel/modules.h"
#include "core/memory/memory_source.h"
#include "core/memory/notes.h"
#include "core/memory/page_tables.h"
#include "core/memory/segment_map.h"
#include "core/symbols/symbol_table.h"
#include "core/types/type_source.h"
#include "core/values/context.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ks {

/// Which debug information may serve types.
enum class TypesChoice : std::uint8_t {
    Best,  ///< DWARF, else BTF
    Quick, ///< what answers at once: DWARF whose index is in the cache, else BTF; see Session::withAllTypes()
    Btf,
    Dwarf,
    None, ///< not wanted, which saves the time to open them
};

struct SessionOptions {
    /// A dump or /proc/kcore. Empty: /proc/kcore unless `coreFd` is given.
    std::filesystem::path core;
    std::optional<int> coreFd;     ///< an open descriptor; it is duplicated
    std::optional<int> kallsymsFd; ///< /proc/kallsyms, opened by somebody who may see addresses
    std::optional<bool> live;      ///< whether the target changes while it is open; empty: only /proc/kcore does
    std::string description;       ///< what a person calls the target; empty: its path
    std::filesystem::path vmlinux;
    std::filesystem::path systemMap;
    std::filesystem::path kallsyms;
    std::filesystem::path btf;
    std::filesystem::path btfBase; ///< what `btf` continues, if it is that of a module: a vmlinux or its BTF
    std::vector<std::filesystem::path> moduleDirs;
    std::optional<std::uint64_t> kaslrOffset;
    std::shared_ptr<const void> owner; ///< what must live as long as the target is open; may be empty
    TypesChoice types = TypesChoice::Best;
    bool useModules = true; ///< false: the kernel alone
    bool useCore = true;    ///< false: types and symbols only (`type` with --vmlinux or --btf alone)
    bool useSymbols = true; ///< false, and no core: types only, which saves the time to read symbols
    bool useCache = true;   ///< keep what was made of debug information for the next time, and use what was kept
    std::filesystem::path cacheDir; ///< empty: CacheStore::userFolder()
};

/// Facts of the kernel as a whole; what is not known stays empty.
struct KernelInfo {
    std::string release;
    std::string buildId;      ///< lower-case hex
    std::string architecture; ///< "x86_64", "aarch64"
    std::string commandLine;
    std::optional<std::uint64_t> kaslrOffset;
    std::optional<std::uint64_t> physBase;
    std::optional<unsigned> pageLevels;
    std::string typesFrom;    ///< "DWARF of /usr/lib/debug/...", "BTF of ...", or empty
    std::string typesPending; ///< what is to serve types in place of it, once it is indexed; empty: nothing better
    std::string symbolsFrom;
    std::filesystem::path vmlinux; ///< empty when none was found
};

/// Immutable once opened, safe to use from any thread. What is learnt later (the index of the DWARF, modules that came
/// and went) makes another Session of the same kernel, which shares all that did not change; types of the one before
/// stay valid as long as the new one lives.
class Session {
public:
    static Result<std::shared_ptr<const Session>> open(const SessionOptions &options, Progress &progress);
    ~Session();

    /// This kernel with what info().typesPending names. Long work. Cancelled, or what is wrong with the file.
    Result<std::shared_ptr<const Session>> withAllTypes(Progress &progress) const;
    /// This kernel with its modules as they are now; null when they are the same.
    Result<std::shared_ptr<const Session>> withModulesOfNow(Progress &progress) const;

    const KernelInfo &info() const;
    /// Things a person should know that did not stop the opening: no vmlinux found, truncated dump, ...
    const std::vector<std::string> &warnings() const;

    /// Whether there is memory at all (not so for `type` with a file alone).
    bool hasMemory() const;
    /// With page tables known, what they do not map is Unmapped, and device memory is Mmio (see MappedSource).
    const MemorySource &memory() const;
    /// Those of the kernel itself; null when they were not found.
    const PageTables *pageTables() const;
    const SegmentMap &segments() const;
    const std::vector<Note> &notes() const;
    const std::optional<VmcoreInfo> &vmcoreInfo() const;
    const SymbolTable &symbols() const;
    /// Null when no types were found.
    const TypeSource *types() const;
    /// The loaded modules, in the order of their addresses; empty when they are not known.
    const std::vector<kernel::Module> &modules() const;
    /// What serves the types of a module, for a person: "DWARF", "BTF", "none: WHY"; empty while nobody asked for them.
    std::string moduleTypesFrom(std::string_view module) const;
    /// Opens the types of a module, which may have to be found, fetched, unpacked and indexed first. What was cancelled
    /// before is tried again.
    void openModuleTypes(std::string_view module) const;
    /// A module whose types are being opened now, for whatever reason, and that work, to be shown or cancelled.
    struct ModuleOpening {
        std::string module;
        std::shared_ptr<Progress> work;
    };
    std::optional<ModuleOpening> moduleOpening() const;
    /// The file that a module's types and symbols come from. NotFound says where it was looked for; files of other
    /// kernels are passed over.
    Result<std::filesystem::path> moduleFile(const kernel::Module &module) const;

    EvalContext context() const;

private:
    struct Parts;
    explicit Session(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

} // namespace ks
