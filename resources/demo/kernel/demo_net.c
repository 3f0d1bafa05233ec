/* A loadable module of the demo kernel. */
#include "demo_net.h"

unsigned int demo_net_debug = 1;
DEMO_PERCPU u64 demo_net_interrupts = 42;

static int demo_net_open(struct demo_net_device *dev)
{
    dev->state = DEMO_NET_UP;
    return _printk(dev->name);
}

int demo_net_xmit(struct demo_net_device *dev, struct demo_packet *packet)
{
    packet->stamp = jiffies;
    list_add_tail(&packet->list, &dev->queue);
    dev->queue_length++;
    dev->stats.tx_packets++;
    dev->stats.tx_bytes += packet->length;
    return 0;
}

static const struct demo_net_ops demo_net_ops = {
    .open = demo_net_open,
    .xmit = demo_net_xmit,
};

extern struct module __this_module;

struct demo_net_device demo_net_device = {
    .name = "demo0",
    .state = DEMO_NET_UP,
    .ops = &demo_net_ops,
    .queue = LIST_HEAD_INIT(demo_net_device.queue),
    .address = {0x02, 0x00, 0x00, 0xde, 0x30, 0x01},
    .owner = &__this_module,
};

int demo_net_poll(void *unused)
{
    (void)unused;
    while (demo_net_debug)
        schedule();
    return 0;
}

static DEMO_INIT int demo_net_init(void) { return demo_net_open(&demo_net_device); }

static void demo_net_exit(void) { demo_net_device.state = DEMO_NET_DOWN; }

int init_module(void) __attribute__((alias("demo_net_init")));
void cleanup_module(void) __attribute__((alias("demo_net_exit")));

#define MODINFO(name, text)                                                                                            \
    static const char modinfo_##name[] __attribute__((used, section(".modinfo"), aligned(1))) = #name "=" text
MODINFO(license, "GPL");
MODINFO(description, "A network device that is not there");
MODINFO(author, "Kernoscope");
MODINFO(name, "demo_net");
MODINFO(vermagic, UTS_RELEASE " SMP");

struct module __this_module __attribute__((section(".gnu.linkonce.this_module"))) = {
    .name = "demo_net",
    .init = init_module,
    .exit = cleanup_module,
};
