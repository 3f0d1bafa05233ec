// Where in memory something lies, as people write it.
#pragma once

#include "app/kernoscope-cli/commands.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ks::cli {

/// A number stands for itself; of an expression counts the pointer or integer it gives, or where its object lies.
Result<VirtAddr> resolveAddress(const Run &run, const std::string &text);

/// The two sides of the last `..` that is not within brackets.
std::optional<std::pair<std::string, std::string>> splitRange(std::string_view text);

/// BEGIN..END, of resolveAddress each; END is not part of it, as the ends that `segments` prints, and may be 2^64.
Result<AddrRange> resolveRange(const Run &run, const std::string &text);

} // namespace ks::cli
