#include "core/kernel/module_refcount.h"

#include "core/values/identifiers.h"

#include <cstring>

namespace ks::kernel {
namespace {

/// Which CPUs can be: bit by bit. Before 4.5 the map was called cpu_possible_bits. Nothing when it is not known.
std::optional<MemoryBlock> readPossibleCpus(const EvalContext &context, std::size_t bytes)
{
    for (const char *name : {"__cpu_possible_mask", "cpu_possible_bits"})
        if (const auto symbol = context.symbols->findFirst(name))
            return context.memory->read(symbol->address, bytes);
    return std::nullopt;
}

/// Before 3.19 every CPU counted by itself: the sum of all incs less that of all decs (module_refcount() there).
std::optional<std::int64_t> sumOfCpus(const EvalContext &context, VirtAddr counters)
{
    const auto type = structType(context, "module_ref");
    if (!type || !context.symbols)
        return std::nullopt;
    constexpr std::uint64_t kMaxCpus = 8192; // CONFIG_NR_CPUS has no larger range
    const auto possible = readPossibleCpus(context, kMaxCpus / 8);
    std::uint64_t sum = 0;
    std::uint64_t counted = 0;
    for (std::uint64_t cpu = 0; cpu < kMaxCpus; ++cpu) {
        const auto offset = expr::perCpuOffset(context, cpu);
        if (!offset)
            break;
        const auto bits = possible ? possible->present(possible->address() + cpu / 8, 1) : std::nullopt;
        if (bits && (std::to_integer<unsigned>(bits->front()) >> (cpu % 8) & 1) == 0)
            continue;
        const Value one = readValue(context, *type, counters + *offset);
        const auto incs = integerMember(one, "incs");
        const auto decs = integerMember(one, "decs");
        if (!incs || !decs)
            return std::nullopt;
        sum += static_cast<std::uint64_t>(*incs) - static_cast<std::uint64_t>(*decs);
        ++counted;
    }
    return counted != 0 ? std::optional(static_cast<std::int64_t>(sum)) : std::nullopt;
}

} // namespace

std::optional<std::int64_t> moduleRefcount(const EvalContext &context, const Value &module)
{
    // Since 3.19 (2f35c41f58a9) an atomic_t that counts one more than there are users: MODULE_REF_BASE.
    constexpr std::int64_t kModuleRefBase = 1;
    if (const auto count = integerMember(module, "refcnt.counter"))
        return *count - kModuleRefBase;
    const auto counters = pointerMember(module, "refptr");
    return counters ? sumOfCpus(context, *counters) : std::nullopt;
}

std::vector<VirtAddr> moduleUsers(const EvalContext &context, const Value &module)
{
    std::vector<VirtAddr> users;
    constexpr std::size_t kMaxUsers = 1 << 10;
    const auto type = structType(context, "module_use");
    const auto list = memberOf(module, "source_list");
    if (!type || !list || !list->address())
        return users;
    // Read with the module already: most are used by none, and an empty list points to itself.
    if (pointerMember(*list, "next") == list->address())
        return users;
    const auto walk = walkList(context, *list->address(), *type, "source_list", kMaxUsers);
    if (!walk)
        return users;
    std::vector<VirtAddr> uses;
    for (const WalkEntry &entry : walk->entries)
        uses.push_back(entry.object);
    for (const Value &use : readObjects(context, *type, uses))
        if (const auto source = pointerMember(use, "source"))
            users.push_back(*source);
    return users;
}

} // namespace ks::kernel
