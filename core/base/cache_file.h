// The form of a cache file: a small header and flat sections, so that a reader maps the file and uses it where it lies.
//
//     Header | SectionEntry[sectionCount] | build-id, kind, path of the source (texts, NUL-terminated) | sections
//
// Everything is in the byte order of the machine that wrote it; each section begins at a multiple of 64 bytes. A file
// of another machine's order, another format, or another length than it says is not read.
#pragma once

#include "core/base/error.h"
#include "core/base/file.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ks {

/// What a cache file is for.
struct CacheKey {
    std::string buildId;       ///< of the file that the contents are made from; lower-case hex
    std::string kind;          ///< who has written it and knows the sections: "types"; letters, digits, `-`
    std::uint32_t version = 0; ///< of the contents; those of another version are as good as absent
    friend bool operator==(const CacheKey &, const CacheKey &) = default;
};

/// The file that the contents are made from. Two files with one build-id can differ (one is stripped): size and
/// fingerprint must be those of the file at hand.
struct CacheSource {
    std::string path; ///< for a person; not compared
    std::uint64_t size = 0;
    std::uint64_t fingerprint = 0; ///< of its section headers
};

struct CacheSection {
    std::uint32_t tag = 0;
    std::span<const std::byte> bytes;
};

/// Four letters as the tag of a section.
constexpr std::uint32_t cacheTag(const char (&text)[5])
{
    std::uint32_t tag = 0;
    for (int i = 3; i >= 0; --i)
        tag = tag << 8 | static_cast<unsigned char>(text[i]);
    return tag;
}

/// Notices damage; no protection against somebody who wants to deceive. About 4 GB/s.
std::uint64_t cacheChecksum(std::span<const std::byte> bytes, std::uint64_t seed = 0);

/// A cache file whose header is sound and whose sections lie inside it. What the sections hold is not checked: whoever
/// uses them must be safe from any contents.
class CacheFile {
public:
    static constexpr std::size_t kAlignment = 64;

    /// BadFormat when it is damaged, truncated, of another format, or no cache file. Reads the header alone.
    static Result<std::shared_ptr<const CacheFile>> open(std::shared_ptr<const MappedFile> file);

    const CacheKey &key() const { return key_; }
    const CacheSource &source() const { return source_; }
    std::uint64_t size() const { return file_->bytes().size(); }

    std::optional<std::span<const std::byte>> section(std::uint32_t tag) const;
    /// A section as records; nothing when it is missing or is no whole number of them.
    template <class T>
    std::optional<std::span<const T>> table(std::uint32_t tag) const
    {
        static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= kAlignment);
        const auto bytes = section(tag);
        if (!bytes || bytes->size() % sizeof(T) != 0 ||
            reinterpret_cast<std::uintptr_t>(bytes->data()) % alignof(T) != 0)
            return std::nullopt;
        return std::span(reinterpret_cast<const T *>(bytes->data()), bytes->size() / sizeof(T));
    }
    struct Contents {
        std::uint32_t tag = 0;
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
        std::uint64_t checksum = 0;
    };
    const std::vector<Contents> &contents() const { return contents_; }

    /// Compares the checksums of all sections, which reads the whole file.
    Result<void> verify() const;

private:
    CacheFile() = default;
    std::shared_ptr<const MappedFile> file_;
    CacheKey key_;
    CacheSource source_;
    std::vector<Contents> contents_;
};

/// A file to be written: `header` at 0, each section at its offset, nothing between.
struct CacheImage {
    std::string header;
    std::vector<std::uint64_t> offsets; ///< of the sections, in their order
    std::uint64_t size = 0;             ///< of the whole file
};
CacheImage makeCacheImage(const CacheKey &key, const CacheSource &source, std::span<const CacheSection> sections);

} // namespace ks
