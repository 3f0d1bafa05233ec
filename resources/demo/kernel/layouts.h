/* The layouts that the image's compiler and the generator's must agree about: X(struct, one of its last members). */
#ifndef DEMO_LAYOUTS_H
#define DEMO_LAYOUTS_H

#define DEMO_LAYOUTS(X)                                                                                                \
    X(list_head, prev)                                                                                                 \
    X(rb_node, rb_left)                                                                                                \
    X(xa_node, marks)                                                                                                  \
    X(idr, idr_next)                                                                                                   \
    X(pid_namespace, ns)                                                                                               \
    X(pid, numbers)                                                                                                    \
    X(upid, ns)                                                                                                        \
    X(cred, rcu)                                                                                                       \
    X(signal_struct, nivcsw)                                                                                           \
    X(inactive_task_frame, ret_addr)                                                                                   \
    X(pt_regs, ss)                                                                                                     \
    X(sched_entity, cfs_rq)                                                                                            \
    X(task_struct, comm)                                                                                               \
    X(task_struct, thread)                                                                                             \
    X(cfs_rq, rq)                                                                                                      \
    X(rq, cfs_tasks)                                                                                                   \
    X(page, memcg_data)                                                                                                \
    X(vm_struct, caller)                                                                                               \
    X(vmap_area, flags)                                                                                                \
    X(mm_struct, cpu_bitmap)                                                                                           \
    X(module, core_layout)                                                                                             \
    X(module, refcnt)                                                                                                  \
    X(module_sect_attrs, attrs)                                                                                        \
    X(module_sect_attr, address)                                                                                       \
    X(module_notes_attrs, attrs)                                                                                       \
    X(mod_kallsyms, typetab)                                                                                           \
    X(demo_packet, data)                                                                                               \
    X(demo_net_device, worker)

#endif
