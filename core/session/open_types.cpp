#include "core/session/open_types.h"

#include "core/types/btf_reader.h"
#include "core/types/dwarf_reader.h"

namespace ks {
namespace {

Result<OpenedTypes> servedBy(Result<std::shared_ptr<const BtfReader>> reader, const std::filesystem::path &path)
{
    if (!reader)
        return std::unexpected(reader.error());
    return OpenedTypes{std::move(*reader), "BTF of " + path.string()};
}

Result<OpenedTypes> openBtf(const std::filesystem::path &path, const std::filesystem::path &basePath = {})
{
    if (basePath.empty())
        return servedBy(BtfReader::open(path), path);
    auto base = BtfReader::open(basePath);
    return base ? servedBy(BtfReader::open(path, std::move(*base)), path) : std::unexpected(base.error());
}

Result<OpenedTypes> openDwarf(const std::shared_ptr<const ElfImage> &image, Progress &progress)
{
    auto sections = dwarfSectionsOf(image);
    if (!sections)
        return std::unexpected(sections.error());
    progress.begin("indexing types");
    auto reader = DwarfReader::open(std::move(*sections), progress);
    if (!reader)
        return std::unexpected(reader.error());
    return OpenedTypes{std::move(*reader), "DWARF of " + image->path().string()};
}

} // namespace

Result<OpenedTypes> openTypes(const SessionOptions &options, const std::shared_ptr<const ElfImage> &vmlinux,
                              bool isRunningKernel, std::vector<std::string> &warnings, Progress &progress)
{
    if (!options.btf.empty())
        return openBtf(options.btf, options.btfBase);
    if (vmlinux) {
        auto dwarf = openDwarf(vmlinux, progress);
        if (dwarf || dwarf.error().code == ErrorCode::Cancelled)
            return dwarf;
        if (dwarf.error().code != ErrorCode::NotFound)
            warnings.push_back(dwarf.error().message());
        if (vmlinux->section(".BTF"))
            return servedBy(BtfReader::open(vmlinux), vmlinux->path());
    }
    if (isRunningKernel) {
        if (auto btf = openBtf(kSystemBtfPath))
            return btf;
    }
    return OpenedTypes{};
}

} // namespace ks
