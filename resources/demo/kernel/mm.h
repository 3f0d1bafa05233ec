/* Pages, page tables, vmalloc areas, slab caches and address spaces. */
#ifndef DEMO_MM_H
#define DEMO_MM_H

#include "types.h"

enum pageflags {
    PG_locked,
    PG_writeback,
    PG_referenced,
    PG_uptodate,
    PG_dirty,
    PG_lru,
    PG_head,
    PG_waiters,
    PG_active,
    PG_workingset,
    PG_owner_priv_1,
    PG_slab,
    PG_arch_1,
    PG_reserved,
    PG_private,
    PG_private_2,
    PG_mappedtodisk,
    PG_reclaim,
    PG_swapbacked,
    PG_unevictable,
    PG_mlocked,
    PG_hwpoison,
    __NR_PAGEFLAGS,
};

enum zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, ZONE_MOVABLE, __MAX_NR_ZONES };

/* The zone is in the two highest bits of page.flags. */
enum { ZONES_PGSHIFT = 62, ZONES_MASK = 3 };

struct address_space;
struct kmem_cache;

struct page {
    unsigned long flags;
    union {
        struct {
            struct list_head lru;
            struct address_space *mapping;
            unsigned long index;
            /* Neighbouring pages without an owner are one block of 2^private pages. */
            unsigned long private;
        };
        struct {
            unsigned long compound_head;
            u8 compound_dtor;
            u8 compound_order;
            atomic_t compound_mapcount;
        };
        struct {
            unsigned long _pt_pad_1;
            pte_t *pmd_huge_pte;
            unsigned long _pt_pad_2;
            struct mm_struct *pt_mm;
            spinlock_t ptl;
        };
        struct callback_head callback_head;
    };
    union {
        atomic_t _mapcount;
        unsigned int page_type;
    };
    atomic_t _refcount;
    unsigned long memcg_data;
};

/* How a struct page that belongs to a slab cache is seen. */
struct slab {
    unsigned long __page_flags;
    struct kmem_cache *slab_cache;
    union {
        struct list_head slab_list;
        struct callback_head callback_head;
    };
    void *freelist;
    union {
        unsigned long counters;
        struct {
            unsigned inuse : 16;
            unsigned objects : 15;
            unsigned frozen : 1;
        };
    };
    unsigned int __unused;
    atomic_t __page_refcount;
    unsigned long memcg_data;
};

struct kmem_cache_order_objects {
    unsigned int x;
};

struct kmem_cache_node {
    spinlock_t list_lock;
    unsigned long nr_partial;
    struct list_head partial;
    atomic_long_t nr_slabs;
    atomic_long_t total_objects;
};

struct kmem_cache {
    unsigned int flags;
    unsigned long min_partial;
    unsigned int size;
    unsigned int object_size;
    unsigned int offset;
    struct kmem_cache_order_objects oo;
    gfp_t allocflags;
    int refcount;
    void (*ctor)(void *object);
    unsigned int inuse;
    unsigned int align;
    const char *name;
    struct list_head list;
    struct kmem_cache_node *node[1];
};

/* vm_struct.flags */
enum { VM_IOREMAP = 0x1, VM_ALLOC = 0x2, VM_MAP = 0x4, VM_NO_GUARD = 0x40 };

struct vm_struct {
    struct vm_struct *next;
    void *addr;
    unsigned long size;
    unsigned long flags;
    struct page **pages;
    unsigned int page_order;
    unsigned int nr_pages;
    phys_addr_t phys_addr;
    const void *caller;
};

struct vmap_area {
    unsigned long va_start;
    unsigned long va_end;
    struct rb_node rb_node;
    struct list_head list;
    union {
        unsigned long subtree_max_size;
        struct vm_struct *vm;
    };
    unsigned long flags;
};

struct mm_struct {
    struct {
        unsigned long mmap_base;
        unsigned long task_size;
        pgd_t *pgd;
        atomic_t mm_users;
        atomic_t mm_count;
        int map_count;
        spinlock_t page_table_lock;
        struct list_head mmlist;
        unsigned long total_vm;
        unsigned long start_code, end_code, start_data, end_data;
        unsigned long start_brk, brk, start_stack;
        unsigned long arg_start, arg_end, env_start, env_end;
        unsigned long flags;
        struct task_struct *owner;
        struct file *exe_file;
    };
    unsigned long cpu_bitmap[];
};

enum zone_stat_item { NR_FREE_PAGES, NR_ZONE_INACTIVE_ANON, NR_ZONE_ACTIVE_ANON, NR_VM_ZONE_STAT_ITEMS };
enum { MAX_ORDER = 11, MIGRATE_TYPES = 4 };

struct free_area {
    struct list_head free_list[MIGRATE_TYPES];
    unsigned long nr_free;
};

struct zone {
    unsigned long _watermark[3];
    struct pglist_data *zone_pgdat;
    unsigned long zone_start_pfn;
    atomic_long_t managed_pages;
    unsigned long spanned_pages;
    unsigned long present_pages;
    const char *name;
    struct free_area free_area[MAX_ORDER];
    atomic_long_t vm_stat[NR_VM_ZONE_STAT_ITEMS];
};

typedef struct pglist_data {
    struct zone node_zones[__MAX_NR_ZONES];
    int nr_zones;
    unsigned long node_start_pfn;
    unsigned long node_present_pages;
    unsigned long node_spanned_pages;
    int node_id;
} pg_data_t;

#endif
