#include "core/base/new_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

namespace ks {
namespace {

/// How much is sent to the disk at once, and how many such windows get the time to arrive before they are dropped.
constexpr std::uint64_t kWindow = std::uint64_t{8} << 20;
constexpr std::size_t kUnderWay = 4;

const char *remedyOf(int errorNumber)
{
    switch (errorNumber) {
    case ENOSPC:
    case EDQUOT: return "free some space there, or write to another file system";
    case EFBIG: return "write to a file system, and under limits (ulimit -f), that allow larger files";
    default: return "";
    }
}

std::unexpected<Error> failWrite(const std::filesystem::path &path, int errorNumber)
{
    return failErrno(path.string(), errorNumber, remedyOf(errorNumber));
}

std::unexpected<Error> failExists(const std::filesystem::path &path)
{
    return failErrno(path.string(), EEXIST, "choose another name, or have it replaced");
}

std::filesystem::path folderOf(const std::filesystem::path &path)
{
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

} // namespace

NewFile::NewFile(FileHandle file, std::filesystem::path path, std::filesystem::path temporary, Existing existing)
    : file_(std::move(file)), path_(std::move(path)), temporary_(std::move(temporary)), existing_(existing)
{
}

NewFile::NewFile(NewFile &&other) noexcept
    : file_(std::move(other.file_)),
      path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      existing_(other.existing_),
      avoidsPageCache_(other.avoidsPageCache_),
      window_(other.window_),
      underWay_(std::move(other.underWay_))
{
    other.temporary_.clear();
}

NewFile::~NewFile()
{
    if (!temporary_.empty())
        ::unlink(temporary_.c_str());
}

Result<NewFile> NewFile::create(const std::filesystem::path &path, Existing existing)
{
    if (!path.has_filename())
        return failErrno(path.string(), EISDIR, "name a file");
    std::filesystem::path target = path;
    struct stat info = {};
    if (::lstat(path.c_str(), &info) == 0) {
        if (existing == Existing::Keep)
            return failExists(path);
        // A link stays, and what it leads to is replaced.
        std::error_code problem;
        if (S_ISLNK(info.st_mode))
            target = std::filesystem::canonical(path, problem);
        if (problem || ::stat(target.c_str(), &info) != 0)
            return failErrno(path.string(), ENOENT, "the link leads nowhere");
        if (!S_ISREG(info.st_mode))
            return fail(ErrorCode::Unsupported, path.string(), "is there and is no regular file", "name a file");
    }
    std::string name = (folderOf(target) / ("." + target.filename().string() + ".XXXXXX")).string();
    const int fd = ::mkostemp(name.data(), O_CLOEXEC); // with mode 0600
    if (fd < 0)
        return failWrite(path, errno);
    return NewFile(FileHandle(fd), std::move(target), std::move(name), existing);
}

/// Pages that are not on the disk yet stay where they are (posix_fadvise(2)); an end of 0 is that of the file.
void NewFile::drop(std::uint64_t begin, std::uint64_t end)
{
    const std::uint64_t length = end == 0 ? 0 : end - begin;
    ::posix_fadvise(file_.fd(), static_cast<off_t>(begin), static_cast<off_t>(length), POSIX_FADV_DONTNEED);
}

void NewFile::passOn(std::uint64_t begin, std::uint64_t end)
{
    if (window_.begin == window_.end)
        window_ = {begin, end};
    window_ = {std::min(window_.begin, begin), std::max(window_.end, end)};
    if (window_.end - window_.begin < kWindow)
        return;
    // Only hints: where the file system does not take them, commit() does it all.
    ::sync_file_range(file_.fd(), static_cast<off_t>(window_.begin), static_cast<off_t>(window_.end - window_.begin),
                      SYNC_FILE_RANGE_WRITE);
    underWay_.push_back(std::exchange(window_, {}));
    if (underWay_.size() <= kUnderWay)
        return;
    drop(underWay_.front().begin, underWay_.front().end);
    underWay_.pop_front();
}

Result<void> NewFile::writeAt(std::span<const std::byte> bytes, std::uint64_t offset)
{
    const std::uint64_t begin = offset;
    while (!bytes.empty()) {
        const ssize_t done = ::pwrite(file_.fd(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return failWrite(path_, done < 0 ? errno : ENOSPC);
        bytes = bytes.subspan(static_cast<std::size_t>(done));
        offset += static_cast<std::uint64_t>(done);
    }
    if (avoidsPageCache_)
        passOn(begin, offset);
    return {};
}

Result<void> NewFile::setSize(std::uint64_t size)
{
    if (::ftruncate(file_.fd(), static_cast<off_t>(size)) != 0)
        return failWrite(path_, errno);
    return {};
}

Result<std::uint64_t> NewFile::freeSpace() const
{
    struct statvfs info = {};
    if (::fstatvfs(file_.fd(), &info) != 0)
        return failErrno(path_.string(), errno);
    return std::uint64_t{info.f_bavail} * info.f_frsize;
}

Result<std::uint64_t> NewFile::usedSpace() const
{
    struct stat info = {};
    if (::fstat(file_.fd(), &info) != 0)
        return failErrno(path_.string(), errno);
    return static_cast<std::uint64_t>(info.st_blocks) * 512;
}

Result<void> NewFile::rename()
{
    if (existing_ == Existing::Replace) {
        if (::rename(temporary_.c_str(), path_.c_str()) != 0)
            return failWrite(path_, errno);
        return {};
    }
    if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) == 0)
        return {};
    if (errno == EEXIST)
        return failExists(path_);
    if (errno != EINVAL && errno != ENOSYS)
        return failWrite(path_, errno);
    // A file system that cannot do it in one step: a second name is refused as well where one is taken.
    if (::link(temporary_.c_str(), path_.c_str()) != 0)
        return errno == EEXIST ? failExists(path_) : failWrite(path_, errno);
    ::unlink(temporary_.c_str());
    return {};
}

Result<void> NewFile::commit()
{
    if (::fsync(file_.fd()) != 0)
        return failWrite(path_, errno);
    if (avoidsPageCache_)
        drop(0, 0);
    if (auto renamed = rename(); !renamed)
        return renamed;
    temporary_.clear();
    // The name is on the disk when its folder is. Some file systems cannot sync folders, and then need not.
    if (const auto folder = FileHandle::open(folderOf(path_)))
        ::fsync(folder->fd());
    return {};
}

} // namespace ks
