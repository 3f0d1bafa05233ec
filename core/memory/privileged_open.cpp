#include "core/memory/privileged_open.h"

#include "core/memory/kcore_access.h"
#include "core/memory/privileged_protocol.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <span>
#include <spawn.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace ks {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPollInterval{50};
// pkexec(1), "RETURN VALUE".
constexpr int kPkexecDismissed = 126;
constexpr int kPkexecNotAuthorized = 127;

/// A child that is reaped whatever happens.
class Child {
public:
    explicit Child(pid_t pid) : pid_(pid) {}
    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;
    ~Child()
    {
        if (pid_ <= 0)
            return;
        // pkexec and sudo run as root and may not listen to us; then they end when the person closes the dialog.
        ::kill(pid_, SIGTERM);
        std::thread([pid = pid_] { ::waitpid(pid, nullptr, 0); }).detach();
    }

    /// The wait status, when it has ended by `deadline`.
    std::optional<int> wait(Clock::time_point deadline)
    {
        for (;;) {
            int status = 0;
            const pid_t got = ::waitpid(pid_, &status, WNOHANG);
            if (got == pid_ || (got < 0 && errno != EINTR)) {
                pid_ = 0;
                return got < 0 ? 0 : status;
            }
            if (Clock::now() >= deadline)
                return std::nullopt;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

private:
    pid_t pid_;
};

struct Answer {
    std::string text;
    std::vector<FileHandle> files;
};

/// Takes one packet with the descriptors that come with it. Nothing at the end of the stream.
Result<std::optional<Answer>> receive(int socket)
{
    Answer answer;
    answer.text.resize(kMaxPrivilegedAnswer);
    iovec part{answer.text.data(), answer.text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kPrivilegedFiles)> control{};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    // The other end was closed before it took the request.
    if (got < 0 && errno == ECONNRESET)
        return std::nullopt;
    if (got < 0)
        return failErrno("kernoscope-open", errno);
    for (cmsghdr *item = CMSG_FIRSTHDR(&message); item; item = CMSG_NXTHDR(&message, item)) {
        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS)
            continue;
        // Alignment may leave room for one descriptor more than was meant: whatever came must be closed again.
        for (std::size_t at = 0; at + sizeof(int) <= item->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(item) + at, sizeof number);
            answer.files.emplace_back(number);
        }
    }
    if (got == 0)
        return std::nullopt;
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
        return fail(ErrorCode::BadFormat, "kernoscope-open", "its answer is too long",
                    "install kernoscope and its helper in the same version");
    answer.text.resize(static_cast<std::size_t>(got));
    return answer;
}

std::string_view takeUntil(std::string_view &text, char end)
{
    const std::size_t at = std::min(text.find(end), text.size());
    const std::string_view taken = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return taken;
}

Result<PrivilegedFiles> decode(Answer answer)
{
    const auto wrong = [] {
        return fail(ErrorCode::BadFormat, "kernoscope-open", "its answer is not understood",
                    "install kernoscope and its helper in the same version");
    };
    std::string_view text = answer.text;
    if (takeUntil(text, '\n') != kPrivilegedRequest)
        return wrong();
    PrivilegedFiles files;
    std::size_t used = 0;
    for (const auto &[key, file] : {std::pair<std::string_view, FileHandle *>{"kcore", &files.kcore},
                                    {"kallsyms", &files.kallsyms},
                                    {"sections", &files.sections}}) {
        std::string_view line = takeUntil(text, '\n');
        if (takeUntil(line, ' ') != key)
            return wrong();
        const std::string_view state = takeUntil(line, ' ');
        if (state == "ok") {
            if (used == answer.files.size())
                return wrong();
            *file = std::move(answer.files[used++]);
        } else if (key == "kcore") {
            const auto problem = parseKcoreProblem(state);
            int errorNumber = 0;
            std::from_chars(line.data(), line.data() + line.size(), errorNumber);
            if (!problem)
                return wrong();
            return std::unexpected(kcoreError(*problem, kKcorePath, errorNumber));
        }
    }
    if (used != answer.files.size())
        return wrong();
    return files;
}

/// The last line that the command wrote to its standard error.
std::string lastLine(const FileHandle &errors)
{
    const auto text = readTextFile(errors, "stderr", std::size_t{1} << 20);
    if (!text)
        return {};
    std::string_view line = *text;
    while (line.ends_with('\n'))
        line.remove_suffix(1);
    const std::size_t begin = line.rfind('\n');
    return std::string(begin == std::string_view::npos ? line : line.substr(begin + 1));
}

std::unexpected<Error> endedWithoutAnswer(const std::vector<std::string> &command, std::optional<int> status,
                                          const FileHandle &errors)
{
    const int code = status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
    const std::string said = lastLine(errors);
    const bool pkexec = command.front().ends_with("pkexec");
    if (pkexec && code == kPkexecDismissed)
        return fail(ErrorCode::Cancelled, command.front(), "the question for the password was dismissed");
    std::string why = said.empty() ? "it ended without opening anything" : said;
    if (pkexec && code == kPkexecNotAuthorized && said.empty())
        why = "this user may not run kernoscope-open as root";
    return fail(ErrorCode::Permission, command.front(), std::move(why),
                "ask who runs this machine, or use kernoscope-cli with sudo");
}

struct Spawned {
    pid_t pid = -1;
    FileHandle socket;
    FileHandle errors;
};

Result<Spawned> spawn(const std::vector<std::string> &command)
{
    Spawned result;
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return failErrno("socket pair", errno);
    result.socket = FileHandle(pair[0]);
    const FileHandle theirs(pair[1]);
    // Not a pipe: nobody has to empty it while the command runs.
    result.errors = FileHandle(::memfd_create("kernoscope-open-stderr", MFD_CLOEXEC));
    if (!result.errors.isOpen())
        return failErrno("memfd", errno);
    if (::send(pair[0], kPrivilegedRequest.data(), kPrivilegedRequest.size(), MSG_NOSIGNAL) < 0)
        return failErrno("socket pair", errno);

    std::vector<char *> arguments;
    for (const std::string &argument : command)
        arguments.push_back(const_cast<char *>(argument.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, theirs.fd(), STDIN_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, result.errors.fd(), STDERR_FILENO);
    const int error = ::posix_spawnp(&result.pid, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        return failErrno(command.front(), error, "install it, or run kernoscope with sudo");
    return result;
}

bool isInPath(std::string_view program)
{
    const char *path = std::getenv("PATH");
    std::string_view left = path ? path : "/usr/bin:/bin";
    while (!left.empty()) {
        const std::filesystem::path candidate = std::filesystem::path(takeUntil(left, ':')) / program;
        if (::access(candidate.c_str(), X_OK) == 0)
            return true;
    }
    return false;
}

} // namespace

Result<std::filesystem::path> findPrivilegedHelper()
{
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    const auto directory = self.parent_path();
    for (const auto &candidate : {directory / "kernoscope-open", directory / "../libexec/kernoscope-open"})
        if (::access(candidate.c_str(), X_OK) == 0)
            return std::filesystem::canonical(candidate, error);
    return fail(ErrorCode::NotFound, (directory / "kernoscope-open").string(),
                "the helper that opens /proc/kcore is not there", "install kernoscope completely, or run it with sudo");
}

std::vector<std::string> privilegedCommand(const std::filesystem::path &helper)
{
    const std::string path = helper.string();
    if (::geteuid() == 0)
        return {path};
    const bool desktop = std::getenv("DISPLAY") || std::getenv("WAYLAND_DISPLAY");
    if (desktop && isInPath("pkexec"))
        return {"pkexec", path};
    // Where sudo asks for the password: not on standard input, which is the socket.
    const FileHandle terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (terminal.isOpen())
        return {"sudo", "--", path};
    return {"sudo", std::getenv("SUDO_ASKPASS") ? "-A" : "-n", "--", path};
}

Result<PrivilegedFiles> openPrivileged(const std::vector<std::string> &command, const Progress &progress,
                                       std::chrono::milliseconds limit)
{
    if (command.empty())
        return fail(ErrorCode::NotFound, "kernoscope-open", "no command to run it with");
    auto spawned = spawn(command);
    if (!spawned)
        return std::unexpected(spawned.error());
    Child child(spawned->pid);
    const auto deadline = Clock::now() + limit;
    for (;;) {
        if (progress.cancelled())
            return fail(ErrorCode::Cancelled, command.front(), "cancelled");
        if (Clock::now() >= deadline)
            return fail(ErrorCode::Limit, command.front(), "no answer in time",
                        "try again, or run kernoscope with sudo");
        pollfd waiting{spawned->socket.fd(), POLLIN, 0};
        const int ready = ::poll(&waiting, 1, static_cast<int>(kPollInterval.count()));
        if (ready < 0 && errno != EINTR)
            return failErrno(command.front(), errno);
        if (ready <= 0)
            continue;
        auto answer = receive(spawned->socket.fd());
        if (!answer)
            return std::unexpected(answer.error());
        const auto status = child.wait(std::min(deadline, Clock::now() + std::chrono::seconds(2)));
        if (!*answer)
            return endedWithoutAnswer(command, status, spawned->errors);
        return decode(std::move(**answer));
    }
}

} // namespace ks
