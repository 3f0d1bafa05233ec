/* Run queues, time, and the functions that sleeping tasks are found in. */
#include "kernel.h"

u64 jiffies_64 __attribute__((aligned(64))) = (u64)(u32)(-300 * HZ);
struct timespec64 demo_boot_time;
unsigned long __per_cpu_offset[NR_CPUS];
unsigned int nr_cpu_ids = NR_CPUS;
int nr_threads;
unsigned long total_forks;
cpumask_t __cpu_possible_mask = {{(1UL << NR_CPUS) - 1}};
cpumask_t __cpu_online_mask = {{(1UL << NR_CPUS) - 1}};

DEMO_PERCPU unsigned long this_cpu_off;
DEMO_PERCPU int cpu_number;
DEMO_PERCPU struct task_struct *current_task = &init_task;
DEMO_PERCPU struct rq runqueues __attribute__((aligned(64)));
DEMO_PERCPU struct kernel_cpustat kernel_cpustat;
DEMO_PERCPU u32 irq_count = 7;

static struct task_struct *pick_next_task_fair(struct rq *rq)
{
    struct rb_node *left = rq->cfs.tasks_timeline.rb_leftmost;

    return left ? container_of(left, struct task_struct, se.run_node) : rq->idle;
}

static void task_tick_fair(struct rq *rq, struct task_struct *p, int queued)
{
    (void)queued;
    p->se.sum_exec_runtime += 1000000000ull / HZ;
    p->se.vruntime += 1000000000ull / HZ;
    rq->cfs.min_vruntime = p->se.vruntime;
}

static void enqueue_task_fair(struct rq *rq, struct task_struct *p, int flags)
{
    (void)flags;
    p->on_rq = 1;
    rq->cfs.nr_running++;
    rq->nr_running++;
    list_add_tail(&p->se.group_node, &rq->cfs_tasks);
}

static void dequeue_task_fair(struct rq *rq, struct task_struct *p, int flags)
{
    (void)flags;
    p->on_rq = 0;
    rq->cfs.nr_running--;
    rq->nr_running--;
    list_del(&p->se.group_node);
}

static struct task_struct *pick_next_task_idle(struct rq *rq) { return rq->idle; }

const struct sched_class fair_sched_class = {
    .name = "fair",
    .enqueue_task = enqueue_task_fair,
    .dequeue_task = dequeue_task_fair,
    .pick_next_task = pick_next_task_fair,
    .task_tick = task_tick_fair,
};

const struct sched_class idle_sched_class = {
    .name = "idle",
    .pick_next_task = pick_next_task_idle,
};

noinline void __schedule(unsigned int sched_mode)
{
    struct rq *rq = per_cpu_ptr(&runqueues, 0);
    struct task_struct *next = rq->curr->sched_class->pick_next_task(rq);

    (void)sched_mode;
    if (next != rq->curr) {
        rq->nr_switches++;
        rq->curr = next;
    }
    __asm__ volatile("" ::: "memory");
}

noinline void schedule(void)
{
    __schedule(0);
    __asm__ volatile("" ::: "memory");
}

noinline long schedule_timeout(long timeout)
{
    schedule();
    return timeout - (long)jiffies;
}

noinline long do_nanosleep(u64 until)
{
    while (jiffies < until)
        schedule();
    return 0;
}

noinline int worker_thread(void *pool)
{
    (void)pool;
    schedule();
    return 0;
}

noinline int smpboot_thread_fn(void *data)
{
    (void)data;
    schedule();
    return 0;
}

noinline int kthreadd(void *unused)
{
    (void)unused;
    schedule();
    return 0;
}

noinline void do_idle(void)
{
    schedule();
    __asm__ volatile("" ::: "memory");
}

noinline long do_wait(struct task_struct *parent)
{
    struct task_struct *child;

    list_for_each_entry(child, &parent->children, sibling)
    {
        if (child->exit_state == EXIT_ZOMBIE)
            return child->pid;
    }
    schedule();
    return 0;
}

noinline void do_exit(long code)
{
    struct task_struct *task = per_cpu_ptr(&runqueues, 0)->curr;

    task->exit_code = (int)code;
    task->exit_state = EXIT_ZOMBIE;
    task->__state = TASK_DEAD;
    schedule();
}

void scheduler_tick(int cpu)
{
    struct rq *rq = per_cpu_ptr(&runqueues, cpu);

    rq->clock += 1000000000ull / HZ;
    if (rq->curr->sched_class->task_tick)
        rq->curr->sched_class->task_tick(rq, rq->curr, 0);
}

void do_timer(unsigned long ticks) { jiffies_64 += ticks; }

/* The task that a number of the first pid namespace belongs to, by way of the idr's nodes. */
struct task_struct *find_task_by_vpid(pid_t nr)
{
    unsigned long entry = (unsigned long)init_pid_ns.idr.idr_rt.xa_head;
    struct hlist_node *first;

    while ((entry & 3) == 2) {
        struct xa_node *node = (struct xa_node *)(entry - 2);

        entry = (unsigned long)node->slots[(nr >> node->shift) & (XA_CHUNK_SIZE - 1)];
    }
    if (!entry)
        return NULL;
    first = ((struct pid *)entry)->tasks[PIDTYPE_PID].first;
    return first ? container_of(first, struct task_struct, pid_links[PIDTYPE_PID]) : NULL;
}

noinline int copy_thread(struct task_struct *p, int (*fn)(void *), void *argument)
{
    struct inactive_task_frame *frame = (struct inactive_task_frame *)p->thread.sp - 1;

    frame->bp = 0;
    frame->ret_addr = (unsigned long)schedule;
    frame->bx = (unsigned long)fn;
    frame->r12 = (unsigned long)argument;
    p->thread.sp = (unsigned long)frame;
    return 0;
}
