// How well a name answers what a person typed. One measure for symbols, types, modules and commands alike.
#pragma once

#include <optional>
#include <string_view>

namespace ks::ui {

/// Case-insensitive; smaller is better: exact, prefix, word starts, subsequence, and within each the shorter name.
/// Nothing when the characters of `pattern` do not all occur in `name` in their order.
std::optional<int> fuzzyRank(std::string_view pattern, std::string_view name);

} // namespace ks::ui
