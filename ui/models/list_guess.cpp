#include "ui/models/list_guess.h"

#include "core/values/containers.h"

#include <algorithm>
#include <array>

namespace ks::ui {

namespace {

struct KnownList {
    std::string_view owner; ///< record that holds the head; empty for a variable
    std::string_view head;
    std::string_view container;
    std::string_view member;
};

// Each pair is as its list_add() in the kernel has it; a kernel that lacks one of the names simply gives no guess.
constexpr std::array kKnownLists = {
    KnownList{"task_struct", "tasks", "task_struct", "tasks"},               // kernel/fork.c
    KnownList{"task_struct", "children", "task_struct", "sibling"},          // kernel/fork.c
    KnownList{"signal_struct", "thread_head", "task_struct", "thread_node"}, // kernel/fork.c
    KnownList{"super_block", "s_inodes", "inode", "i_sb_list"},              // fs/inode.c
    KnownList{"css_set", "tasks", "task_struct", "cg_list"},                 // kernel/cgroup/cgroup.c
    KnownList{"mnt_namespace", "list", "mount", "mnt_list"},                 // fs/namespace.c, before 6.8
    KnownList{"mount", "mnt_mounts", "mount", "mnt_child"},                  // fs/namespace.c
    KnownList{"net", "dev_base_head", "net_device", "dev_list"},             // net/core/dev.c
    KnownList{"kset", "list", "kobject", "entry"},                           // lib/kobject.c
    KnownList{"pci_bus", "devices", "pci_dev", "bus_list"},                  // drivers/pci/probe.c
    KnownList{"pci_bus", "children", "pci_bus", "node"},                     // drivers/pci/probe.c
    KnownList{"", "init_task.tasks", "task_struct", "tasks"},
    KnownList{"", "modules", "module", "list"},                 // kernel/module/main.c
    KnownList{"", "super_blocks", "super_block", "s_list"},     // fs/super.c
    KnownList{"", "slab_caches", "kmem_cache", "list"},         // mm/slab_common.c
    KnownList{"", "net_namespace_list", "net", "list"},         // net/core/net_namespace.c
    KnownList{"", "vmap_area_list", "vmap_area", "list"},       // mm/vmalloc.c, before 6.9
    KnownList{"", "cgroup_roots", "cgroup_root", "root_list"},  // kernel/cgroup/cgroup.c
    KnownList{"", "bdi_list", "backing_dev_info", "bdi_list"},  // mm/backing-dev.c
    KnownList{"", "workqueues", "workqueue_struct", "list"},    // kernel/workqueue.c
    KnownList{"", "task_groups", "task_group", "list"},         // kernel/sched/core.c
    KnownList{"", "pci_root_buses", "pci_bus", "node"},         // drivers/pci/probe.c
    KnownList{"", "clocksource_list", "clocksource", "list"},   // kernel/time/clocksource.c
    KnownList{"", "formats", "linux_binfmt", "lh"},             // fs/exec.c
    KnownList{"", "crypto_alg_list", "crypto_alg", "cra_list"}, // crypto/api.c
    KnownList{"", "input_dev_list", "input_dev", "node"},       // drivers/input/input.c
    KnownList{"", "tty_drivers", "tty_driver", "tty_drivers"},  // drivers/tty/tty_io.c
    KnownList{"", "misc_list", "miscdevice", "list"},           // drivers/char/misc.c
};

std::optional<ListFollow> lookUp(const EvalContext &context, std::string_view owner, std::string_view head)
{
    const auto known = std::ranges::find_if(
        kKnownLists, [&](const KnownList &list) { return list.owner == owner && list.head == head; });
    if (known == kKnownLists.end() || !context.types)
        return std::nullopt;
    for (const Type &container : context.types->findTypes(NameClass::Struct, known->container))
        if (findMember(container, known->member))
            return ListFollow{container, QString::fromUtf8(known->member.data(), qsizetype(known->member.size()))};
    return std::nullopt;
}

} // namespace

std::optional<ListFollow> guessListOfMember(const EvalContext &context, const Type &record, std::string_view member)
{
    return record.name().empty() ? std::nullopt : lookUp(context, record.name(), member);
}

std::optional<ListFollow> guessListOfSymbol(const EvalContext &context, const QString &expression)
{
    QString name = expression.trimmed();
    while (name.startsWith(QLatin1Char('&')) || name.startsWith(QLatin1Char('(')))
        name = name.mid(1).trimmed();
    while (name.endsWith(QLatin1Char(')')))
        name.chop(1);
    return lookUp(context, "", name.toStdString());
}

Result<ListFollow> parseListFollow(const EvalContext &context, const QString &type, const QString &member)
{
    if (!context.types)
        return fail(ErrorCode::NotFound, type.toStdString(), "this target has no types",
                    "give a vmlinux with debug information");
    const auto container = parseTypeName(*context.types, type.toStdString());
    if (!container)
        return std::unexpected(container.error());
    const QString path = member.trimmed();
    if (const auto found = findMemberPath(container->stripped(), path.toStdString()); !found)
        return std::unexpected(found.error());
    return ListFollow{*container, path};
}

ListChain followList(const EvalContext &context, const Value &head, const ListFollow &follow, std::size_t limit)
{
    ListChain chain;
    if (!head.address()) {
        chain.end = QStringLiteral("the head has no address");
        return chain;
    }
    const std::string path = follow.member.toStdString();
    const bool hash = head.type().stripped().name().starts_with("hlist");
    const auto walk = hash ? walkHashList(context, *head.address(), follow.container, path, limit)
                           : walkList(context, *head.address(), follow.container, path, limit);
    if (!walk) {
        chain.end = QString::fromStdString(walk.error().message());
        return chain;
    }
    for (const WalkEntry &entry : walk->entries)
        chain.items.push_back(entry.object);
    chain.complete = walk->complete();
    chain.end = QString::fromStdString(walk->reason());
    return chain;
}

} // namespace ks::ui
