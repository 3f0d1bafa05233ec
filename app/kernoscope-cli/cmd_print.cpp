#include "app/kernoscope-cli/commands.h"
#include "app/kernoscope-cli/value_json.h"
#include "core/values/expression.h"

#include <fmt/core.h>

namespace ks::cli {
namespace {

/// Programs get whole arrays unless they ask for fewer; the bound only keeps a damaged count from filling the memory.
constexpr std::uint64_t kJsonElements = std::uint64_t{1} << 20;

Error unreadable(const std::string &expression, const Decoded::Unreadable &missing)
{
    return {ErrorCode::Unreadable, expression, hex(missing.address) + ": " + missing.state.reason()};
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
