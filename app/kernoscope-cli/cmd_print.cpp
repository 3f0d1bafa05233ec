#include "app/kernoscope-cli/commands.h"
#include "app/kernoscope-cli/value_json.h"
#include "core/values/expression.h"
#include "core/values/identifiers.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

namespace ks::cli {
namespace {

/// Programs get whole arrays unless they ask for fewer; the bound only keeps a damaged count from filling the memory.
constexpr std::uint64_t kJsonElements = std::uint64_t{1} << 20;

Error unreadable(const std::string &expression, const Decoded::Unreadable &missing)
{
    return {ErrorCode::Unreadable, expression, hex(missing.address) + ": " + missing.state.reason()};
}

/// A bare name may mean several things; which one was taken has to be told.
void tellOthers(const Run &run, const std::string &expression)
{
    const bool isName = std::ranges::all_of(expression, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
    const auto found = isName && !expression.empty() && !std::isdigit(static_cast<unsigned char>(expression[0]))
                           ? expr::resolveIdentifier(run.context, expression)
                           : std::unexpected(Error{});
    if (!found || found->otherUnits.empty())
        return;
    std::string others;
    for (const std::string &unit : found->otherUnits)
        others += (others.empty() ? "" : ", ") + unit;
    run.out.warn(fmt::format("{0}: this is the one of {1}; others are in {2} (\"FILE\"::{0} chooses)", expression,
                             found->unit, others));
}

} // namespace

ExitCode run(const Run &run, const PrintCommand &command)
{
    FormatOptions format = command.format;
    if (run.out.json() && !command.elementsGiven)
        format.elements = kJsonElements;
    Answers answers;
    Json document = Json::array();
    for (const std::string &expression : command.expressions) {
        Json entry{{"expr", expression}};
        tellOthers(run, expression);
        const auto value = evaluate(run.context, expression);
        if (!value) {
            run.out.complain(value.error());
            entry["error"] = jsonError(value.error());
            answers.missed();
        } else if (run.out.json()) {
            const Decoded decoded = decode(run.context, *value, format);
            entry["type"] = value->type().spelling();
            entry["address"] = value->address() ? Json(hex(*value->address())) : Json(nullptr);
            entry["value"] = toJson(decoded);
            if (const auto *missing = std::get_if<Decoded::Unreadable>(&decoded.data)) {
                entry["error"] = jsonError(unreadable(expression, *missing));
                run.out.complain(unreadable(expression, *missing));
                answers.missed();
            }
        } else {
            run.out.write(fmt::format("{} = {}\n", expression, formatValue(run.context, *value, format)));
            if (const auto missing = value->missing(); missing && !value->type().stripped().isRecord()) {
                run.out.complain(unreadable(expression, {missing->state, missing->range.first}));
                answers.missed();
            }
        }
        if (run.out.json())
            document.push_back(std::move(entry));
    }
    if (run.out.json())
        run.out.writeJson(document);
    return answers.code();
}

} // namespace ks::cli
