// FoundNames: every named DIE of a kernel passes through here.
#include "core/base/text_hash.h"
#include "core/types/type_index_builder.h"

#include <algorithm>

namespace ks {

FoundNames::FoundNames(const DwarfSections &sections) : sections_(sections)
{
    // A kernel has one distinct thing in about 800 bytes. Pages that are not needed are never touched.
    const std::size_t expected = std::clamp<std::size_t>(sections.info.size() / 768, 512, std::size_t{1} << 20);
    all_.reserve(expected);
    slots_.resize(4096); // an index of types alone has few: the fewer slots, the more of them stay in the cache
}

std::uint64_t FoundNames::hash(const FoundName::Key &key)
{
    const std::uint64_t kind = std::uint64_t{key.textSection} << 24 | std::uint64_t{key.nameClass} << 16 |
                               std::uint64_t{key.flags} << 8 | key.isPrivate;
    const std::uint64_t value = key.text * 0x9e3779b97f4a7c15 + key.line * 0xbf58476d1ce4e5b9 +
                                key.size * 0x94d049bb133111eb + key.shape * 0xd6e8feb86659fd93 +
                                kind * 0xc2b2ae3d27d4eb4f;
    return value ^ value >> 32;
}

bool FoundNames::mergeInto(std::size_t index, const FoundName &found)
{
    FoundName &there = all_[index];
    there.units += found.units;
    last_ = index;
    // By the time that they are asked for, they are there; what follows mostly stands in one row.
    __builtin_prefetch(&all_[there.next]);
    __builtin_prefetch(&all_[there.next] + 4);
    return false;
}

void FoundNames::readTexts()
{
    const std::span<const std::byte> sections[] = {{}, sections_.str, sections_.lineStr, sections_.info};
    const auto prefetch = [&](const FoundName::Key &key) {
        if (const auto section = sections[key.textSection & 3]; key.text < section.size())
            __builtin_prefetch(section.data() + key.text);
    };
    constexpr std::size_t kAhead = 16;
    texts_.reserve(all_.size());
    for (std::size_t i = 0; i < all_.size(); ++i) {
        if (i + kAhead < all_.size())
            prefetch(all_[i + kAhead].key);
        const FoundName::Key &key = all_[i].key;
        if (!all_[i].isIndexed()) {
            texts_.push_back({});
            continue;
        }
        const auto text = nameText(sections_, {NameRef::Section(key.textSection), key.text});
        texts_.push_back({static_cast<std::uint32_t>(textHash(text)), static_cast<std::uint32_t>(text.size())});
    }
}

bool FoundNames::add(const FoundName &found)
{
    if (found.key.flags & TypeIndex::Located) {
        all_.push_back(found);
        all_.back().next = 0;
        return true;
    }
    // Units that include the same headers have the same things in the same order.
    if (!all_.empty())
        if (const std::size_t next = all_[last_].next; all_[next].key == found.key)
            return mergeInto(next, found);
    const std::size_t before = last_;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t slot = hash(found.key) & mask;; slot = (slot + 1) & mask) {
        const std::uint32_t entry = slots_[slot];
        if (entry == 0) {
            all_.push_back(found);
            last_ = all_.size() - 1;
            all_[last_].next = static_cast<std::uint32_t>(last_);
            all_[before].next = static_cast<std::uint32_t>(last_);
            slots_[slot] = static_cast<std::uint32_t>(all_.size());
            if (++used_ * 2 > slots_.size())
                grow();
            return true;
        }
        if (all_[entry - 1].key == found.key) {
            all_[before].next = entry - 1;
            return mergeInto(entry - 1, found);
        }
    }
}

void FoundNames::grow()
{
    std::vector<std::uint32_t> slots(slots_.size() * 4);
    const std::size_t mask = slots.size() - 1;
    for (std::size_t i = 0; i < all_.size(); ++i) {
        if (all_[i].key.flags & TypeIndex::Located)
            continue;
        std::size_t slot = hash(all_[i].key) & mask;
        while (slots[slot] != 0)
            slot = (slot + 1) & mask;
        slots[slot] = static_cast<std::uint32_t>(i + 1);
    }
    slots_ = std::move(slots);
}

} // namespace ks
