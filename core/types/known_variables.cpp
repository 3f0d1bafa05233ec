#include "core/types/known_variables.h"

#include <algorithm>

namespace ks {
namespace {

constexpr KnownVariable kVariables[] = {
    // Tasks and what they share (include/linux/sched/task.h, init_task.h, nsproxy.h).
    {"init_task", "struct task_struct"},
    {"init_mm", "struct mm_struct"},
    {"init_cred", "struct cred"},
    {"init_fs", "struct fs_struct"},
    {"init_files", "struct files_struct"},
    {"init_nsproxy", "struct nsproxy"},
    {"init_pid_ns", "struct pid_namespace"},
    {"init_user_ns", "struct user_namespace"},
    {"init_uts_ns", "struct uts_namespace"},
    {"init_ipc_ns", "struct ipc_namespace"},
    {"init_net", "struct net"},
    {"init_cgroup_ns", "struct cgroup_namespace"},
    {"root_task_group", "struct task_group"},
    {"system_state", "enum system_states"},
    // Time (include/linux/jiffies.h).
    {"jiffies", "volatile unsigned long"},
    {"jiffies_64", "u64"},
    {"loops_per_jiffy", "unsigned long"},
    // Memory (include/linux/mm.h, memblock.h, vmalloc.h, arch/x86/include/asm/page_64.h).
    {"page_offset_base", "unsigned long"},
    {"vmalloc_base", "unsigned long"},
    {"vmemmap_base", "unsigned long"},
    {"phys_base", "unsigned long"},
    {"high_memory", "void *"},
    {"max_pfn", "unsigned long"},
    {"max_low_pfn", "unsigned long"},
    {"min_low_pfn", "unsigned long"},
    {"max_mapnr", "unsigned long"},
    {"mem_map", "struct page *"},
    {"node_data", "struct pglist_data *[]"},
    {"contig_page_data", "struct pglist_data"},
    {"vmap_area_list", "struct list_head"},
    {"slab_caches", "struct list_head"},
    {"totalreserve_pages", "unsigned long"},
    {"_totalram_pages", "atomic_long_t"},
    {"vm_node_stat", "atomic_long_t []"},
    {"vm_zone_stat", "atomic_long_t []"},
    {"memstart_addr", "s64"},
    {"kimage_voffset", "u64"},
    // CPUs (include/linux/cpumask.h, arch/x86/include/asm/percpu.h).
    {"nr_cpu_ids", "unsigned int"},
    {"__per_cpu_offset", "unsigned long []"},
    {"__cpu_online_mask", "struct cpumask"},
    {"__cpu_possible_mask", "struct cpumask"},
    {"__cpu_present_mask", "struct cpumask"},
    // Modules, names, command line (include/linux/init.h, printk.h, kernel/module).
    {"modules", "struct list_head"},
    {"linux_banner", "const char []"},
    {"saved_command_line", "char *"},
    {"boot_command_line", "char []"},
    // Devices, files, network.
    {"super_blocks", "struct list_head"},
    {"net_namespace_list", "struct list_head"},
    {"devices_kset", "struct kset *"},
};

} // namespace

std::span<const KnownVariable> knownVariables() { return kVariables; }

std::optional<Declaration> knownVariable(const TypeSource &types, std::string_view name)
{
    const auto known = std::ranges::find(kVariables, name, &KnownVariable::name);
    if (known == std::end(kVariables))
        return std::nullopt;
    const auto type = parseTypeName(types, known->type);
    if (!type)
        return std::nullopt;
    Declaration declaration;
    declaration.name = name;
    declaration.type = *type;
    declaration.isExternal = true;
    return declaration;
}

} // namespace ks
