// What commands are asked: addresses, and queries out of standard input.
#pragma once

#include "app/kernoscope-cli/commands.h"

namespace ks::cli {

/// A query of `-` stands for the lines of standard input: 100,000 names fit in no argument list.
std::vector<std::string> allQueries(const std::vector<std::string> &queries);

/// A number stands for itself; of an expression counts the pointer or integer it gives, or where its object lies.
Result<VirtAddr> resolveAddress(const Run &run, const std::string &text);

} // namespace ks::cli
