// A kernel module in little: something in each kind of section, in two source files (PART is 1 or 2).
#define SECTION(name) __attribute__((section(name), used))

// Both parts have these from one header.
#line 1 "tiny.h"
struct list {
    struct list *next, *prev;
};
enum mood { CALM, ANGRY = 7 };
struct device {
    int id;
    char name[16];
    struct list link;
    unsigned short open : 3;
    enum mood mood : 4;
    int (*work)(struct device *);
};
extern struct device elsewhere; // of another module
#line 100 "module.c"

#if PART == 1
struct queue {
    long length;
    struct device *devices[4];
};

SECTION(".modinfo") static const char modinfo_name[] = "name=tiny_module";
SECTION(".modinfo") static const char modinfo_vermagic[] = "vermagic=6.1.0-test SMP preempt mod_unload ";
SECTION(".modinfo") static const char modinfo_srcversion[] = "srcversion=0123456789ABCDEF";
SECTION("__versions") static const char versions[64] = "module_layout";
SECTION(".gnu.linkonce.this_module") static struct {
    int state;
    struct list list;
    char name[56];
} this_module = {.name = "tiny_module"};

int work(struct device *device);
struct queue queue = {.length = 3};
static struct device *last __attribute__((used)) = &elsewhere;
SECTION(".data..percpu") int first_counter = 1;
SECTION(".data..percpu") long second_counter[3] = {1};
const char version[] = "1.0";
char buffer[100];

int work(struct device *device) { return device->id + first_counter; }
static __attribute__((noinline, used)) int helper(struct queue *q) { return work(q->devices[1]); }
SECTION(".discard.addressable") static void *addressable = &queue; // as ___ADDRESSABLE leaves it
SECTION(".init.data") int settings[4] = {1};
SECTION(".init.text") int start(void) { return helper(&queue) + settings[0]; }
SECTION(".exit.text") void stop(void) { queue.length = 0; }
#else
union number {
    double real;
    unsigned long whole;
};
static struct device second __attribute__((used)) = {.id = 2, .mood = ANGRY};
union number number = {.whole = 1};
static int helper(union number *n) { return (int)n->whole; }
int more_work(void);
int more_work(void) { return helper(&number) + second.id + elsewhere.id; }
#endif
