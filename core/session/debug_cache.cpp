#include "core/session/debug_cache.h"

#include "core/symbols/symbol_readers.h"
#include "core/symbols/symbol_table_builder.h"
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

std::optional<Keeping> keepingOf(const SessionOptions &options, const ElfImage &image, std::string kind,
                                 std::uint32_t version)
{
    const auto store = cacheStoreOf(options);
    const auto buildId = store ? image.buildId() : std::nullopt;
    if (!buildId)
        return std::nullopt;
    return Keeping{*store, {*buildId, std::move(kind), version}, cacheSourceOf(image)};
}

std::shared_ptr<const TypeSource> find(const Keeping &keeping, const DwarfSections &sections)
{
    const auto file = keeping.store.find(keeping.key, keeping.source);
    auto index = file ? typeIndexOf(*file) : std::nullopt;
    return index ? std::shared_ptr<const TypeSource>(DwarfReader::open(sections, std::move(*index))) : nullptr;
}

/// Something that serves already, and the thread that writes it to the cache; whoever drops it waits for that.
template <class Thing>
struct WithWriter {
    Thing thing;
    std::jthread writer;
};

/// `sections` gives what is to be written, in the thread. Without it the next start takes longer, and that is all.
template <class Thing, class Sections>
std::shared_ptr<WithWriter<Thing>> writeBehind(Thing thing, std::optional<Keeping> keeping, Sections sections)
{
    auto result = std::make_shared<WithWriter<Thing>>(WithWriter<Thing>{std::move(thing), {}});
    if (keeping) {
        const auto write = [keeping = std::move(*keeping), sections = std::move(sections)] {
            (void)keeping.store.put(keeping.key, keeping.source, sections());
        };
        try {
            result->writer = std::jthread(write);
        } catch (const std::system_error &) {
            write(); // no more threads to be had
        }
    }
    return result;
}

constexpr std::uint32_t kSymbolsVersion = 1;
std::vector<CacheSection> cacheSectionsOf(const SymbolLayer &layer)
{
    std::vector<CacheSection> sections;
    for (const SymbolLayer::Section &section : symbolSections(layer))
        sections.push_back({section.tag, section.bytes});
    return sections;
}

} // namespace

std::shared_ptr<const TypeSource> openKeptDwarf(const SessionOptions &options, const ElfImage &image,
                                                const DwarfSections &sections)
{
    const auto keeping = keepingOf(options, image, "types", kTypeIndexVersion);
    return keeping ? find(*keeping, sections) : nullptr;
}

Result<std::shared_ptr<const TypeSource>> openDwarf(const SessionOptions &options, const ElfImage &image,
                                                    const DwarfSections &sections, Progress &progress)
{
    auto keeping = keepingOf(options, image, "types", kTypeIndexVersion);
    if (keeping)
        if (auto kept = find(*keeping, sections))
            return kept;
    const bool typesSuffice = !keeping && !options.useCore && !options.useSymbols;
    const auto wanted = typesSuffice ? IndexedNames::Types : IndexedNames::All;
    auto index = scanDwarf(sections, progress, 0, wanted);
    if (!index)
        return std::unexpected(index.error());
    auto types = DwarfReader::open(sections, *index, wanted);
    const auto result =
        writeBehind(std::move(types), std::move(keeping), [index = std::move(*index)] { return sectionsOf(index); });
    return std::shared_ptr<const TypeSource>(result, result->thing.get());
}

Result<std::shared_ptr<const SymbolLayer>> openSymbolLayer(const SessionOptions &options, const ElfImage &image)
{
    auto keeping = keepingOf(options, image, "symbols", kSymbolsVersion);
    if (keeping) {
        if (const auto file = keeping->store.find(keeping->key, keeping->source)) {
            std::vector<SymbolLayer::Section> sections;
            for (const CacheFile::Contents &part : (*file)->contents())
                sections.push_back({part.tag, (*file)->section(part.tag).value_or(std::span<const std::byte>())});
            if (auto layer = SymbolLayer::fromSections(sections, *file))
                return layer;
        }
    }
    auto symbols = readElfSymbols(image);
    if (!symbols)
        return std::unexpected(symbols.error());
    markPerCpu(*symbols);
    SymbolTableBuilder builder;
    builder.reserve(symbols->size());
    for (const Symbol &symbol : *symbols)
        builder.add(symbol);
    const auto layer = builder.buildLayer();
    const auto result = writeBehind(layer, std::move(keeping), [layer] { return cacheSectionsOf(*layer); });
    return std::shared_ptr<const SymbolLayer>(result, layer.get());
}

} // namespace ks
