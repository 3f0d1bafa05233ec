#include "core/memory/kcore_access.h"

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <fcntl.h>
#include <unistd.h>

namespace ks {
namespace {

constexpr unsigned kCapSysRawIo = 17; // linux/capability.h

bool hasRawIo()
{
    const auto status = readTextFile("/proc/self/status", std::size_t{1} << 16);
    if (!status)
        return false;
    constexpr std::string_view kKey = "CapEff:\t";
    const std::size_t at = status->find(kKey);
    if (at == std::string::npos)
        return false;
    std::uint64_t set = 0;
    std::from_chars(status->data() + at + kKey.size(), status->data() + status->size(), set, 16);
    return (set >> kCapSysRawIo & 1) != 0;
}

} // namespace

const char *name(KcoreProblem problem)
{
    switch (problem) {
    case KcoreProblem::Missing: return "missing";
    case KcoreProblem::NoRight: return "no-right";
    case KcoreProblem::Lockdown: return "lockdown";
    case KcoreProblem::Empty: return "empty";
    case KcoreProblem::Other: return "other";
    }
    return "other";
}

std::optional<KcoreProblem> parseKcoreProblem(std::string_view text)
{
    for (const KcoreProblem problem : {KcoreProblem::Missing, KcoreProblem::NoRight, KcoreProblem::Lockdown,
                                       KcoreProblem::Empty, KcoreProblem::Other})
        if (text == name(problem))
            return problem;
    return std::nullopt;
}

Error kcoreError(KcoreProblem problem, const std::string &path, int errorNumber)
{
    switch (problem) {
    case KcoreProblem::Missing:
        return {ErrorCode::NotFound, path, "this kernel does not offer its memory (built without CONFIG_PROC_KCORE)",
                "open a dump instead"};
    case KcoreProblem::NoRight:
        return {ErrorCode::Permission, path, "reading the kernel's memory needs root (CAP_SYS_RAWIO)",
                "run it with sudo, or let kernoscope-open open it for you"};
    case KcoreProblem::Lockdown:
        return {ErrorCode::Permission, path,
                "the kernel is locked down in confidentiality mode and shows its memory to nobody, not even to root",
                "boot without lockdown=confidentiality, or open a dump"};
    case KcoreProblem::Empty:
        return {ErrorCode::Unsupported, path, "the file is empty: a container hides the kernel's memory",
                "run it on the host or in a privileged container"};
    case KcoreProblem::Other: break;
    }
    return failErrno(path, errorNumber, "open a dump instead").error();
}

KcoreProblem classifyKcoreErrno(int errorNumber, std::string_view lockdown, bool mayRawIo)
{
    if (errorNumber == ENOENT || errorNumber == ENOTDIR)
        return KcoreProblem::Missing;
    if (errorNumber != EACCES && errorNumber != EPERM)
        return KcoreProblem::Other;
    // Where lockdown stands in the way, a password would be asked for in vain. The kernel asks for the capability
    // first, so EPERM for one who has it is lockdown too.
    const bool lockedDown = lockdown.find("[confidentiality]") != std::string_view::npos;
    return lockedDown || (errorNumber == EPERM && mayRawIo) ? KcoreProblem::Lockdown : KcoreProblem::NoRight;
}

std::expected<FileHandle, KcoreFailure> openKcore(const std::filesystem::path &path)
{
    const auto failure = [&](KcoreProblem problem, int errorNumber) {
        return std::unexpected(KcoreFailure{problem, errorNumber, kcoreError(problem, path.string(), errorNumber)});
    };
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        const int error = errno;
        const auto lockdown = readTextFile("/sys/kernel/security/lockdown", 4096);
        return failure(classifyKcoreErrno(error, lockdown ? *lockdown : std::string(), hasRawIo()), error);
    }
    FileHandle file(fd);
    char first = 0;
    const ssize_t got = ::pread(fd, &first, 1, 0);
    if (got < 0)
        return failure(classifyKcoreErrno(errno, {}, false), errno);
    if (got == 0)
        return failure(KcoreProblem::Empty, 0);
    return file;
}

} // namespace ks
