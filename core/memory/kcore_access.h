// Opening the running kernel's memory, and why it cannot be opened. Knows core/base alone, because the privileged
// helper is built from it.
#pragma once

#include "core/base/error.h"
#include "core/base/file.h"

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace ks {

inline constexpr const char *kKcorePath = "/proc/kcore";

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
/// The problem of that name.
std::optional<KcoreProblem> parseKcoreProblem(std::string_view name);
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
