#include "app/kernoscope-cli/commands.h"
#include "core/kernel/module_sections.h"

#include <fmt/core.h>

#include <algorithm>

namespace ks::cli {
namespace {

using kernel::Module;

/// File names have dashes where the kernel's own names have underscores (KBUILD_MODNAME).
std::string kernelName(std::string name)
{
    std::ranges::replace(name, '-', '_');
    return name;
}

Json jsonText(const std::string &text) { return text.empty() ? Json(nullptr) : Json(text); }

Json toJson(const Module &module, const Result<std::vector<kernel::ModuleSection>> &sections,
            const std::optional<std::filesystem::path> &debugFile)
{
    Json entry{{"name", module.name},
               {"address", hex(module.address)},
               {"base", hex(module.layout.base)},
               {"size", module.layout.size},
               {"refcount", module.refcount ? jsonInteger(*module.refcount) : Json(nullptr)},
               {"users", module.users},
               {"state", name(module.state)},
               {"taints", hex(module.taints)},
               {"ranges", Json::array()},
               {"percpu", nullptr},
               {"sections", Json::array()},
               {"version", jsonText(module.version)},
               {"srcversion", jsonText(module.srcVersion)},
               {"build_id", jsonText(module.buildId)},
               {"debug_file", debugFile ? Json(debugFile->string()) : Json(nullptr)}};
    for (const kernel::ModuleRange &part : module.layout.ranges)
        entry["ranges"].push_back(
            {{"kind", name(part.kind)}, {"start", hex(part.range.first)}, {"size", part.range.size()}});
    if (module.perCpuSize != 0)
        entry["percpu"] = {{"offset", hex(module.perCpu)}, {"size", module.perCpuSize}};
    if (sections) {
        for (const kernel::ModuleSection &section : *sections)
            entry["sections"].push_back({{"name", section.name}, {"address", hex(section.address)}});
    } else {
        entry["sections"] = nullptr;
        if (sections.error().code != ErrorCode::NotFound)
            entry["error"] = jsonError(sections.error());
    }
    return entry;
}

void writeTable(const Output &out, const std::vector<const Module *> &modules)
{
    std::size_t width = 4;
    for (const Module *module : modules)
        width = std::max(width, module->name.size());
    out.write(fmt::format("{:<{}}  {:<18}  {:>10}  {:>6}  {:<8}  {:<18}  {}\n", "name", width, "base", "size", "uses",
                          "state", "struct module", "used by"));
    for (const Module *module : modules) {
        std::string users;
        for (const std::string &user : module->users)
            users += (users.empty() ? "" : ",") + user;
        out.write(fmt::format("{:<{}}  {:#018x}  {:>10}  {:>6}  {:<8}  {:#018x}  {}\n", module->name, width,
                              module->layout.base.value, module->layout.size,
                              module->refcount ? std::to_string(*module->refcount) : "-", name(module->state),
                              module->address.value, users.empty() ? "-" : users));
    }
}

} // namespace

ExitCode run(const Run &run, const ModulesCommand &command)
{
    const auto listing = kernel::listModules(run.context);
    if (!listing)
        return refuseList(run.out, listing.error());
    Answers answers;
    if (!listing->incomplete.empty()) {
        run.out.warn("the list of modules is not complete: " + listing->incomplete);
        answers.missed();
    }
    std::vector<const Module *> modules;
    Json document = Json::array();
    if (command.names.empty()) {
        for (const Module &module : listing->entries)
            modules.push_back(&module);
    }
    for (const std::string &wanted : command.names) {
        const auto found = std::ranges::find(listing->entries, kernelName(wanted), &Module::name);
        if (found != listing->entries.end()) {
            modules.push_back(&*found);
            continue;
        }
        const Error error{ErrorCode::NotFound, wanted, "no module of this name is loaded"};
        document.push_back({{"name", wanted}, {"error", jsonError(error)}});
        run.out.complain(error);
        answers.missed();
    }
    if (!run.out.json()) {
        writeTable(run.out, modules);
        return answers.code();
    }
    for (const Module *module : modules) {
        const auto sections = kernel::readModuleSections(run.context, module->address);
        if (!sections && sections.error().code != ErrorCode::NotFound) {
            run.out.complain(sections.error());
            answers.missed();
        }
        document.push_back(
            toJson(*module, sections, run.moduleDebugFile ? run.moduleDebugFile(*module) : std::nullopt));
    }
    run.out.writeJson(document);
    return answers.code();
}

} // namespace ks::cli
