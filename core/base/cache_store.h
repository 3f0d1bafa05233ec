// The folder of cache files: one file for each build-id and kind.
#pragma once

#include "core/base/cache_file.h"

#include <chrono>
#include <filesystem>

namespace ks {

/// Programs may use one folder at the same time: a file is written under a name of its own and renamed when it is
/// whole, so whoever opens it sees the old one or the new one, and a mapped one never shrinks.
///
/// Only files that belong to this user and that nobody else may write are read; symbolic links are not followed. Every
/// failure means that there is no cache, never that there is no answer.
class CacheStore {
public:
    static constexpr std::uint64_t kDefaultLimit = std::uint64_t{2} << 30;

    /// `limit` is in bytes: when a new file is written, the ones that were not used for longest go until all fit.
    explicit CacheStore(std::filesystem::path folder, std::uint64_t limit = limitOfEnvironment());

    /// $XDG_CACHE_HOME/kernoscope, else ~/.cache/kernoscope; empty when there is neither.
    static std::filesystem::path userFolder();
    /// KERNOSCOPE_CACHE_SIZE, in MiB; kDefaultLimit when it is not set or no number.
    static std::uint64_t limitOfEnvironment();

    const std::filesystem::path &folder() const { return folder_; }

    /// The file for `key`, made from `source`. NotFound when there is none, Mismatch when it was made from another file
    /// or holds another version, BadFormat when it is damaged, Permission when it is not to be trusted.
    Result<std::shared_ptr<const CacheFile>> find(const CacheKey &key, const CacheSource &source) const;

    /// Writes or replaces the file for `key`. The folder is made if need be.
    Result<void> put(const CacheKey &key, const CacheSource &source, std::span<const CacheSection> sections) const;

    struct Entry {
        std::string name; ///< BUILDID.KIND, as remove() and open() want it
        std::uint64_t size = 0;
        std::chrono::system_clock::time_point lastUse; ///< to the day
    };
    /// All cache files, the one that was used last first; with those that are damaged. No folder: none.
    Result<std::vector<Entry>> list() const;
    Result<std::shared_ptr<const CacheFile>> open(const std::string &name) const;
    Result<void> remove(const std::string &name) const;

private:
    std::filesystem::path folder_;
    std::uint64_t limit_;
};

} // namespace ks
