// Files and descriptors. Debug files are mapped; dumps and /proc files are read, never mapped (a truncated or shrinking
// file must give an error, not SIGBUS).
#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace ks {

/// An owned file descriptor, opened for reading only.
class FileHandle {
public:
    FileHandle() = default;
    explicit FileHandle(int ownedDescriptor) : fd_(ownedDescriptor) {}
    FileHandle(FileHandle &&other) noexcept : fd_(other.release()) {}
    FileHandle &operator=(FileHandle &&other) noexcept;
    ~FileHandle();

    static Result<FileHandle> open(const std::filesystem::path &path);
    /// A second handle on the same open file, so that the caller keeps its own.
    static Result<FileHandle> duplicate(int fd);

    int fd() const { return fd_; }
    bool isOpen() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

/// A file that is mapped read-only for as long as this lives. Shared, because symbols and types keep views into it.
class MappedFile {
public:
    static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path &path);
    static Result<std::shared_ptr<const MappedFile>> map(const FileHandle &file, std::filesystem::path displayPath);
    /// Bytes that are already in memory (decompressed files, tests).
    static std::shared_ptr<const MappedFile> fromBytes(std::string bytes, std::filesystem::path displayPath);
    ~MappedFile();
    MappedFile(const MappedFile &) = delete;
    MappedFile &operator=(const MappedFile &) = delete;

    std::span<const std::byte> bytes() const { return bytes_; }
    const std::filesystem::path &path() const { return path_; }
    /// Gives the pages of a part that was scanned once back to the system; they are read again when touched.
    void dropPages(std::span<const std::byte> part) const;

private:
    MappedFile() = default;
    std::span<const std::byte> bytes_;
    std::filesystem::path path_;
    std::string owned_;
    bool mapped_ = false;
};

/// The whole text of a file that has no honest size (/proc, /sys), at most `limit` bytes.
Result<std::string> readTextFile(const std::filesystem::path &path, std::size_t limit = std::size_t{1} << 30);
Result<std::string> readTextFile(const FileHandle &file, const std::string &displayName,
                                 std::size_t limit = std::size_t{1} << 30);

} // namespace ks
