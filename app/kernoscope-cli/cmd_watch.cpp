#include "app/kernoscope-cli/commands.h"
#include "app/kernoscope-cli/value_json.h"
#include "core/live/sampler.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <optional>
#include <poll.h>
#include <unistd.h>

namespace ks::cli {
namespace {

using live::ResultState;
using live::WatchResult;
using Steady = std::chrono::steady_clock;

volatile std::sig_atomic_t g_interrupted = 0;

void catchSignals()
{
    struct sigaction action = {};
    action.sa_handler = [](int) { g_interrupted = 1; };
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    // A pipe that nobody reads any more is told by the write, and ends the command in order.
    action.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &action, nullptr);
}

/// False when there is nobody to wait for: interrupted, or the reader of standard output is gone.
bool waitUntil(Steady::time_point deadline)
{
    while (!g_interrupted) {
        const auto left = std::chrono::nanoseconds(deadline - Steady::now());
        if (left.count() <= 0)
            return true;
        // A signal that comes just before the call does not end it: so no long ones.
        const auto nap = std::min<std::chrono::nanoseconds>(left, std::chrono::milliseconds(50));
        const timespec time{0, static_cast<long>(nap.count())};
        pollfd out{STDOUT_FILENO, 0, 0};
        if (::ppoll(&out, 1, &time, nullptr) > 0)
            return false;
    }
    return false;
}

/// What stays of a session that another one replaces.
struct Current {
    std::shared_ptr<const Session> session;
};

/// Opens the session that takes over when modules have come or gone, or when there is another file.
live::Renew renewalOf(const Run &run, const std::shared_ptr<Current> &current)
{
    return [&run, current](live::RenewReason reason) -> Result<std::optional<live::Renewal>> {
        Progress progress;
        auto next = reason == live::RenewReason::Modules ? current->session->withModulesOfNow(progress) : run.reopen();
        if (!next)
            return std::unexpected(next.error());
        if (!*next)
            return std::nullopt;
        const KernelInfo &was = current->session->info();
        const KernelInfo &is = (*next)->info();
        if (was.buildId != is.buildId || was.release != is.release)
            return fail(ErrorCode::Mismatch, run.target.string(),
                        "it holds another kernel: " + (is.release.empty() ? "of an unknown release" : is.release));
        auto context = run.contextOf(**next);
        if (!context)
            return std::unexpected(context.error());
        current->session = *next;
        return live::Renewal{*next, std::move(*context)};
    };
}

/// Prints samples, and remembers what was said.
class Printer {
public:
    Printer(const Run &run, const WatchCommand &command, std::vector<std::string> names)
        : run_(run), command_(command), names_(std::move(names)), told_(names_.size())
    {
    }

    /// Whether this one is wanted.
    bool wants(const live::Sample &sample) const
    {
        if (!command_.when.empty() &&
            std::ranges::none_of(sample.results, [](const WatchResult &result) { return result.holds == true; }))
            return false;
        if (!command_.follow || !printedAny_)
            return true;
        for (std::size_t i = 0; i < sample.results.size(); ++i)
            if (isNew(sample.results[i], i))
                return true;
        return false;
    }

    void print(const live::Sample &sample)
    {
        if (run_.out.json())
            printJson(sample);
        else
            printText(sample);
        for (std::size_t i = 0; i < sample.results.size(); ++i)
            told_[i] = {sample.results[i].value, kindOf(sample.results[i])};
        printedAny_ = true;
    }

    /// Says once what is wrong with each.
    void complain(const live::Sample &sample)
    {
        for (std::size_t i = 0; i < sample.results.size(); ++i) {
            const WatchResult &result = sample.results[i];
            const bool isMissed = result.error && result.state != ResultState::Torn;
            if (isMissed || result.conditionError)
                answers_.missed();
            const std::string message = isMissed                ? result.error->message()
                                        : result.conditionError ? result.conditionError->message()
                                                                : std::string();
            if (message == told_[i].complaint)
                continue;
            told_[i].complaint = message;
            if (!message.empty())
                run_.out.complain(isMissed ? *result.error : *result.conditionError);
        }
    }

    ExitCode code() const { return answers_.code(); }

private:
    struct Told {
        std::shared_ptr<const live::WatchValue> value;
        ResultState kind = ResultState::Pending;
        std::string complaint = {};
    };

    /// A value that is torn once and calm the next time is no news by itself.
    static ResultState kindOf(const WatchResult &result)
    {
        return result.state == ResultState::Torn ? ResultState::Value : result.state;
    }
    bool isNew(const WatchResult &result, std::size_t i) const
    {
        return result.value != told_[i].value || kindOf(result) != told_[i].kind;
    }

    static Json listJson(const WatchResult &result)
    {
        const auto addresses = [](const auto &all, auto &&address) {
            Json array = Json::array();
            for (const auto &one : all)
                array.push_back(hex(address(one)));
            return array;
        };
        const auto itself = [](VirtAddr address) { return address; };
        return {{"members", addresses(result.value->list.entries, [](const WalkEntry &entry) { return entry.object; })},
                {"added", addresses(result.added, itself)},
                {"removed", addresses(result.removed, itself)},
                {"end", name(result.value->list.end)}};
    }

    void printJson(const live::Sample &sample)
    {
        Json document{{"time", std::chrono::duration<double>(sample.time.wall.time_since_epoch()).count()},
                      {"values", Json::array()}};
        for (std::size_t i = 0; i < sample.results.size(); ++i) {
            const WatchResult &result = sample.results[i];
            const bool isList = i >= command_.expressions.size();
            Json value = !result.value ? Json(nullptr) : isList ? listJson(result) : toJson(*result.value->decoded);
            Json entry{{"expr", names_[i]},
                       {"value", std::move(value)},
                       {"changed", result.changed},
                       {"torn", result.state == ResultState::Torn}};
            if (command_.style != ValueStyle::C && result.value && !isList)
                entry["text"] = result.value->text;
            if (result.state == ResultState::Lost)
                entry["lost"] = true;
            if (result.error && result.state != ResultState::Torn)
                entry["error"] = jsonError(*result.error);
            document["values"].push_back(std::move(entry));
        }
        if (sample.gap)
            document["gap"] = std::chrono::duration<double>(*sample.gap).count();
        if (command_.cost)
            document["cost"] = {{"reads", sample.cost.reads.calls},
                                {"bytes", sample.cost.reads.bytes},
                                {"latency_us", microseconds(sample.cost.latency)},
                                {"cpu_us", microseconds(sample.cost.cpu)}};
        run_.out.writeJson(document);
    }

    void printText(const live::Sample &sample)
    {
        const auto wall = sample.time.wall;
        const std::string time =
            fmt::format("{:%H:%M:%S}.{:03}", fmt::localtime(std::chrono::system_clock::to_time_t(wall)),
                        std::chrono::duration_cast<std::chrono::milliseconds>(wall.time_since_epoch()).count() % 1000);
        for (std::size_t i = 0; i < sample.results.size(); ++i) {
            const WatchResult &result = sample.results[i];
            if (command_.follow && printedAny_ && !isNew(result, i))
                continue;
            std::string text = result.value ? result.value->text : "??";
            if (!result.added.empty() || !result.removed.empty())
                text += fmt::format("  (+{} -{})", result.added.size(), result.removed.size());
            run_.out.write(fmt::format("{}{}{} = {}{}\n", time, result.changed ? "* " : "  ", names_[i], text,
                                       result.state == ResultState::Torn   ? "  (torn)"
                                       : result.state == ResultState::Lost ? "  (lost)"
                                                                           : ""));
        }
        if (sample.gap)
            run_.out.write(fmt::format("{}  nothing was read for {} before this\n", time,
                                       durationText(static_cast<std::uint64_t>(sample.gap->count()))));
        if (command_.cost)
            run_.out.write(fmt::format("{}  {} reads, {} bytes, {} us reading, {} us of CPU time\n", time,
                                       sample.cost.reads.calls, sample.cost.reads.bytes,
                                       microseconds(sample.cost.latency), microseconds(sample.cost.cpu)));
    }

    static std::int64_t microseconds(std::chrono::nanoseconds time)
    {
        return std::chrono::round<std::chrono::microseconds>(time).count();
    }

    const Run &run_;
    const WatchCommand &command_;
    std::vector<std::string> names_;
    std::vector<Told> told_;
    bool printedAny_ = false;
    Answers answers_;
};

/// What is watched, in the order of the names, which is that of the results.
std::vector<std::string> subscribe(live::Sampler &sampler, const Run &run, const WatchCommand &command)
{
    FormatOptions format = command.format;
    if (!run.out.json()) {
        format.depth = std::min(format.depth, live::kLineFormat.depth);
        format.elements = std::min(format.elements, live::kLineFormat.elements);
    }
    std::vector<std::string> names;
    for (const std::string &expression : command.expressions) {
        sampler.add({live::ExpressionWatch{expression, format, command.style}, std::nullopt, command.when});
        names.push_back(expression);
    }
    for (const WatchCommand::List &list : command.lists) {
        sampler.add({live::ListWatch{list.head, list.type, list.member}, std::nullopt, command.when});
        names.push_back(list.head);
    }
    sampler.setPeriod(command.interval);
    return names;
}

} // namespace

ExitCode run(const Run &run, const WatchCommand &command)
{
    catchSignals();
    const auto current = std::make_shared<Current>(run.sharedSession);
    if (!run.session.hasMemory()) {
        run.out.complain({ErrorCode::Unsupported, "watch", "there is no memory to read", "name a target with --core"});
        return kTargetUnusable;
    }
    live::Sampler sampler(run.sharedSession, run.context);
    if (!run.target.empty())
        sampler.setTarget(live::TargetWatch(run.target));
    sampler.setRenew(renewalOf(run, current));
    Printer printer(run, command, subscribe(sampler, run, command));

    std::string lostFor; // why there is no target, as it was told; empty while there is one
    for (std::uint64_t printed = 0; command.count == 0 || printed < command.count;) {
        if (!waitUntil(*sampler.nextDue()))
            break;
        const auto sample = sampler.tick();
        if (sample->lost) {
            if (sample->lost->message() != lostFor)
                run.out.complain(*sample->lost);
            lostFor = sample->lost->message();
            if (!command.follow)
                return kTargetUnusable;
            continue;
        }
        if (!lostFor.empty())
            run.out.warn("the target is back");
        lostFor.clear();
        printer.complain(*sample);
        if (!printer.wants(*sample))
            continue;
        printer.print(*sample);
        ++printed;
        // A pipe reads line by line; and one that nobody reads any more ends the command.
        if (std::fflush(stdout) != 0)
            break;
    }
    // What is left for a reader that is gone is nobody's.
    if (std::ferror(stdout) && !std::freopen("/dev/null", "w", stdout))
        return kTargetUnusable;
    return printer.code();
}

} // namespace ks::cli
