#include "core/live/diff_types.h"

#include "core/kernel/modules.h"
#include "core/kernel/tasks.h"
#include "core/live/diff_variables.h"

#include <algorithm>
#include <map>

namespace ks {
namespace {

using Found = std::function<bool(const ObjectChange &)>;

/// Structs that are read in one batch: a struct task_struct has nearly 10 KiB.
constexpr std::size_t kBatch = 256;

/// Hands changes to `found` until it says that it is enough.
class Reporter {
public:
    Reporter(TypesDiff &result, const Found &found) : result_(result), found_(found) {}
    bool operator()(const ObjectChange &change) const
    {
        if (!result_.complete)
            return false;
        ++result_.changes;
        result_.complete = found_(change);
        return result_.complete;
    }

private:
    TypesDiff &result_;
    const Found &found_;
};

struct TaskRecord {
    kernel::Task task;
    Value object;
    std::optional<std::int64_t> startTime;
};

template <class T>
void noteProblem(TypesDiff &result, const char *what, const Result<kernel::Listing<T>> &list)
{
    const std::string why = list ? list->incomplete : list.error().message();
    if (!why.empty())
        result.problems.push_back(std::string(what) + ": " + why);
}

/// By pid.
std::map<std::int64_t, TaskRecord> readTasks(const DiffSide &side, const char *what, TypesDiff &result)
{
    std::map<std::int64_t, TaskRecord> records;
    const auto listing = kernel::listTasks(side.context);
    noteProblem(result, what, listing);
    const auto type = kernel::structType(side.context, "task_struct");
    if (!listing || !type)
        return records;
    std::vector<VirtAddr> addresses;
    for (const kernel::Task &task : listing->entries)
        addresses.push_back(task.address);
    for (std::size_t i = 0; i < addresses.size(); i += kBatch) {
        const auto part = std::span(addresses).subspan(i, std::min(kBatch, addresses.size() - i));
        auto objects = kernel::readObjects(side.context, *type, part);
        for (std::size_t k = 0; k < objects.size(); ++k) {
            const kernel::Task &task = listing->entries[i + k];
            const auto start = kernel::integerMember(objects[k], "start_time");
            records.insert_or_assign(task.pid, TaskRecord{task, std::move(objects[k]), start});
        }
    }
    return records;
}

ObjectChange changeOf(const TaskRecord &record, ObjectFate fate)
{
    ObjectChange change{.kind = ObjectKind::Task, .fate = fate, .name = record.task.comm, .pid = record.task.pid};
    (fate == ObjectFate::Gone ? change.addressA : change.addressB) = record.task.address;
    return change;
}

void compareTasks(const DiffSide &a, const DiffSide &b, const ValueComparer &comparer, TypesDiff &result,
                  const Reporter &report)
{
    const auto before = readTasks(a, "tasks of A", result);
    const auto after = readTasks(b, "tasks of B", result);
    // Behind that lies another's memory.
    const std::uint64_t size =
        std::min(kernel::taskSize(a.context).value_or(0), kernel::taskSize(b.context).value_or(0));
    const bool same = sameLayout(a, b);
    // A pid is used again: what began at another time is another process.
    const auto isSame = [&](const TaskRecord &x, const TaskRecord &y) {
        return x.startTime && y.startTime ? *x.startTime == *y.startTime : !same || x.task.address == y.task.address;
    };
    for (const auto &[pid, record] : before) {
        const auto other = after.find(pid);
        if (other == after.end() || !isSame(record, other->second)) {
            report(changeOf(record, ObjectFate::Gone));
            continue;
        }
        ++result.tasks;
        ObjectChange change = changeOf(other->second, ObjectFate::Changed);
        change.addressA = record.task.address;
        change.diff = comparer.compare(record.object, other->second.object, size);
        if (!change.diff.changes.empty())
            report(change);
    }
    for (const auto &[pid, record] : after) {
        const auto other = before.find(pid);
        if (other == before.end() || !isSame(other->second, record))
            report(changeOf(record, ObjectFate::Appeared));
    }
}

struct ModuleRecord {
    VirtAddr address;
    Value object;
};

std::map<std::string, ModuleRecord> readModules(const DiffSide &side, const char *what, TypesDiff &result)
{
    std::map<std::string, ModuleRecord> records;
    const auto listing = kernel::listModules(side.context);
    noteProblem(result, what, listing);
    const auto type = kernel::structType(side.context, "module");
    if (!listing || !type)
        return records;
    std::vector<VirtAddr> addresses;
    for (const kernel::Module &module : listing->entries)
        addresses.push_back(module.address);
    auto objects = kernel::readObjects(side.context, *type, addresses);
    for (std::size_t i = 0; i < objects.size(); ++i)
        records.insert_or_assign(listing->entries[i].name, ModuleRecord{addresses[i], std::move(objects[i])});
    return records;
}

void compareModules(const DiffSide &a, const DiffSide &b, const ValueComparer &comparer, TypesDiff &result,
                    const Reporter &report)
{
    const auto before = readModules(a, "modules of A", result);
    const auto after = readModules(b, "modules of B", result);
    const bool same = sameLayout(a, b);
    const auto change = [](const std::string &name, ObjectFate fate, std::optional<VirtAddr> addressA,
                           std::optional<VirtAddr> addressB) {
        return ObjectChange{
            .kind = ObjectKind::Module, .fate = fate, .name = name, .addressA = addressA, .addressB = addressB};
    };
    for (const auto &[name, record] : before) {
        const auto other = after.find(name);
        // One that lies elsewhere now was unloaded and loaded again.
        if (other == after.end() || (same && other->second.address != record.address)) {
            report(change(name, ObjectFate::Gone, record.address, {}));
            continue;
        }
        ++result.modules;
        ObjectChange changed = change(name, ObjectFate::Changed, record.address, other->second.address);
        changed.diff = comparer.compare(record.object, other->second.object);
        if (!changed.diff.changes.empty())
            report(changed);
    }
    for (const auto &[name, record] : after) {
        const auto other = before.find(name);
        if (other == before.end() || (same && other->second.address != record.address))
            report(change(name, ObjectFate::Appeared, {}, record.address));
    }
}

} // namespace

const char *name(ObjectKind kind)
{
    switch (kind) {
    case ObjectKind::Task: return "task";
    case ObjectKind::Module: return "module";
    case ObjectKind::Variable: return "variable";
    }
    return "variable";
}

Result<TypesDiff> diffTypes(const DiffSide &a, const DiffSide &b, const TypesDiffOptions &options,
                            const std::function<bool(const ObjectChange &)> &found, Progress &progress)
{
    for (const DiffSide *side : {&a, &b})
        if (!side->context.memory || !side->context.symbols || !side->context.types)
            return fail(ErrorCode::NotFound, "diff", "no types are known for both", "give --vmlinux");
    TypesDiff result;
    const ValueComparer comparer(a, b, options.leaves);
    const Reporter report(result, found);
    progress.begin("comparing tasks and modules");
    if (options.tasks)
        compareTasks(a, b, comparer, result, report);
    if (options.modules && result.complete)
        compareModules(a, b, comparer, result, report);
    const bool finished =
        !options.variables || !result.complete || VariableComparison(a, b, comparer, result, found, progress).run();
    if (!finished || progress.cancelled())
        return fail(ErrorCode::Cancelled, "diff", "cancelled");
    return result;
}

} // namespace ks
