#include "core/symbols/debug_link.h"

#include "core/base/byte_reader.h"

#include <zlib.h>

namespace ks {

namespace {

std::uint32_t crcOf(std::span<const std::byte> bytes)
{
    return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size()));
}

/// Why a file is not the one that is meant; empty if it is.
std::string objection(const ElfImage &candidate, const ElfImage &image, const DebugLink &link)
{
    const auto have = candidate.buildId();
    const auto want = image.buildId();
    if (have && want)
        return *have == *want ? "" : "has build-id " + *have + " instead of " + *want;
    const std::uint32_t crc = crcOf(candidate.file().bytes());
    return crc == link.crc ? "" : "has the CRC " + hex(crc) + " instead of " + hex(link.crc);
}

} // namespace

std::optional<DebugLink> debugLinkOf(const ElfImage &image)
{
    const auto bytes = image.bytes(".gnu_debuglink");
    if (!bytes)
        return std::nullopt;
    ByteReader reader(*bytes);
    DebugLink link;
    link.fileName = reader.readCString();
    reader.seek((reader.position() + 3) / 4 * 4);
    link.crc = reader.read<std::uint32_t>();
    const bool isPlain = !link.fileName.empty() && link.fileName.find('/') == link.fileName.npos &&
                         link.fileName != "." && link.fileName != "..";
    return reader.failed() || !isPlain ? std::nullopt : std::optional(link);
}

std::vector<std::filesystem::path> debugLinkCandidates(const std::filesystem::path &image, const DebugLink &link,
                                                       const std::filesystem::path &root)
{
    const std::filesystem::path folder = image.parent_path();
    std::filesystem::path below = folder.lexically_relative(root);
    if (below.empty() || *below.begin() == "..")
        below = folder.relative_path();
    return {folder / link.fileName, folder / ".debug" / link.fileName, root / "usr/lib/debug" / below / link.fileName};
}

Result<std::shared_ptr<const ElfImage>> followDebugLink(const ElfImage &image, const std::filesystem::path &root)
{
    const auto link = debugLinkOf(image);
    if (!link)
        return fail(ErrorCode::NotFound, image.path().string(), "names no file with its debug information");
    std::string passedOver;
    for (const auto &path : debugLinkCandidates(image.path(), *link, root)) {
        std::error_code error;
        if (std::filesystem::equivalent(path, image.path(), error))
            continue;
        auto candidate = ElfImage::open(path);
        if (!candidate && candidate.error().code == ErrorCode::NotFound)
            continue;
        const std::string why = candidate ? objection(**candidate, image, *link) : candidate.error().why;
        if (why.empty())
            return candidate;
        passedOver += "; passed over " + path.string() + ": " + why;
    }
    return fail(ErrorCode::NotFound, image.path().string(),
                "its debug information, " + link->fileName + ", was not found" + passedOver);
}

} // namespace ks
