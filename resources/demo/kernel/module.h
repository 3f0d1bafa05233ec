/* Loadable modules, in the layout of Linux 4.5 to 6.3 (core_layout). */
#ifndef DEMO_MODULE_H
#define DEMO_MODULE_H

#include "types.h"

enum { MODULE_NAME_LEN = 64 - sizeof(unsigned long) };

enum module_state { MODULE_STATE_LIVE, MODULE_STATE_COMING, MODULE_STATE_GOING, MODULE_STATE_UNFORMED };

struct kobject {
    const char *name;
    struct list_head entry;
    struct kobject *parent;
    refcount_t kref;
    unsigned int state_initialized : 1;
    unsigned int state_in_sysfs : 1;
};

struct module_kobject {
    struct kobject kobj;
    struct module *mod;
};

/* One ELF symbol (ELF64, "Symbol Table"). */
typedef struct elf64_sym {
    u32 st_name;
    unsigned char st_info;
    unsigned char st_other;
    u16 st_shndx;
    u64 st_value;
    u64 st_size;
} Elf64_Sym;

struct mod_kallsyms {
    Elf64_Sym *symtab;
    unsigned int num_symtab;
    char *strtab;
    char *typetab;
};

struct mod_tree_node {
    struct module *mod;
};

struct module_layout {
    void *base;
    unsigned int size;
    unsigned int text_size;
    unsigned int ro_size;
    unsigned int ro_after_init_size;
    struct mod_tree_node mtn;
};

struct attribute {
    const char *name;
    umode_t mode;
};

struct bin_attribute {
    struct attribute attr;
    size_t size;
    void *private;
};

struct module_sect_attr {
    struct bin_attribute battr;
    unsigned long address;
};

struct module_sect_attrs {
    const void *grp[2];
    unsigned int nsections;
    struct module_sect_attr attrs[];
};

struct module_notes_attrs {
    struct kobject *dir;
    unsigned int notes;
    struct bin_attribute attrs[];
};

struct module {
    enum module_state state;
    struct list_head list;
    char name[MODULE_NAME_LEN];
    unsigned char build_id[20];
    struct module_kobject mkobj;
    const char *version;
    const char *srcversion;
    int (*init)(void);
    struct module_layout core_layout __attribute__((aligned(64)));
    struct module_layout init_layout;
    unsigned long taints;
    struct mod_kallsyms *kallsyms;
    struct mod_kallsyms core_kallsyms;
    struct module_sect_attrs *sect_attrs;
    struct module_notes_attrs *notes_attrs;
    char *args;
    void *percpu;
    unsigned int percpu_size;
    struct list_head source_list;
    struct list_head target_list;
    void (*exit)(void);
    atomic_t refcnt;
};

#endif
