// Opening a target: which source a file needs.
#pragma once

#include "core/base/file.h"
#include "core/memory/kcore_access.h"
#include "core/memory/memory_source.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace ks {

struct OpenCoreOptions {
    /// Whether the bytes may change while the file is open. Empty: only /proc/kcore is live.
    std::optional<bool> live;
    /// For a person ("demo kernel"). Empty: the file's path.
    std::string description;
};

/// Opens a kcore or a dump. Errors of /proc/kcore itself are those of kcoreError.
Result<std::unique_ptr<MemorySource>> openCore(const std::filesystem::path &path, const OpenCoreOptions &options = {});
Result<std::unique_ptr<MemorySource>> openCore(FileHandle file, const OpenCoreOptions &options = {});

} // namespace ks
