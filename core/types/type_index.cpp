#include "core/types/type_index.h"

#include <algorithm>

namespace ks {

TypeIndex::TypeIndex(Tables tables, std::shared_ptr<const void> storage) : tables_(tables), storage_(std::move(storage))
{
    for (std::size_t n = 0; n < nameCount(); ++n) {
        const auto all = entries(n);
        for (std::size_t i = 0; i < all.size(); ++i)
            typeNameCount_ += isTypeClass(all[i].nameClass) && (i == 0 || all[i - 1].nameClass != all[i].nameClass);
    }
}

std::uint64_t TypeIndex::hash(std::string_view name)
{
    std::uint64_t value = 0xcbf29ce484222325;
    for (const char c : name)
        value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return value ^ value >> 32;
}

std::string_view TypeIndex::name(std::size_t index) const { return tables_.text.data() + tables_.names[index].text; }

std::span<const TypeIndex::Entry> TypeIndex::entries(std::size_t index) const
{
    const std::uint32_t first = tables_.names[index].firstEntry;
    return tables_.entries.subspan(first, tables_.names[index + 1].firstEntry - first);
}

std::span<const TypeIndex::Entry> TypeIndex::find(std::string_view wanted) const
{
    const std::size_t size = tables_.slots.size();
    if (size == 0)
        return {};
    for (std::size_t probe = 0, slot = hash(wanted) & (size - 1); probe < size;
         ++probe, slot = (slot + 1) & (size - 1)) {
        const std::uint32_t entry = tables_.slots[slot];
        if (entry == 0)
            return {};
        if (name(entry - 1) == wanted)
            return entries(entry - 1);
    }
    return {};
}

std::span<const TypeIndex::Entry> TypeIndex::find(NameClass nameClass, std::string_view wanted) const
{
    const auto range = std::ranges::equal_range(find(wanted), nameClass, {}, &Entry::nameClass);
    return {range.begin(), range.end()};
}

std::optional<std::uint32_t> TypeIndex::unitOf(std::uint64_t die) const
{
    const auto after = std::ranges::upper_bound(tables_.units, die);
    if (after == tables_.units.begin())
        return std::nullopt;
    return *(after - 1);
}

} // namespace ks
