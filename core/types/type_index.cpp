#include "core/types/type_index.h"

#include "core/base/text_hash.h"

#include <algorithm>
#include <bit>

namespace ks {

TypeIndex::TypeIndex(Tables tables, std::shared_ptr<const void> storage) : tables_(tables), storage_(std::move(storage))
{
    // What name() and find() take for granted.
    if (tables_.text.empty() || tables_.text.back() != '\0')
        tables_.text = std::span("", 1);
    if (!std::has_single_bit(tables_.slots.size()))
        tables_.slots = {};
}

std::string_view TypeIndex::name(std::size_t index) const
{
    const std::uint32_t offset = tables_.names[index].text;
    return offset < tables_.text.size() ? std::string_view(tables_.text.data() + offset) : std::string_view{};
}

std::span<const TypeIndex::Entry> TypeIndex::entries(std::size_t index) const
{
    const std::uint32_t first = tables_.names[index].firstEntry;
    const std::uint32_t end = tables_.names[index + 1].firstEntry;
    if (first > end || end > tables_.entries.size())
        return {};
    return tables_.entries.subspan(first, end - first);
}

std::span<const TypeIndex::Entry> TypeIndex::find(std::string_view wanted) const
{
    const std::size_t size = tables_.slots.size();
    if (size == 0)
        return {};
    std::size_t slot = firstSlot(static_cast<std::uint32_t>(textHash(wanted)), size);
    for (std::size_t probe = 0; probe < size; ++probe, slot = (slot + 1) & (size - 1)) {
        const std::uint32_t entry = tables_.slots[slot];
        if (entry == 0)
            return {};
        if (entry <= nameCount() && name(entry - 1) == wanted)
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
