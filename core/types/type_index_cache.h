// TypeIndex <-> the sections of a cache file.
#pragma once

#include "core/base/cache_file.h"
#include "core/types/type_index.h"

#include <optional>
#include <vector>

namespace ks {

/// To be raised whenever the tables or what the scanner puts into them change.
inline constexpr std::uint32_t kTypeIndexVersion = 3;

/// Views of the index, which must outlive them.
std::vector<CacheSection> sectionsOf(const TypeIndex &index);

/// The index that lies in the file, used there; nothing when a section is missing. Safe whatever the sections hold.
std::optional<TypeIndex> typeIndexOf(const std::shared_ptr<const CacheFile> &file);

} // namespace ks
