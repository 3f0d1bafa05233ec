/* Where memory is, and who has it. */
#include "kernel.h"

unsigned long page_offset_base, vmalloc_base, vmemmap_base, phys_base;
unsigned long max_pfn, max_low_pfn;
unsigned int __pgtable_l5_enabled;
unsigned int pgdir_shift = 39;
unsigned int ptrs_per_p4d = 1;
u64 sme_me_mask;

pgd_t init_top_pgt[512] PAGE_ALIGNED;
unsigned long empty_zero_page[512] PAGE_ALIGNED;

struct mm_struct init_mm = {
    {
        .pgd = init_top_pgt,
        .mm_users = {2},
        .mm_count = {1},
        .mmlist = LIST_HEAD_INIT(init_mm.mmlist),
    },
    .cpu_bitmap = {(1UL << NR_CPUS) - 1},
};

struct list_head vmap_area_list = LIST_HEAD_INIT(vmap_area_list);
struct rb_root vmap_area_root;
struct list_head slab_caches = LIST_HEAD_INIT(slab_caches);
struct kmem_cache *task_struct_cachep, *cred_jar, *files_cachep;
atomic_long_t nr_vmalloc_pages;

struct pglist_data contig_page_data = {
    .node_zones = {[ZONE_DMA] = {.name = "DMA"},
                   [ZONE_DMA32] = {.name = "DMA32"},
                   [ZONE_NORMAL] = {.name = "Normal"},
                   [ZONE_MOVABLE] = {.name = "Movable"}},
};

const char *const demo_pageflag_names[__NR_PAGEFLAGS] = {
    [PG_locked] = "locked",     [PG_referenced] = "referenced",
    [PG_uptodate] = "uptodate", [PG_dirty] = "dirty",
    [PG_lru] = "lru",           [PG_slab] = "slab",
    [PG_reserved] = "reserved", [PG_head] = "head",
};

/* The struct page behind another type, so that its union is known to the debug information. */
static inline struct slab *page_slab(struct page *page) { return (struct slab *)page; }

struct kmem_cache *virt_to_cache(const void *object)
{
    struct page *map = (struct page *)vmemmap_base;
    struct page *page = map + (((unsigned long)object - page_offset_base) >> PAGE_SHIFT);

    if (page->compound_head & 1)
        page = (struct page *)(page->compound_head - 1);
    return page->flags & (1UL << PG_slab) ? page_slab(page)->slab_cache : NULL;
}

struct vmap_area *find_vmap_area(unsigned long addr)
{
    struct rb_node *node = vmap_area_root.rb_node;

    while (node) {
        struct vmap_area *area = container_of(node, struct vmap_area, rb_node);

        if (addr < area->va_start)
            node = node->rb_left;
        else if (addr >= area->va_end)
            node = node->rb_right;
        else
            return area;
    }
    return NULL;
}

noinline void *vmalloc(unsigned long size)
{
    struct vmap_area *area = find_vmap_area(vmalloc_base);

    return area && area->va_end - area->va_start >= size ? (void *)area->va_start : NULL;
}

noinline void *ioremap(phys_addr_t phys, unsigned long size)
{
    struct vmap_area *area;

    list_for_each_entry(area, &vmap_area_list, list)
    {
        struct vm_struct *vm = area->vm;

        if ((vm->flags & VM_IOREMAP) && vm->phys_addr == phys && vm->size >= size)
            return vm->addr;
    }
    return NULL;
}

noinline struct task_struct *dup_task_struct(struct task_struct *orig, int node)
{
    (void)node;
    orig->stack = vmalloc(THREAD_SIZE);
    return orig;
}

/* True when the area is backed by RAM, page by page. */
bool vm_area_has_pages(const struct vm_struct *vm) { return (vm->flags & VM_ALLOC) && vm->nr_pages > 0; }

pte_t *demo_walk(struct mm_struct *mm, unsigned long addr)
{
    pte_t *table = (pte_t *)mm->pgd;
    int shift;

    for (shift = 39; shift >= PAGE_SHIFT; shift -= 9) {
        pte_t *entry = table + ((addr >> shift) & 511);

        if (!(entry->pte & 1))
            return NULL;
        if (shift == PAGE_SHIFT || (entry->pte & 0x80))
            return entry;
        table = (pte_t *)((entry->pte & 0x000ffffffffff000ul) + page_offset_base);
    }
    return NULL;
}
