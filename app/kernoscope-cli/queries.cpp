#include "app/kernoscope-cli/queries.h"

#include "core/values/expression.h"

#include <iostream>

namespace ks::cli {
namespace {

/// The end of the address space, as `segments` prints it.
constexpr std::string_view kEndOfAll = "0x10000000000000000";

} // namespace

std::vector<std::string> allQueries(const std::vector<std::string> &asked)
{
    std::vector<std::string> queries;
    for (const std::string &query : asked) {
        if (query != "-") {
            queries.push_back(query);
            continue;
        }
        for (std::string line; std::getline(std::cin, line);)
            if (!line.empty())
                queries.push_back(std::move(line));
    }
    return queries;
}

Result<VirtAddr> resolveAddress(const Run &run, const std::string &text)
{
    if (const auto number = parseNumber(text))
        return VirtAddr(*number);
    auto value = evaluate(run.context, text);
    if (!value) {
        if (const auto number = parseNumber("0x" + text))
            return VirtAddr(*number);
        const auto symbol = run.session.symbols().findFirst(text);
        if (symbol)
            return symbol->address;
        return std::unexpected(value.error());
    }
    const TypeKind kind = value->type().stripped().kind();
    if (value->address() && kind != TypeKind::Pointer)
        return *value->address();
    auto scalar = value->scalar();
    if (!scalar)
        return std::unexpected(scalar.error());
    return VirtAddr(*scalar);
}

std::optional<std::pair<std::string, std::string>> splitRange(std::string_view text)
{
    const auto dots = text.rfind("..");
    if (dots == std::string_view::npos || text.find(']', dots) != std::string_view::npos)
        return std::nullopt;
    return std::pair(std::string(text.substr(0, dots)), std::string(text.substr(dots + 2)));
}

Result<AddrRange> resolveRange(const Run &run, const std::string &text)
{
    const auto sides = splitRange(text);
    if (!sides)
        return fail(ErrorCode::Syntax, text, "it is no range", "write BEGIN..END");
    const auto begin = resolveAddress(run, sides->first);
    if (!begin)
        return std::unexpected(begin.error());
    const auto end = sides->second == kEndOfAll ? Result<VirtAddr>(VirtAddr(0)) : resolveAddress(run, sides->second);
    if (!end)
        return std::unexpected(end.error());
    const bool toTheTop = end->value == 0 && sides->second == kEndOfAll;
    if (!toTheTop && *end <= *begin)
        return fail(ErrorCode::Syntax, text, "its end is not behind its begin");
    return AddrRange{*begin, *end - 1};
}

} // namespace ks::cli
