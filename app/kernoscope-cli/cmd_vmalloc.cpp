#include "app/kernoscope-cli/commands.h"
#include "core/base/units.h"
#include "core/kernel/vmap_areas.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace ks::cli {
namespace {

using kernel::VmapArea;

constexpr std::uint64_t kNoGuard = 0x40; // VM_NO_GUARD

/// What the page tables say of an area.
struct Mapped {
    std::string status;      ///< of all pages, "mixed" if they differ; empty: not known
    std::uint64_t pages = 0; ///< that are mapped
};

/// Without the guard page.
AddrRange usable(const VmapArea &area)
{
    const bool hasGuard = area.vm.value != 0 && !(area.flags & kNoGuard) && area.range.size() > kPageSize;
    return {area.range.first, hasGuard ? area.range.last - kPageSize : area.range.last};
}

std::vector<Mapped> mappedOf(const Session &session, const std::vector<VmapArea> &areas)
{
    std::vector<Mapped> mapped(areas.size());
    if (!session.pageTables())
        return mapped;
    std::vector<AddrRange> ranges;
    for (const VmapArea &area : areas)
        ranges.push_back(area.range);
    const auto runs = session.pageTables()->walk(wholePages(ranges), PageTables::Detail::States);
    for (std::size_t i = 0; i < areas.size(); ++i) {
        const AddrRange range = usable(areas[i]);
        auto run = std::ranges::lower_bound(runs, range.first, {}, [](const PageRun &r) { return r.range.last; });
        for (; run != runs.end(); ++run) {
            const auto part = run->range.intersect(range);
            if (!part)
                break;
            const bool isDevice = run->state.present() && (areas[i].flags & kernel::kVmIoremap);
            const PageStatus status = isDevice ? PageStatus::Mmio : run->state.status;
            if (status == PageStatus::Present || status == PageStatus::Mmio)
                mapped[i].pages += part->size() / kPageSize;
            if (mapped[i].status.empty())
                mapped[i].status = name(status);
            else if (mapped[i].status != name(status))
                mapped[i].status = "mixed";
        }
    }
    return mapped;
}

std::vector<std::string> flagsOf(const VmapArea &area)
{
    return area.isMapRam ? std::vector<std::string>{"vm_map_ram"} : kernel::vmapFlagNames(area.flags);
}

std::string callerOf(const Session &session, const VmapArea &area)
{
    if (area.caller.value == 0)
        return {};
    const auto hit = session.symbols().lookup(area.caller);
    return hit ? toString(*hit) : hex(area.caller);
}

Json toJson(const Session &session, const VmapArea &area, const Mapped &mapped)
{
    const std::string caller = callerOf(session, area);
    const bool isKnown = !mapped.status.empty();
    return {{"start", hex(area.range.first)},
            {"end", hex(area.range.last + 1)},
            {"size", area.range.size()},
            {"flags", flagsOf(area)},
            {"pages", area.pages ? Json(*area.pages) : Json(nullptr)},
            {"mapped", isKnown ? Json(mapped.pages) : Json(nullptr)},
            {"phys", area.phys ? Json(hex(*area.phys)) : Json(nullptr)},
            {"caller", caller.empty() ? Json(nullptr) : Json(caller)},
            {"status", isKnown ? Json(mapped.status) : Json(nullptr)}};
}

void appendRow(const Session &session, const VmapArea &area, const Mapped &mapped, std::string &text)
{
    std::string flags;
    for (const std::string &flag : flagsOf(area))
        flags += (flags.empty() ? "" : ",") + flag;
    const std::string caller = callerOf(session, area);
    fmt::format_to(std::back_inserter(text), "{:#018x}  {:#018x}  {:>9}  {:>6}  {:<9}  {:<14}  {:<28}  {}\n",
                   area.range.first.value, area.range.last.value + 1, sizeText(area.range.size()),
                   mapped.status.empty() ? "-" : std::to_string(mapped.pages),
                   mapped.status.empty() ? "-" : mapped.status, area.phys ? hex(*area.phys) : "-",
                   flags.empty() ? "-" : flags, caller.empty() ? "-" : caller);
}

} // namespace

ExitCode run(const Run &run, const VmallocCommand &)
{
    const auto listing = kernel::listVmapAreas(run.context);
    if (!listing)
        return refuseList(run.out, listing.error());
    Answers answers;
    if (!listing->incomplete.empty()) {
        run.out.warn("the areas are not complete: " + listing->incomplete);
        answers.missed();
    }
    const auto mapped = mappedOf(run.session, listing->entries);
    Json document = Json::array();
    std::string text = fmt::format("{:<18}  {:<18}  {:>9}  {:>6}  {:<9}  {:<14}  {:<28}  {}\n", "start", "end", "size",
                                   "mapped", "status", "phys", "flags", "caller");
    for (std::size_t i = 0; i < listing->entries.size(); ++i) {
        const VmapArea &area = listing->entries[i];
        if (run.out.json())
            document.push_back(toJson(run.session, area, mapped[i]));
        else
            appendRow(run.session, area, mapped[i], text);
    }
    if (run.out.json())
        run.out.writeJson(document);
    else
        run.out.write(text);
    return answers.code();
}

} // namespace ks::cli
