// The demo kernel's tasks: their structs, stacks, lists and numbers.
#pragma once

#include "resources/demo/guest_trees.h"
#include "resources/demo/vmalloc_space.h"

#include <string>
#include <vector>

namespace ks::demo {

/// What a task is made of.
struct TaskSpec {
    int pid;
    int tgid;
    int parent; ///< pid; 0 is init_task
    std::string comm;
    unsigned state; ///< __state
    unsigned flags; ///< PF_*
    unsigned uid;
    unsigned cpu;
    std::string sleepsIn; ///< the function that its stack shows it in
};

struct Task {
    TaskSpec spec;
    VirtAddr address; ///< of its task_struct
};

class TaskSpace {
public:
    TaskSpace(GuestMemory &memory, const KernelImage &image, VmallocSpace &vmalloc);

    /// The tasks that are there from the beginning, and idle tasks for the other CPUs.
    void populate();
    /// Makes a task and links it to all others. Reuses what an ended one left.
    Task fork(const TaskSpec &spec);
    /// Unlinks a task from everything; its memory stays as it is, as freed memory does.
    void release(const Task &task);

    const std::vector<Task> &tasks() const { return tasks_; }
    VirtAddr initTask() const { return image_.symbol("init_task"); }
    VirtAddr idleTask(unsigned cpu) const { return idle_[cpu]; }

private:
    struct Body {
        VirtAddr task, stack, stackArea, signal, pid, cred;
        VirtAddr mm; ///< 0 until a process needed one
    };
    Body newBody();
    VirtAddr find(int pid) const;
    void writeStack(const Body &body, const TaskSpec &spec, std::uint64_t &sp);
    void fill(const Body &body, const TaskSpec &spec, VirtAddr mm);
    void fillMm(Body &body, const TaskSpec &spec);

    GuestMemory &memory_;
    const KernelImage &image_;
    VmallocSpace &vmalloc_;
    GuestIdr pids_;
    std::vector<Task> tasks_;
    std::vector<std::pair<int, Body>> bodies_; ///< by pid
    std::vector<Body> spare_;
    std::vector<VirtAddr> idle_;
    std::uint64_t clock_ = 0;
};

} // namespace ks::demo
