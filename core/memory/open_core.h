// Opening a target: which source a file needs, and why the running kernel's memory cannot be opened.
#pragma once

#include "core/base/file.h"
#include "core/memory/memory_source.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace ks
{

inline constexpr const char *kKcorePath = "/proc/kcore";

struct OpenCoreOptions {
    /// Whether the bytes may change while the file is open. Empty: only /proc/kcore is live.
    std::optional<bool> live;
    /// For a person ("demo kernel"). Empty: the file's path.
    std::string description;
};

/// Opens a kcore or a dump. Errors of /proc/kcore itself are those of kcoreError.
Result<std::unique_ptr<MemorySource>> openCore(const std::filesystem::path &path, const OpenCoreOptions &options = {});
Result<std::unique_ptr<MemorySource>> openCore(FileHandle file, const OpenCoreOptions &options = {});

/// Why the memory of the running kernel cannot be opened.
enum class KcoreProblem {
    Missing,  ///< no such file: a kernel without CONFIG_PROC_KCORE, or /proc is not mounted
    NoRight,  ///< file mode or the missing CAP_SYS_RAWIO
    Lockdown, ///< refused by the kernel's lockdown in confidentiality mode, whoever asks
    Empty,    ///< masked, as containers do
    Other,
};

/// "missing", "no-right", "lockdown", "empty", "other"
const char *name(KcoreProblem problem);
/// One sentence and what to do. `errorNumber` is used for Other alone.
Error kcoreError(KcoreProblem problem, const std::string &path, int errorNumber = 0);
/// What stands behind an errno of open("/proc/kcore"). `lockdown` is the text of /sys/kernel/security/lockdown, empty
/// where it cannot be read; `mayRawIo` says whether the opener has CAP_SYS_RAWIO (fs/proc/kcore.c, open_kcore).
KcoreProblem classifyKcoreErrno(int errorNumber, std::string_view lockdown, bool mayRawIo);

/// What openKcore found.
struct KcoreFailure {
    KcoreProblem problem = KcoreProblem::Other;
    int errorNumber = 0;
    Error error;
};
/// Opens the running kernel's memory, read-only, and makes sure that it is not an empty mask.
std::expected<FileHandle, KcoreFailure> openKcore(const std::filesystem::path &path = kKcorePath);

} // namespace ks
