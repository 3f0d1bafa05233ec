/* The demo kernel's basic types. Written for Kernoscope; the names are those of Linux, so that what reads a Linux
 * kernel reads this one. The generator includes these files as C++, so that both sides agree about every layout. */
#ifndef DEMO_TYPES_H
#define DEMO_TYPES_H

#ifndef __cplusplus
typedef _Bool bool;
#define NULL ((void *)0)
#define true 1
#define false 0
#endif

typedef signed char s8;
typedef unsigned char u8;
typedef short s16;
typedef unsigned short u16;
typedef int s32;
typedef unsigned int u32;
typedef long long s64;
typedef unsigned long long u64;

typedef unsigned long size_t;
typedef long ssize_t;
typedef long long loff_t;
typedef int pid_t;
typedef unsigned int gfp_t;
typedef unsigned int fmode_t;
typedef unsigned short umode_t;
typedef u32 dev_t;
typedef u64 phys_addr_t;
typedef unsigned long pgdval_t, pteval_t;

typedef struct {
    int counter;
} atomic_t;

typedef struct {
    s64 counter;
} atomic64_t;

typedef atomic64_t atomic_long_t;

typedef struct refcount_struct {
    atomic_t refs;
} refcount_t;

typedef struct {
    u32 val;
} kuid_t;

typedef struct {
    u32 val;
} kgid_t;

typedef struct {
    pgdval_t pgd;
} pgd_t;

typedef struct {
    pteval_t pte;
} pte_t;

/* Lock states as one word or as its parts. */
typedef struct qspinlock {
    union {
        atomic_t val;
        struct {
            u8 locked;
            u8 pending;
        };
        struct {
            u16 locked_pending;
            u16 tail;
        };
    };
} arch_spinlock_t;

typedef struct raw_spinlock {
    arch_spinlock_t raw_lock;
} raw_spinlock_t;

typedef struct spinlock {
    union {
        struct raw_spinlock rlock;
    };
} spinlock_t;

struct list_head {
    struct list_head *next, *prev;
};

struct hlist_head {
    struct hlist_node *first;
};

struct hlist_node {
    struct hlist_node *next, **pprev;
};

struct rb_node {
    unsigned long __rb_parent_color;
    struct rb_node *rb_right;
    struct rb_node *rb_left;
};

struct rb_root {
    struct rb_node *rb_node;
};

struct rb_root_cached {
    struct rb_root rb_root;
    struct rb_node *rb_leftmost;
};

struct callback_head {
    struct callback_head *next;
    void (*func)(struct callback_head *head);
};

struct mutex {
    atomic_long_t owner;
    raw_spinlock_t wait_lock;
    struct list_head wait_list;
};

typedef struct wait_queue_head {
    spinlock_t lock;
    struct list_head head;
} wait_queue_head_t;

struct timespec64 {
    s64 tv_sec;
    long tv_nsec;
};

enum { NR_CPUS = 4, PAGE_SHIFT = 12, THREAD_SIZE = 16384, HZ = 250 };

typedef struct cpumask {
    unsigned long bits[(NR_CPUS + 63) / 64];
} cpumask_t;

/* An extensible array: what idr and the page cache stand on. */
enum { XA_CHUNK_SHIFT = 6, XA_CHUNK_SIZE = 64 };

struct xarray {
    spinlock_t xa_lock;
    gfp_t xa_flags;
    void *xa_head;
};

struct xa_node {
    u8 shift;
    u8 offset;
    u8 count;
    u8 nr_values;
    struct xa_node *parent;
    struct xarray *array;
    union {
        struct list_head private_list;
        struct callback_head callback_head;
    };
    void *slots[XA_CHUNK_SIZE];
    union {
        unsigned long tags[3][1];
        unsigned long marks[3][1];
    };
};

struct idr {
    struct xarray idr_rt;
    unsigned int idr_base;
    unsigned int idr_next;
};

#ifndef __cplusplus
#define DEMO_PERCPU __attribute__((section(".data..percpu")))
#define DEMO_INIT __attribute__((section(".init.text"), __noinline__))
#define PAGE_ALIGNED __attribute__((section(".data..page_aligned"), aligned(4096)))
#define noinline __attribute__((__noinline__))
#define LIST_HEAD_INIT(name) {&(name), &(name)}
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - __builtin_offsetof(type, member)))
#define list_for_each_entry(pos, head, member)                                                                         \
    for (pos = container_of((head)->next, __typeof__(*pos), member); &pos->member != (head);                           \
         pos = container_of(pos->member.next, __typeof__(*pos), member))

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
    struct list_head *prev = head->prev;

    entry->next = head;
    entry->prev = prev;
    prev->next = entry;
    head->prev = entry;
}

static inline void list_del(struct list_head *entry)
{
    entry->next->prev = entry->prev;
    entry->prev->next = entry->next;
}
#endif

#endif
