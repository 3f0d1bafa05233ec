#include "app/kernoscope-cli/queries.h"
#include "core/base/units.h"

#include <fmt/format.h>

#include <iterator>

namespace ks::cli {
namespace {

std::string flagsText(const TableEntry &entry)
{
    std::string text;
    for (const std::string_view flag : entry.flags())
        text.append(text.empty() ? "" : " ").append(flag);
    return text.empty() ? "-" : text;
}

Json toJson(const TableStep &step)
{
    return {{"level", step.entry.level},
            {"name", step.name},
            {"entry_address", step.entryAddress ? Json(hex(*step.entryAddress)) : Json(nullptr)},
            {"entry_phys", hex(step.phys)},
            {"value", step.isRead ? Json(hex(step.entry.value)) : Json(nullptr)},
            {"flags", step.isRead ? Json(step.entry.flags()) : Json(nullptr)}};
}

Json toJson(const Translation &found)
{
    Json entry{{"address", hex(found.address)},
               {"phys", found.phys ? Json(hex(*found.phys)) : Json(nullptr)},
               {"page_size", found.pageSize != 0 ? Json(found.pageSize) : Json(nullptr)},
               {"status", name(found.state.status)},
               {"levels", Json::array()}};
    for (const TableStep &step : found.steps)
        entry["levels"].push_back(toJson(step));
    return entry;
}

void appendText(const Translation &found, std::string &text)
{
    auto out = std::back_inserter(text);
    if (found.phys)
        fmt::format_to(out, "{:#018x}  {}  {}, a page of {}\n", found.address.value, hex(*found.phys),
                       name(found.state.status), sizeText(found.pageSize));
    else
        fmt::format_to(out, "{:#018x}  {}: {}\n", found.address.value, name(found.state.status), found.state.reason());
    for (const TableStep &step : found.steps)
        fmt::format_to(out, "  {}  {:<18}  {:#018x}  {}\n", step.name,
                       step.entryAddress ? hex(*step.entryAddress) : "phys " + hex(step.phys), step.entry.value,
                       step.isRead ? flagsText(step.entry) : "not read");
}

} // namespace

ExitCode run(const Run &run, const PagesCommand &command)
{
    const PageTables *tables = run.session.pageTables();
    if (!tables) {
        const Error error{ErrorCode::NotFound, "page tables", "those of this target are not known"};
        if (run.out.json())
            run.out.writeJson(Json::array({Json{{"error", jsonError(error)}}}));
        run.out.complain(error);
        return kSomeUnanswered;
    }
    Answers answers;
    std::vector<VirtAddr> addresses;
    const auto queries = allQueries(command.addresses);
    std::vector<std::optional<Error>> errors;
    for (const std::string &query : queries) {
        const auto address = resolveAddress(run, query);
        errors.push_back(address ? std::nullopt : std::optional(address.error()));
        if (address)
            addresses.push_back(*address);
    }
    const auto translations = tables->translate(addresses);
    auto next = translations.begin();
    Json document = Json::array();
    std::string text;
    for (std::size_t i = 0; i < queries.size(); ++i) {
        if (errors[i]) {
            document.push_back({{"address", queries[i]}, {"error", jsonError(*errors[i])}});
            run.out.complain(*errors[i]);
            answers.missed();
        } else if (run.out.json()) {
            document.push_back(toJson(*next++));
        } else {
            appendText(*next++, text);
        }
    }
    run.out.write(text);
    if (run.out.json())
        run.out.writeJson(document);
    return answers.code();
}

} // namespace ks::cli
