/* The first task and what belongs to it, the kernel's name, and the entry points. None of this code ever runs: the
 * generator plays the machine. It is here to be looked at. */
#include "kernel.h"

const char linux_banner[] =
    "Linux version " UTS_RELEASE " (kernoscope@demo) (a demo kernel, nothing of it runs) " UTS_VERSION "\n";

enum system_states system_state = SYSTEM_RUNNING;
char saved_command_line[256];
char init_hostname[65] = "demo";

struct user_namespace init_user_ns = {
    .ns = {.inum = 0xeffffffdu, .count = {{2}}},
};

struct uts_namespace init_uts_ns = {
    .name =
        {
            .sysname = "Linux",
            .nodename = "demo",
            .release = UTS_RELEASE,
            .version = UTS_VERSION,
            .machine = "x86_64",
            .domainname = "(none)",
        },
    .user_ns = &init_user_ns,
    .ns = {.inum = 0xeffffffeu, .count = {{2}}},
};

struct pid_namespace init_pid_ns = {
    .level = 0,
    .user_ns = &init_user_ns,
    .ns = {.inum = 0xeffffffcu, .count = {{2}}},
};

struct nsproxy init_nsproxy = {
    .count = {1},
    .uts_ns = &init_uts_ns,
    .pid_ns_for_children = &init_pid_ns,
};

struct pid init_struct_pid = {
    .count = {{1}},
    .numbers = {{.nr = 0, .ns = &init_pid_ns}},
};

struct cred init_cred = {
    .usage = {4},
    .cap_permitted = {{0xffffffff, 0x000001ff}},
    .cap_effective = {{0xffffffff, 0x000001ff}},
    .cap_bset = {{0xffffffff, 0x000001ff}},
    .user_ns = &init_user_ns,
};

struct signal_struct init_signals = {
    .sigcnt = {{1}},
    .live = {1},
    .nr_threads = 1,
    .thread_head = LIST_HEAD_INIT(init_task.thread_node),
    .pids = {&init_struct_pid, &init_struct_pid, &init_struct_pid, &init_struct_pid},
};

union thread_union init_stack __attribute__((section(".data..init_task"), aligned(THREAD_SIZE)));

struct task_struct init_task __attribute__((section(".data..init_task"), aligned(64))) = {
    .stack = &init_stack,
    .usage = {{2}},
    .flags = PF_KTHREAD | PF_IDLE,
    .on_cpu = 1,
    .prio = 120,
    .static_prio = 120,
    .normal_prio = 120,
    .se = {.load = {1024, 4194304}, .group_node = LIST_HEAD_INIT(init_task.se.group_node)},
    .sched_class = &idle_sched_class,
    .nr_cpus_allowed = NR_CPUS,
    .cpus_ptr = &init_task.cpus_mask,
    .cpus_mask = {{(1UL << NR_CPUS) - 1}},
    .tasks = LIST_HEAD_INIT(init_task.tasks),
    .active_mm = &init_mm,
    .real_parent = &init_task,
    .parent = &init_task,
    .children = LIST_HEAD_INIT(init_task.children),
    .sibling = LIST_HEAD_INIT(init_task.sibling),
    .group_leader = &init_task,
    .thread_pid = &init_struct_pid,
    .thread_group = LIST_HEAD_INIT(init_task.thread_group),
    .thread_node = LIST_HEAD_INIT(init_signals.thread_head),
    .real_cred = &init_cred,
    .cred = &init_cred,
    .comm = "swapper/0",
    .fs = &init_fs,
    .files = &init_files,
    .nsproxy = &init_nsproxy,
    .signal = &init_signals,
    .stack_refcount = {{1}},
};

/* A log of text lines, as dmesg would show it. */
char __log_buf[4096] = "[    0.000000] " UTS_RELEASE ": the demo kernel of Kernoscope\n"
                       "[    0.000000] KASLR, page tables and lists are laid out by the generator\n";
u32 log_end;

int _printk(const char *text)
{
    int count = 0;

    while (text[count]) {
        __log_buf[log_end++ % sizeof(__log_buf)] = text[count];
        count++;
    }
    return count;
}

static noinline int kernel_init(void *unused)
{
    (void)unused;
    system_state = SYSTEM_RUNNING;
    return _printk("Run /sbin/init as init process\n");
}

DEMO_INIT void start_kernel(void)
{
    _printk(linux_banner);
    kernel_init(NULL);
    for (;;)
        schedule();
}

int kthread(void *data)
{
    int (*threadfn)(void *) = (int (*)(void *))data;

    schedule();
    return threadfn ? threadfn(NULL) : 0;
}

void ret_from_fork(struct task_struct *prev, int (*fn)(void *), void *argument)
{
    (void)prev;
    if (fn)
        fn(argument);
}

long do_syscall_64(struct pt_regs *regs, int nr)
{
    long result = -38;

    switch (nr) {
    case 0: result = vfs_read((struct file *)regs->di, (char *)regs->si, regs->dx, NULL); break;
    case 1: result = vfs_write((struct file *)regs->di, (const char *)regs->si, regs->dx, NULL); break;
    case 35: result = do_nanosleep(regs->di); break;
    }
    regs->ax = (unsigned long)result;
    return result;
}
