// The commands. Each takes an opened session, writes its answers and gives the exit code.
#pragma once

#include "app/kernoscope-cli/arguments.h"
#include "app/kernoscope-cli/output.h"
#include "core/kernel/modules.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

namespace ks::cli {

/// What every command gets.
struct Run {
    const Session &session;
    const EvalContext &context; ///< with the variables of --set
    const Output &out;
    /// The debug file that serves a module, if the session has found one. May be empty.
    std::function<std::optional<std::filesystem::path>(const kernel::Module &)> moduleDebugFile = {};
    // For what goes on while the target changes.
    std::shared_ptr<const Session> sharedSession = {};
    std::filesystem::path target = {}; ///< the file; empty when there is none, or none that could be replaced
    /// Opens the target anew, as it was opened before.
    std::function<Result<std::shared_ptr<const Session>>()> reopen = {};
    /// The context of another session, with the variables of --set.
    std::function<Result<EvalContext>(const Session &)> contextOf = {};
};

ExitCode run(const Run &run, const InfoCommand &command);
ExitCode run(const Run &run, const SegmentsCommand &command);
ExitCode run(const Run &run, const NotesCommand &command);
ExitCode run(const Run &run, const SymCommand &command);
ExitCode run(const Run &run, const TypeCommand &command);
ExitCode run(const Run &run, const PrintCommand &command);
ExitCode run(const Run &run, const ReadCommand &command);
ExitCode run(const Run &run, const ModulesCommand &command);
ExitCode run(const Run &run, const VmallocCommand &command);
ExitCode run(const Run &run, const PagesCommand &command);
ExitCode run(const Run &run, const IdentifyCommand &command);
ExitCode run(const Run &run, const WatchCommand &command);
ExitCode run(const Run &run, const SearchCommand &command);
ExitCode run(const Run &run, const SnapshotCommand &command);
/// Opens two sessions with what `base` says of files.
ExitCode run(const Output &out, const DiffCommand &command, const SessionOptions &base);
/// Needs no session. An empty `folder` stands for the user's.
ExitCode run(const Output &out, const CacheCommand &command, const std::filesystem::path &folder);

} // namespace ks::cli
