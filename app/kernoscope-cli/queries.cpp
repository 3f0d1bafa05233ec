#include "app/kernoscope-cli/queries.h"

#include "core/values/expression.h"

#include <iostream>

namespace ks::cli {

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

} // namespace ks::cli
