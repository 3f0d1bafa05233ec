// What a comparison of two kernels has found, as text for rows. Plain data, made off the GUI thread.
#pragma once

#include "core/live/diff_bytes.h"
#include "core/live/diff_types.h"

#include <QString>

#include <vector>

namespace ks::ui {

enum class DiffGroup : std::uint8_t { TasksStarted, TasksEnded, TasksChanged, Modules, Variables, Bytes };
inline constexpr int kDiffGroups = 6;
/// "Tasks started", ...
QString title(DiffGroup group);

/// One value that differs.
struct DiffLeaf {
    QString path; ///< of a member; empty for the object itself
    QString before;
    QString after;
    QString delta; ///< "+12"; empty for what is no integer
};

/// A task, a module, a variable, or a run of bytes. `before` is the snapshot, `after` the kernel that is open.
struct DiffEntry {
    DiffGroup group = DiffGroup::Variables;
    ObjectFate fate = ObjectFate::Changed;
    QString name;
    std::optional<std::int64_t> pid; ///< of a task
    QString segment;                 ///< of bytes: "direct-map"
    std::uint64_t size = 0;          ///< of bytes
    std::optional<VirtAddr> before;  ///< where it was
    std::optional<VirtAddr> after;   ///< where it is
    std::vector<DiffLeaf> leaves;
    bool more = false; ///< not all leaves that differ are told
};

DiffEntry entryOf(const ObjectChange &change);
/// `after` names what lies at the bytes.
DiffEntry entryOf(const ByteChange &change, const DiffSide &after);

} // namespace ks::ui
