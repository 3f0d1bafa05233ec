// The options of the commands that have many.
#pragma once

#include "app/kernoscope-cli/arguments.h"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace ks::cli {

/// `elementsGiven` learns whether a number of elements was asked for. With `style` there are more formats than those of
/// integers. Both may be null.
void addFormatOptions(CLI::App &command, FormatOptions &format, bool *elementsGiven, ValueStyle *style = nullptr);
void addWatchOptions(CLI::App &app, WatchCommand &watch);
/// What is looked for is the value of the option that says how to take it, or PATTERN: `patterns` gets both.
void addSearchOptions(CLI::App &app, SearchCommand &command, std::vector<std::string> &patterns);
void addSnapshotOptions(CLI::App &app, SnapshotCommand &command);
void addDiffOptions(CLI::App &app, DiffCommand &command);
void addCacheCommand(CLI::App &app, CacheCommand &command, bool &removeAll);

} // namespace ks::cli
