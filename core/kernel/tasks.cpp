#include "core/kernel/tasks.h"

#include <algorithm>

namespace ks::kernel {
namespace {

Task toTask(const Value &object)
{
    return {object.address().value_or(VirtAddr()), integerMember(object, "pid").value_or(0),
            integerMember(object, "tgid").value_or(0), textMember(object, "comm")};
}

} // namespace

Result<Listing<Task>> listTasks(const EvalContext &context)
{
    const auto swapper = context.symbols ? context.symbols->findFirst("init_task") : std::nullopt;
    if (!swapper || !context.types)
        return fail(ErrorCode::NotFound, "init_task", "no symbols and types of the kernel are known");
    const auto types = context.types->findTypes(NameClass::Struct, "task_struct");
    if (types.empty())
        return fail(ErrorCode::NotFound, "struct task_struct", "not among the kernel's types");
    const auto tasks = findMemberPath(types.front(), "tasks");
    if (!tasks)
        return std::unexpected(tasks.error());
    // The list is circular through init_task, which is its head and a task as well.
    const auto walk = walkList(context, swapper->address + tasks->bitOffset / 8, types.front(), "tasks");
    if (!walk)
        return std::unexpected(walk.error());
    Listing<Task> listing;
    listing.incomplete = walk->reason();
    listing.entries.push_back(toTask(readValue(context, types.front(), swapper->address)));
    for (const WalkEntry &entry : walk->entries)
        listing.entries.push_back(toTask(readValue(context, types.front(), entry.object)));
    return listing;
}

std::optional<std::uint64_t> taskSize(const EvalContext &context)
{
    const auto type = structType(context, "task_struct");
    if (!type)
        return std::nullopt;
    // By its symbol: BTF knows no such variable.
    const auto symbol = context.symbols ? context.symbols->findFirst("arch_task_struct_size") : std::nullopt;
    const auto size = symbol && context.memory ? readValue(context, Type::integer(4, false), symbol->address).scalar()
                                               : Result<std::uint64_t>(type->size());
    // What is cut off is a part of its last member, or the value is damaged.
    const auto thread = findMemberPath(*type, "thread");
    return size && thread && *size > thread->bitOffset / 8 ? std::min(*size, type->size()) : type->size();
}

} // namespace ks::kernel
