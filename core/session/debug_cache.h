// What was made of a debug file is kept for the next time.
#pragma once

#include "core/base/cache_store.h"
#include "core/base/progress.h"
#include "core/session/session.h"
#include "core/symbols/elf_image.h"
#include "core/symbols/symbol_layer.h"
#include "core/types/dwarf_sections.h"
#include "core/types/type_source.h"

#include <memory>

namespace ks {

/// Size and section headers of the file, for CacheStore.
CacheSource cacheSourceOf(const ElfImage &image);

/// The cache of these options; nothing when it is not wanted.
std::optional<CacheStore> cacheStoreOf(const SessionOptions &options);

/// The symbols of a file, at linked addresses. Kept as the types are.
Result<std::shared_ptr<const SymbolLayer>> openSymbolLayer(const SessionOptions &options, const ElfImage &image);

/// The types of a file whose name index is in the cache; null when it is not.
std::shared_ptr<const TypeSource> openKeptDwarf(const SessionOptions &options, const ElfImage &image,
                                                const DwarfSections &sections);

/// The types of a file. Its name index comes out of the cache; else it is made, and kept by a thread that may still
/// write while the types are used already. A file without a build-id is always scanned. The errors are those of
/// scanDwarf(); a cache that cannot be read or written is none.
Result<std::shared_ptr<const TypeSource>> openDwarf(const SessionOptions &options, const ElfImage &image,
                                                    const DwarfSections &sections, Progress &progress);

} // namespace ks
