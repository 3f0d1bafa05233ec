#include "core/session/module_types.h"

#include "core/kernel/module_sections.h"
#include "core/session/debug_cache.h"
#include "core/session/open_types.h"

#include <algorithm>

namespace ks {
namespace {

constexpr const char *kSystemBtf = "/sys/kernel/btf";
constexpr const char *kSystemModules = "/sys/module";

} // namespace

ModuleOpener::ModuleOpener(Kernel kernel) : kernel_(std::move(kernel)), files_(kernel_.options.moduleDirs) {}

EvalContext ModuleOpener::context() const
{
    return {.memory = kernel_.memory.get(),
            .symbols = &kernel_.symbols,
            .types = kernel_.types.get(),
            .kaslrOffset = kernel_.kaslrOffset};
}

Result<FoundModule> ModuleOpener::findFile(const kernel::Module &module, Progress *download) const
{
    return files_.find(
        {.name = module.name, .buildId = module.buildId, .srcversion = module.srcVersion, .release = kernel_.release},
        download);
}

Result<SectionAddresses> ModuleOpener::sectionsOf(const kernel::Module &module) const
{
    auto sections = kernel::readModuleSections(context(), module.address);
    if (!sections && kernel_.isRunning)
        if (auto told = kernel::readSysModuleSections(kSystemModules, module.name))
            sections = std::move(told);
    if (!sections)
        return std::unexpected(sections.error());
    SectionAddresses addresses;
    for (const kernel::ModuleSection &section : *sections)
        addresses.byName.emplace(section.name, section.address);
    if (module.perCpuSize != 0)
        addresses.perCpu = module.perCpu;
    addresses.initIsFreed = module.state != kernel::ModuleState::Coming;
    return addresses;
}

/// What the BTF of modules continues.
std::shared_ptr<const BtfReader> ModuleOpener::kernelBtf() const
{
    std::call_once(btfOnce_, [this] {
        if (auto serving = std::dynamic_pointer_cast<const BtfReader>(kernel_.types)) {
            btf_ = std::move(serving);
            return;
        }
        const TypesAtHand atHand{kernel_.vmlinux, kernel_.isRunning, kernel_.memory.get(), &kernel_.symbols};
        if (auto opened = openAnyBtf(atHand))
            btf_ = std::dynamic_pointer_cast<const BtfReader>(opened->types);
    });
    return btf_;
}

const std::map<std::string, kernel::ModuleBtf> &ModuleOpener::btfInMemory() const
{
    std::call_once(listOnce_, [this] {
        if (const auto listing = kernel::listModuleBtf(context()))
            for (const kernel::ModuleBtf &btf : listing->entries)
                btfInMemory_.emplace(btf.module, btf);
    });
    return btfInMemory_;
}

ModuleOpener::Types ModuleOpener::openBtf(const kernel::Module &module) const
{
    const auto base = kernelBtf();
    if (!base)
        return fail(ErrorCode::NotFound, module.name, "the kernel has no BTF that its could continue");
    if (kernel_.isRunning)
        if (auto opened = BtfReader::open(std::filesystem::path(kSystemBtf) / module.name, base))
            return std::move(*opened);
    if (const auto known = btfInMemory().find(module.name); known != btfInMemory().end()) {
        const auto bytes = kernel::readModuleBtf(*kernel_.memory, known->second);
        if (!bytes)
            return std::unexpected(bytes.error());
        auto opened = BtfReader::parse(*bytes, (*bytes)->bytes(), base);
        if (!opened)
            return std::unexpected(opened.error());
        return std::move(*opened);
    }
    const auto file = findFile(module);
    if (!file)
        return std::unexpected(file.error());
    auto opened = BtfReader::open(file->image, base);
    if (!opened)
        return std::unexpected(opened.error());
    return std::move(*opened);
}

ModuleOpener::Types ModuleOpener::openDwarf(const kernel::Module &module, Progress &progress) const
{
    const auto file = findFile(module, &progress);
    if (!file)
        return std::unexpected(file.error());
    if (!file->facts.hasDebugInfo)
        return fail(ErrorCode::NotFound, file->image->path().string(), "has no debug information",
                    "install the kernel's debug symbols, or give --modules-dir");
    // Without its sections the types are right all the same; only what is in memory is nowhere.
    const auto sections = sectionsOf(module);
    auto dwarf = dwarfSectionsOf(file->image, sections.value_or(SectionAddresses{}));
    if (!dwarf)
        return std::unexpected(dwarf.error());
    return ks::openDwarf(kernel_.options, *file->image, *dwarf, progress);
}

std::vector<std::shared_ptr<const ModuleTypes>>
ModuleOpener::typesOf(const std::vector<kernel::Module> &modules,
                      const std::vector<std::shared_ptr<const ModuleTypes>> &before) const
{
    std::vector<std::shared_ptr<const ModuleTypes>> result;
    for (const kernel::Module &module : modules) {
        const auto known = std::ranges::find_if(before, [&](const std::shared_ptr<const ModuleTypes> &types) {
            return types->name() == module.name && types->address() == module.address;
        });
        if (known != before.end()) {
            result.push_back(*known);
            continue;
        }
        const auto self = shared_from_this();
        const bool wantsDwarf = kernel_.options.types != TypesChoice::Btf;
        const bool wantsBtf = kernel_.options.types != TypesChoice::Dwarf;
        result.push_back(std::make_shared<const ModuleTypes>(
            module.name, module.address,
            wantsBtf ? [self, module](Progress &) { return self->openBtf(module); } : ModuleTypes::Open{},
            wantsDwarf ? [self, module](Progress &progress) { return self->openDwarf(module, progress); }
                       : ModuleTypes::Open{}));
    }
    return result;
}

} // namespace ks
