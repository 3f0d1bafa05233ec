/* Tasks, credentials, pids and run queues. */
#ifndef DEMO_SCHED_H
#define DEMO_SCHED_H

#include "types.h"

enum { TASK_COMM_LEN = 16 };

/* task_struct.__state */
enum {
    TASK_RUNNING = 0x0000,
    TASK_INTERRUPTIBLE = 0x0001,
    TASK_UNINTERRUPTIBLE = 0x0002,
    __TASK_STOPPED = 0x0004,
    TASK_PARKED = 0x0040,
    TASK_DEAD = 0x0080,
    TASK_NOLOAD = 0x0400,
    TASK_IDLE = 0x0402,
};

/* task_struct.exit_state */
enum { EXIT_DEAD = 0x0010, EXIT_ZOMBIE = 0x0020 };

/* task_struct.flags */
enum {
    PF_IDLE = 0x00000002,
    PF_EXITING = 0x00000004,
    PF_WQ_WORKER = 0x00000020,
    PF_KTHREAD = 0x00200000,
    PF_RANDOMIZE = 0x00400000,
    PF_NO_SETAFFINITY = 0x04000000,
};

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX };

struct new_utsname {
    char sysname[65];
    char nodename[65];
    char release[65];
    char version[65];
    char machine[65];
    char domainname[65];
};

struct ns_common {
    void *stashed;
    const struct proc_ns_operations *ops;
    unsigned int inum;
    refcount_t count;
};

struct user_namespace {
    struct user_namespace *parent;
    int level;
    kuid_t owner;
    kgid_t group;
    struct ns_common ns;
};

struct uts_namespace {
    struct new_utsname name;
    struct user_namespace *user_ns;
    struct ns_common ns;
};

struct pid_namespace {
    struct idr idr;
    unsigned int pid_allocated;
    struct task_struct *child_reaper;
    unsigned int level;
    struct pid_namespace *parent;
    struct user_namespace *user_ns;
    struct ns_common ns;
};

struct nsproxy {
    atomic_t count;
    struct uts_namespace *uts_ns;
    struct pid_namespace *pid_ns_for_children;
};

struct upid {
    int nr;
    struct pid_namespace *ns;
};

/* The number of a task, once for every pid namespace that sees it. */
struct pid {
    refcount_t count;
    unsigned int level;
    spinlock_t lock;
    struct hlist_head tasks[PIDTYPE_MAX];
    wait_queue_head_t wait_pidfd;
    struct callback_head rcu;
    struct upid numbers[];
};

typedef struct kernel_cap_struct {
    u32 cap[2];
} kernel_cap_t;

struct cred {
    atomic_t usage;
    kuid_t uid, suid, euid, fsuid;
    kgid_t gid, sgid, egid, fsgid;
    unsigned int securebits;
    kernel_cap_t cap_inheritable, cap_permitted, cap_effective, cap_bset;
    struct user_namespace *user_ns;
    union {
        int non_rcu;
        struct callback_head rcu;
    };
};

struct thread_info {
    unsigned long flags;
    unsigned long syscall_work;
    u32 status;
    u32 cpu;
};

struct load_weight {
    unsigned long weight;
    u32 inv_weight;
};

struct sched_entity {
    struct load_weight load;
    struct rb_node run_node;
    struct list_head group_node;
    unsigned int on_rq;
    u64 exec_start;
    u64 sum_exec_runtime;
    u64 vruntime;
    u64 prev_sum_exec_runtime;
    u64 nr_migrations;
    struct cfs_rq *cfs_rq;
};

struct signal_struct {
    refcount_t sigcnt;
    atomic_t live;
    int nr_threads;
    struct list_head thread_head;
    struct task_struct *curr_target;
    int group_exit_code;
    unsigned int is_child_subreaper : 1;
    unsigned int has_child_subreaper : 1;
    struct pid *pids[PIDTYPE_MAX];
    u64 utime, stime, cutime, cstime;
    unsigned long nvcsw, nivcsw;
};

struct thread_struct {
    unsigned long sp;
    unsigned short es, ds, fsindex, gsindex;
    unsigned long fsbase, gsbase;
    unsigned long cr2;
    unsigned long trap_nr;
    unsigned long error_code;
};

/* What the switch leaves on the stack of a task that does not run. */
struct inactive_task_frame {
    unsigned long r15, r14, r13, r12;
    unsigned long bx;
    unsigned long bp;
    unsigned long ret_addr;
};

struct pt_regs {
    unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
    unsigned long ax, cx, dx, si, di;
    unsigned long orig_ax, ip, cs, flags, sp, ss;
};

struct task_struct {
    struct thread_info thread_info;
    unsigned int __state;
    void *stack;
    refcount_t usage;
    unsigned int flags;
    unsigned int ptrace;
    int on_cpu;
    unsigned int wakee_flips;
    int recent_used_cpu;
    int wake_cpu;
    int on_rq;
    int prio, static_prio, normal_prio;
    unsigned int rt_priority;
    struct sched_entity se;
    const struct sched_class *sched_class;
    unsigned int policy;
    int nr_cpus_allowed;
    const cpumask_t *cpus_ptr;
    cpumask_t cpus_mask;
    struct list_head tasks;
    struct mm_struct *mm;
    struct mm_struct *active_mm;
    int exit_state;
    int exit_code;
    int exit_signal;
    int pdeath_signal;
    unsigned int personality;
    unsigned sched_reset_on_fork : 1;
    unsigned sched_contributes_to_load : 1;
    unsigned sched_migrated : 1;
    unsigned : 0;
    unsigned in_execve : 1;
    unsigned in_iowait : 1;
    unsigned no_cgroup_migration : 1;
    unsigned frozen : 1;
    pid_t pid;
    pid_t tgid;
    unsigned long stack_canary;
    struct task_struct *real_parent;
    struct task_struct *parent;
    struct list_head children;
    struct list_head sibling;
    struct task_struct *group_leader;
    struct pid *thread_pid;
    struct hlist_node pid_links[PIDTYPE_MAX];
    struct list_head thread_group;
    struct list_head thread_node;
    u64 utime;
    u64 stime;
    u64 gtime;
    unsigned long nvcsw;
    unsigned long nivcsw;
    u64 start_time;
    u64 start_boottime;
    unsigned long min_flt;
    unsigned long maj_flt;
    const struct cred *real_cred;
    const struct cred *cred;
    char comm[TASK_COMM_LEN];
    struct fs_struct *fs;
    struct files_struct *files;
    struct nsproxy *nsproxy;
    struct signal_struct *signal;
    void *journal_info;
    struct callback_head rcu;
    struct vm_struct *stack_vm_area;
    refcount_t stack_refcount;
    struct thread_struct thread;
};

struct cfs_rq {
    struct load_weight load;
    unsigned int nr_running;
    u64 exec_clock;
    u64 min_vruntime;
    struct rb_root_cached tasks_timeline;
    struct sched_entity *curr;
    struct rq *rq;
};

struct rq {
    raw_spinlock_t __lock;
    unsigned int nr_running;
    u64 nr_switches;
    struct cfs_rq cfs;
    struct task_struct *curr;
    struct task_struct *idle;
    unsigned long next_balance;
    struct mm_struct *prev_mm;
    u64 clock;
    u64 clock_task;
    int cpu;
    int online;
    struct list_head cfs_tasks;
};

struct sched_class {
    const char *name;
    void (*enqueue_task)(struct rq *rq, struct task_struct *p, int flags);
    void (*dequeue_task)(struct rq *rq, struct task_struct *p, int flags);
    struct task_struct *(*pick_next_task)(struct rq *rq);
    void (*task_tick)(struct rq *rq, struct task_struct *p, int queued);
};

enum cpu_usage_stat {
    CPUTIME_USER,
    CPUTIME_NICE,
    CPUTIME_SYSTEM,
    CPUTIME_SOFTIRQ,
    CPUTIME_IRQ,
    CPUTIME_IDLE,
    CPUTIME_IOWAIT,
    NR_STATS,
};

struct kernel_cpustat {
    u64 cpustat[NR_STATS];
};

#endif
