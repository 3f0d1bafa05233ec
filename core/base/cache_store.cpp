#include "core/base/cache_store.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ks {
namespace {

constexpr std::string_view kTemporary = ".new-";
constexpr std::time_t kDay = 24 * 60 * 60;
/// More files than that are not ours to count.
constexpr std::size_t kMaxFiles = 100'000;

bool isPart(std::string_view text, std::string_view allowed)
{
    return !text.empty() && text.size() <= 128 && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool isKey(std::string_view buildId, std::string_view kind)
{
    return isPart(buildId, "0123456789abcdef") && isPart(kind, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

/// A name that a key can have: it can lead to no other folder.
bool isFileName(std::string_view name)
{
    const auto dot = name.find('.');
    return dot != std::string_view::npos && isKey(name.substr(0, dot), name.substr(dot + 1));
}

std::string fileName(const CacheKey &key) { return key.buildId + "." + key.kind; }

/// Whether nobody but this user can have written it.
bool isOurs(const struct stat &info) { return info.st_uid == ::geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0; }

std::unexpected<Error> notTrusted(const std::filesystem::path &path)
{
    return fail(ErrorCode::Permission, path.string(), "belongs to somebody else, or others may write it",
                "it is not used; remove it, or set XDG_CACHE_HOME");
}

Result<FileHandle> openFolder(const std::filesystem::path &folder)
{
    if (folder.empty())
        return fail(ErrorCode::NotFound, "cache", "there is no folder for it", "set HOME or XDG_CACHE_HOME");
    FileHandle handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat info = {};
    if (!handle.isOpen() || ::fstat(handle.fd(), &info) != 0)
        return failErrno(folder.string(), errno);
    if (!isOurs(info))
        return notTrusted(folder);
    return handle;
}

/// Root makes no folder in somebody else's home, who could not use it afterwards.
Result<void> makeFolder(const std::filesystem::path &folder)
{
    std::vector<std::filesystem::path> missing;
    std::filesystem::path path = folder;
    struct stat info = {};
    while (!path.empty() && ::stat(path.c_str(), &info) != 0) {
        if (errno != ENOENT)
            return failErrno(path.string(), errno);
        missing.push_back(path);
        path = path.parent_path();
    }
    if (!missing.empty() && ::geteuid() == 0 && info.st_uid != 0)
        return fail(ErrorCode::Permission, path.string(), "belongs to somebody else");
    for (; !missing.empty(); missing.pop_back())
        if (::mkdir(missing.back().c_str(), S_IRWXU) != 0 && errno != EEXIST)
            return failErrno(missing.back().string(), errno);
    return {};
}

struct Found {
    std::string name;
    std::uint64_t size = 0;
    timespec used = {};
};

/// Cache files, and temporary ones. Links, folders and other people's files are none.
Result<std::vector<Found>> filesIn(const FileHandle &folder, const std::filesystem::path &path)
{
    const int copy = ::openat(folder.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR *)> stream(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
    if (!stream)
        return failErrno(path.string(), errno);
    std::vector<Found> files;
    while (const dirent *entry = ::readdir(stream.get())) {
        const std::string_view name = entry->d_name;
        struct stat info = {};
        if (!(isFileName(name) || name.starts_with(kTemporary)) ||
            ::fstatat(folder.fd(), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode) ||
            info.st_uid != ::geteuid())
            continue;
        if (files.size() == kMaxFiles)
            return fail(ErrorCode::Limit, path.string(), "holds too many files");
        files.push_back({std::string(name), static_cast<std::uint64_t>(info.st_size), info.st_mtim});
    }
    std::ranges::sort(files, [](const Found &a, const Found &b) {
        return std::tie(b.used.tv_sec, b.used.tv_nsec, a.name) < std::tie(a.used.tv_sec, a.used.tv_nsec, b.name);
    });
    return files;
}

/// Removes what a crash has left behind, and what is over the limit, but not `kept`.
void prune(const FileHandle &folder, const std::filesystem::path &path, const std::string &kept, std::uint64_t limit)
{
    const auto files = filesIn(folder, path);
    if (!files)
        return;
    std::uint64_t total = 0;
    for (const Found &file : *files)
        total += file.name == kept ? file.size : 0;
    for (const Found &file : *files) {
        if (file.name == kept)
            continue;
        if (file.name.starts_with(kTemporary)) {
            if (file.used.tv_sec < std::time(nullptr) - kDay)
                ::unlinkat(folder.fd(), file.name.c_str(), 0);
            continue;
        }
        total += file.size;
        if (total > limit)
            ::unlinkat(folder.fd(), file.name.c_str(), 0);
    }
}

Result<void> writeAt(const FileHandle &file, const std::filesystem::path &path, std::span<const std::byte> bytes,
                     std::uint64_t offset)
{
    while (!bytes.empty()) {
        const ssize_t done = ::pwrite(file.fd(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return failErrno(path.string(), done < 0 ? errno : ENOSPC);
        bytes = bytes.subspan(static_cast<std::size_t>(done));
        offset += static_cast<std::uint64_t>(done);
    }
    return {};
}

/// A name that no other program and no other thread of this one has.
std::string temporaryName()
{
    static std::atomic<unsigned> counter{0};
    timespec now = {};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return std::string(kTemporary) + std::to_string(::getpid()) + "-" + std::to_string(counter++) + "-" +
           std::to_string(now.tv_sec) + "." + std::to_string(now.tv_nsec);
}

Result<std::shared_ptr<const CacheFile>> openFile(const FileHandle &folder, const std::filesystem::path &path,
                                                  const std::string &name, bool isUse)
{
    const auto whole = path / name;
    // A pipe of this name must not make the open wait.
    const FileHandle file(::openat(folder.fd(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat info = {};
    if (!file.isOpen() || ::fstat(file.fd(), &info) != 0)
        return errno == ELOOP ? notTrusted(whole) : failErrno(whole.string(), errno);
    if (!S_ISREG(info.st_mode) || !isOurs(info))
        return notTrusted(whole);
    auto mapped = MappedFile::map(file, whole);
    if (!mapped)
        return std::unexpected(mapped.error());
    auto opened = CacheFile::open(std::move(*mapped));
    if (opened && fileName((*opened)->key()) != name)
        return fail(ErrorCode::Mismatch, whole.string(), "was made for " + fileName((*opened)->key()));
    if (opened && isUse && info.st_mtim.tv_sec < std::time(nullptr) - kDay)
        ::futimens(file.fd(), nullptr);
    return opened;
}

} // namespace

CacheStore::CacheStore(std::filesystem::path folder, std::uint64_t limit) : folder_(std::move(folder)), limit_(limit) {}

std::filesystem::path CacheStore::userFolder()
{
    // The XDG base directory specification: a relative path is to be ignored.
    const char *cache = std::getenv("XDG_CACHE_HOME");
    if (cache && cache[0] == '/')
        return std::filesystem::path(cache) / "kernoscope";
    const char *home = std::getenv("HOME");
    if (home && home[0] == '/')
        return std::filesystem::path(home) / ".cache" / "kernoscope";
    return {};
}

std::uint64_t CacheStore::limitOfEnvironment()
{
    const char *text = std::getenv("KERNOSCOPE_CACHE_SIZE");
    std::uint64_t mebibytes = 0;
    if (!text)
        return kDefaultLimit;
    const char *end = text + std::strlen(text);
    const auto [stop, error] = std::from_chars(text, end, mebibytes);
    if (error != std::errc{} || stop != end || mebibytes > ~std::uint64_t{0} >> 20)
        return kDefaultLimit;
    return mebibytes << 20;
}

Result<std::shared_ptr<const CacheFile>> CacheStore::find(const CacheKey &key, const CacheSource &source) const
{
    if (!isKey(key.buildId, key.kind))
        return fail(ErrorCode::NotFound, "cache", "no key: " + fileName(key));
    const auto folder = openFolder(folder_);
    if (!folder)
        return std::unexpected(folder.error());
    auto file = openFile(*folder, folder_, fileName(key), true);
    if (!file)
        return file;
    const CacheSource &madeFrom = (*file)->source();
    if ((*file)->key() != key || madeFrom.size != source.size || madeFrom.fingerprint != source.fingerprint)
        return fail(ErrorCode::Mismatch, (folder_ / fileName(key)).string(),
                    "was made from another file or by another version", "it is made anew");
    return file;
}

Result<void> CacheStore::put(const CacheKey &key, const CacheSource &source,
                             std::span<const CacheSection> sections) const
{
    const std::string name = fileName(key);
    if (!isKey(key.buildId, key.kind))
        return fail(ErrorCode::NotFound, "cache", "no key: " + name);
    const CacheImage image = makeCacheImage(key, source, sections);
    if (image.size > limit_)
        return fail(ErrorCode::Limit, (folder_ / name).string(), "larger than the cache may be",
                    "set KERNOSCOPE_CACHE_SIZE, in MiB");
    auto folder = openFolder(folder_);
    if (!folder && folder.error().code == ErrorCode::NotFound && !folder_.empty()) {
        if (auto made = makeFolder(folder_); !made)
            return made;
        folder = openFolder(folder_);
    }
    if (!folder)
        return std::unexpected(folder.error());

    const std::string temporary = temporaryName();
    const auto path = folder_ / temporary;
    const FileHandle file(
        ::openat(folder->fd(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!file.isOpen())
        return failErrno(path.string(), errno);
    // No fsync: file systems let a file grow only behind its data, so one that a power cut has cut short is told by its
    // size, and it is only a cache.
    auto written = writeAt(file, path, std::as_bytes(std::span(image.header)), 0);
    for (std::size_t i = 0; written && i < sections.size(); ++i)
        written = writeAt(file, path, sections[i].bytes, image.offsets[i]);
    // An empty section at the end lies behind the last byte that was written.
    if (written && ::ftruncate(file.fd(), static_cast<off_t>(image.size)) != 0)
        written = failErrno(path.string(), errno);
    if (written && ::renameat(folder->fd(), temporary.c_str(), folder->fd(), name.c_str()) != 0)
        written = failErrno((folder_ / name).string(), errno);
    if (!written)
        ::unlinkat(folder->fd(), temporary.c_str(), 0);
    prune(*folder, folder_, name, limit_);
    return written;
}

Result<std::vector<CacheStore::Entry>> CacheStore::list() const
{
    const auto folder = openFolder(folder_);
    if (!folder) {
        if (folder.error().code == ErrorCode::NotFound)
            return std::vector<Entry>{};
        return std::unexpected(folder.error());
    }
    const auto files = filesIn(*folder, folder_);
    if (!files)
        return std::unexpected(files.error());
    std::vector<Entry> entries;
    for (const Found &file : *files)
        if (!file.name.starts_with(kTemporary))
            entries.push_back({file.name, file.size, std::chrono::system_clock::from_time_t(file.used.tv_sec)});
    return entries;
}

Result<std::shared_ptr<const CacheFile>> CacheStore::open(const std::string &name) const
{
    if (!isFileName(name))
        return fail(ErrorCode::NotFound, name, "not the name of a cache file");
    const auto folder = openFolder(folder_);
    if (!folder)
        return std::unexpected(folder.error());
    return openFile(*folder, folder_, name, false);
}

Result<void> CacheStore::remove(const std::string &name) const
{
    if (!isFileName(name))
        return fail(ErrorCode::NotFound, name, "not the name of a cache file");
    const auto folder = openFolder(folder_);
    if (!folder)
        return std::unexpected(folder.error());
    if (::unlinkat(folder->fd(), name.c_str(), 0) != 0)
        return failErrno((folder_ / name).string(), errno);
    return {};
}

} // namespace ks
