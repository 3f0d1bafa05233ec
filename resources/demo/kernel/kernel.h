/* What the demo kernel's files tell each other. */
#ifndef DEMO_KERNEL_H
#define DEMO_KERNEL_H

#include "fs.h"
#include "mm.h"
#include "module.h"
#include "sched.h"

#define UTS_RELEASE "6.1.0-kernoscope-demo"
#define UTS_VERSION "#1 SMP demo kernel of Kernoscope"

union thread_union {
    struct thread_info thread_info;
    unsigned long stack[THREAD_SIZE / sizeof(long)];
};

enum system_states { SYSTEM_BOOTING, SYSTEM_SCHEDULING, SYSTEM_RUNNING, SYSTEM_HALT };

extern const char linux_banner[];
extern struct uts_namespace init_uts_ns;
extern struct pid_namespace init_pid_ns;
extern struct user_namespace init_user_ns;
extern struct nsproxy init_nsproxy;
extern struct cred init_cred;
extern struct signal_struct init_signals;
extern struct task_struct init_task;
extern union thread_union init_stack;
extern struct pid init_struct_pid;
extern enum system_states system_state;

extern u64 jiffies_64;
extern unsigned long volatile jiffies; /* the linker makes it the same as jiffies_64 */
extern struct timespec64 demo_boot_time;

extern unsigned long __per_cpu_offset[NR_CPUS];
extern struct rq runqueues;
extern struct kernel_cpustat kernel_cpustat;
extern const struct sched_class fair_sched_class, idle_sched_class;

extern unsigned long page_offset_base, vmalloc_base, vmemmap_base, phys_base;
extern unsigned long max_pfn;
extern pgd_t init_top_pgt[512];
extern struct mm_struct init_mm;
extern struct list_head vmap_area_list;
extern struct rb_root vmap_area_root;
extern struct list_head slab_caches;
extern struct pglist_data contig_page_data;

extern struct list_head modules;
extern struct list_head super_blocks;
extern struct file_system_type *file_systems;
extern struct fs_struct init_fs;
extern struct files_struct init_files;

#define per_cpu_ptr(ptr, cpu) ((__typeof__(ptr))((unsigned long)(ptr) + __per_cpu_offset[cpu]))

void start_kernel(void);
void schedule(void);
int kthread(void *data);
long do_nanosleep(u64 until);
ssize_t vfs_read(struct file *file, char *buffer, size_t count, loff_t *position);
ssize_t vfs_write(struct file *file, const char *buffer, size_t count, loff_t *position);
void scheduler_tick(int cpu);
void *vmalloc(unsigned long size);
struct module *find_module(const char *name);
int _printk(const char *text);

#endif
