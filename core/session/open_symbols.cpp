#include "core/session/open_symbols.h"

#include "core/memory/open_core.h"
#include "core/session/debug_cache.h"
#include "core/symbols/debug_files.h"
#include "core/symbols/kallsyms_memory.h"
#include "core/symbols/kallsyms_scan.h"
#include "core/symbols/kaslr.h"
#include "core/symbols/symbol_readers.h"
#include "core/symbols/symbol_table_builder.h"

#include <algorithm>
#include <sys/utsname.h>

namespace ks {
namespace {

constexpr const char *kSystemKallsyms = "/proc/kallsyms";

/// Symbols at runtime addresses; the views point into `text`.
struct RuntimeSymbols {
    std::shared_ptr<const std::string> text;
    std::vector<Symbol> symbols;
    std::string from;
};

std::string runningRelease()
{
    utsname names = {};
    return ::uname(&names) == 0 ? names.release : "";
}

/// A live target of this release may be this machine's kernel: a demo or a guest's kcore has another.
bool isRunningKernel(const SessionOptions &options, const std::string &release)
{
    const bool kcore = options.core.empty() ? !options.coreFd || options.kallsymsFd : options.core == kKcorePath;
    return kcore && !options.live && (release.empty() || release == runningRelease());
}

/// Nothing when there is no kallsyms to read; an error only for a file that the person named.
Result<std::optional<RuntimeSymbols>> readKallsyms(const SessionOptions &options, bool isRunning,
                                                   std::vector<std::string> &warnings)
{
    RuntimeSymbols result;
    Result<std::string> text;
    if (!options.kallsyms.empty()) {
        result.from = options.kallsyms.string();
        text = readTextFile(options.kallsyms);
    } else if (options.kallsymsFd) {
        result.from = "kallsyms";
        auto file = FileHandle::duplicate(*options.kallsymsFd);
        if (!file)
            return std::unexpected(file.error());
        text = readTextFile(*file, result.from);
    } else if (isRunning) {
        result.from = kSystemKallsyms;
        text = readTextFile(kSystemKallsyms);
    } else {
        return std::nullopt;
    }
    if (text)
        result.text = std::make_shared<const std::string>(std::move(*text));
    auto symbols = text ? parseKallsyms(*result.text, result.from) : std::unexpected(text.error());
    if (!symbols) {
        if (!options.kallsyms.empty())
            return std::unexpected(symbols.error());
        warnings.push_back(symbols.error().message());
        return std::nullopt;
    }
    result.symbols = std::move(*symbols);
    return result;
}

/// With no file at all, the kernel's own tables in its memory.
std::optional<RuntimeSymbols> readTablesInMemory(const MemorySource &memory, const std::optional<VmcoreInfo> &notes,
                                                 std::vector<std::string> &warnings)
{
    constexpr const char *kFrom = "the kernel's own tables";
    if (const auto tables = notes ? KallsymsTables::find(*notes) : std::nullopt) {
        auto symbols = readKallsyms(memory, *tables);
        if (symbols)
            return RuntimeSymbols{std::move(symbols->names), std::move(symbols->symbols), kFrom};
        warnings.push_back(symbols.error().message());
    }
    auto found = scanKallsyms(memory, kernelImageCandidates(memory));
    if (found)
        return RuntimeSymbols{std::move(found->symbols.names), std::move(found->symbols.symbols), kFrom};
    warnings.push_back("no symbols: there is no vmlinux, System.map or kallsyms, and " + found.error().message());
    return std::nullopt;
}

/// The kernel's own symbols at linked addresses: what a vmlinux or a System.map holds.
struct LinkedSymbols {
    SymbolTable table; ///< one layer, which has not moved; empty if there is neither file
    std::string from;
};

Result<LinkedSymbols> readLinked(const SessionOptions &options, const std::shared_ptr<const ElfImage> &vmlinux)
{
    LinkedSymbols result;
    if (vmlinux && vmlinux->hasSymbols() && options.systemMap.empty()) {
        auto layer = openSymbolLayer(options, *vmlinux);
        if (!layer)
            return std::unexpected(layer.error());
        result.table = SymbolTable().with(std::move(*layer));
        result.from = vmlinux->path().string();
        return result;
    }
    std::vector<Symbol> symbols;
    std::shared_ptr<const MappedFile> systemMap; // the symbols' views point into it
    if (vmlinux && vmlinux->hasSymbols()) {
        auto ofVmlinux = readElfSymbols(*vmlinux);
        if (!ofVmlinux)
            return std::unexpected(ofVmlinux.error());
        symbols = std::move(*ofVmlinux);
        result.from = vmlinux->path().string();
    }
    if (!options.systemMap.empty()) {
        auto file = MappedFile::open(options.systemMap);
        if (!file)
            return std::unexpected(file.error());
        systemMap = std::move(*file);
        const auto bytes = systemMap->bytes();
        auto ofMap =
            parseSystemMap({reinterpret_cast<const char *>(bytes.data()), bytes.size()}, options.systemMap.string());
        if (!ofMap)
            return std::unexpected(ofMap.error());
        symbols.insert(symbols.end(), ofMap->begin(), ofMap->end());
        result.from += (result.from.empty() ? "" : ", ") + options.systemMap.string();
    }
    markPerCpu(symbols);
    SymbolTableBuilder builder;
    builder.reserve(symbols.size());
    for (const Symbol &symbol : symbols)
        builder.add(symbol);
    result.table = builder.build();
    return result;
}

/// The few symbols that tell how far the kernel was moved.
std::vector<Symbol> anchorsOf(const SymbolTable &table)
{
    std::vector<Symbol> anchors;
    for (const std::string_view name : kaslrAnchors()) {
        if (const auto symbol = table.findFirst(name))
            anchors.push_back(*symbol);
    }
    return anchors;
}

/// The kernel's own symbols where they lie in memory, and above them what they lack; by itself what kallsyms has in
/// brackets: modules, BPF programs, trampolines.
void addRuntime(OpenedSymbols &opened, const SymbolTable &linked, const std::vector<Symbol> &runtime)
{
    for (const SymbolTable::Placed &placed : linked.layers())
        opened.table = opened.table.with(placed.layer, opened.kaslrOffset.value_or(0));
    const auto add = [&](bool ofModules) {
        SymbolTableBuilder builder(opened.table);
        for (const Symbol &symbol : runtime)
            if (symbol.module.empty() != ofModules)
                builder.add(symbol);
        return builder.buildLayer();
    };
    opened.table = opened.table.with(add(false));
    opened.modules = add(true);
}

/// The build-id that the running kernel tells through /sys, for kernels whose VMCOREINFO has none.
std::string runningBuildId()
{
    const auto notes = readTextFile("/sys/kernel/notes");
    if (!notes)
        return {};
    return buildIdOfNotes(std::as_bytes(std::span(*notes))).value_or("");
}

/// The vmlinux that was named, or the one that is found. Nothing when there is none.
Result<std::shared_ptr<const ElfImage>> chooseVmlinux(const SessionOptions &options, const KernelEvidence &kernel,
                                                      std::vector<std::string> &warnings, Progress &progress)
{
    if (options.vmlinux.empty()) {
        if (!kernel.memory)
            return nullptr;
        auto found = findVmlinux(kernel, "/", &progress);
        if (!found) {
            warnings.push_back(found.error().message());
            return nullptr;
        }
        return found->image;
    }
    if (!kernel.memory)
        return ElfImage::open(options.vmlinux);
    auto named = openVmlinux(options.vmlinux, kernel);
    if (!named)
        return std::unexpected(named.error());
    if (named->verdict.belonging == Belonging::Unknown)
        warnings.push_back(options.vmlinux.string() + ": " + named->verdict.why);
    return named->image;
}

void append(std::string &list, const std::string &item)
{
    if (!item.empty())
        list += (list.empty() ? "" : " and ") + item;
}

} // namespace

Result<OpenedSymbols> openSymbols(const SessionOptions &options, const MemorySource *memory,
                                  const std::optional<VmcoreInfo> &notes, std::vector<std::string> &warnings,
                                  Progress &progress)
{
    OpenedSymbols opened;
    opened.isRunningKernel = memory && isRunningKernel(options, notes ? notes->release().value_or("") : "");
    auto kallsyms = readKallsyms(options, opened.isRunningKernel, warnings);
    if (!kallsyms)
        return std::unexpected(kallsyms.error());
    std::vector<Symbol> runtime;
    if (*kallsyms)
        runtime = std::move((*kallsyms)->symbols);

    KernelEvidence kernel{.vmcoreInfo = notes ? &*notes : nullptr, .memory = memory, .runtime = runtime};
    if (opened.isRunningKernel) {
        kernel.buildId = runningBuildId();
        kernel.release = runningRelease();
    }
    auto vmlinux = chooseVmlinux(options, kernel, warnings, progress);
    if (!vmlinux)
        return std::unexpected(vmlinux.error());
    opened.vmlinux = std::move(*vmlinux);
    opened.buildId = kernelBuildId(kernel);
    opened.release = kernelRelease(kernel);
    if (opened.buildId.empty() && opened.vmlinux)
        opened.buildId = opened.vmlinux->buildId().value_or("");
    if (!memory && !options.useSymbols)
        return opened;

    auto linked = readLinked(options, opened.vmlinux);
    if (!linked)
        return std::unexpected(linked.error());
    if (memory && runtime.empty() && linked->table.size() == 0) {
        *kallsyms = readTablesInMemory(*memory, notes, warnings);
        if (*kallsyms)
            runtime = std::move((*kallsyms)->symbols);
        markPerCpu(runtime);
    }
    const auto anchors = anchorsOf(linked->table);
    auto kaslr = findKaslrOffset({kernel.vmcoreInfo, anchors, runtime, options.kaslrOffset});
    if (!kaslr)
        return std::unexpected(kaslr.error());
    if (*kaslr)
        opened.kaslrOffset = (*kaslr)->value;
    else if (memory && linked->table.size() != 0)
        warnings.push_back("the KASLR offset is not known, so names may stand at wrong addresses (give --kaslr)");
    addRuntime(opened, linked->table, runtime);
    append(opened.from, linked->from);
    append(opened.from, *kallsyms ? (*kallsyms)->from : "");
    return opened;
}

} // namespace ks
