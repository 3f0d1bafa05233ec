// What commands are asked: addresses and ranges as people write them, and queries out of standard input.
#pragma once

#include "app/kernoscope-cli/commands.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ks::cli {

/// A query of `-` stands for the lines of standard input: 100,000 names fit in no argument list.
std::vector<std::string> allQueries(const std::vector<std::string> &queries);

/// A number stands for itself; of an expression counts the pointer or integer it gives, or where its object lies.
Result<VirtAddr> resolveAddress(const Run &run, const std::string &text);

/// The two sides of the last `..` that is not within brackets.
std::optional<std::pair<std::string, std::string>> splitRange(std::string_view text);

/// BEGIN..END, of resolveAddress each; END is not part of it, as the ends that `segments` prints, and may be 2^64.
Result<AddrRange> resolveRange(const Run &run, const std::string &text);

} // namespace ks::cli
