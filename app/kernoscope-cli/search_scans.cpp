#include "app/kernoscope-cli/search_scans.h"

#include <fmt/core.h>

#include <chrono>
#include <thread>

namespace ks::cli {
namespace {

/// What candidates may take; of all values of a range that is about seven eighths of it.
constexpr std::uint64_t kMaxBytes = std::uint64_t{2} << 30;

struct Step {
    ScanTest test = ScanTest::Matching;
    std::optional<ValuePattern> values; ///< of Matching
};

Result<Step> parseStep(const std::string &text, unsigned width)
{
    for (const auto &[word, test] :
         {std::pair{"changed", ScanTest::Changed}, std::pair{"unchanged", ScanTest::Unchanged},
          std::pair{"increased", ScanTest::Increased}, std::pair{"decreased", ScanTest::Decreased}})
        if (text == word)
            return Step{test, {}};
    auto values = parseValues(text, width);
    if (!values)
        return fail(ErrorCode::Syntax, "--then " + text, "neither a test nor a value",
                    "write changed, unchanged, increased, decreased, VALUE or LO..HI");
    return Step{ScanTest::Matching, std::move(*values)};
}

void rest(std::chrono::milliseconds time, const Progress &progress)
{
    const auto end = std::chrono::steady_clock::now() + time;
    while (!progress.cancelled() && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(
            std::min<std::chrono::nanoseconds>(std::chrono::milliseconds(20), end - std::chrono::steady_clock::now()));
}

} // namespace

Result<ScanSet> runScans(const Run &run, const SearchCommand &command, std::span<const AddrRange> where,
                         Progress &progress)
{
    std::vector<Step> steps;
    for (const std::string &text : command.scans) {
        auto step = parseStep(text, command.width);
        if (!step)
            return std::unexpected(step.error());
        steps.push_back(std::move(*step));
    }
    std::optional<ValuePattern> values;
    if (command.pattern != kAnyValue) {
        auto parsed = parseValues(command.pattern, command.width);
        if (!parsed)
            return std::unexpected(parsed.error());
        parsed->bigEndian = command.bigEndian;
        parsed->aligned = command.aligned;
        values = *parsed;
    }
    const ScanType type{.width = command.width,
                        .bigEndian = command.bigEndian,
                        .isSigned = command.isSigned,
                        .aligned = command.aligned};
    auto set = ScanSet::first(run.session.memory(), where, type, values, kMaxBytes, progress);
    for (const Step &step : steps) {
        if (!set)
            break;
        run.out.warn(fmt::format("{} candidates", set->size()));
        rest(command.wait, progress);
        set = set->next(run.session.memory(), step.test, step.values, progress);
    }
    return set;
}

} // namespace ks::cli
