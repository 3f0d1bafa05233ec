#include "app/kernoscope-cli/queries.h"
#include "app/kernoscope-cli/value_json.h"
#include "core/kernel/page_uses.h"
#include "core/kernel/slab_objects.h"
#include "core/kernel/tasks.h"
#include "core/kernel/vmap_areas.h"

#include <fmt/format.h>

#include <algorithm>

namespace ks::cli {
namespace {

using kernel::VmapArea;

/// What is known of the whole kernel, and asked for each address.
struct Facts {
    const Session &session;
    std::vector<VmapArea> areas;
    std::vector<Translation> translations; ///< one for each address; none when the page tables are not known
    std::vector<std::optional<kernel::SlabObject>> slabs; ///< one for each address
    std::vector<std::optional<kernel::PageUse>> pages;    ///< one for each address
    std::vector<kernel::Task> tasks;
    std::uint64_t taskSize = 0;
};

/// Of the address of this number among those that are known.
const Translation *translationOf(const Facts &facts, std::size_t known)
{
    return known < facts.translations.size() ? &facts.translations[known] : nullptr;
}

const VmapArea *areaOf(const Facts &facts, VirtAddr address)
{
    const auto found =
        std::ranges::lower_bound(facts.areas, address, {}, [](const VmapArea &area) { return area.range.last; });
    return found != facts.areas.end() && found->range.contains(address) ? &*found : nullptr;
}

const kernel::Task *taskOf(const Facts &facts, VirtAddr address)
{
    const kernel::Task *nearest = nullptr;
    for (const kernel::Task &task : facts.tasks)
        if (address >= task.address && (!nearest || task.address > nearest->address))
            nearest = &task;
    return nearest && address - nearest->address < facts.taskSize ? nearest : nullptr;
}

/// By the symbol, else by the module whose memory it is.
std::string moduleOf(const Session &session, const std::optional<SymbolHit> &hit, VirtAddr address)
{
    if (hit && !hit->symbol.module.empty())
        return std::string(hit->symbol.module);
    for (const kernel::Module &module : session.modules())
        for (const kernel::ModuleRange &part : module.layout.ranges)
            if (part.range.contains(address))
                return module.name;
    return {};
}

Json toJson(const Segment &segment)
{
    return {{"kind", name(segment.kind)}, {"start", hex(segment.range().first)}, {"size", segment.range().size()}};
}

Json toJson(const SymbolHit &hit)
{
    return {{"name", hit.symbol.name},
            {"address", hex(hit.symbol.address)},
            {"size", hit.symbol.size},
            {"offset", hit.offset}};
}

Json toJson(const Session &session, const VmapArea &area)
{
    const auto caller = area.caller.value != 0 ? session.symbols().lookup(area.caller) : std::nullopt;
    return {{"start", hex(area.range.first)},
            {"size", area.range.size()},
            {"flags", area.isMapRam ? std::vector<std::string>{"vm_map_ram"} : kernel::vmapFlagNames(area.flags)},
            {"caller", caller ? Json(toString(*caller)) : Json(nullptr)}};
}

Json toJson(const Translation &found)
{
    const bool hasEntry = !found.steps.empty() && found.steps.back().isRead;
    return {{"status", name(found.state.status)},
            {"phys", found.phys ? Json(hex(*found.phys)) : Json(nullptr)},
            {"page_size", found.pageSize != 0 ? Json(found.pageSize) : Json(nullptr)},
            {"flags", hasEntry ? Json(found.steps.back().entry.flags()) : Json(nullptr)}};
}

Json toJson(const kernel::Task &task)
{
    return {{"address", hex(task.address)}, {"pid", task.pid}, {"comm", task.comm}};
}

Json toJson(const kernel::PageUse &use)
{
    return {{"struct", hex(use.page)},
            {"kind", use.kind == kernel::PageKind::Unknown ? Json(nullptr) : Json(name(use.kind))}};
}

Json describe(const Facts &facts, VirtAddr address, std::size_t known)
{
    const Segment *segment = facts.session.segments().find(address);
    const auto hit = facts.session.symbols().lookup(address);
    const std::string module = moduleOf(facts.session, hit, address);
    const auto &slab = facts.slabs[known];
    const auto &use = facts.pages[known];
    const Translation *translation = translationOf(facts, known);
    const VmapArea *area = areaOf(facts, address);
    const kernel::Task *task = taskOf(facts, address);
    return {{"address", hex(address)},
            {"segment", segment ? toJson(*segment) : Json(nullptr)},
            {"symbol", hit ? toJson(*hit) : Json(nullptr)},
            {"module", module.empty() ? Json(nullptr) : Json(module)},
            {"type", nullptr},
            {"slab", slab ? slabJson(*slab) : Json(nullptr)},
            {"page", use ? toJson(*use) : Json(nullptr)},
            {"vmap", area ? toJson(facts.session, *area) : Json(nullptr)},
            {"task", task ? toJson(*task) : Json(nullptr)},
            {"pte", translation ? toJson(*translation) : Json(nullptr)}};
}

/// "0xffff...  direct-map, jiffies+0x4, phys 0x1000 (present)"
std::string textOf(const Facts &facts, VirtAddr address, std::size_t known)
{
    const auto &slab = facts.slabs[known];
    const auto &use = facts.pages[known];
    const Translation *translation = translationOf(facts, known);
    const Segment *segment = facts.session.segments().find(address);
    std::string text = fmt::format("{:#018x}  {}", address.value, segment ? name(segment->kind) : "in no segment");
    const auto hit = facts.session.symbols().lookup(address);
    if (hit)
        text += ", " + toString(*hit);
    const bool saysModule = hit && !hit->symbol.module.empty();
    if (const std::string module = moduleOf(facts.session, hit, address); !module.empty() && !saysModule)
        text += " [" + module + "]";
    if (const VmapArea *area = areaOf(facts, address)) {
        const auto caller = area->caller.value != 0 ? facts.session.symbols().lookup(area->caller) : std::nullopt;
        text += fmt::format(", {:#x} into an area of {:#x} bytes{}", address - area->range.first, area->range.size(),
                            caller ? " of " + toString(*caller) : "");
    }
    if (slab)
        text += ", " + kernel::toString(*slab);
    else if (use && use->kind != kernel::PageKind::Unknown)
        text += std::string(", page: ") + name(use->kind);
    if (const kernel::Task *task = taskOf(facts, address))
        text += fmt::format(", task {} ({})", task->pid, task->comm);
    if (translation)
        text += translation->phys ? ", phys " + hex(*translation->phys) : std::string();
    if (translation)
        text += std::string(" (") + name(translation->state.status) + ")";
    return text + "\n";
}

} // namespace

ExitCode run(const Run &run, const IdentifyCommand &command)
{
    Answers answers;
    Facts facts{.session = run.session};
    if (auto listing = kernel::listVmapAreas(run.context)) {
        if (!listing->incomplete.empty())
            run.out.warn("the vmap areas are not complete: " + listing->incomplete);
        facts.areas = std::move(listing->entries);
    }
    const auto queries = allQueries(command.addresses);
    std::vector<Result<VirtAddr>> addresses;
    std::vector<VirtAddr> known;
    for (const std::string &query : queries) {
        addresses.push_back(resolveAddress(run, query));
        if (addresses.back())
            known.push_back(*addresses.back());
    }
    if (const PageTables *tables = run.session.pageTables())
        facts.translations = tables->translate(known);
    facts.slabs = kernel::findSlabObjects(run.context, known);
    facts.pages = kernel::findPageUses(run.context, run.session.vmcoreInfo(), known);
    if (auto tasks = kernel::listTasks(run.context))
        facts.tasks = std::move(tasks->entries);
    facts.taskSize = kernel::taskSize(run.context).value_or(0);
    Json document = Json::array();
    std::size_t next = 0;
    for (std::size_t i = 0; i < queries.size(); ++i) {
        if (!addresses[i]) {
            document.push_back({{"address", queries[i]}, {"error", jsonError(addresses[i].error())}});
            run.out.complain(addresses[i].error());
            answers.missed();
            continue;
        }
        if (run.out.json())
            document.push_back(describe(facts, *addresses[i], next));
        else
            run.out.write(textOf(facts, *addresses[i], next));
        ++next;
    }
    if (run.out.json())
        run.out.writeJson(document);
    return answers.code();
}

} // namespace ks::cli
