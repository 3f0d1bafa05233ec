#include "core/session/open_types.h"

#include "core/kernel/btf_in_memory.h"
#include "core/session/debug_cache.h"
#include "core/types/btf_reader.h"

namespace ks {
namespace {

Result<OpenedTypes> servedBy(Result<std::shared_ptr<const BtfReader>> reader, const std::string &what)
{
    if (!reader)
        return std::unexpected(reader.error());
    return OpenedTypes{std::move(*reader), "BTF of " + what, {}, {}};
}

Result<OpenedTypes> openBtf(const std::filesystem::path &path, const std::filesystem::path &basePath = {})
{
    std::shared_ptr<const BtfReader> base;
    if (!basePath.empty()) {
        auto opened = BtfReader::open(basePath);
        if (!opened)
            return std::unexpected(opened.error());
        base = std::move(*opened);
    }
    return servedBy(BtfReader::open(path, std::move(base)), path.string());
}

} // namespace

Result<OpenedTypes> openAnyBtf(const TypesAtHand &atHand)
{
    if (atHand.vmlinux && atHand.vmlinux->section(".BTF"))
        return servedBy(BtfReader::open(atHand.vmlinux), atHand.vmlinux->path().string());
    if (atHand.isRunningKernel)
        if (auto opened = openBtf(kSystemBtfPath))
            return opened;
    if (atHand.memory && atHand.symbols) {
        auto bytes = kernel::readKernelBtf(*atHand.memory, *atHand.symbols);
        if (bytes)
            return servedBy(BtfReader::parse(*bytes, (*bytes)->bytes()), "the kernel's own memory");
        if (bytes.error().code != ErrorCode::NotFound)
            return std::unexpected(bytes.error());
    }
    return OpenedTypes{};
}

namespace {

/// Nothing when vmlinux has no DWARF. In a hurry, what has to be indexed first is left as the rest.
Result<OpenedTypes> openDwarfOf(const std::shared_ptr<const ElfImage> &image, const SessionOptions &options,
                                Progress &progress)
{
    if (!image)
        return OpenedTypes{};
    auto sections = dwarfSectionsOf(image);
    if (!sections && sections.error().code == ErrorCode::NotFound)
        return OpenedTypes{};
    if (!sections)
        return std::unexpected(sections.error());
    const std::string from = "DWARF of " + image->path().string();
    const auto open = [image, options, sections = *sections](Progress &how) {
        how.begin("indexing types");
        return openDwarf(options, *image, sections, how);
    };
    if (options.types == TypesChoice::Quick) {
        if (auto kept = openKeptDwarf(options, *image, *sections))
            return OpenedTypes{std::move(kept), from, {}, {}};
        return OpenedTypes{nullptr, {}, open, from};
    }
    auto types = open(progress);
    if (!types)
        return std::unexpected(types.error());
    return OpenedTypes{std::move(*types), from, {}, {}};
}

} // namespace

Result<OpenedTypes> openTypes(const SessionOptions &options, const TypesAtHand &atHand,
                              std::vector<std::string> &warnings, Progress &progress)
{
    if (!options.btf.empty())
        return openBtf(options.btf, options.btfBase);
    if (options.types == TypesChoice::Btf)
        return openAnyBtf(atHand);
    auto dwarf = openDwarfOf(atHand.vmlinux, options, progress);
    if (!dwarf && (dwarf.error().code == ErrorCode::Cancelled || options.types == TypesChoice::Dwarf))
        return dwarf;
    if (!dwarf) {
        warnings.push_back(dwarf.error().message());
        dwarf = OpenedTypes{};
    }
    if (dwarf->types || options.types == TypesChoice::Dwarf)
        return dwarf;
    auto btf = openAnyBtf(atHand);
    if (!dwarf->openRest)
        return btf;
    if (!btf || !btf->types) {
        // Nothing answers at once, so the answer has to wait.
        auto types = dwarf->openRest(progress);
        if (!types)
            return std::unexpected(types.error());
        return OpenedTypes{std::move(*types), dwarf->restFrom, {}, {}};
    }
    btf->openRest = std::move(dwarf->openRest);
    btf->restFrom = dwarf->restFrom;
    return btf;
}

} // namespace ks
