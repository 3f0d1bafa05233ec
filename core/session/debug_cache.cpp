#include "core/session/debug_cache.h"

#include "core/types/dwarf_reader.h"
#include "core/types/dwarf_scanner.h"
#include "core/types/type_index_cache.h"

#include <system_error>
#include <thread>

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

namespace {

/// Where the index of a file is kept.
struct Keeping {
    CacheStore store;
    CacheKey key;
    CacheSource source;
};

std::optional<Keeping> keepingOf(const SessionOptions &options, const ElfImage &image)
{
    const auto store = cacheStoreOf(options);
    const auto buildId = store ? image.buildId() : std::nullopt;
    if (!buildId)
        return std::nullopt;
    return Keeping{*store, {*buildId, "types", kTypeIndexVersion}, cacheSourceOf(image)};
}

std::shared_ptr<const TypeSource> find(const Keeping &keeping, const DwarfSections &sections)
{
    const auto file = keeping.store.find(keeping.key, keeping.source);
    auto index = file ? typeIndexOf(*file) : std::nullopt;
    return index ? std::shared_ptr<const TypeSource>(DwarfReader::open(sections, std::move(*index))) : nullptr;
}

/// Types, and the thread that writes their index to the cache; whoever drops them waits for it.
struct WithWriter {
    std::unique_ptr<DwarfReader> types;
    std::jthread writer;
};

} // namespace

std::shared_ptr<const TypeSource> openKeptDwarf(const SessionOptions &options, const ElfImage &image,
                                                const DwarfSections &sections)
{
    const auto keeping = keepingOf(options, image);
    return keeping ? find(*keeping, sections) : nullptr;
}

Result<std::shared_ptr<const TypeSource>> openDwarf(const SessionOptions &options, const ElfImage &image,
                                                    const DwarfSections &sections, Progress &progress)
{
    auto keeping = keepingOf(options, image);
    if (keeping)
        if (auto kept = find(*keeping, sections))
            return kept;
    auto index = scanDwarf(sections, progress);
    if (!index)
        return std::unexpected(index.error());
    auto result = std::make_shared<WithWriter>(WithWriter{DwarfReader::open(sections, *index), {}});
    if (keeping) {
        const auto write = [keeping = std::move(*keeping), index = std::move(*index)] {
            // Without it the next start takes longer, and that is all.
            (void)keeping.store.put(keeping.key, keeping.source, sectionsOf(index));
        };
        try {
            result->writer = std::jthread(write);
        } catch (const std::system_error &) {
            write(); // no more threads to be had
        }
    }
    return std::shared_ptr<const TypeSource>(result, result->types.get());
}

} // namespace ks
