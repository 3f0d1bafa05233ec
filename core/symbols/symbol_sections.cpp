// A layer as flat tables in a file, and back.
#include "core/symbols/symbol_layer.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace ks {

namespace {

/// Four letters, as a person sees them in a dump.
constexpr std::uint32_t tagOf(const char (&text)[5])
{
    std::uint32_t tag = 0;
    for (unsigned i = 0; i < 4; ++i)
        tag |= std::uint32_t{static_cast<unsigned char>(text[i])} << (i * 8);
    return tag;
}

/// Ends with every change of what the tables mean: of the hash, of characterMask, of the rules for regions and ranks.
struct Format {
    std::uint32_t version = 1;
    std::uint32_t byteOrder = 0x01020304;
};
constexpr Format kFormat;

/// Calls `visit(tag, span)` for every table but the search index.
template <class Tables, class Visit>
void forEachTable(Tables &t, Visit visit)
{
    visit(tagOf("SYpo"), t.pool);
    visit(tagOf("SYne"), t.nameEnd);
    visit(tagOf("SYhs"), t.slots);
    visit(tagOf("SYre"), t.records);
    visit(tagOf("SYhu"), t.hugeSizes);
    visit(tagOf("SYmo"), t.modulePool);
    visit(tagOf("SYme"), t.moduleEnd);
    visit(tagOf("SYfn"), t.firstOfName);
    visit(tagOf("SYsn"), t.symbolsOfName);
    visit(tagOf("SYma"), t.memory.areas);
    visit(tagOf("SYmb"), t.memory.buckets);
    visit(tagOf("SYmr"), t.memory.regions);
    visit(tagOf("SYca"), t.perCpu.areas);
    visit(tagOf("SYcb"), t.perCpu.buckets);
    visit(tagOf("SYcr"), t.perCpu.regions);
}

template <class Tables, class Visit>
void forEachIndexTable(Tables &t, Visit visit)
{
    visit(tagOf("SYit"), t.byText);
    visit(tagOf("SYil"), t.byLength);
    visit(tagOf("SYib"), t.buckets);
    visit(tagOf("SYim"), t.masks);
    visit(tagOf("SYis"), t.starts);
    visit(tagOf("SYif"), t.folded);
}

constexpr std::uint32_t kFormatTag = tagOf("SYfo");

/// A section's bytes as an array; nothing when they cannot be one.
template <class T>
std::optional<std::span<const T>> asArray(std::span<const std::byte> bytes)
{
    const auto place = reinterpret_cast<std::uintptr_t>(bytes.data());
    if (bytes.size() % sizeof(T) != 0 || place % alignof(T) != 0 || bytes.size() / sizeof(T) >= kNoSymbol)
        return std::nullopt;
    return std::span(reinterpret_cast<const T *>(bytes.data()), bytes.size() / sizeof(T));
}

/// Fills tables from sections, and remembers whether all were there and possible.
class Filler {
public:
    explicit Filler(std::span<const SymbolLayer::Section> sections) : sections_(sections) {}

    template <class T>
    void operator()(std::uint32_t tag, std::span<const T> &table)
    {
        const auto found = std::ranges::find(sections_, tag, &SymbolLayer::Section::tag);
        const auto array = found == sections_.end() ? std::nullopt : asArray<T>(found->bytes);
        if (array)
            table = *array;
        else
            complete_ = false;
    }
    bool isComplete() const { return complete_; }

private:
    std::span<const SymbolLayer::Section> sections_;
    bool complete_ = true;
};

} // namespace

std::vector<SymbolLayer::Section> symbolSections(const SymbolLayer &layer)
{
    std::vector<SymbolLayer::Section> sections{{kFormatTag, std::as_bytes(std::span(&kFormat, 1))}};
    const auto add = [&](std::uint32_t tag, const auto &table) { sections.push_back({tag, std::as_bytes(table)}); };
    forEachTable(layer.tables(), add);
    forEachIndexTable(layer.nameIndex().tables(), add);
    return sections;
}

Result<std::shared_ptr<const SymbolLayer>> SymbolLayer::fromSections(std::span<const Section> sections,
                                                                     std::shared_ptr<const void> storage)
{
    const auto bad = [](const char *why) {
        return fail(ErrorCode::BadFormat, "cached symbols", why, "remove the cache");
    };
    std::span<const Format> format;
    Filler filler(sections);
    filler(kFormatTag, format);
    if (format.size() != 1 || format[0].version != kFormat.version || format[0].byteOrder != kFormat.byteOrder)
        return bad("they were written in another format");
    Tables tables;
    forEachTable(tables, std::ref(filler));
    NameIndex::Tables index;
    forEachIndexTable(index, std::ref(filler));
    if (!filler.isComplete() || (!tables.slots.empty() && !std::has_single_bit(tables.slots.size())))
        return bad("a table is missing or has no possible size");
    return std::make_shared<const SymbolLayer>(tables, NameIndex(index, storage), storage);
}

} // namespace ks
