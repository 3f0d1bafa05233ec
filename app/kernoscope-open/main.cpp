// The privileged helper: opens the running kernel's memory, its symbols and the addresses of its modules' sections,
// read-only, hands the descriptors to who started it (core/memory/privileged_protocol.h) and exits.
//
// It takes no arguments, opens no path that anybody could choose, and writes nowhere but into the socket. It is meant
// to be run through pkexec or sudo, which ask for the right; it refuses to be set-user-id.
#include "core/memory/kcore_access.h"
#include "core/memory/privileged_protocol.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <poll.h>
#include <span>
#include <string>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

namespace fs = std::filesystem;
using ks::FileHandle;

constexpr int kSocket = STDIN_FILENO;
constexpr int kRequestTimeoutMs = 5000;
/// Larger than what any kernel shows: 300 modules have about 400 KB.
constexpr std::size_t kMaxSectionsText = std::size_t{64} << 20;

std::optional<uid_t> userOf(const char *variable)
{
    const char *text = std::getenv(variable);
    uid_t uid = 0;
    if (!text || std::from_chars(text, text + std::strlen(text), uid).ec != std::errc{})
        return std::nullopt;
    return uid;
}

/// Why this was not started as it should be; nothing when all is well.
const char *whyRefused()
{
    if (::getauxval(AT_SECURE) != 0)
        return "it must not be set-user-id and needs no file capabilities";
    int domain = 0;
    int type = 0;
    ucred peer = {};
    socklen_t size = sizeof domain;
    if (::getsockopt(kSocket, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_UNIX)
        return "it is run by kernoscope, which talks to it on standard input";
    size = sizeof type;
    if (::getsockopt(kSocket, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET)
        return "standard input is not the socket that it expects";
    size = sizeof peer;
    if (::getsockopt(kSocket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return "nobody is at the other end of standard input";
    // Who was given the right must be who gets the descriptors.
    for (const char *variable : {"PKEXEC_UID", "SUDO_UID"})
        if (const auto uid = userOf(variable); uid && *uid != peer.uid)
            return "standard input belongs to another user";
    return nullptr;
}

bool requestArrived()
{
    pollfd waiting{kSocket, POLLIN, 0};
    if (::poll(&waiting, 1, kRequestTimeoutMs) != 1)
        return false;
    std::array<char, 64> text{};
    const ssize_t got = ::recv(kSocket, text.data(), text.size(), MSG_DONTWAIT);
    return got >= 0 && std::string_view(text.data(), static_cast<std::size_t>(got)) == ks::kPrivilegedRequest;
}

std::vector<fs::path> childrenOf(const fs::path &directory)
{
    std::vector<fs::path> result;
    std::error_code error;
    for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
        result.push_back(it->path());
    return result;
}

/// The addresses of all modules' sections as text, or an errno.
std::expected<std::string, int> collectSections()
{
    std::string text;
    for (const fs::path &module : childrenOf("/sys/module")) {
        for (const fs::path &section : childrenOf(module / "sections")) {
            // A module may be unloaded at any moment; then its files are gone, which is no error.
            auto address = ks::readTextFile(section, 4096);
            if (!address && address.error().code == ks::ErrorCode::Permission)
                return std::unexpected(EACCES);
            if (!address)
                continue;
            address->resize(std::min(address->find('\n'), address->size()));
            text += module.filename().string() + ' ' + section.filename().string() + ' ' + *address + '\n';
            if (text.size() > kMaxSectionsText)
                return std::unexpected(EFBIG);
        }
    }
    return text;
}

/// A sealed file in memory that nobody can change any more, positioned at its start.
std::expected<FileHandle, int> sealed(const std::string &text)
{
    FileHandle file(::memfd_create("kernoscope-sections", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file.isOpen())
        return std::unexpected(errno);
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t put = ::pwrite(file.fd(), text.data() + done, text.size() - done, static_cast<off_t>(done));
        if (put <= 0)
            return std::unexpected(put < 0 ? errno : EIO);
        done += static_cast<std::size_t>(put);
    }
    if (::fcntl(file.fd(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        return std::unexpected(errno);
    return file;
}

std::expected<FileHandle, int> openReadOnly(const char *path)
{
    FileHandle file(::open(path, O_RDONLY | O_CLOEXEC));
    if (!file.isOpen())
        return std::unexpected(errno);
    return file;
}

class Answer {
public:
    void add(const std::string &key, FileHandle file)
    {
        text_ += key + " ok\n";
        files_.push_back(std::move(file));
    }
    void addFailure(const std::string &key, const std::string &reason) { text_ += key + ' ' + reason + '\n'; }
    void add(const std::string &key, std::expected<FileHandle, int> file)
    {
        if (file)
            add(key, std::move(*file));
        else
            addFailure(key, std::to_string(file.error()));
    }

    bool send()
    {
        iovec part{text_.data(), text_.size()};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * ks::kPrivilegedFiles)> control{};
        msghdr message = {};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        if (!files_.empty()) {
            message.msg_control = control.data();
            message.msg_controllen = CMSG_SPACE(sizeof(int) * files_.size());
            cmsghdr *item = CMSG_FIRSTHDR(&message);
            item->cmsg_level = SOL_SOCKET;
            item->cmsg_type = SCM_RIGHTS;
            item->cmsg_len = CMSG_LEN(sizeof(int) * files_.size());
            for (std::size_t i = 0; i < files_.size(); ++i) {
                const int number = files_[i].fd();
                std::memcpy(CMSG_DATA(item) + i * sizeof(int), &number, sizeof number);
            }
        }
        return ::sendmsg(kSocket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(text_.size());
    }

private:
    std::string text_ = std::string(ks::kPrivilegedRequest) + '\n';
    std::vector<FileHandle> files_;
};

int run()
{
    if (const char *reason = whyRefused()) {
        std::fprintf(stderr, "kernoscope-open: %s\n", reason);
        return 2;
    }
    if (!requestArrived()) {
        std::fprintf(stderr, "kernoscope-open: no request on standard input\n");
        return 2;
    }
    Answer answer;
    auto kcore = ks::openKcore();
    if (kcore)
        answer.add("kcore", std::move(*kcore));
    else
        answer.addFailure("kcore", std::string(ks::name(kcore.error().problem)) + ' ' +
                                       std::to_string(kcore.error().errorNumber));
    answer.add("kallsyms", openReadOnly("/proc/kallsyms"));
    const auto sections = collectSections();
    answer.add("sections", sections ? sealed(*sections) : std::unexpected(sections.error()));
    return answer.send() ? 0 : 1;
}

} // namespace

int main()
{
    try {
        return run();
    } catch (const std::exception &error) {
        std::fprintf(stderr, "kernoscope-open: %s\n", error.what());
        return 1;
    }
}
