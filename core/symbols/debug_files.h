// Finds the vmlinux of a kernel, and proves that it is this kernel's.
#pragma once

#include "core/base/error.h"
#include "core/base/progress.h"
#include "core/memory/memory_source.h"
#include "core/memory/notes.h"
#include "core/symbols/elf_image.h"
#include "core/symbols/symbol_table.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ks {

/// What is known of the kernel whose files are wanted. Everything may be missing.
struct KernelEvidence {
    const VmcoreInfo *vmcoreInfo = nullptr;
    const MemorySource *memory = nullptr;
    std::span<const Symbol> runtime; ///< of its kallsyms
    std::string buildId;             ///< from elsewhere, e.g. /sys/kernel/notes; lower-case hex
    std::string release;             ///< from elsewhere, e.g. uname
};

/// OSRELEASE of VMCOREINFO, else what was given; may be empty.
std::string kernelRelease(const KernelEvidence &kernel);
/// The build-id note in the kernel's memory (__start_notes of kallsyms), else BUILD-ID of VMCOREINFO (5.9 and newer;
/// some stable kernels wrote garbage), else what was given; may be empty.
std::string kernelBuildId(const KernelEvidence &kernel);

enum class Belonging {
    Yes, ///< the build-ids or the kernel's own banner in memory agree
    No,
    Unknown, ///< nothing speaks against it, but there is nothing to prove it
};

struct Verdict {
    Belonging belonging = Belonging::Unknown;
    std::string why; ///< for a person: "has build-id x, but the kernel has y"
};

Verdict judgeVmlinux(const ElfImage &image, const KernelEvidence &kernel);

struct FoundVmlinux {
    std::shared_ptr<const ElfImage> image;
    Verdict verdict; ///< Yes or Unknown
};

/// The file that a person named; in place of a stripped one that with its debug information, if it has a
/// .gnu_debuglink to it. Mismatch, with both build-ids, if it is another kernel's.
Result<FoundVmlinux> openVmlinux(const std::filesystem::path &path, const KernelEvidence &kernel,
                                 const std::filesystem::path &root = "/");

/// By build-id, then by release, in the places where distributions and builds put it, below `root`. Files that belong
/// to other kernels or have no symbols are passed over. NotFound says which were. Last, if there is a `download` and
/// the environment names servers, by debuginfod.
Result<FoundVmlinux> findVmlinux(const KernelEvidence &kernel, const std::filesystem::path &root = "/",
                                 Progress *download = nullptr);

/// Where findVmlinux looks, in this order.
std::vector<std::filesystem::path> vmlinuxCandidates(const std::string &buildId, const std::string &release,
                                                     const std::filesystem::path &root);

} // namespace ks
