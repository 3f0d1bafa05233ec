#include "core/memory/byte_file.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace ks {
namespace {

constexpr std::uint64_t kMaxOffset = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
constexpr long kProcMagic = 0x9fa0; // PROC_SUPER_MAGIC, linux/magic.h

} // namespace

PreadResult ByteFile::readFully(std::span<std::byte> into, FileOffset offset) const
{
    PreadResult total;
    while (total.count < into.size()) {
        const auto got = readOnce(into.subspan(total.count), offset + total.count);
        total.count += got.count;
        total.errorNumber = got.errorNumber;
        if (got.errorNumber != 0 || got.count == 0)
            break;
    }
    return total;
}

PreadResult DescriptorFile::readOnce(std::span<std::byte> into, FileOffset offset) const
{
    if (offset.value > kMaxOffset)
        return {0, EOVERFLOW};
    const std::size_t size = std::min<std::uint64_t>(into.size(), kMaxOffset - offset.value);
    for (;;) {
        const ssize_t got = ::pread(handle_.fd(), into.data(), size, static_cast<off_t>(offset.value));
        calls_.fetch_add(1, std::memory_order_relaxed);
        if (got > 0)
            bytes_.fetch_add(static_cast<std::uint64_t>(got), std::memory_order_relaxed);
        if (got >= 0)
            return {static_cast<std::size_t>(got), 0};
        if (errno != EINTR)
            return {0, errno};
    }
}

ReadCost DescriptorFile::cost() const
{
    return {calls_.load(std::memory_order_relaxed), bytes_.load(std::memory_order_relaxed)};
}

std::optional<std::uint64_t> DescriptorFile::size() const
{
    struct stat info = {};
    struct statfs fileSystem = {};
    // The st_size of /proc/kcore is made up (fs/proc/kcore.c, get_kcore_size).
    if (::fstat(handle_.fd(), &info) != 0 || !S_ISREG(info.st_mode) || ::fstatfs(handle_.fd(), &fileSystem) != 0 ||
        fileSystem.f_type == kProcMagic)
        return std::nullopt;
    return static_cast<std::uint64_t>(info.st_size);
}

} // namespace ks
