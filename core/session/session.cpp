#include "core/session/session.h"

#include "core/kernel/module_symbols.h"
#include "core/kernel/vmap_areas.h"
#include "core/memory/mapped_source.h"
#include "core/memory/open_core.h"
#include "core/session/layout.h"
#include "core/session/module_types.h"
#include "core/session/open_symbols.h"
#include "core/session/open_types.h"
#include "core/session/page_tables.h"
#include "core/symbols/symbol_table_builder.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace ks {

/// Sessions of one kernel share all that is behind a pointer.
struct Session::Parts {
    SessionOptions options;
    std::shared_ptr<const MemorySource> memory;
    std::shared_ptr<MappedSource> mapped; ///< `memory`, if page tables are known
    std::vector<Note> notes;
    std::optional<VmcoreInfo> vmcoreInfo;
    std::shared_ptr<const ElfImage> vmlinux;
    SymbolTable kernelSymbols;
    SymbolTable symbols;
    std::shared_ptr<const SymbolLayer> kallsymsModules; ///< null: kallsyms was not read
    bool isKallsymsFresh = false;                       ///< no module has come or gone since
    bool isRunningKernel = false;
    std::shared_ptr<const TypeSource> kernelTypes;
    std::function<Result<std::shared_ptr<const TypeSource>>(Progress &)> openRestOfTypes;
    std::vector<kernel::Module> modules;
    std::set<std::string, std::less<>> wereModules; ///< all names that modules have had since this kernel was opened
    std::shared_ptr<const ModuleOpener> opener;
    std::vector<std::shared_ptr<const ModuleTypes>> moduleTypes;
    std::shared_ptr<const TypeSource> types; ///< of the kernel and its modules
    /// Those of the sessions before: somebody may still hold types of theirs.
    std::vector<std::shared_ptr<const void>> earlierTypes;
    SegmentMap segments;
    KernelInfo info;
    std::vector<std::string> warnings;

    EvalContext kernelContext() const
    {
        return {.memory = memory.get(),
                .symbols = &kernelSymbols,
                .types = kernelTypes.get(),
                .kaslrOffset = info.kaslrOffset.value_or(0)};
    }
    void mapMemory();
    void learnDeviceMemory() const;
    std::shared_ptr<const SymbolLayer> moduleLayer();
    Result<std::string> readModules();
    void placeModules();
};

/// From here on memory is what the kernel's page tables map.
void Session::Parts::mapMemory()
{
    const auto tables = findPageTables(memory, kernelSymbols, vmcoreInfo, info.kaslrOffset);
    if (tables) {
        mapped = std::make_shared<MappedSource>(*tables);
        memory = mapped;
    } else if (memory->isLive() && tables.error().code != ErrorCode::Unsupported) {
        warnings.push_back("what is not mapped cannot be told from zeros: " + tables.error().message());
    }
}

/// Nearly all device memory is told by its physical address. This is for what lies in RAM and is a device all the same.
void Session::Parts::learnDeviceMemory() const
{
    if (!mapped || !kernelTypes)
        return;
    if (const auto areas = kernel::listVmapAreas(kernelContext()))
        mapped->setDeviceMemory(kernel::deviceMemory(areas->entries));
}

/// What the kernel's list tells now. Gives where it broke off; empty when it is whole.
Result<std::string> Session::Parts::readModules()
{
    modules.clear();
    if (!options.useModules || !memory || !kernelTypes)
        return std::string();
    auto listing = kernel::listModules(kernelContext());
    if (!listing)
        return std::unexpected(listing.error());
    modules = std::move(listing->entries);
    std::ranges::sort(modules, {}, [](const kernel::Module &module) { return module.layout.base; });
    for (const kernel::Module &module : modules)
        wereModules.insert(module.name);
    return std::move(listing->incomplete);
}

/// The symbols of `modules` out of memory, and what kallsyms had besides (BPF programs).
std::shared_ptr<const SymbolLayer> Session::Parts::moduleLayer()
{
    SymbolTableBuilder builder(kernelSymbols);
    const auto problems = kernel::addModuleSymbols(kernelContext(), modules, builder);
    warnings.insert(warnings.end(), problems.begin(), problems.end());
    const SymbolTable before = SymbolTable().with(kallsymsModules);
    for (std::size_t i = 0; i < before.size(); ++i) {
        const Symbol symbol = before.at(i);
        if (!wereModules.contains(symbol.module))
            builder.add(symbol);
    }
    return builder.buildLayer();
}

/// Makes the symbols and types of the kernel together with those of `modules`.
void Session::Parts::placeModules()
{
    symbols = kernelSymbols.with(isKallsymsFresh ? kallsymsModules : moduleLayer());
    if (types)
        earlierTypes.push_back(types);
    types = nullptr;
    if (!kernelTypes)
        return;
    if (!opener && !modules.empty())
        opener = std::make_shared<const ModuleOpener>(ModuleOpener::Kernel{.options = options,
                                                                           .memory = memory,
                                                                           .vmlinux = vmlinux,
                                                                           .types = kernelTypes,
                                                                           .symbols = kernelSymbols,
                                                                           .kaslrOffset = info.kaslrOffset.value_or(0),
                                                                           .release = info.release,
                                                                           .isRunning = isRunningKernel});
    moduleTypes = opener ? opener->typesOf(modules, moduleTypes) : decltype(moduleTypes){};
    types = std::make_shared<const ModularTypes>(kernelTypes, moduleTypes);
}

namespace {

Result<std::unique_ptr<MemorySource>> openMemory(const SessionOptions &options)
{
    const OpenCoreOptions how{options.live, options.description};
    if (options.coreFd) {
        auto file = FileHandle::duplicate(*options.coreFd);
        if (!file)
            return std::unexpected(file.error());
        return openCore(std::move(*file), how);
    }
    return openCore(options.core.empty() ? std::filesystem::path(kKcorePath) : options.core, how);
}

const char *architecture(Machine machine)
{
    switch (machine) {
    case Machine::X86_64: return "x86_64";
    case Machine::Arm64: return "aarch64";
    case Machine::Other: break;
    }
    return "";
}

std::string firstNonEmpty(std::string a, std::string b) { return a.empty() ? std::move(b) : std::move(a); }

/// The release as the banner "Linux version RELEASE (...)" tells it, for kernels without VMCOREINFO.
std::string releaseOfBanner(const MemorySource &memory, const SymbolTable &symbols)
{
    constexpr std::string_view kBegin = "Linux version ";
    const auto banner = symbols.findFirst("linux_banner");
    if (!banner)
        return {};
    constexpr std::size_t kEnough = 128;
    const MemoryBlock block = memory.read(banner->address, kEnough);
    const auto bytes = block.present(banner->address, kEnough);
    if (!bytes)
        return {};
    std::string_view text(reinterpret_cast<const char *>(bytes->data()), bytes->size());
    if (!text.starts_with(kBegin))
        return {};
    text.remove_prefix(kBegin.size());
    return std::string(text.substr(0, text.find_first_of(" \0")));
}

} // namespace

Session::Session(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Session::~Session() = default;

Result<std::shared_ptr<const Session>> Session::open(const SessionOptions &options, Progress &progress)
{
    auto parts = std::make_unique<Parts>();
    parts->options = options;
    KernelInfo &info = parts->info;

    if (options.useCore) {
        progress.begin("opening memory");
        auto memory = openMemory(options);
        if (!memory)
            return std::unexpected(memory.error());
        parts->memory = std::move(*memory);
        parts->notes = parts->memory->notes();
        parts->vmcoreInfo = findVmcoreInfo(parts->notes);
        info.architecture = architecture(parts->memory->machine());
        info.commandLine = findCommandLine(parts->notes).value_or("");
        if (const auto truncation = parts->memory->truncation())
            parts->warnings.push_back(*truncation);
    }

    progress.begin("reading symbols");
    auto opened = openSymbols(options, parts->memory.get(), parts->vmcoreInfo, parts->warnings, progress);
    if (!opened)
        return std::unexpected(opened.error());
    parts->vmlinux = opened->vmlinux;
    parts->kernelSymbols = std::move(opened->table);
    info.symbolsFrom = opened->from;
    info.kaslrOffset = opened->kaslrOffset;
    info.buildId = opened->buildId;
    info.release = opened->release;
    if (parts->vmlinux)
        info.vmlinux = parts->vmlinux->path();
    if (parts->memory)
        parts->mapMemory();

    // Without kallsyms the symbols of modules come out of memory, for which struct module has to be known.
    SessionOptions wanted = options;
    if (options.types == TypesChoice::None && parts->memory && options.useModules && !opened->modules)
        wanted.types = TypesChoice::Quick;
    if (wanted.types != TypesChoice::None) {
        const TypesAtHand atHand{parts->vmlinux, opened->isRunningKernel, parts->memory.get(), &parts->kernelSymbols};
        auto types = openTypes(wanted, atHand, parts->warnings, progress);
        if (!types)
            return std::unexpected(types.error());
        parts->kernelTypes = std::move(types->types);
        parts->openRestOfTypes = std::move(types->openRest);
        info.typesFrom = types->from;
        info.typesPending = types->restFrom;
        if (!parts->kernelTypes && options.useCore)
            parts->warnings.push_back("no types: neither a vmlinux with debug information nor BTF was found");
    }

    parts->learnDeviceMemory();
    parts->isRunningKernel = opened->isRunningKernel;
    parts->kallsymsModules = std::move(opened->modules);
    parts->isKallsymsFresh = parts->kallsymsModules != nullptr;
    // An error is that of a kernel without modules, or of types that say nothing of them.
    if (const auto brokenOff = parts->readModules(); brokenOff && !brokenOff->empty())
        parts->warnings.push_back("modules: " + *brokenOff);
    parts->placeModules();

    if (parts->memory) {
        const MemorySource &memory = *parts->memory;
        const SymbolTable &symbols = parts->symbols;
        info.release = firstNonEmpty(info.release, releaseOfBanner(memory, symbols));
        info.physBase = findPhysBase(memory, symbols, parts->vmcoreInfo);
        info.pageLevels = findPageLevels(memory, symbols, parts->vmcoreInfo);
        parts->segments = SegmentMap::classify(memory.segments(), memory.machine(),
                                               findLayout(memory, symbols, parts->vmcoreInfo, info.kaslrOffset));
    }
    if (progress.cancelled())
        return fail(ErrorCode::Cancelled, "opening", "cancelled");
    return std::shared_ptr<const Session>(new Session(std::move(parts)));
}

Result<std::shared_ptr<const Session>> Session::withModulesOfNow(Progress &) const
{
    auto parts = std::make_unique<Parts>(*parts_);
    parts->learnDeviceMemory();
    // What cannot be read, or is read while it changes, has not lost its modules.
    const auto brokenOff = parts->readModules();
    if (!brokenOff)
        return std::unexpected(brokenOff.error());
    if (!brokenOff->empty())
        return fail(ErrorCode::Unreadable, "modules", *brokenOff);
    const auto identity = [](const kernel::Module &module) {
        return std::tie(module.address, module.name, module.state);
    };
    if (std::ranges::equal(parts->modules, parts_->modules, {}, identity, identity))
        return nullptr;
    parts->isKallsymsFresh = false;
    parts->placeModules();
    return std::shared_ptr<const Session>(new Session(std::move(parts)));
}

Result<std::shared_ptr<const Session>> Session::withAllTypes(Progress &progress) const
{
    if (!parts_->openRestOfTypes)
        return fail(ErrorCode::NotFound, "types", "there are no better ones than those that serve");
    auto types = parts_->openRestOfTypes(progress);
    if (!types)
        return std::unexpected(types.error());
    auto parts = std::make_unique<Parts>(*parts_);
    parts->kernelTypes = std::move(*types);
    parts->openRestOfTypes = {};
    parts->info.typesFrom = std::exchange(parts->info.typesPending, {});
    parts->opener = nullptr;
    parts->placeModules();
    return std::shared_ptr<const Session>(new Session(std::move(parts)));
}

const KernelInfo &Session::info() const { return parts_->info; }
const std::vector<std::string> &Session::warnings() const { return parts_->warnings; }
bool Session::hasMemory() const { return parts_->memory != nullptr; }
const MemorySource &Session::memory() const { return *parts_->memory; }
const PageTables *Session::pageTables() const { return parts_->mapped ? &parts_->mapped->tables() : nullptr; }
const SegmentMap &Session::segments() const { return parts_->segments; }
const std::vector<Note> &Session::notes() const { return parts_->notes; }
const std::optional<VmcoreInfo> &Session::vmcoreInfo() const { return parts_->vmcoreInfo; }
const SymbolTable &Session::symbols() const { return parts_->symbols; }
const TypeSource *Session::types() const { return parts_->types.get(); }

const std::vector<kernel::Module> &Session::modules() const { return parts_->modules; }

std::string Session::moduleTypesFrom(std::string_view module) const
{
    const auto found = std::ranges::find(parts_->moduleTypes, module,
                                         [](const auto &types) { return std::string_view(types->name()); });
    if (found == parts_->moduleTypes.end())
        return {};
    if (const auto types = (*found)->opened())
        return std::string(types->format());
    const auto problem = (*found)->problem();
    return problem ? "none: " + problem->why : std::string();
}

void Session::openModuleTypes(std::string_view module) const
{
    const auto found = std::ranges::find(parts_->moduleTypes, module,
                                         [](const auto &types) { return std::string_view(types->name()); });
    if (found != parts_->moduleTypes.end())
        (void)(*found)->typesAtLast();
}

std::optional<Session::ModuleOpening> Session::moduleOpening() const
{
    for (const auto &types : parts_->moduleTypes)
        if (auto work = types->opening())
            return ModuleOpening{types->name(), std::move(work)};
    return std::nullopt;
}

Result<std::filesystem::path> Session::moduleFile(const kernel::Module &module) const
{
    if (!parts_->opener)
        return fail(ErrorCode::NotFound, module.name, "the modules of this target are not known");
    const auto file = parts_->opener->findFile(module);
    if (!file)
        return std::unexpected(file.error());
    return file->image->path();
}

EvalContext Session::context() const
{
    return {.memory = parts_->memory.get(),
            .symbols = &parts_->symbols,
            .types = parts_->types.get(),
            .kaslrOffset = parts_->info.kaslrOffset.value_or(0)};
}

} // namespace ks
