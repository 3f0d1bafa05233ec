#include "core/types/type_index_cache.h"

namespace ks {
namespace {

constexpr std::uint32_t kNames = cacheTag("tnam");
constexpr std::uint32_t kEntries = cacheTag("tent");
constexpr std::uint32_t kSlots = cacheTag("tslt");
constexpr std::uint32_t kText = cacheTag("ttxt");
constexpr std::uint32_t kUnits = cacheTag("tunt");
constexpr std::uint32_t kCount = cacheTag("tcnt");

// The records are written as they lie in memory.
static_assert(sizeof(TypeIndex::Name) == 8 && std::is_trivially_copyable_v<TypeIndex::Name>);
static_assert(sizeof(TypeIndex::Entry) == 8 && std::is_trivially_copyable_v<TypeIndex::Entry>);

} // namespace

std::vector<CacheSection> sectionsOf(const TypeIndex &index)
{
    const TypeIndex::Tables &tables = index.tables();
    return {
        {kCount, std::as_bytes(std::span(&tables.typeNameCount, 1))},
        {kNames, std::as_bytes(tables.names)},
        {kEntries, std::as_bytes(tables.entries)},
        {kSlots, std::as_bytes(tables.slots)},
        {kText, std::as_bytes(tables.text)},
        {kUnits, std::as_bytes(tables.units)},
    };
}

std::optional<TypeIndex> typeIndexOf(const std::shared_ptr<const CacheFile> &file)
{
    const auto names = file->table<TypeIndex::Name>(kNames);
    const auto entries = file->table<TypeIndex::Entry>(kEntries);
    const auto slots = file->table<std::uint32_t>(kSlots);
    const auto text = file->table<char>(kText);
    const auto units = file->table<std::uint32_t>(kUnits);
    const auto count = file->table<std::uint64_t>(kCount);
    if (!names || !entries || !slots || !text || !units || !count || count->size() != 1)
        return std::nullopt;
    return TypeIndex({*names, *entries, *slots, *text, *units, count->front()}, file);
}

} // namespace ks
