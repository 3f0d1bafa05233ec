#include "app/kernoscope-cli/queries.h"

#include <fmt/format.h>

#include <cctype>
#include <iterator>

namespace ks::cli {
namespace {

struct Match {
    Symbol symbol;
    std::uint64_t offset = 0;
};

Json toJson(const Match &match)
{
    return {{"name", match.symbol.name},
            {"address", hex(match.symbol.address)},
            {"size", match.symbol.size},
            {"offset", match.offset},
            {"kind", name(match.symbol.kind)},
            {"module", match.symbol.module.empty() ? Json(nullptr) : Json(match.symbol.module)}};
}

void appendText(const Match &match, std::string &text)
{
    fmt::format_to(std::back_inserter(text), "{:#018x}  {:<9}  {:>8}  {}", match.symbol.address.value + match.offset,
                   name(match.symbol.kind), match.symbol.size, toString({match.symbol, match.offset}));
    if (!match.symbol.module.empty())
        text.append("  [").append(match.symbol.module).append("]");
    text += '\n';
}

std::vector<Match> atOffset(const std::vector<Symbol> &symbols, std::uint64_t offset)
{
    std::vector<Match> matches;
    for (const Symbol &symbol : symbols)
        matches.push_back({symbol, offset});
    return matches;
}

bool isPlace(const Symbol &symbol) { return symbol.kind != SymbolKind::PerCpu && symbol.kind != SymbolKind::Absolute; }

/// Who lives at an address: all names that begin there; else the symbol that holds it, with its aliases.
std::vector<Match> byAddress(const SymbolTable &table, VirtAddr address)
{
    if (const auto here = table.symbolsAt(address); !here.empty())
        return atOffset(here, 0);
    std::vector<Match> matches;
    if (const auto hit = table.lookup(address)) {
        matches.push_back({hit->symbol, hit->offset});
        for (const Symbol &alias : table.symbolsAt(hit->symbol.address))
            if (isPlace(alias) && (alias.name != hit->symbol.name || alias.module != hit->symbol.module) &&
                (alias.size == 0 || alias.size > hit->offset))
                matches.push_back({alias, hit->offset});
    } else if (const auto perCpu = table.lookupPerCpu(address.value)) {
        matches.push_back({perCpu->symbol, perCpu->offset});
    }
    return matches;
}

/// The bare hex digits that kernel logs and /proc/kallsyms print.
std::optional<std::uint64_t> bareHex(std::string_view text)
{
    if (text.size() < 8 || text.size() > 16)
        return std::nullopt;
    return parseNumber("0x" + std::string(text));
}

std::vector<Match> answer(const SymbolTable &table, const SymCommand &command, const std::string &query)
{
    if (command.prefix)
        return atOffset(table.withPrefix(query, command.limit), 0);
    if (command.fuzzy)
        return atOffset(table.fuzzy(query, command.limit), 0);
    if (!query.empty() && std::isdigit(static_cast<unsigned char>(query[0])))
        if (const auto address = parseNumber(query))
            return byAddress(table, VirtAddr(*address));
    if (auto named = table.find(query); !named.empty())
        return atOffset(named, 0);
    if (const auto plus = query.rfind('+'); plus != std::string::npos && plus > 0)
        if (const auto offset = parseNumber(std::string_view(query).substr(plus + 1)))
            return atOffset(table.find(query.substr(0, plus)), *offset);
    if (const auto address = bareHex(query))
        return byAddress(table, VirtAddr(*address));
    return {};
}

/// `suggest`: whether to say which names are near, which takes milliseconds.
Error notFound(const SymbolTable &table, const std::string &query, bool suggest)
{
    Error error{ErrorCode::NotFound, query, "no symbol of this name, and none at this address"};
    if (!suggest || parseNumber(query))
        return error;
    for (const Symbol &symbol : table.fuzzy(query, 3))
        error.remedy += (error.remedy.empty() ? "did you mean " : ", ") + std::string(symbol.name);
    return error;
}

} // namespace

ExitCode run(const Run &run, const SymCommand &command)
{
    constexpr std::size_t kSuggestions = 20; ///< for so many of the queries that have no answer
    constexpr std::size_t kWriteAtOnce = 1 << 16;
    const SymbolTable &table = run.session.symbols();
    Answers answers;
    Json document = Json::array();
    std::string text;
    std::size_t missed = 0;
    for (const std::string &query : allQueries(command.queries)) {
        const std::vector<Match> matches = answer(table, command, query);
        Json entry;
        if (run.out.json()) {
            entry = {{"query", query}, {"matches", Json::array()}};
            for (const Match &match : matches)
                entry["matches"].push_back(toJson(match));
        } else {
            for (const Match &match : matches)
                appendText(match, text);
        }
        if (matches.empty()) {
            const Error error = notFound(table, query, missed++ < kSuggestions);
            entry["error"] = jsonError(error);
            run.out.write(text); // what was found before stands before the complaint
            text.clear();
            run.out.complain(error);
            answers.missed();
        }
        if (run.out.json())
            document.push_back(std::move(entry));
        if (text.size() >= kWriteAtOnce) {
            run.out.write(text);
            text.clear();
        }
    }
    run.out.write(text);
    if (run.out.json())
        run.out.writeJson(document);
    return answers.code();
}

} // namespace ks::cli
