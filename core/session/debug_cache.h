// What was made of a debug file is kept for the next time.
#pragma once

#include "core/base/cache_store.h"
#include "core/base/progress.h"
#include "core/session/session.h"
#include "core/symbols/elf_image.h"
#include "core/types/dwarf_sections.h"
#include "core/types/type_index.h"

#include <thread>

namespace ks {

/// Size and section headers of the file, for CacheStore.
CacheSource cacheSourceOf(const ElfImage &image);

/// The cache of these options; nothing when it is not wanted.
std::optional<CacheStore> cacheStoreOf(const SessionOptions &options);

struct CachedIndex {
    TypeIndex index;
    std::jthread writer; ///< writes a new index to the cache while the answer is made; ends when it is joined
};

/// The name index of the file's DWARF: out of the cache, else scanned and then kept. A file without a build-id is
/// always scanned. The errors are those of scanDwarf(); a cache that cannot be read or written is none.
Result<CachedIndex> indexOf(const SessionOptions &options, const ElfImage &image, const DwarfSections &sections,
                            Progress &progress);

} // namespace ks
