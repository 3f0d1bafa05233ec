#include "core/session/debug_cache.h"

#include "core/types/dwarf_scanner.h"
#include "core/types/type_index_cache.h"

#include <system_error>

namespace ks {

CacheSource cacheSourceOf(const ElfImage &image)
{
    std::vector<std::uint64_t> facts;
    for (const ElfSection &section : image.sections())
        facts.insert(facts.end(),
                     {section.type, section.flags, section.address.value, section.offset.value, section.size});
    return {image.path().string(), image.file().bytes().size(), cacheChecksum(std::as_bytes(std::span(facts)))};
}

std::optional<CacheStore> cacheStoreOf(const SessionOptions &options)
{
    if (!options.useCache)
        return std::nullopt;
    return CacheStore(options.cacheDir.empty() ? CacheStore::userFolder() : options.cacheDir);
}

Result<CachedIndex> indexOf(const SessionOptions &options, const ElfImage &image, const DwarfSections &sections,
                            Progress &progress)
{
    const auto store = cacheStoreOf(options);
    const auto buildId = store ? image.buildId() : std::nullopt;
    if (!buildId) {
        auto index = scanDwarf(sections, progress);
        if (!index)
            return std::unexpected(index.error());
        return CachedIndex{std::move(*index), {}};
    }
    const CacheKey key{*buildId, "types", kTypeIndexVersion};
    CacheSource source = cacheSourceOf(image);
    if (const auto file = store->find(key, source))
        if (auto index = typeIndexOf(*file))
            return CachedIndex{std::move(*index), {}};

    auto index = scanDwarf(sections, progress);
    if (!index)
        return std::unexpected(index.error());
    CachedIndex result{*index, {}};
    const auto write = [store = *store, key, source = std::move(source), index = std::move(*index)] {
        // Without it the next start takes longer, and that is all.
        (void)store.put(key, source, sectionsOf(index));
    };
    try {
        result.writer = std::jthread(write);
    } catch (const std::system_error &) {
        write(); // no more threads to be had
    }
    return result;
}

} // namespace ks
