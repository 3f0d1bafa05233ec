/* A network device that is not there. */
#ifndef DEMO_NET_H
#define DEMO_NET_H

#include "kernel.h"

struct demo_net_stats {
    u64 rx_packets, tx_packets;
    u64 rx_bytes, tx_bytes;
    u32 errors;
};

/* A packet in the queue, which grows and shrinks while the demo ticks. */
struct demo_packet {
    struct list_head list;
    u32 id;
    u16 length;
    u8 protocol : 4;
    u8 urgent : 1;
    u64 stamp;
    u8 data[64];
};

enum demo_net_state { DEMO_NET_DOWN, DEMO_NET_UP, DEMO_NET_DORMANT };

struct demo_net_device;

struct demo_net_ops {
    int (*open)(struct demo_net_device *dev);
    int (*xmit)(struct demo_net_device *dev, struct demo_packet *packet);
};

struct demo_net_device {
    char name[16];
    enum demo_net_state state;
    const struct demo_net_ops *ops;
    struct demo_net_stats stats;
    struct list_head queue;
    unsigned int queue_length;
    u8 address[6];
    void *registers; /* ioremapped */
    struct module *owner;
    struct task_struct *worker;
};

#endif
