// Decompresses the formats that modules, kernels and debug sections come in, never beyond a bound.
#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace ks {

enum class Compression {
    None,
    Zlib, ///< gzip and zlib streams
    Xz,
    Zstd,
};

/// What a whole file is compressed with, by its first bytes.
Compression compressionOf(std::span<const std::byte> file);

/// The contents of one stream. Limit when they are larger than `limit` bytes, BadFormat when the stream is damaged or
/// ends too early. `what` names the input in errors.
Result<std::string> decompress(std::span<const std::byte> packed, Compression compression, std::uint64_t limit,
                               const std::string &what);

} // namespace ks
