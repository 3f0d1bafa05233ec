// The client of debuginfod against a small server of our own.
#include "core/symbols/debuginfod.h"

#include "core/symbols/module_files.h"
#include "module_fixture.h"

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>

namespace ks {
namespace {

using test::contentsOf;
using test::fixture;
using testing::HasSubstr;

/// Answers each request on 127.0.0.1 with what `answer` gives for its path; with 404 for an empty answer.
class Server {
public:
    explicit Server(std::function<std::string(const std::string &)> answer) : answer_(std::move(answer))
    {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr *>(&address), size), 0);
        EXPECT_EQ(::listen(listener_, 8), 0);
        ::getsockname(listener_, reinterpret_cast<sockaddr *>(&address), &size);
        url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
        thread_ = std::jthread([this] { serve(); });
    }
    ~Server()
    {
        stopping_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    const std::string &url() const { return url_; }
    int requests() const { return requests_; }
    /// After the header and the first half of the answer, nothing comes until the server ends.
    void stallInTheMiddle() { stalls_ = true; }

private:
    void serve()
    {
        for (int connection; (connection = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(connection)) {
            std::string request;
            char part[4096];
            while (request.find("\r\n\r\n") == request.npos) {
                const ssize_t got = ::recv(connection, part, sizeof part, 0);
                if (got <= 0)
                    break;
                request.append(part, static_cast<std::size_t>(got));
            }
            ++requests_;
            const auto from = request.find(' ') + 1;
            const std::string body = answer_(request.substr(from, request.find(' ', from) - from));
            std::string reply = std::string("HTTP/1.0 ") + (body.empty() ? "404 Not Found" : "200 OK") +
                                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
            if (stalls_)
                reply.resize(reply.size() - body.size() / 2);
            ::send(connection, reply.data(), reply.size(), MSG_NOSIGNAL);
            while (stalls_ && !stopping_)
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }

    std::function<std::string(const std::string &)> answer_;
    std::atomic<bool> stopping_{false}, stalls_{false};
    std::atomic<int> requests_{0};
    int listener_ = -1;
    std::string url_;
    std::jthread thread_;
};

class Debuginfod : public test::TemporaryFolder {
protected:
    void SetUp() override
    {
        TemporaryFolder::SetUp();
        ::setenv("DEBUGINFOD_CACHE_PATH", (root_ / "cache").c_str(), 1);
        ::unsetenv("DEBUGINFOD_URLS");
        // No proxy of this machine stands between the test and its server.
        for (const char *proxy : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"})
            ::unsetenv(proxy);
        buildId_ = (*ElfImage::open(fixture("gcc5/tiny-module.ko")))->buildId().value();
    }
    void TearDown() override
    {
        ::unsetenv("DEBUGINFOD_URLS");
        TemporaryFolder::TearDown();
    }
    static void ask(const Server &server) { ::setenv("DEBUGINFOD_URLS", server.url().c_str(), 1); }

    std::string buildId_;
};

TEST_F(Debuginfod, FetchesWhatAServerHas)
{
    const std::string whole = contentsOf(fixture("gcc5/tiny-module.ko"));
    const Server server(
        [&](const std::string &path) { return path == "/buildid/" + buildId_ + "/debuginfo" ? whole : std::string(); });
    ask(server);
    Progress progress;
    const auto path = fetchDebugInfo(buildId_, progress);
    ASSERT_TRUE(path) << path.error().message();
    EXPECT_EQ(contentsOf(*path), whole);
    EXPECT_THAT(path->string(), HasSubstr(root_.string()));

    const auto module = ModuleFiles({}, root_).find({.name = "tiny_module", .buildId = buildId_}, &progress);
    ASSERT_TRUE(module) << module.error().message();
    EXPECT_EQ(module->verdict.belonging, Belonging::Yes);
    EXPECT_EQ(server.requests(), 1); // the second time it came from the cache
}

TEST_F(Debuginfod, NothingIsAskedWithoutTheVariableOrAPlaceForProgress)
{
    const Server server([](const std::string &) { return "x"; });
    Progress progress;
    EXPECT_EQ(fetchDebugInfo(buildId_, progress).error().code, ErrorCode::NotFound);
    EXPECT_FALSE(ModuleFiles({}, root_).find({.name = "tiny_module", .buildId = buildId_}, &progress));
    ask(server);
    EXPECT_FALSE(ModuleFiles({}, root_).find({.name = "tiny_module", .buildId = buildId_}));
    EXPECT_EQ(fetchDebugInfo("../etc/passwd", progress).error().code, ErrorCode::NotFound);
    ::setenv("DEBUGINFOD_URLS", " ", 1);
    EXPECT_FALSE(debuginfodIsWanted());
    EXPECT_EQ(server.requests(), 0);
}

TEST_F(Debuginfod, WhatNoServerHasIsNotFound)
{
    const Server server([](const std::string &) { return ""; });
    ask(server);
    Progress progress;
    const auto path = fetchDebugInfo(buildId_, progress);
    ASSERT_FALSE(path);
    EXPECT_EQ(path.error().code, ErrorCode::NotFound);
    EXPECT_THAT(path.error().message(), testing::AllOf(HasSubstr(buildId_), HasSubstr(server.url())));
    EXPECT_GT(server.requests(), 0);
}

TEST_F(Debuginfod, AServerThatIsGoneIsAnError)
{
    {
        const Server server([](const std::string &) { return ""; });
        ask(server);
    }
    Progress progress;
    const auto begin = std::chrono::steady_clock::now();
    const auto path = fetchDebugInfo(buildId_, progress);
    ASSERT_FALSE(path);
    EXPECT_EQ(path.error().code, ErrorCode::Io) << path.error().message();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(40));
}

TEST_F(Debuginfod, AForeignFileIsRefused)
{
    const Server server([](const std::string &) { return contentsOf(fixture("gcc4/tiny-module.ko")); });
    ask(server);
    Progress progress;
    const auto module = ModuleFiles({}, root_).find({.name = "tiny_module", .buildId = buildId_}, &progress);
    ASSERT_FALSE(module);
    EXPECT_THAT(module.error().message(), HasSubstr("has build-id"));
}

TEST_F(Debuginfod, ATransferCanBeCancelled)
{
    Server server([](const std::string &) { return std::string(std::size_t{1} << 20, 'x'); });
    server.stallInTheMiddle();
    ask(server);
    Progress progress;
    std::jthread person([&] {
        // As soon as something has come.
        while (progress.state().done == 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        progress.cancel();
    });
    const auto begin = std::chrono::steady_clock::now();
    const auto path = fetchDebugInfo(buildId_, progress);
    ASSERT_FALSE(path);
    EXPECT_EQ(path.error().code, ErrorCode::Cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
    EXPECT_EQ(progress.state().total, std::uint64_t{1} << 20);
}

TEST_F(Debuginfod, AServerThatFallsSilentIsGivenUp)
{
    Server server([](const std::string &) { return std::string(std::size_t{1} << 20, 'x'); });
    server.stallInTheMiddle();
    ask(server);
    Progress progress;
    const auto path = fetchDebugInfo(buildId_, progress, std::chrono::milliseconds(300));
    ASSERT_FALSE(path);
    EXPECT_EQ(path.error().code, ErrorCode::Io);
    EXPECT_THAT(path.error().message(), HasSubstr("no answer from " + server.url()));
}

} // namespace
} // namespace ks
