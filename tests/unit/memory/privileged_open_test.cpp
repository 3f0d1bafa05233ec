// The privileged helper and who talks to it. No test needs or asks for any right: the helper runs as the tester.
#include "core/memory/kcore_access.h"
#include "core/memory/privileged_open.h"
#include "core/memory/privileged_protocol.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace ks {
namespace {

using testing::HasSubstr;
constexpr const char *kRole = "KERNOSCOPE_TEST_HELPER";

/// Answers with `text` and as many descriptors as asked for.
void answer(const std::string &text, std::size_t descriptors)
{
    std::array<char, 64> request{};
    if (::recv(STDIN_FILENO, request.data(), request.size(), 0) != static_cast<ssize_t>(kPrivilegedRequest.size()))
        ::_exit(9);
    iovec part{const_cast<char *>(text.data()), text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 8)> control{};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (descriptors > 0) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors);
        cmsghdr *item = CMSG_FIRSTHDR(&message);
        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN(sizeof(int) * descriptors);
        for (std::size_t i = 0; i < descriptors; ++i) {
            const int fd = ::open(i == 0 ? "/dev/zero" : "/dev/null", O_RDONLY);
            std::memcpy(CMSG_DATA(item) + i * sizeof fd, &fd, sizeof fd);
        }
    }
    ::_exit(::sendmsg(STDIN_FILENO, &message, 0) < 0 ? 8 : 0);
}

/// This program is its own helper: with kRole in the environment it plays that part and exits.
bool playRole()
{
    const char *role = std::getenv(kRole);
    if (!role)
        return false;
    const std::string part = role;
    const std::string first = std::string(kPrivilegedRequest) + "\n";
    if (part == "good")
        answer(first + "kcore ok\nkallsyms ok\nsections ok\n", 3);
    if (part == "no-kallsyms")
        answer(first + "kcore ok\nkallsyms 13\nsections ok\n", 2);
    if (part == "lockdown")
        answer(first + "kcore lockdown 1\nkallsyms ok\nsections 13\n", 1);
    if (part == "too-few")
        answer(first + "kcore ok\nkallsyms ok\nsections ok\n", 1);
    if (part == "too-many")
        answer(first + "kcore ok\nkallsyms 13\nsections 13\n", 3);
    if (part == "flood")
        answer(first + "kcore ok\nkallsyms ok\nsections ok\n", 8);
    if (part == "long")
        answer(first + std::string(4 * kMaxPrivilegedAnswer, 'x'), 0);
    if (part == "other-version")
        answer("kernoscope-open 2\nkcore ok\n", 1);
    if (part == "silent")
        std::this_thread::sleep_for(std::chrono::seconds(20));
    ::_exit(7);
}

const bool kPlayed = playRole();

std::vector<std::string> helper(const std::string &role)
{
    return {"/usr/bin/env", std::string(kRole) + "=" + role, std::filesystem::read_symlink("/proc/self/exe").string()};
}

Result<PrivilegedFiles> run(const std::vector<std::string> &command)
{
    Progress progress;
    return openPrivileged(command, progress, std::chrono::seconds(10));
}

std::size_t openDescriptors()
{
    std::size_t count = 0;
    for ([[maybe_unused]] const auto &entry : std::filesystem::directory_iterator("/proc/self/fd"))
        ++count;
    return count;
}

TEST(PrivilegedOpen, HandsOverTheDescriptors)
{
    const std::size_t before = openDescriptors();
    {
        const auto files = run(helper("good"));
        ASSERT_TRUE(files) << files.error().message();
        char first = 0;
        EXPECT_EQ(::pread(files->kcore.fd(), &first, 1, 0), 1);
        EXPECT_EQ(::fcntl(files->kcore.fd(), F_GETFD), FD_CLOEXEC);
        EXPECT_TRUE(files->kallsyms.isOpen());
        EXPECT_TRUE(files->sections.isOpen());
    }
    EXPECT_EQ(openDescriptors(), before);
}

TEST(PrivilegedOpen, MayBeWithoutSymbols)
{
    const auto files = run(helper("no-kallsyms"));
    ASSERT_TRUE(files) << files.error().message();
    EXPECT_TRUE(files->kcore.isOpen());
    EXPECT_FALSE(files->kallsyms.isOpen());
    EXPECT_TRUE(files->sections.isOpen());
}

TEST(PrivilegedOpen, SaysWhyThereIsNoKcore)
{
    const auto files = run(helper("lockdown"));
    ASSERT_FALSE(files);
    EXPECT_EQ(files.error().message(), kcoreError(KcoreProblem::Lockdown, kKcorePath).message());
}

TEST(PrivilegedOpen, DistrustsAnswersThatDoNotAddUp)
{
    const std::size_t before = openDescriptors();
    for (const char *role : {"too-few", "too-many", "flood", "long", "other-version"}) {
        SCOPED_TRACE(role);
        const auto files = run(helper(role));
        ASSERT_FALSE(files);
        EXPECT_EQ(files.error().code, ErrorCode::BadFormat) << files.error().message();
    }
    EXPECT_EQ(openDescriptors(), before);
}

TEST(PrivilegedOpen, TheCommandFails)
{
    EXPECT_EQ(run({"/nonexistent/pkexec", "x"}).error().code, ErrorCode::NotFound);
    const auto refused = run({"/bin/sh", "-c", "echo first >&2; echo a password is required >&2; exit 1"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Permission);
    EXPECT_EQ(refused.error().why, "a password is required");
    EXPECT_FALSE(refused.error().remedy.empty());
    EXPECT_EQ(run({"/bin/true"}).error().code, ErrorCode::Permission);
    EXPECT_FALSE(run({}));
}

TEST(PrivilegedOpen, PkexecExitCodes)
{
    const auto directory = std::filesystem::path(testing::TempDir()) / ("kernoscope-" + std::to_string(::getpid()));
    std::filesystem::create_directories(directory);
    const auto script = directory / "pkexec";
    for (const auto &[code, expected] : {std::pair{126, ErrorCode::Cancelled}, {127, ErrorCode::Permission}}) {
        const std::string text = "#!/bin/sh\nexit " + std::to_string(code) + "\n";
        {
            const FileHandle file(::open(script.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700));
            ASSERT_EQ(::write(file.fd(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
        }
        const auto files = run({script.string(), "helper"});
        ASSERT_FALSE(files);
        EXPECT_EQ(files.error().code, expected) << files.error().message();
    }
    std::filesystem::remove_all(directory);
}

TEST(PrivilegedOpen, WaitsNoLongerThanAllowed)
{
    Progress progress;
    auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(openPrivileged(helper("silent"), progress, std::chrono::milliseconds(200)).error().code,
              ErrorCode::Limit);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));

    begin = std::chrono::steady_clock::now();
    std::jthread canceller([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        progress.cancel();
    });
    EXPECT_EQ(openPrivileged(helper("silent"), progress).error().code, ErrorCode::Cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(PrivilegedHelper, TellsWhatOpeningTells)
{
    // Run as whoever tests: it must come to what a direct look comes to.
    const auto direct = openKcore();
    const auto files = run({KERNOSCOPE_OPEN});
    ASSERT_EQ(files.has_value(), direct.has_value());
    if (!direct) {
        EXPECT_EQ(files.error().message(), direct.error().error.message());
        EXPECT_EQ(files.error().code, direct.error().error.code);
    }
}

TEST(PrivilegedHelper, RefusesWhoIsNotKernoscope)
{
    const std::string quoted = "'" KERNOSCOPE_OPEN "'";
    EXPECT_EQ(WEXITSTATUS(std::system((quoted + " </dev/null 2>/dev/null").c_str())), 2);
    EXPECT_EQ(WEXITSTATUS(std::system(("echo hello | " + quoted + " 2>/dev/null").c_str())), 2);
    // Another user's right is not ours.
    const std::string other = std::to_string(::getuid() + 1);
    for (const std::string variable : {"SUDO_UID", "PKEXEC_UID"}) {
        const auto files = run({"/usr/bin/env", variable + "=" + other, KERNOSCOPE_OPEN});
        ASSERT_FALSE(files);
        EXPECT_THAT(files.error().why, HasSubstr("another user"));
    }
}

TEST(PrivilegedCommand, RootNeedsNoneAndOthersAreAsked)
{
    const auto command = privilegedCommand("/usr/libexec/kernoscope-open");
    ASSERT_FALSE(command.empty());
    EXPECT_EQ(command.back(), "/usr/libexec/kernoscope-open");
    EXPECT_EQ(command.size() == 1, ::geteuid() == 0);
}

} // namespace
} // namespace ks
