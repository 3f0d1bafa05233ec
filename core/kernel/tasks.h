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

} // namespace ks::kernel
