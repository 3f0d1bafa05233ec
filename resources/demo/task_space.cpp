#include "resources/demo/task_space.h"

#include "resources/demo/guest.h"

#include <algorithm>
#include <array>

namespace ks::demo {
namespace {

using guest::task_struct;

constexpr std::uint32_t kStackEndMagic = 0x57ac6e9d; ///< include/uapi/linux/magic.h
constexpr std::size_t kSpareBodies = 6;              ///< tasks that may come while the demo runs

const std::vector<TaskSpec> &firstTasks()
{
    using namespace guest;
    constexpr unsigned kWorker = PF_KTHREAD | PF_WQ_WORKER | PF_NO_SETAFFINITY;
    constexpr unsigned kBound = PF_KTHREAD | PF_NO_SETAFFINITY;
    static const std::vector<TaskSpec> specs = {
        {1, 1, 0, "init", TASK_INTERRUPTIBLE, PF_RANDOMIZE, 0, 0, "do_wait"},
        {2, 2, 0, "kthreadd", TASK_INTERRUPTIBLE, PF_KTHREAD, 0, 1, "kthreadd"},
        {3, 3, 2, "rcu_gp", TASK_IDLE, kWorker, 0, 0, "worker_thread"},
        {10, 10, 2, "kworker/0:1-eve", TASK_IDLE, kWorker, 0, 0, "worker_thread"},
        {12, 12, 2, "ksoftirqd/0", TASK_INTERRUPTIBLE, kBound, 0, 0, "smpboot_thread_fn"},
        {18, 18, 2, "ksoftirqd/1", TASK_INTERRUPTIBLE, kBound, 0, 1, "smpboot_thread_fn"},
        {24, 24, 2, "ksoftirqd/2", TASK_INTERRUPTIBLE, kBound, 0, 2, "smpboot_thread_fn"},
        {30, 30, 2, "ksoftirqd/3", TASK_INTERRUPTIBLE, kBound, 0, 3, "smpboot_thread_fn"},
        {41, 41, 2, "kswapd0", TASK_INTERRUPTIBLE, PF_KTHREAD, 0, 2, "schedule_timeout"},
        {97, 97, 2, "demo_net", TASK_UNINTERRUPTIBLE, PF_KTHREAD, 0, 1, "schedule_timeout"},
        {230, 230, 1, "demo-journal", TASK_INTERRUPTIBLE, PF_RANDOMIZE, 0, 2, "do_poll"},
        {251, 251, 1, "demo-cron", TASK_INTERRUPTIBLE, PF_RANDOMIZE, 0, 0, "do_nanosleep"},
        {304, 304, 1, "demo-server", TASK_INTERRUPTIBLE, PF_RANDOMIZE, 33, 1, "do_poll"},
        {305, 304, 1, "demo-server:io", TASK_INTERRUPTIBLE, PF_RANDOMIZE, 33, 2, "do_poll"},
        {306, 304, 1, "demo-server:db", TASK_INTERRUPTIBLE, PF_RANDOMIZE, 33, 3, "do_nanosleep"},
        {410, 410, 1, "login", TASK_INTERRUPTIBLE, PF_RANDOMIZE, 0, 3, "do_wait"},
        {411, 411, 410, "sh", TASK_INTERRUPTIBLE, PF_RANDOMIZE, 1000, 3, "do_wait"},
        {428, 428, 411, "compute", TASK_RUNNING, PF_RANDOMIZE, 1000, 3, "schedule"},
        {433, 433, 411, "kernoscope", TASK_RUNNING, PF_RANDOMIZE, 1000, 2, "vfs_read"},
    };
    return specs;
}

} // namespace

TaskSpace::TaskSpace(GuestMemory &memory, const KernelImage &image, VmallocSpace &vmalloc)
    : memory_(memory),
      image_(image),
      vmalloc_(vmalloc),
      pids_(memory, image.symbol("init_pid_ns") + offsetof(guest::pid_namespace, idr)),
      idle_{image.symbol("init_task")}
{
}

TaskSpace::Body TaskSpace::newBody()
{
    Body body;
    const auto stack = vmalloc_.allocate(guest::THREAD_SIZE, "dup_task_struct", guest::THREAD_SIZE);
    body.task = memory_.allocateObject(sizeof(task_struct));
    body.stack = stack.start;
    body.stackArea = stack.vm;
    body.signal = memory_.allocateObject(sizeof(guest::signal_struct));
    body.pid = memory_.allocateObject(sizeof(guest::pid) + sizeof(guest::upid));
    body.cred = memory_.allocateObject(sizeof(guest::cred));
    return body;
}

VirtAddr TaskSpace::find(int pid) const
{
    const auto it = std::ranges::find(bodies_, pid, &std::pair<int, Body>::first);
    return it == bodies_.end() ? initTask() : it->second.task;
}

void TaskSpace::fillMm(Body &body, const TaskSpec &spec)
{
    guest::mm_struct record;
    clear(record);
    if (body.mm.value == 0) {
        // Its own top table: user half empty, kernel half shared.
        const PhysAddr table = memory_.allocate(kPageSize);
        std::array<std::byte, kPageSize / 2> kernelHalf;
        memory_.read(image_.symbol("init_top_pgt") + kPageSize / 2, kernelHalf);
        memory_.writePhys(table + kPageSize / 2, kernelHalf);
        body.mm = memory_.allocateObject(sizeof(guest::mm_struct) + 8);
        record.pgd = guestPointer<guest::pgd_t>(memory_.layout().directMap(table).value);
    } else {
        record.pgd = memory_.load<guest::mm_struct>(body.mm).pgd;
    }
    record.mm_users.counter = 1;
    record.mm_count.counter = 1;
    record.map_count = 12;
    record.task_size = 0x7ffffffff000;
    record.mmap_base = 0x7f5a3c200000 + static_cast<std::uint64_t>(spec.pid) * kTwoMiB;
    record.start_code = 0x55d0c0000000 + static_cast<std::uint64_t>(spec.pid) * kTwoMiB;
    record.end_code = record.start_code + 0x21000;
    record.start_data = record.end_code + 0x1000;
    record.end_data = record.start_data + 0x3000;
    record.start_brk = record.end_data + 0x1000;
    record.brk = record.start_brk + 0x21000;
    record.start_stack = 0x7ffd10000000 + static_cast<std::uint64_t>(spec.pid) * 0x10000;
    record.total_vm = 1600;
    record.owner = guestPointer<task_struct>(body.task.value);
    memory_.store(body.mm, record);
    memory_.listInit(body.mm + offsetof(guest::mm_struct, mmlist));
}

void TaskSpace::writeStack(const Body &body, const TaskSpec &spec, std::uint64_t &sp)
{
    memory_.store(body.stack, kStackEndMagic);
    std::uint64_t top = body.stack.value + guest::THREAD_SIZE;
    const bool user = !(spec.flags & guest::PF_KTHREAD);
    if (user) {
        guest::pt_regs regs;
        clear(regs);
        regs.ip = 0x55d0c0001234;
        regs.cs = 0x33;
        regs.ss = 0x2b;
        regs.flags = 0x246;
        regs.sp = 0x7ffd10000000 + static_cast<std::uint64_t>(spec.pid) * 0x10000;
        regs.orig_ax = spec.sleepsIn == "do_nanosleep" ? 35 : 0;
        regs.di = 3;
        top -= sizeof regs;
        memory_.store(VirtAddr(top), regs);
    }
    // A chain of frames (saved rbp, return address), the outermost first.
    std::uint64_t frame = 0;
    const auto push = [&](std::string_view function, std::uint64_t offset) {
        top -= 64;
        memory_.store(VirtAddr(top), frame);
        memory_.store(VirtAddr(top + 8), image_.symbol(function) + offset);
        frame = top;
    };
    push(user ? "do_syscall_64" : "ret_from_fork", 0x10);
    if (!user)
        push("kthread", 0x10);
    push(spec.sleepsIn, 0x10);
    push("schedule", 0x9);

    guest::inactive_task_frame inactive;
    clear(inactive);
    inactive.bp = frame;
    inactive.ret_addr = (image_.symbol("__schedule") + 0x20).value;
    sp = top - sizeof inactive;
    memory_.store(VirtAddr(sp), inactive);
}

void TaskSpace::fill(const Body &body, const TaskSpec &spec, VirtAddr mm)
{
    const VirtAddr self = body.task;
    const auto at = [&](std::size_t offset) { return guestPointer<guest::list_head>((self + offset).value); };
    const bool leader = spec.pid == spec.tgid;
    const VirtAddr parent = find(spec.parent);
    const VirtAddr groupLeader = leader ? self : find(spec.tgid);
    const bool user = !(spec.flags & guest::PF_KTHREAD);

    task_struct task;
    clear(task);
    task.thread_info.cpu = spec.cpu;
    task.__state = spec.state;
    task.stack = guestPointer(body.stack.value);
    task.usage.refs.counter = 2;
    task.flags = spec.flags;
    task.on_rq = spec.state == guest::TASK_RUNNING;
    task.recent_used_cpu = task.wake_cpu = static_cast<int>(spec.cpu);
    task.prio = task.static_prio = task.normal_prio = 120;
    task.se.load.weight = 1024;
    task.se.load.inv_weight = 4194304;
    task.se.on_rq = task.on_rq;
    task.se.sum_exec_runtime = static_cast<std::uint64_t>(spec.pid) * 1234567;
    task.se.vruntime = static_cast<std::uint64_t>(spec.pid) * 1000003;
    task.se.group_node = {at(offsetof(task_struct, se.group_node)), at(offsetof(task_struct, se.group_node))};
    task.sched_class = guestPointer<guest::sched_class>(image_.symbol("fair_sched_class").value);
    task.nr_cpus_allowed = guest::NR_CPUS;
    task.cpus_ptr = guestPointer<guest::cpumask_t>((self + offsetof(task_struct, cpus_mask)).value);
    task.cpus_mask.bits[0] = (1u << guest::NR_CPUS) - 1;
    task.mm = guestPointer<guest::mm_struct>(user ? mm.value : 0);
    task.active_mm = guestPointer<guest::mm_struct>(mm.value);
    task.exit_signal = 17;
    task.sched_contributes_to_load = spec.state == guest::TASK_UNINTERRUPTIBLE;
    task.in_iowait = spec.state == guest::TASK_UNINTERRUPTIBLE;
    task.pid = spec.pid;
    task.tgid = spec.tgid;
    task.stack_canary = 0x5eed000000000000 + static_cast<std::uint64_t>(spec.pid) * 256;
    task.real_parent = task.parent = guestPointer<task_struct>(parent.value);
    task.children = {at(offsetof(task_struct, children)), at(offsetof(task_struct, children))};
    task.sibling = {at(offsetof(task_struct, sibling)), at(offsetof(task_struct, sibling))};
    task.tasks = {at(offsetof(task_struct, tasks)), at(offsetof(task_struct, tasks))};
    task.thread_group = {at(offsetof(task_struct, thread_group)), at(offsetof(task_struct, thread_group))};
    task.group_leader = guestPointer<task_struct>(groupLeader.value);
    task.thread_pid = guestPointer<guest::pid>(body.pid.value);
    task.utime = user ? static_cast<std::uint64_t>(spec.pid) * 3000000 : 0;
    task.stime = static_cast<std::uint64_t>(spec.pid) * 1000000;
    task.nvcsw = static_cast<unsigned long>(spec.pid) * 7;
    task.nivcsw = static_cast<unsigned long>(spec.pid) % 13;
    task.start_time = task.start_boottime = clock_ += 4000000;
    task.min_flt = user ? 900 : 0;
    task.real_cred = task.cred = guestPointer<guest::cred>(body.cred.value);
    std::memcpy(task.comm, spec.comm.data(), std::min<std::size_t>(spec.comm.size(), sizeof task.comm - 1));
    task.fs = guestPointer<guest::fs_struct>(image_.symbol("init_fs").value);
    task.files = guestPointer<guest::files_struct>(image_.symbol("init_files").value);
    task.nsproxy = guestPointer<guest::nsproxy>(image_.symbol("init_nsproxy").value);
    task.stack_vm_area = guestPointer<guest::vm_struct>(body.stackArea.value);
    task.stack_refcount.refs.counter = 1;
    std::uint64_t sp = 0;
    writeStack(body, spec, sp);
    task.thread.sp = sp;
    const VirtAddr signal =
        leader ? body.signal
               : VirtAddr(reinterpret_cast<std::uintptr_t>(memory_.load<task_struct>(groupLeader).signal));
    task.signal = guestPointer<guest::signal_struct>(signal.value);
    memory_.store(self, task);

    auto cred = memory_.load<guest::cred>(image_.symbol("init_cred"));
    cred.uid.val = cred.suid.val = cred.euid.val = cred.fsuid.val = spec.uid;
    cred.gid.val = cred.sgid.val = cred.egid.val = cred.fsgid.val = spec.uid;
    if (spec.uid != 0)
        cred.cap_permitted = cred.cap_effective = {};
    memory_.store(body.cred, cred);

    guest::pid pid;
    clear(pid);
    pid.count.refs.counter = 1;
    memory_.store(body.pid, pid);
    guest::upid number;
    clear(number);
    number.nr = spec.pid;
    number.ns = guestPointer<guest::pid_namespace>(image_.symbol("init_pid_ns").value);
    memory_.store(body.pid + sizeof(guest::pid), number);

    if (leader) {
        guest::signal_struct shared;
        clear(shared);
        shared.sigcnt.refs.counter = 1;
        shared.live.counter = 1;
        shared.nr_threads = 1;
        shared.pids[guest::PIDTYPE_TGID] = guestPointer<guest::pid>(body.pid.value);
        memory_.store(signal, shared);
        memory_.listInit(signal + offsetof(guest::signal_struct, thread_head));
    }
}

Task TaskSpace::fork(const TaskSpec &spec)
{
    Body body;
    if (spare_.empty()) {
        body = newBody();
    } else {
        body = spare_.back();
        spare_.pop_back();
    }
    const bool user = !(spec.flags & guest::PF_KTHREAD);
    const bool leader = spec.pid == spec.tgid;
    VirtAddr mm = image_.symbol("init_mm");
    if (user && !leader) {
        mm = VirtAddr(reinterpret_cast<std::uintptr_t>(memory_.load<task_struct>(find(spec.tgid)).mm));
    } else if (user) {
        fillMm(body, spec);
        mm = body.mm;
    }
    fill(body, spec, mm);

    const VirtAddr self = body.task;
    const auto signal = VirtAddr(reinterpret_cast<std::uintptr_t>(memory_.load<task_struct>(self).signal));
    if (leader) {
        memory_.listAddTail(self + offsetof(task_struct, tasks), initTask() + offsetof(task_struct, tasks));
        memory_.listAddTail(self + offsetof(task_struct, sibling), find(spec.parent) + offsetof(task_struct, children));
    } else {
        memory_.listAddTail(self + offsetof(task_struct, thread_group),
                            find(spec.tgid) + offsetof(task_struct, thread_group));
        auto shared = memory_.load<guest::signal_struct>(signal);
        shared.nr_threads++;
        shared.live.counter++;
        shared.sigcnt.refs.counter++;
        memory_.store(signal, shared);
    }
    memory_.listAddTail(self + offsetof(task_struct, thread_node),
                        signal + offsetof(guest::signal_struct, thread_head));

    // One task per pid: the list of the pid has one entry, whose pprev leads back to the head.
    for (const unsigned type : {guest::PIDTYPE_PID, guest::PIDTYPE_TGID}) {
        if (type == guest::PIDTYPE_TGID && !leader)
            continue;
        const VirtAddr head = body.pid + offsetof(guest::pid, tasks) + type * sizeof(guest::hlist_head);
        const VirtAddr link = self + offsetof(task_struct, pid_links) + type * sizeof(guest::hlist_node);
        memory_.store(head, link.value);
        memory_.store(link + 8, head.value);
    }
    pids_.set(static_cast<unsigned>(spec.pid), body.pid);
    bodies_.emplace_back(spec.pid, body);
    tasks_.push_back({spec, self});
    memory_.store(image_.symbol("nr_threads"), static_cast<std::int32_t>(tasks_.size()));
    const VirtAddr forks = image_.symbol("total_forks");
    memory_.store(forks, memory_.load<std::uint64_t>(forks) + 1);
    return tasks_.back();
}

void TaskSpace::release(const Task &task)
{
    const auto body = std::ranges::find(bodies_, task.spec.pid, &std::pair<int, Body>::first);
    if (body == bodies_.end())
        return;
    memory_.store(task.address + offsetof(task_struct, exit_state), std::uint32_t{guest::EXIT_DEAD});
    memory_.store(task.address + offsetof(task_struct, __state), std::uint32_t{guest::TASK_DEAD});
    memory_.listRemove(task.address + offsetof(task_struct, tasks));
    memory_.listRemove(task.address + offsetof(task_struct, sibling));
    memory_.listRemove(task.address + offsetof(task_struct, thread_node));
    pids_.set(static_cast<unsigned>(task.spec.pid), VirtAddr(0));
    spare_.push_back(body->second);
    bodies_.erase(body);
    std::erase_if(tasks_, [pid = task.spec.pid](const Task &other) { return other.spec.pid == pid; });
    memory_.store(image_.symbol("nr_threads"), static_cast<std::int32_t>(tasks_.size()));
}

void TaskSpace::populate()
{
    for (const TaskSpec &spec : firstTasks())
        fork(spec);
    for (unsigned cpu = 1; cpu < kCpuCount; ++cpu) {
        const Body body = newBody();
        const TaskSpec spec{.pid = 0,
                            .tgid = 0,
                            .parent = 0,
                            .comm = "swapper/" + std::to_string(cpu),
                            .state = guest::TASK_RUNNING,
                            .flags = guest::PF_KTHREAD | guest::PF_IDLE,
                            .uid = 0,
                            .cpu = cpu,
                            .sleepsIn = "do_idle"};
        fill(body, spec, image_.symbol("init_mm"));
        memory_.store(body.task + offsetof(task_struct, sched_class), image_.symbol("idle_sched_class").value);
        idle_.push_back(body.task);
    }
    for (std::size_t i = 0; i < kSpareBodies; ++i)
        spare_.push_back(newBody());
}

} // namespace ks::demo
