#include "app/kernoscope-cli/commands.h"
#include "app/kernoscope-cli/value_json.h"
#include "core/values/expression.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <csignal>
#include <thread>

namespace ks::cli {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;

/// How often a value is read until two reads in a row agree.
constexpr int kReads = 4;

struct Reading {
    Json value; ///< JSON form, also what change is judged by
    std::string text;
    std::optional<Error> error;
    bool torn = false;
};

Reading readOnce(const Run &run, const std::string &expression, const FormatOptions &format)
{
    const auto value = evaluate(run.context, expression);
    if (!value)
        return {nullptr, "??", value.error()};
    return {
        toJson(decode(run.context, *value, format)), run.out.json() ? "" : summarize(run.context, *value, format), {}};
}

/// Nothing in a live kernel is read atomically: a value counts only when two reads in a row give the same.
Reading readStable(const Run &run, const std::string &expression, const FormatOptions &format)
{
    Reading last = readOnce(run, expression, format);
    if (!run.session.memory().isLive())
        return last;
    for (int i = 1; i < kReads; ++i) {
        Reading next = readOnce(run, expression, format);
        const bool same = next.value == last.value && next.error.has_value() == last.error.has_value();
        last = std::move(next);
        if (same)
            return last;
    }
    last.torn = true;
    return last;
}

void sleepUntil(std::chrono::steady_clock::time_point deadline)
{
    // Short naps, so that an interrupt ends the command soon.
    while (!g_interrupted) {
        const auto left = deadline - std::chrono::steady_clock::now();
        if (left <= std::chrono::nanoseconds(0))
            return;
        std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, std::chrono::milliseconds(50)));
    }
}

} // namespace

ExitCode run(const Run &run, const WatchCommand &command)
{
    struct sigaction action = {};
    action.sa_handler = [](int) { g_interrupted = 1; };
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);

    Answers answers;
    std::vector<Json> previous(command.expressions.size());
    auto next = std::chrono::steady_clock::now();
    for (std::uint64_t sample = 0; (command.count == 0 || sample < command.count) && !g_interrupted; ++sample) {
        const auto now = std::chrono::system_clock::now();
        Json document{{"time", std::chrono::duration<double>(now.time_since_epoch()).count()},
                      {"values", Json::array()}};
        for (std::size_t i = 0; i < command.expressions.size(); ++i) {
            const std::string &expression = command.expressions[i];
            Reading reading = readStable(run, expression, command.format);
            const bool changed = sample > 0 && reading.value != previous[i];
            Json entry{{"expr", expression}, {"value", reading.value}, {"changed", changed}, {"torn", reading.torn}};
            if (reading.error) {
                entry["error"] = jsonError(*reading.error);
                if (sample == 0)
                    run.out.complain(*reading.error);
                answers.missed();
            }
            document["values"].push_back(std::move(entry));
            if (!run.out.json())
                run.out.write(fmt::format(
                    "{:%H:%M:%S}.{:03}  {}{} = {}{}\n", fmt::localtime(std::chrono::system_clock::to_time_t(now)),
                    std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000,
                    changed ? "* " : "  ", expression, reading.text, reading.torn ? "  (torn)" : ""));
            previous[i] = std::move(reading.value);
        }
        if (run.out.json())
            run.out.writeJson(document);
        // A pipe reads line by line; and one that nobody reads any more ends the command.
        if (std::fflush(stdout) != 0)
            break;
        next += command.interval;
        if (command.count == 0 || sample + 1 < command.count)
            sleepUntil(next);
    }
    return answers.code();
}

} // namespace ks::cli
