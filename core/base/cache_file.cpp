#include "core/base/cache_file.h"

#include "core/base/address.h"
#include "core/base/byte_reader.h"

#include <algorithm>
#include <cstring>

namespace ks {
namespace {

// As with PNG, the bytes that transfers as text damage come first.
constexpr char kMagic[8] = {'\x89', 'K', 'S', 'C', '\r', '\n', '\x1a', '\n'};
constexpr std::uint32_t kByteOrder = 0x01020304;
constexpr std::uint32_t kFormat = 1;
constexpr std::uint32_t kMaxSections = 64;
constexpr std::uint32_t kMaxTexts = 16384;

struct Header {
    char magic[8];
    std::uint32_t byteOrder;
    std::uint32_t format;
    std::uint64_t fileSize;
    std::uint64_t checksum; ///< of the header with this as 0, the table and the texts
    std::uint32_t contentsVersion;
    std::uint32_t sectionCount;
    std::uint32_t textSize;
    std::uint32_t zero;
    std::uint64_t sourceSize;
    std::uint64_t sourceFingerprint;
};
static_assert(sizeof(Header) == 64);

struct SectionEntry {
    std::uint32_t tag;
    std::uint32_t zero;
    std::uint64_t offset;
    std::uint64_t size;
    std::uint64_t checksum;
};
static_assert(sizeof(SectionEntry) == 32);

std::uint64_t aligned(std::uint64_t offset)
{
    return (offset + CacheFile::kAlignment - 1) & ~std::uint64_t{CacheFile::kAlignment - 1};
}

std::string tagText(std::uint32_t tag)
{
    std::string text;
    for (int i = 0; i < 4; ++i, tag >>= 8)
        text += (tag & 0xff) > 0x20 && (tag & 0xff) < 0x7f ? static_cast<char>(tag & 0xff) : '?';
    return text;
}

} // namespace

std::uint64_t cacheChecksum(std::span<const std::byte> bytes, std::uint64_t seed)
{
    // Every step is one to one in the word and in the state, so a single damaged word is always noticed.
    std::uint64_t value = seed ^ bytes.size();
    const auto add = [&value](std::uint64_t word) {
        value = (value ^ word) * 0x9e3779b97f4a7c15;
        value ^= value >> 29;
    };
    std::uint64_t word = 0;
    for (; bytes.size() >= sizeof word; bytes = bytes.subspan(sizeof word)) {
        std::memcpy(&word, bytes.data(), sizeof word);
        add(word);
    }
    word = 0;
    if (!bytes.empty())
        std::memcpy(&word, bytes.data(), bytes.size());
    add(word);
    return value;
}

Result<std::shared_ptr<const CacheFile>> CacheFile::open(std::shared_ptr<const MappedFile> file)
{
    const auto bytes = file->bytes();
    const auto bad = [&](std::string why) {
        return fail(ErrorCode::BadFormat, file->path().string(), std::move(why),
                    "it is made anew when it is needed next");
    };
    ByteReader reader(bytes);
    Header header = reader.read<Header>();
    if (reader.failed() || std::memcmp(header.magic, kMagic, sizeof kMagic) != 0)
        return bad("not a cache file");
    if (header.byteOrder != kByteOrder || header.format != kFormat)
        return bad("a cache file of another version or machine");
    if (header.fileSize != bytes.size())
        return bad("truncated: " + std::to_string(bytes.size()) + " bytes instead of " +
                   std::to_string(header.fileSize));
    if (header.sectionCount > kMaxSections || header.textSize > kMaxTexts)
        return bad("its header is damaged");
    const auto rest = reader.readBytes(header.sectionCount * sizeof(SectionEntry) + header.textSize);
    const std::uint64_t checksum = std::exchange(header.checksum, 0);
    if (reader.failed() || checksum != cacheChecksum(rest, cacheChecksum(std::as_bytes(std::span(&header, 1)))))
        return bad("its header is damaged");

    std::shared_ptr<CacheFile> result(new CacheFile);
    ByteReader table(rest);
    for (std::uint32_t i = 0; i < header.sectionCount; ++i) {
        const auto entry = table.read<SectionEntry>();
        if (entry.offset % kAlignment != 0 || entry.offset > bytes.size() || entry.size > bytes.size() - entry.offset)
            return bad("section " + tagText(entry.tag) + " at offset " + hex(entry.offset) + " runs out of the file");
        result->contents_.push_back({entry.tag, entry.offset, entry.size, entry.checksum});
    }
    result->key_ = {std::string(table.readCString()), std::string(table.readCString()), header.contentsVersion};
    result->source_ = {std::string(table.readCString()), header.sourceSize, header.sourceFingerprint};
    if (table.failed())
        return bad("its header is damaged");
    result->file_ = std::move(file);
    return result;
}

std::optional<std::span<const std::byte>> CacheFile::section(std::uint32_t tag) const
{
    const auto found = std::ranges::find(contents_, tag, &Contents::tag);
    if (found == contents_.end())
        return std::nullopt;
    return file_->bytes().subspan(found->offset, found->size);
}

Result<void> CacheFile::verify() const
{
    for (const Contents &part : contents_)
        if (cacheChecksum(file_->bytes().subspan(part.offset, part.size)) != part.checksum)
            return fail(ErrorCode::BadFormat, file_->path().string(),
                        "section " + tagText(part.tag) + " at offset " + hex(part.offset) + " is damaged",
                        "remove it: it is made anew when it is needed next");
    return {};
}

CacheImage makeCacheImage(const CacheKey &key, const CacheSource &source, std::span<const CacheSection> sections)
{
    CacheImage image;
    std::string texts;
    for (const std::string *text : {&key.buildId, &key.kind, &source.path})
        texts.append(*text).push_back('\0');
    std::uint64_t end = sizeof(Header) + sections.size() * sizeof(SectionEntry) + texts.size();
    std::string table;
    for (const CacheSection &section : sections) {
        const SectionEntry entry{section.tag, 0, aligned(end), section.bytes.size(), cacheChecksum(section.bytes)};
        table.append(reinterpret_cast<const char *>(&entry), sizeof entry);
        image.offsets.push_back(entry.offset);
        end = entry.offset + entry.size;
    }
    table += texts;

    Header header{};
    std::memcpy(header.magic, kMagic, sizeof kMagic);
    header.byteOrder = kByteOrder;
    header.format = kFormat;
    header.fileSize = end;
    header.contentsVersion = key.version;
    header.sectionCount = static_cast<std::uint32_t>(sections.size());
    header.textSize = static_cast<std::uint32_t>(texts.size());
    header.sourceSize = source.size;
    header.sourceFingerprint = source.fingerprint;
    header.checksum =
        cacheChecksum(std::as_bytes(std::span(table)), cacheChecksum(std::as_bytes(std::span(&header, 1))));
    image.header.assign(reinterpret_cast<const char *>(&header), sizeof header);
    image.header += table;
    image.size = end;
    return image;
}

} // namespace ks
