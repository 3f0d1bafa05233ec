#include "core/base/file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ks {

FileHandle &FileHandle::operator=(FileHandle &&other) noexcept
{
    if (this != &other) {
        if (fd_ >= 0)
            ::close(fd_);
        fd_ = other.release();
    }
    return *this;
}

FileHandle::~FileHandle()
{
    if (fd_ >= 0)
        ::close(fd_);
}

Result<FileHandle> FileHandle::open(const std::filesystem::path &path)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failErrno(path.string(), errno);
    return FileHandle(fd);
}

Result<FileHandle> FileHandle::duplicate(int fd)
{
    const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0)
        return failErrno("descriptor " + std::to_string(fd), errno);
    return FileHandle(copy);
}

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::filesystem::path &path)
{
    auto file = FileHandle::open(path);
    if (!file)
        return std::unexpected(file.error());
    return map(*file, path);
}

Result<std::shared_ptr<const MappedFile>> MappedFile::map(const FileHandle &file, std::filesystem::path displayPath)
{
    struct stat info = {};
    if (::fstat(file.fd(), &info) != 0)
        return failErrno(displayPath.string(), errno);
    if (S_ISDIR(info.st_mode))
        return failErrno(displayPath.string(), EISDIR);
    std::shared_ptr<MappedFile> result(new MappedFile);
    result->path_ = std::move(displayPath);
    if (!S_ISREG(info.st_mode) || info.st_size == 0) {
        // /sys files have a size of one page or none and cannot be mapped.
        auto text = readTextFile(file, result->path_.string());
        if (!text)
            return std::unexpected(text.error());
        result->owned_ = std::move(*text);
        result->bytes_ = std::as_bytes(std::span(result->owned_));
        return result;
    }
    const auto size = static_cast<std::size_t>(info.st_size);
    void *memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd(), 0);
    if (memory == MAP_FAILED) {
        const int error = errno;
        auto text = readTextFile(file, result->path_.string());
        if (!text)
            return failErrno(result->path_.string(), error);
        result->owned_ = std::move(*text);
        result->bytes_ = std::as_bytes(std::span(result->owned_));
        return result;
    }
    result->bytes_ = {static_cast<const std::byte *>(memory), size};
    result->mapped_ = true;
    return result;
}

std::shared_ptr<const MappedFile> MappedFile::fromBytes(std::string bytes, std::filesystem::path displayPath)
{
    std::shared_ptr<MappedFile> result(new MappedFile);
    result->owned_ = std::move(bytes);
    result->path_ = std::move(displayPath);
    result->bytes_ = std::as_bytes(std::span(result->owned_));
    return result;
}

MappedFile::~MappedFile()
{
    if (mapped_)
        ::munmap(const_cast<std::byte *>(bytes_.data()), bytes_.size());
}

void MappedFile::dropPages(std::span<const std::byte> part) const
{
    if (!mapped_ || part.empty())
        return;
    const auto mask = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE)) - 1;
    const auto begin = (reinterpret_cast<std::uintptr_t>(part.data()) + mask) & ~mask;
    const auto end = (reinterpret_cast<std::uintptr_t>(part.data()) + part.size()) & ~mask;
    if (begin < end)
        ::madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
}

Result<std::string> readTextFile(const std::filesystem::path &path, std::size_t limit)
{
    auto file = FileHandle::open(path);
    if (!file)
        return std::unexpected(file.error());
    return readTextFile(*file, path.string(), limit);
}

Result<std::string> readTextFile(const FileHandle &file, const std::string &displayName, std::size_t limit)
{
    std::string text;
    constexpr std::size_t kChunk = std::size_t{1} << 16;
    ::lseek(file.fd(), 0, SEEK_SET);
    for (;;) {
        const std::size_t used = text.size();
        if (used >= limit)
            return fail(ErrorCode::Limit, displayName, "larger than " + std::to_string(limit) + " bytes");
        text.resize(used + kChunk);
        const ssize_t got = ::read(file.fd(), text.data() + used, kChunk);
        if (got < 0) {
            if (errno == EINTR) {
                text.resize(used);
                continue;
            }
            return failErrno(displayName, errno);
        }
        text.resize(used + static_cast<std::size_t>(got));
        if (got == 0)
            return text;
    }
}

} // namespace ks
