#include "core/symbols/merged_strings.h"

#include <cstring>
#include <functional>
#include <string_view>

namespace ks {

MergedStrings::MergedStrings(std::span<const std::byte> section)
    : section_(section), recent_(std::size_t{1} << 12), slots_(std::size_t{1} << 12)
{
}

std::uint32_t MergedStrings::find(std::uint32_t offset)
{
    const char *start = reinterpret_cast<const char *>(section_.data()) + offset;
    const void *end = std::memchr(start, 0, section_.size() - offset);
    if (!end)
        return offset;
    const std::string_view text(start, static_cast<std::size_t>(static_cast<const char *>(end) - start));
    const std::uint64_t hash = std::hash<std::string_view>()(text);
    for (std::size_t slot = hash;; ++slot) {
        Slot &at = slots_[slot & (slots_.size() - 1)];
        if (at.offset == kEnd) {
            at = {offset, static_cast<std::uint32_t>(text.size()), hash};
            if (++used_ > slots_.size() / 2)
                grow();
            return offset;
        }
        if (at.hash == hash && at.size == text.size() &&
            std::memcmp(section_.data() + at.offset, text.data(), text.size()) == 0)
            return at.offset;
    }
}

void MergedStrings::grow()
{
    std::vector<Slot> larger(slots_.size() * 2);
    for (const Slot &slot : slots_) {
        if (slot.offset == kEnd)
            continue;
        std::size_t to = slot.hash;
        while (larger[to & (larger.size() - 1)].offset != kEnd)
            ++to;
        larger[to & (larger.size() - 1)] = slot;
    }
    slots_ = std::move(larger);
}

} // namespace ks
