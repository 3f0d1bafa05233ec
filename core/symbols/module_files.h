// Finds the file of a loaded module, and proves that it is this module's.
#pragma once

#include "core/symbols/debug_files.h"
#include "core/symbols/module_file.h"

#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ks {

/// What is known of a loaded module. Everything but the name may be missing.
struct ModuleEvidence {
    std::string name;
    std::string buildId;    ///< lower-case hex
    std::string srcversion; ///< of struct module or /sys/module/NAME/srcversion
    std::string release;    ///< of the kernel that has loaded it
};

/// By build-id; where one of the two has none by srcversion; else the release in the file's vermagic may speak against
/// it, but nothing proves it.
Verdict judgeModule(const ModuleFacts &file, const ModuleEvidence &module);

struct FoundModule {
    std::shared_ptr<const ElfImage> image;
    ModuleFacts facts; ///< facts.hasDebugInfo is false if only a stripped file was found
    Verdict verdict;   ///< Yes or Unknown
};

/// The file that a person named. Mismatch if it is another module's or of another kernel.
Result<FoundModule> openModule(const std::filesystem::path &path, const ModuleEvidence &module);

/// Looks for modules in folders, each of which it reads once. Safe to use from any thread.
class ModuleFiles {
public:
    /// `folders` come first (a person named them); the places of the system lie below `root`.
    explicit ModuleFiles(std::vector<std::filesystem::path> folders, std::filesystem::path root = "/");
    ~ModuleFiles();

    /// The first proven file with debug information; else one with debug information that nothing speaks against; else
    /// the best one that has symbols only. Looked for in the folders named, below /usr/lib/debug by build-id and by
    /// release, where .gnu_debuglink of a stripped file leads, and in /lib/modules/RELEASE, where modules.dep tells
    /// which of several files of a name is in use. If none of them has debug information, if there is a `download` and
    /// the environment names servers, debuginfod is asked. NotFound says which files were passed over, and why.
    Result<FoundModule> find(const ModuleEvidence &module, Progress *download = nullptr) const;

    /// Where find() looks, in this order; only files that exist.
    std::vector<std::filesystem::path> candidates(const ModuleEvidence &module) const;

private:
    struct Folder;
    const Folder &folder(const std::filesystem::path &path) const;
    void addFrom(std::vector<std::filesystem::path> &paths, const std::filesystem::path &folder,
                 const std::string &name) const;

    std::vector<std::filesystem::path> named_;
    std::filesystem::path root_;
    mutable std::mutex mutex_;
    mutable std::list<Folder> folders_; ///< those that were read
};

} // namespace ks
