// One opened kernel: memory + symbols + types. The one object that every program holds.
#pragma once

#include "core/base/file.h"
#include "core/base/progress.h"
#include "core/memory/memory_source.h"
#include "core/memory/notes.h"
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
    bool useTypes = true; ///< false: not wanted, which saves the time to index them
    bool useCore = true;  ///< false: types and symbols only (`type` with --vmlinux or --btf alone)
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
    std::string typesFrom; ///< "DWARF of /usr/lib/debug/...", "BTF of ...", or empty
    std::string symbolsFrom;
    std::filesystem::path vmlinux; ///< empty when none was found
};

/// Immutable once opened, safe to use from any thread.
class Session {
public:
    static Result<std::shared_ptr<const Session>> open(const SessionOptions &options, Progress &progress);
    ~Session();

    const KernelInfo &info() const;
    /// Things a person should know that did not stop the opening: no vmlinux found, truncated dump, ...
    const std::vector<std::string> &warnings() const;

    /// Whether there is memory at all (not so for `type` with a file alone).
    bool hasMemory() const;
    const MemorySource &memory() const;
    const SegmentMap &segments() const;
    const std::vector<Note> &notes() const;
    const std::optional<VmcoreInfo> &vmcoreInfo() const;
    const SymbolTable &symbols() const;
    /// Null when no types were found.
    const TypeSource *types() const;

    EvalContext context() const;

private:
    struct Parts;
    explicit Session(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

} // namespace ks
