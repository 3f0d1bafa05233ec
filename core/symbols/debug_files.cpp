#include "core/symbols/debug_files.h"

#include "core/symbols/debug_link.h"
#include "core/symbols/debuginfod.h"
#include "core/symbols/kaslr.h"
#include "core/symbols/symbol_readers.h"

#include <algorithm>

namespace ks {

namespace {

constexpr std::string_view kBannerStart = "Linux version "; // init/version.c, linux_banner
constexpr std::uint64_t kMaxNotes = 1 << 16;

const Symbol *findKernelSymbol(std::span<const Symbol> symbols, std::string_view name)
{
    const auto found =
        std::ranges::find_if(symbols, [&](const Symbol &s) { return s.name == name && s.module.empty(); });
    return found == symbols.end() ? nullptr : &*found;
}

std::string buildIdInMemory(const KernelEvidence &kernel)
{
    const Symbol *start = findKernelSymbol(kernel.runtime, "__start_notes");
    const Symbol *stop = findKernelSymbol(kernel.runtime, "__stop_notes");
    if (!kernel.memory || !start || !stop || stop->address <= start->address)
        return {};
    const std::uint64_t size = std::min(stop->address - start->address, kMaxNotes);
    const MemoryBlock block = kernel.memory->read(start->address, size);
    const auto bytes = block.present(start->address, size);
    return bytes ? buildIdOfNotes(*bytes).value_or("") : std::string();
}

/// linux_banner of the file, without its terminator; empty if it has none.
std::string_view bannerOf(const ElfImage &image, std::span<const Symbol> linked)
{
    const Symbol *symbol = findKernelSymbol(linked, "linux_banner");
    if (!symbol || symbol->size == 0)
        return {};
    const auto bytes = image.bytesAt(symbol->address, symbol->size);
    if (!bytes)
        return {};
    const std::string_view text(reinterpret_cast<const char *>(bytes->data()), bytes->size());
    return text.starts_with(kBannerStart) ? text.substr(0, text.find('\0')) : std::string_view();
}

/// Compares the banner of the file with the kernel's memory where the file says that it lies.
Belonging compareBanner(std::string_view banner, std::span<const Symbol> linked, std::uint64_t kaslrOffset,
                        const MemorySource &memory)
{
    const Symbol *symbol = findKernelSymbol(linked, "linux_banner");
    if (banner.empty() || !symbol)
        return Belonging::Unknown;
    const VirtAddr address = symbol->address + kaslrOffset;
    const MemoryBlock block = memory.read(address, banner.size());
    const auto bytes = block.present(address, banner.size());
    if (!bytes)
        return Belonging::Unknown;
    return std::ranges::equal(*bytes, std::as_bytes(std::span(banner))) ? Belonging::Yes : Belonging::No;
}

/// A release becomes part of a path, and a dump may claim any.
bool isPlainRelease(const std::string &release)
{
    return !release.empty() && release.front() != '.' && release.find('/') == release.npos &&
           release.find('\0') == release.npos;
}

std::string orUnknown(const std::string &text) { return text.empty() ? "none" : text; }

} // namespace

std::string kernelRelease(const KernelEvidence &kernel)
{
    if (kernel.vmcoreInfo) {
        if (auto release = kernel.vmcoreInfo->release())
            return *release;
    }
    return kernel.release;
}

std::string kernelBuildId(const KernelEvidence &kernel)
{
    if (auto id = buildIdInMemory(kernel); !id.empty())
        return id;
    if (kernel.vmcoreInfo) {
        if (auto id = kernel.vmcoreInfo->buildId())
            return *id;
    }
    return kernel.buildId;
}

Verdict judgeVmlinux(const ElfImage &image, const KernelEvidence &kernel)
{
    const std::string fileId = image.buildId().value_or("");
    const std::string kernelId = kernelBuildId(kernel);
    if (!fileId.empty() && fileId == kernelId)
        return {Belonging::Yes, "build-id " + fileId};
    const bool idsDiffer = !fileId.empty() && !kernelId.empty();
    const Verdict differentIds = {Belonging::No, "has build-id " + fileId + ", but the kernel has " + kernelId};

    // The note in memory cannot lie; BUILD-ID of VMCOREINFO can. Then, as without an id, the kernel's memory decides.
    if (idsDiffer && !buildIdInMemory(kernel).empty())
        return differentIds;
    const auto linked = readElfSymbols(image);
    if (!linked)
        return idsDiffer ? differentIds : Verdict{Belonging::Unknown, linked.error().why};
    const auto kaslr = findKaslrOffset({kernel.vmcoreInfo, *linked, kernel.runtime, {}});
    if (!kaslr)
        return idsDiffer ? differentIds : Verdict{Belonging::No, kaslr.error().why};
    const std::string_view banner = bannerOf(image, *linked);
    if (kernel.memory && *kaslr) {
        switch (compareBanner(banner, *linked, (*kaslr)->value, *kernel.memory)) {
        case Belonging::Yes: return {Belonging::Yes, "the kernel's banner in memory"};
        case Belonging::No:
            return idsDiffer ? differentIds
                             : Verdict{Belonging::No, "its banner is not in the kernel's memory (build-ids: file " +
                                                          orUnknown(fileId) + ", kernel " + orUnknown(kernelId) + ")"};
        case Belonging::Unknown: break;
        }
    }
    if (idsDiffer)
        return differentIds;
    const std::string release = kernelRelease(kernel);
    if (!release.empty() && !banner.empty() && !banner.substr(kBannerStart.size()).starts_with(release + " "))
        return {Belonging::No, "is of \"" + std::string(banner.substr(0, banner.find(' ', kBannerStart.size()))) +
                                   "\", but the kernel is " + release};
    return {Belonging::Unknown, "no build-id to compare"};
}

Result<FoundVmlinux> openVmlinux(const std::filesystem::path &path, const KernelEvidence &kernel,
                                 const std::filesystem::path &root)
{
    auto image = ElfImage::open(path);
    if (!image)
        return std::unexpected(image.error());
    Verdict verdict = judgeVmlinux(**image, kernel);
    if (verdict.belonging == Belonging::No)
        return fail(ErrorCode::Mismatch, path.string(), verdict.why,
                    "give the vmlinux of this kernel" +
                        (kernelRelease(kernel).empty() ? std::string() : ", " + kernelRelease(kernel)));
    if (const ElfSection *info = (*image)->section(".debug_info"); !info || !info->hasFileContents()) {
        if (auto separate = followDebugLink(**image, root); separate && (*separate)->hasSymbols())
            image = std::move(separate);
    }
    return FoundVmlinux{std::move(*image), std::move(verdict)};
}

std::vector<std::filesystem::path> vmlinuxCandidates(const std::string &buildId, const std::string &release,
                                                     const std::filesystem::path &root)
{
    std::vector<std::filesystem::path> paths;
    const bool isHex = buildId.find_first_not_of("0123456789abcdef") == buildId.npos;
    if (buildId.size() > 2 && isHex)
        paths.push_back(root / "usr/lib/debug/.build-id" / buildId.substr(0, 2) / (buildId.substr(2) + ".debug"));
    if (!isPlainRelease(release))
        return paths;
    for (const std::string &path : {
             "usr/lib/debug/boot/vmlinux-" + release,             // Debian, Ubuntu
             "usr/lib/debug/lib/modules/" + release + "/vmlinux", // Fedora, RHEL
             "usr/lib/debug/usr/lib/modules/" + release + "/vmlinux",
             "usr/lib/debug/boot/vmlinux-" + release + ".debug", // SUSE
             "lib/modules/" + release + "/build/vmlinux",        // a kernel built here; Arch's headers
             "lib/modules/" + release + "/vmlinux",
             "usr/lib/modules/" + release + "/vmlinux",
             "boot/vmlinux-" + release,
         })
        paths.push_back(root / path);
    return paths;
}

Result<FoundVmlinux> findVmlinux(const KernelEvidence &kernel, const std::filesystem::path &root, Progress *download)
{
    const std::string release = kernelRelease(kernel);
    const std::string buildId = kernelBuildId(kernel);
    std::string passedOver;
    for (const auto &path : vmlinuxCandidates(buildId, release, root)) {
        auto found = openVmlinux(path, kernel, root);
        if (found && found->image->hasSymbols())
            return found;
        if (!found && found.error().code == ErrorCode::NotFound)
            continue;
        passedOver += "; passed over " + path.string() + ": " + (found ? "it has no symbols" : found.error().why);
    }
    if (download && !buildId.empty() && debuginfodIsWanted()) {
        const auto path = fetchDebugInfo(buildId, *download);
        auto found = path ? openVmlinux(*path, kernel, root) : std::unexpected(path.error());
        if (found || found.error().code == ErrorCode::Cancelled)
            return found;
        passedOver += "; " + found.error().what + ": " + found.error().why;
    }
    return fail(ErrorCode::NotFound, "vmlinux",
                "none found for kernel " + (release.empty() ? std::string("(release unknown)") : release) +
                    (buildId.empty() ? std::string() : " with build-id " + buildId) + passedOver,
                "install the kernel's debug symbols (Debian: linux-image-" +
                    (release.empty() ? std::string("RELEASE") : release) + "-dbg), or give --vmlinux");
}

} // namespace ks
