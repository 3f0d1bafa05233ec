// What differs between two targets, by what their types say: tasks, modules, and global variables.
#pragma once

#include "core/base/progress.h"
#include "core/live/diff_values.h"

#include <functional>

namespace ks {

enum class ObjectKind : std::uint8_t { Task, Module, Variable };
/// "task", "module", "variable"
const char *name(ObjectKind kind);

enum class ObjectFate : std::uint8_t {
    Changed,
    Appeared, ///< only B has it: a process that was started, a module that was loaded
    Gone,     ///< only A has it
};

struct ObjectChange {
    ObjectKind kind = ObjectKind::Variable;
    ObjectFate fate = ObjectFate::Changed;
    std::string name;     ///< an expression for a variable ("per_cpu(runqueues, 1)"), a module's name, a task's comm
    std::int64_t pid = 0; ///< of a task
    std::optional<VirtAddr> addressA;
    std::optional<VirtAddr> addressB;
    ValueDiff diff; ///< empty unless it changed
};

struct TypesDiffOptions {
    bool tasks = true;
    bool modules = true;
    bool variables = true;
    std::size_t leaves = 32; ///< changes that are told of one object
};

struct TypesDiff {
    std::uint64_t tasks = 0;     ///< that both have
    std::uint64_t modules = 0;   ///< that both have
    std::uint64_t variables = 0; ///< that were compared; a per-CPU one counts once for each CPU
    std::uint64_t changes = 0;   ///< objects that were handed out
    std::uint64_t untyped = 0;   ///< variables that differ, but no type is known for them
    /// Sentences: what could not be compared, or not wholly.
    std::vector<std::string> problems;
    bool complete = true; ///< false: `found` has ended it
};

/// Hands out tasks, then modules, then variables in the order of A's addresses; `found` gives false to end it. Tasks
/// are the same when pid and start time are; modules when the name is, and with one layout the address. Variables are
/// matched by where they are linked, those of modules and of other kernels by name. Bytes are compared first, and only
/// what differs is decoded.
/// Cancelled. Progress counts variables.
Result<TypesDiff> diffTypes(const DiffSide &a, const DiffSide &b, const TypesDiffOptions &options,
                            const std::function<bool(const ObjectChange &)> &found, Progress &progress);

} // namespace ks
