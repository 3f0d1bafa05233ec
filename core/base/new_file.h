// A file that appears under its name only when it is whole.
#pragma once

#include "core/base/file.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <span>

namespace ks {

/// Is written under another name in the same folder, readable by its owner alone, and takes its own name in commit().
/// Without commit() nothing is left of it.
class NewFile {
public:
    enum class Existing : std::uint8_t {
        Keep,    ///< a file that has the name already is an error, even when it appears meanwhile
        Replace, ///< it is replaced, if it is a regular file or a link to one
    };

    static Result<NewFile> create(const std::filesystem::path &path, Existing existing);
    NewFile(NewFile &&other) noexcept;
    NewFile &operator=(NewFile &&other) = delete;
    ~NewFile();

    const std::filesystem::path &path() const { return path_; }
    /// What is written leaves the page cache again soon, for a file that is larger than it should take of the memory.
    void avoidPageCache() { avoidsPageCache_ = true; }
    /// Parts that are never written take no space and read as zeros.
    Result<void> writeAt(std::span<const std::byte> bytes, std::uint64_t offset);
    Result<void> setSize(std::uint64_t size);
    /// In bytes, for who is not root.
    Result<std::uint64_t> freeSpace() const;
    /// In bytes, as the file system counts it.
    Result<std::uint64_t> usedSpace() const;

    /// Brings everything to the disk and gives the file its name.
    Result<void> commit();

private:
    NewFile(FileHandle file, std::filesystem::path path, std::filesystem::path temporary, Existing existing);
    Result<void> rename();
    void passOn(std::uint64_t begin, std::uint64_t end);
    void drop(std::uint64_t begin, std::uint64_t end);

    /// Bytes of the file.
    struct Window {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
    };

    FileHandle file_;
    std::filesystem::path path_;
    std::filesystem::path temporary_; ///< empty: there is nothing to remove
    Existing existing_;
    bool avoidsPageCache_ = false;
    Window window_;               ///< what was written last
    std::deque<Window> underWay_; ///< older windows, on their way to the disk
};

} // namespace ks
