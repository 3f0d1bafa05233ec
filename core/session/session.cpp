#include "core/session/session.h"

#include "core/memory/open_core.h"
#include "core/session/from_memory.h"
#include "core/session/layout.h"
#include "core/session/open_symbols.h"
#include "core/session/open_types.h"

#include <algorithm>

namespace ks {

struct Session::Parts {
    std::unique_ptr<MemorySource> memory;
    std::vector<Note> notes;
    std::optional<VmcoreInfo> vmcoreInfo;
    std::shared_ptr<const ElfImage> vmlinux;
    SymbolTable symbols;
    std::shared_ptr<const TypeSource> types;
    SegmentMap segments;
    KernelInfo info;
    std::vector<std::string> warnings;
};

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
    auto opened = openSymbols(options, parts->memory.get(), parts->vmcoreInfo, parts->warnings);
    if (!opened)
        return std::unexpected(opened.error());
    parts->vmlinux = opened->vmlinux;
    parts->symbols = std::move(opened->table);
    info.symbolsFrom = opened->from;
    info.kaslrOffset = opened->kaslrOffset;
    info.buildId = opened->buildId;
    info.release = opened->release;
    if (parts->vmlinux)
        info.vmlinux = parts->vmlinux->path();

    if (options.useTypes) {
        auto types = openTypes(options, parts->vmlinux, opened->isRunningKernel, parts->warnings, progress);
        if (!types)
            return std::unexpected(types.error());
        if (!types->types && parts->memory) {
            if (auto own = typesOfMemory(*parts->memory, parts->symbols))
                types = std::move(own);
        }
        parts->types = std::move(types->types);
        info.typesFrom = types->from;
        if (!parts->types && options.useCore)
            parts->warnings.push_back("no types: neither a vmlinux with debug information nor BTF was found");
    }

    if (parts->memory && !opened->hasModules)
        addModulesOfMemory(
            parts->symbols,
            {.memory = parts->memory.get(), .types = parts->types.get(), .kaslrOffset = info.kaslrOffset.value_or(0)},
            parts->warnings);

    if (parts->memory) {
        const MemorySource &memory = *parts->memory;
        info.release = firstNonEmpty(info.release, releaseOfBanner(memory, parts->symbols));
        info.physBase = findPhysBase(memory, parts->symbols, parts->vmcoreInfo);
        info.pageLevels = findPageLevels(memory, parts->symbols, parts->vmcoreInfo);
        parts->segments = SegmentMap::classify(memory.segments(), memory.machine(),
                                               findLayout(memory, parts->symbols, parts->vmcoreInfo, info.kaslrOffset));
    }
    if (progress.cancelled())
        return fail(ErrorCode::Cancelled, "opening", "cancelled");
    return std::shared_ptr<const Session>(new Session(std::move(parts)));
}

const KernelInfo &Session::info() const { return parts_->info; }
const std::vector<std::string> &Session::warnings() const { return parts_->warnings; }
bool Session::hasMemory() const { return parts_->memory != nullptr; }
const MemorySource &Session::memory() const { return *parts_->memory; }
const SegmentMap &Session::segments() const { return parts_->segments; }
const std::vector<Note> &Session::notes() const { return parts_->notes; }
const std::optional<VmcoreInfo> &Session::vmcoreInfo() const { return parts_->vmcoreInfo; }
const SymbolTable &Session::symbols() const { return parts_->symbols; }
const TypeSource *Session::types() const { return parts_->types.get(); }

EvalContext Session::context() const
{
    return {.memory = parts_->memory.get(),
            .symbols = &parts_->symbols,
            .types = parts_->types.get(),
            .kaslrOffset = parts_->info.kaslrOffset.value_or(0)};
}

} // namespace ks
