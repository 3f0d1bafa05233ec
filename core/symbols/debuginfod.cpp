#include "core/symbols/debuginfod.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <memory>
#include <mutex>
#include <unistd.h>

namespace ks {

namespace {

constexpr std::size_t kMaxBuildId = 128;

// What is used of elfutils/debuginfod.h (0.180 and newer), so that it need not be there to build.
struct Client;
using Begin = Client *();
using End = void(Client *);
using FindDebugInfo = int(Client *, const unsigned char *buildId, int idSize, char **path);
using ProgressFunction = int(Client *, long a, long b);
using SetProgress = void(Client *, ProgressFunction *);
using SetUserData = void(Client *, void *);
using GetUserData = void *(Client *);

struct Library {
    Begin *begin = nullptr;
    End *end = nullptr;
    FindDebugInfo *findDebugInfo = nullptr;
    SetProgress *setProgress = nullptr;
    SetUserData *setUserData = nullptr;
    GetUserData *getUserData = nullptr;
    std::string failure;
};

template <class Function>
void find(void *library, const char *name, Function *&function, std::string &failure)
{
    function = reinterpret_cast<Function *>(::dlsym(library, name));
    if (!function)
        failure = std::string("has no ") + name;
}

/// Loaded once and kept: libcurl, which comes with it, cannot be unloaded.
const Library &library()
{
    static const Library loaded = [] {
        Library l;
        void *handle = ::dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_LOCAL);
        if (!handle) {
            const char *why = ::dlerror();
            l.failure = why ? why : "cannot be loaded";
            return l;
        }
        find(handle, "debuginfod_begin", l.begin, l.failure);
        find(handle, "debuginfod_end", l.end, l.failure);
        find(handle, "debuginfod_find_debuginfo", l.findDebugInfo, l.failure);
        find(handle, "debuginfod_set_progressfn", l.setProgress, l.failure);
        find(handle, "debuginfod_set_user_data", l.setUserData, l.failure);
        find(handle, "debuginfod_get_user_data", l.getUserData, l.failure);
        return l;
    }();
    return loaded;
}

/// One transfer, seen from its progress function.
struct Transfer {
    using Clock = std::chrono::steady_clock;

    Progress &progress;
    std::string stage;
    std::chrono::milliseconds maxSilence;
    long total = 0;
    long done = 0;
    Clock::time_point lastHeard = Clock::now();
    bool isSilent = false;

    /// `b` is the size of the file, 0 as long as no server has answered; then `a` only counts the calls, one a second
    /// or more. Gives whether to go on.
    bool report(long a, long b)
    {
        if (b > 0) {
            if (b != total) {
                total = b;
                done = 0;
                progress.begin(stage, static_cast<std::uint64_t>(total));
                lastHeard = Clock::now();
            }
            if (a > done) {
                progress.advance(static_cast<std::uint64_t>(a - done));
                done = a;
                lastHeard = Clock::now();
            }
        }
        isSilent = Clock::now() - lastHeard > maxSilence;
        return !isSilent && !progress.cancelled();
    }
};

int reportProgress(Client *client, long a, long b)
{
    auto *transfer = static_cast<Transfer *>(library().getUserData(client));
    return transfer->report(a, b) ? 0 : 1;
}

} // namespace

bool debuginfodIsWanted()
{
    const char *urls = std::getenv("DEBUGINFOD_URLS");
    return urls && std::strspn(urls, " \t") != std::strlen(urls);
}

Result<std::filesystem::path> fetchDebugInfo(const std::string &buildId, Progress &progress,
                                             std::chrono::milliseconds maxSilence)
{
    const std::string what = "debuginfod, build-id " + buildId;
    if (!debuginfodIsWanted())
        return fail(ErrorCode::NotFound, what, "no server is named", "set DEBUGINFOD_URLS");
    if (buildId.empty() || buildId.size() > kMaxBuildId ||
        buildId.find_first_not_of("0123456789abcdef") != buildId.npos)
        return fail(ErrorCode::NotFound, what, "is no build-id");
    if (progress.cancelled())
        return fail(ErrorCode::Cancelled, what, "cancelled");
    const Library &lib = library();
    if (!lib.failure.empty())
        return fail(ErrorCode::Unsupported, "libdebuginfod.so.1", lib.failure, "install libdebuginfod1");

    const std::unique_ptr<Client, End *> client(lib.begin(), lib.end);
    if (!client)
        return fail(ErrorCode::Io, what, "libdebuginfod cannot start");
    Transfer transfer{
        .progress = progress, .stage = "downloading debug information " + buildId, .maxSilence = maxSilence};
    progress.begin(transfer.stage);
    lib.setUserData(client.get(), &transfer);
    lib.setProgress(client.get(), reportProgress);
    char *found = nullptr;
    const int fd = lib.findDebugInfo(client.get(), reinterpret_cast<const unsigned char *>(buildId.c_str()), 0, &found);
    const std::unique_ptr<char, decltype(&std::free)> path(found, &std::free);
    if (fd >= 0) {
        ::close(fd);
        if (path)
            return std::filesystem::path(path.get());
        return fail(ErrorCode::Io, what, "libdebuginfod does not say where it put the file");
    }
    if (progress.cancelled())
        return fail(ErrorCode::Cancelled, what, "cancelled");
    const std::string urls = std::getenv("DEBUGINFOD_URLS");
    if (transfer.isSilent)
        return fail(ErrorCode::Io, what, "no answer from " + urls, "try again, or unset DEBUGINFOD_URLS");
    if (fd == -ENOENT)
        return fail(ErrorCode::NotFound, what, "not known to " + urls);
    return fail(ErrorCode::Io, what, std::string(std::strerror(-fd)) + " (asked " + urls + ")",
                "check DEBUGINFOD_URLS and the network");
}

} // namespace ks
