#include "ui/models/fuzzy.h"

#include <algorithm>

namespace ks::ui {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool isWordStart(std::string_view name, std::size_t at)
{
    const auto alnum = [](char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z'); };
    if (at == 0 || !alnum(name[at - 1]))
        return true;
    return name[at] >= 'A' && name[at] <= 'Z' && name[at - 1] >= 'a' && name[at - 1] <= 'z';
}

/// Every character of the pattern stands at the start of a word or next to the one before it: "itask" in "init_task".
bool matchesWordStarts(std::string_view pattern, std::string_view name)
{
    std::size_t at = 0;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (i > 0 && at < name.size() && lower(name[at]) == lower(pattern[i])) {
            ++at;
            continue;
        }
        while (at < name.size() && !(isWordStart(name, at) && lower(name[at]) == lower(pattern[i])))
            ++at;
        if (at == name.size())
            return false;
        ++at;
    }
    return true;
}

} // namespace

std::optional<int> fuzzyRank(std::string_view pattern, std::string_view name)
{
    if (pattern.empty() || pattern.size() > name.size())
        return std::nullopt;
    std::size_t matched = 0;
    for (std::size_t i = 0; i < name.size() && matched < pattern.size(); ++i)
        matched += lower(name[i]) == lower(pattern[matched]);
    if (matched < pattern.size())
        return std::nullopt;

    constexpr int kClass = 1 << 20;
    const int length = static_cast<int>(std::min<std::size_t>(name.size(), 0xffff));
    const auto same = [](char a, char b) { return lower(a) == lower(b); };
    if (std::ranges::equal(pattern, name.substr(0, pattern.size()), same)) {
        const bool sameCase = name.starts_with(pattern);
        return (pattern.size() == name.size() ? 0 : kClass) + length * 2 + (sameCase ? 0 : 1);
    }
    if (matchesWordStarts(pattern, name))
        return 2 * kClass + length * 2;
    return 3 * kClass + length * 2;
}

} // namespace ks::ui
