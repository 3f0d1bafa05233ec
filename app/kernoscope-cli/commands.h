// The commands. Each takes an opened session, writes its answers and gives the exit code.
#pragma once

#include "app/kernoscope-cli/arguments.h"
#include "app/kernoscope-cli/output.h"
#include "core/kernel/modules.h"

#include <filesystem>
#include <functional>
#include <optional>

namespace ks::cli {

/// What every command gets.
struct Run {
    const Session &session;
    const EvalContext &context; ///< with the variables of --set
    const Output &out;
    /// The debug file that serves a module, if the session has found one. May be empty.
    std::function<std::optional<std::filesystem::path>(const kernel::Module &)> moduleDebugFile = {};
};

ExitCode run(const Run &run, const InfoCommand &command);
ExitCode run(const Run &run, const SegmentsCommand &command);
ExitCode run(const Run &run, const NotesCommand &command);
ExitCode run(const Run &run, const SymCommand &command);
ExitCode run(const Run &run, const TypeCommand &command);
ExitCode run(const Run &run, const PrintCommand &command);
ExitCode run(const Run &run, const ReadCommand &command);
ExitCode run(const Run &run, const ModulesCommand &command);
ExitCode run(const Run &run, const WatchCommand &command);
ExitCode run(const Run &run, const SnapshotCommand &command);
/// Needs no session. An empty `folder` stands for the user's.
ExitCode run(const Output &out, const CacheCommand &command, const std::filesystem::path &folder);

} // namespace ks::cli
