// The tasks of the kernel.
#pragma once

#include "core/kernel/records.h"

namespace ks::kernel {

struct Task {
    VirtAddr address;
    std::int64_t pid = 0;
    std::int64_t tgid = 0;
    std::string comm;
};

/// Every thread group leader: `init_task` and all that follow it through task_struct.tasks. Threads are not on that
/// list.
Result<Listing<Task>> listTasks(const EvalContext &context);

/// How many bytes of each struct task_struct are its own: objects have arch_task_struct_size bytes (kernel/fork.c). On
/// x86 up to 6.15 that is less than the type has, which ended with room for all registers that a processor might have.
/// Nothing when the type is not known.
std::optional<std::uint64_t> taskSize(const EvalContext &context);

} // namespace ks::kernel
