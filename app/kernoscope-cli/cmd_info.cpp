#include "app/kernoscope-cli/commands.h"
#include "app/kernoscope-cli/snapshot_text.h"
#include "core/kernel/modules.h"
#include "core/kernel/tasks.h"

#include <fmt/core.h>

namespace ks::cli {
namespace {

Json orNull(const std::string &text) { return text.empty() ? Json(nullptr) : Json(text); }

/// A count that is not whole would pass for one that is; then there is none, and a note says why.
template <class List>
Json countOrNull(const Output &out, const char *what, const Result<List> &list)
{
    if (!list)
        return nullptr;
    if (list->incomplete.empty())
        return list->entries.size();
    out.warn(
        fmt::format("{}: {} were found, then the list broke off: {}", what, list->entries.size(), list->incomplete));
    return nullptr;
}

} // namespace

ExitCode run(const Run &run, const InfoCommand &)
{
    const KernelInfo &info = run.session.info();
    const auto tasks = kernel::listTasks(run.context);
    const auto modules =
        kernel::listModules(run.context); // not of the session, which does not say if the list broke off
    Json document{{"release", orNull(info.release)},
                  {"build_id", orNull(info.buildId)},
                  {"arch", orNull(info.architecture)},
                  {"kaslr_offset", jsonHex(info.kaslrOffset)},
                  {"phys_base", jsonHex(info.physBase)},
                  {"page_levels", info.pageLevels ? Json(*info.pageLevels) : Json(nullptr)},
                  {"cmdline", orNull(info.commandLine)},
                  {"types_from", orNull(info.typesFrom)},
                  {"symbols_from", orNull(info.symbolsFrom)},
                  {"segments", run.session.segments().all().size()},
                  {"tasks", countOrNull(run.out, "tasks", tasks)},
                  {"modules", countOrNull(run.out, "modules", modules)}};
    // Only when types were asked for in a hurry (--types quick).
    if (!info.typesPending.empty())
        document["types_pending"] = info.typesPending;
    const auto snapshot = findSnapshotNote(run.session.notes());
    if (snapshot)
        document["snapshot"] = run.out.json() ? toJson(*snapshot) : Json(summaryOf(*snapshot));
    if (run.out.json()) {
        run.out.writeJson(document);
        return kAllAnswered;
    }
    static constexpr std::pair<const char *, const char *> kLabels[] = {
        {"release", "release"},           {"build_id", "build-id"},   {"arch", "architecture"},
        {"kaslr_offset", "KASLR offset"}, {"phys_base", "phys base"}, {"page_levels", "page levels"},
        {"cmdline", "command line"},      {"types_from", "types"},    {"types_pending", "to be indexed"},
        {"symbols_from", "symbols"},      {"segments", "segments"},   {"tasks", "tasks"},
        {"modules", "modules"},           {"snapshot", "snapshot"}};
    for (const auto &[key, label] : kLabels) {
        if (!document.contains(key))
            continue;
        const Json &value = document.at(key);
        run.out.write(fmt::format("{:<13} {}\n", label,
                                  value.is_null()     ? "not known"
                                  : value.is_string() ? value.get<std::string>()
                                                      : value.dump()));
    }
    return kAllAnswered;
}

} // namespace ks::cli
