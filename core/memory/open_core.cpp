#include "core/memory/open_core.h"

#include "core/memory/byte_file.h"
#include "core/memory/elf_core_source.h"
#include "core/memory/kcore_source.h"
#include "core/memory/proc_file.h"

#include <sys/vfs.h>

namespace ks {
namespace {

constexpr long kProcMagic = 0x9fa0; // PROC_SUPER_MAGIC, linux/magic.h

std::string pathOf(int fd)
{
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), ignored).string();
}

bool isOnProc(int fd)
{
    struct statfs info = {};
    return ::fstatfs(fd, &info) == 0 && info.f_type == kProcMagic;
}

} // namespace

Result<std::unique_ptr<MemorySource>> openCore(const std::filesystem::path &path, const OpenCoreOptions &options)
{
    OpenCoreOptions named = options;
    if (named.description.empty())
        named.description = path.string();
    if (path == kKcorePath) {
        auto file = openKcore(path);
        if (!file)
            return std::unexpected(file.error().error);
        return openCore(std::move(*file), named);
    }
    auto file = FileHandle::open(path);
    if (!file)
        return std::unexpected(file.error());
    return openCore(std::move(*file), named);
}

Result<std::unique_ptr<MemorySource>> openCore(FileHandle file, const OpenCoreOptions &options)
{
    const std::string path = pathOf(file.fd());
    // /proc/vmcore, the dump of the kernel that crashed before, lies on procfs as well and does not change.
    const bool onProc = isOnProc(file.fd());
    const bool live = options.live.value_or(onProc && !path.ends_with("/vmcore"));
    std::string description = options.description.empty() ? path : options.description;
    std::unique_ptr<ByteFile> bytes;
    if (onProc)
        bytes = std::make_unique<ProcFile>(std::move(file));
    else
        bytes = std::make_unique<DescriptorFile>(std::move(file));
    if (live)
        return KcoreSource::open(std::move(bytes), std::move(description));
    return ElfCoreSource::open(std::move(bytes), std::move(description));
}

} // namespace ks
