// .gnu_debuglink: a stripped file names the one that holds its symbols and debug information (GDB manual, "Separate
// Debug Files").
#pragma once

#include "core/symbols/elf_image.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ks {

struct DebugLink {
    std::string fileName;  ///< a name without folders
    std::uint32_t crc = 0; ///< CRC-32 (as of zlib) over the whole file
};

/// Nothing if the file has none, or one that is damaged or leads elsewhere ("../../x").
std::optional<DebugLink> debugLinkOf(const ElfImage &image);

/// Where the file may be, in this order: beside `image`, in .debug beside it, below /usr/lib/debug. All below `root`.
std::vector<std::filesystem::path> debugLinkCandidates(const std::filesystem::path &image, const DebugLink &link,
                                                       const std::filesystem::path &root);

/// The file that the link of `image` names. It is proven by its build-id, or by its CRC where one of the two has no
/// build-id. NotFound, with what was passed over and why, if there is none; so without a link.
Result<std::shared_ptr<const ElfImage>> followDebugLink(const ElfImage &image, const std::filesystem::path &root = "/");

} // namespace ks
