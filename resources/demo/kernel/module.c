/* The loaded modules, and a corner of type shapes that real kernels also have. */
#include "kernel.h"

struct list_head modules = LIST_HEAD_INIT(modules);
unsigned long module_addr_min, module_addr_max;

struct module *find_module(const char *name)
{
    struct module *mod;

    list_for_each_entry(mod, &modules, list)
    {
        int i = 0;

        while (name[i] && mod->name[i] == name[i])
            i++;
        if (name[i] == mod->name[i])
            return mod;
    }
    return NULL;
}

noinline int load_module(struct module *mod)
{
    list_add_tail(&mod->list, &modules);
    mod->state = MODULE_STATE_COMING;
    if (mod->init && mod->init() < 0)
        return -22;
    mod->state = MODULE_STATE_LIVE;
    return 0;
}

enum demo_level { DEMO_LOW = -2, DEMO_NONE = 0, DEMO_HIGH = 7 };
enum demo_wide { DEMO_WIDE_ONE = 1, DEMO_WIDE_TOP = 0x8000000000000001ull };

typedef int (*demo_callback_t)(const char *name, void *data, int (*next)(void *));

struct demo_shapes {
    enum demo_level level;
    enum demo_wide wide;
    signed int small : 3;
    unsigned int kind : 5;
    unsigned long long big : 40;
    bool ready : 1;
    u16 matrix[2][3][4];
    char name[12];
    demo_callback_t callbacks[2];
    union {
        u64 word;
        u8 bytes[8];
        struct {
            u32 low;
            u32 high;
        };
    };
    struct {
        u8 tag;
        u32 value;
    } __attribute__((packed)) packed;
    const volatile char *const text;
    struct demo_shapes *self;
    void *nothing;
    u32 count;
    u32 items[];
};

static int demo_first(const char *name, void *data, int (*next)(void *)) { return name && next ? next(data) : -1; }

/* Every value is known to the tests. */
struct demo_shapes demo_shapes = {
    .level = DEMO_LOW,
    .wide = DEMO_WIDE_TOP,
    .small = -3,
    .kind = 21,
    .big = 0xabcdef0123ull,
    .ready = 1,
    .matrix = {{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}}, {{13, 14, 15, 16}, {17, 18, 19, 20}, {21, 22, 23, 24}}},
    .name = "line\n\"\x01\xff",
    .callbacks = {demo_first, NULL},
    .word = 0x1122334455667788ull,
    .packed = {0x5a, 0xdeadbeef},
    .text = "demo text",
    .self = &demo_shapes,
    .count = 4,
    .items = {100, 200, 300, 400},
};
