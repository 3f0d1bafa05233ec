#include "core/types/type_index_builder.h"

#include <algorithm>
#include <bit>

namespace ks {

FoundNames::FoundNames() : slots_(1024) {}

std::uint64_t FoundNames::hash(const FoundName::Key &key)
{
    static_assert(sizeof key == 20);
    std::uint64_t words[2];
    std::memcpy(words, &key, sizeof words);
    std::uint32_t rest = 0;
    std::memcpy(&rest, reinterpret_cast<const char *>(&key) + sizeof words, sizeof rest);
    std::uint64_t value = (words[0] ^ std::uint64_t{rest} << 40) * 0x9e3779b97f4a7c15;
    value = (value ^ value >> 29 ^ words[1]) * 0xbf58476d1ce4e5b9;
    return value ^ value >> 32;
}

bool FoundNames::mergeInto(std::size_t index, const FoundName &found)
{
    FoundName &there = all_[index];
    there.units += found.units;
    there.die = std::min(there.die, found.die);
    last_ = index;
    __builtin_prefetch(&all_[there.next]); // by the time that it is asked for, it is there
    return false;
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

namespace {

struct Storage {
    std::vector<TypeIndex::Name> names;
    std::vector<TypeIndex::Entry> entries;
    std::vector<std::uint32_t> slots;
    std::vector<char> text;
    std::vector<std::uint32_t> units;
};

/// Gives each text one number, whatever section it is from.
class NameNumbers {
public:
    NameNumbers(Storage &storage, std::size_t expected) : storage_(storage)
    {
        storage_.slots.resize(std::bit_ceil(std::max<std::size_t>(expected * 2, 16)));
    }

    std::uint32_t numberOf(std::string_view text)
    {
        const std::size_t mask = storage_.slots.size() - 1;
        for (std::size_t slot = TypeIndex::hash(text) & mask;; slot = (slot + 1) & mask) {
            std::uint32_t &entry = storage_.slots[slot];
            if (entry == 0) {
                storage_.names.push_back({static_cast<std::uint32_t>(storage_.text.size()), 0});
                storage_.text.insert(storage_.text.end(), text.begin(), text.end());
                storage_.text.push_back('\0');
                entry = static_cast<std::uint32_t>(storage_.names.size());
                return entry - 1;
            }
            const char *there = storage_.text.data() + storage_.names[entry - 1].text;
            if (text == std::string_view(there))
                return entry - 1;
        }
    }

private:
    Storage &storage_;
};

/// Definitions before declarations, file scope before functions, external before static, what is in memory before what
/// is not, and then what most units agree on. The offset makes the order the same from run to run.
bool betterThan(const TypeIndex::Entry &a, const TypeIndex::Entry &b)
{
    const auto rank = [](const TypeIndex::Entry &entry) {
        return (entry.flags & TypeIndex::Declaration ? 8 : 0) + (entry.flags & TypeIndex::Local ? 4 : 0) +
               (entry.flags & TypeIndex::External ? 0 : 2) + (entry.flags & TypeIndex::Located ? 0 : 1);
    };
    if (a.nameClass != b.nameClass)
        return a.nameClass < b.nameClass;
    if (rank(a) != rank(b))
        return rank(a) < rank(b);
    return a.units != b.units ? a.units > b.units : a.die < b.die;
}

} // namespace

Result<TypeIndex> buildTypeIndex(const DwarfSections &sections, const FoundNames &found,
                                 std::vector<std::uint32_t> unitOffsets)
{
    auto storage = std::make_shared<Storage>();
    storage->units = std::move(unitOffsets);
    const auto &all = found.all();
    // Honest names are distinct texts of the sections, or the ends of such. Names that overlap each other could ask
    // for any amount of memory.
    const std::uint64_t roomForText = 2 * (sections.str.size() + sections.lineStr.size()) + sections.info.size() + 4096;

    constexpr std::uint32_t kNone = 0xffffffff;
    std::vector<std::uint32_t> nameOf(all.size(), kNone);
    {
        // Things of one name mostly have their text at one place; numbers by place spare most comparisons of texts.
        std::vector<std::uint32_t> byPlace(std::bit_ceil(std::max<std::size_t>(all.size() * 2, 16)));
        const std::size_t mask = byPlace.size() - 1;
        NameNumbers numbers(*storage, all.size());
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (all[i].key.nameClass == FoundName::kUnnamedEnum)
                continue;
            std::size_t slot = (all[i].key.text * 0x9e3779b97f4a7c15 >> 20) & mask;
            while (byPlace[slot] != 0) {
                const FoundName &other = all[byPlace[slot] - 1];
                if (other.key.text == all[i].key.text && other.key.textSection == all[i].key.textSection)
                    break;
                slot = (slot + 1) & mask;
            }
            if (byPlace[slot] != 0) {
                nameOf[i] = nameOf[byPlace[slot] - 1];
                continue;
            }
            byPlace[slot] = static_cast<std::uint32_t>(i + 1);
            const auto text = nameText(sections, {NameRef::Section(all[i].key.textSection), all[i].key.text});
            if (text.empty())
                continue;
            nameOf[i] = numbers.numberOf(text);
            if (storage->text.size() > roomForText || storage->text.size() > kNone)
                return fail(ErrorCode::Limit, sections.fileName,
                            "its names overlap each other and take more room than the file",
                            "the debug information is damaged");
        }
    }
    storage->names.push_back({});
    auto &names = storage->names;
    for (const std::uint32_t name : nameOf)
        if (name != kNone)
            ++names[name + 1].firstEntry;
    for (std::size_t n = 1; n < names.size(); ++n)
        names[n].firstEntry += names[n - 1].firstEntry;
    storage->entries.resize(names.back().firstEntry);
    std::vector<std::uint32_t> next(names.size());
    for (std::size_t n = 0; n < names.size(); ++n)
        next[n] = names[n].firstEntry;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (nameOf[i] == kNone)
            continue;
        const auto units = static_cast<std::uint16_t>(std::min<std::uint32_t>(all[i].units, 0xffff));
        storage->entries[next[nameOf[i]]++] = {all[i].die, NameClass(all[i].key.nameClass), all[i].key.flags, units};
    }
    std::uint64_t typeNames = 0;
    for (std::size_t n = 0; n + 1 < names.size(); ++n) {
        const auto entries =
            std::span(storage->entries).subspan(names[n].firstEntry, names[n + 1].firstEntry - names[n].firstEntry);
        std::ranges::sort(entries, betterThan);
        for (std::size_t i = 0; i < entries.size(); ++i)
            typeNames +=
                isTypeClass(entries[i].nameClass) && (i == 0 || entries[i - 1].nameClass != entries[i].nameClass);
    }
    storage->text.shrink_to_fit();
    storage->names.shrink_to_fit();
    const TypeIndex::Tables tables{storage->names, storage->entries, storage->slots,
                                   storage->text,  storage->units,   typeNames};
    return TypeIndex(tables, storage);
}

} // namespace ks
