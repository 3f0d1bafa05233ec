#include "core/types/type_index_builder.h"

#include "core/base/threads.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <tuple>

namespace ks {
namespace {

struct Storage {
    std::vector<TypeIndex::Name> names;
    std::vector<TypeIndex::Entry> entries;
    std::vector<std::uint32_t> slots;
    std::vector<char> text;
    std::vector<std::uint32_t> units;
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

/// Takes the next of several lists: the one whose number is the least, of equal ones that of the first list.
/// `numberAt(list)` gives nothing at a list's end. Nothing when all lists have ended.
template <class NumberAt>
std::optional<std::size_t> leastOf(std::size_t lists, const NumberAt &numberAt)
{
    std::optional<std::size_t> best;
    std::uint32_t least = 0;
    for (std::size_t list = 0; list < lists; ++list) {
        const std::optional<std::uint32_t> number = numberAt(list);
        if (number && (!best || *number < least)) {
            best = list;
            least = *number;
        }
    }
    return best;
}

/// The names that one thread is to put in order, chosen by their hashes, and all that have them. Aligned as FoundNames.
class alignas(128) Shard {
public:
    struct Name {
        std::string_view text;
        std::uint32_t hash = 0;
        std::uint32_t firstDie = 0;
        std::uint32_t firstEntry = 0; ///< in entries(); until those are there, the number of things that have the name
        std::uint32_t endEntry = 0;
    };

    Shard(const DwarfSections &sections, std::span<const FoundNames> found, unsigned number, unsigned count)
        : sections_(sections), found_(found), number_(number), count_(count)
    {
    }

    void build()
    {
        collect();
        std::vector<const FoundName *> byName(things_.size());
        std::uint32_t first = 0;
        for (Name &name : names_) {
            name.endEntry = first;
            first += std::exchange(name.firstEntry, first);
        }
        for (const Thing &thing : things_)
            byName[names_[thing.name].endEntry++] = thing.found;
        entries_.reserve(things_.size());
        for (Name &name : names_) {
            const auto things = std::span(byName).subspan(name.firstEntry, name.endEntry - name.firstEntry);
            name.firstEntry = static_cast<std::uint32_t>(entries_.size());
            addEntries(things);
            name.endEntry = static_cast<std::uint32_t>(entries_.size());
        }
    }

    const std::vector<Name> &names() const { return names_; }
    const std::vector<TypeIndex::Entry> &entries() const { return entries_; }
    std::uint64_t typeNames() const { return typeNames_; }

private:
    struct Thing {
        const FoundName *found = nullptr;
        std::uint32_t name = 0;
    };

    bool isMine(FoundNames::Text text) const
    {
        return text.length != 0 && std::uint64_t{text.hash} * count_ >> 32 == number_;
    }

    /// Numbers the names, in the order of the DIEs that have them first.
    void collect()
    {
        std::size_t mine = 0;
        for (const FoundNames &list : found_)
            for (const FoundNames::Text text : list.texts())
                mine += isMine(text);
        things_.reserve(mine);
        names_.reserve(mine);
        slots_.resize(std::bit_ceil(std::max<std::size_t>(mine + mine / 2, 16)));
        std::vector<std::size_t> next(found_.size());
        for (;;) {
            const auto list = leastOf(found_.size(), [&](std::size_t i) -> std::optional<std::uint32_t> {
                const auto &texts = found_[i].texts();
                while (next[i] < texts.size() && !isMine(texts[next[i]]))
                    ++next[i];
                return next[i] < texts.size() ? std::optional(found_[i].all()[next[i]].die) : std::nullopt;
            });
            if (!list)
                return;
            const std::size_t index = next[*list]++;
            const FoundName &found = found_[*list].all()[index];
            const std::uint32_t name = numberOf(found, found_[*list].texts()[index]);
            ++names_[name].firstEntry;
            things_.push_back({&found, name});
        }
    }

    /// One number for one text, whatever section it is from.
    std::uint32_t numberOf(const FoundName &found, FoundNames::Text text)
    {
        std::span<const std::byte> section;
        switch (found.key.textSection) {
        case NameRef::Str: section = sections_.str; break;
        case NameRef::LineStr: section = sections_.lineStr; break;
        default: section = sections_.info; break;
        }
        const std::string_view it(reinterpret_cast<const char *>(section.data()) + found.key.text, text.length);
        const std::size_t mask = slots_.size() - 1;
        for (std::size_t slot = text.hash & mask;; slot = (slot + 1) & mask) {
            std::uint32_t &entry = slots_[slot];
            if (entry == 0) {
                names_.push_back({it, text.hash, found.die});
                entry = static_cast<std::uint32_t>(names_.size());
                return entry - 1;
            }
            const Name &there = names_[entry - 1];
            if (there.hash == text.hash && (there.text.data() == it.data() || there.text == it))
                return entry - 1;
        }
    }

    /// What has one name, each thing once.
    void addEntries(std::span<const FoundName *> things)
    {
        // Their text is the same, though it may stand in several places.
        const auto compare = [](const FoundName *a, const FoundName *b) {
            const auto facts = [](const FoundName::Key &key) {
                return std::tie(key.nameClass, key.flags, key.line, key.size, key.shape, key.isPrivate);
            };
            return facts(a->key) <=> facts(b->key);
        };
        if (things.size() > 1)
            std::ranges::sort(things, [&](const FoundName *a, const FoundName *b) {
                const auto order = compare(a, b);
                return order != 0 ? order < 0 : a->die < b->die;
            });
        const std::size_t first = entries_.size();
        std::uint32_t units = 0;
        const FoundName *last = nullptr;
        for (const FoundName *thing : things) {
            // How often an enumerator was met says nothing: the scanner looks into each enum once.
            const bool isSame = last && !(thing->key.flags & TypeIndex::Located) && compare(last, thing) == 0;
            units = thing->key.nameClass == static_cast<std::uint8_t>(NameClass::Enumerator) ? 1
                    : isSame                                                                 ? units + thing->units
                                                                                             : thing->units;
            const auto atMost = static_cast<std::uint16_t>(std::min<std::uint32_t>(units, 0xffff));
            if (isSame)
                entries_.back().units = atMost;
            else
                entries_.push_back({thing->die, NameClass(thing->key.nameClass), thing->key.flags, atMost});
            last = thing;
        }
        const auto entries = std::span(entries_).subspan(first);
        if (entries.size() > 1)
            std::ranges::sort(entries, betterThan);
        for (std::size_t i = 0; i < entries.size(); ++i)
            typeNames_ +=
                isTypeClass(entries[i].nameClass) && (i == 0 || entries[i - 1].nameClass != entries[i].nameClass);
    }

    const DwarfSections &sections_;
    std::span<const FoundNames> found_;
    unsigned number_;
    unsigned count_;
    std::vector<Thing> things_;
    std::vector<Name> names_;
    std::vector<TypeIndex::Entry> entries_;
    std::vector<std::uint32_t> slots_; ///< by the hash of a name: its number + 1, or 0
    std::uint64_t typeNames_ = 0;
};

/// Puts the shards' names together, in the order of the DIEs that have them first.
class Joiner {
public:
    Joiner(std::span<const Shard> shards, Storage &storage) : shards_(shards), storage_(storage)
    {
        std::size_t names = 0, entries = 0;
        for (const Shard &shard : shards) {
            names += shard.names().size();
            entries += shard.entries().size();
        }
        sources_.reserve(names);
        storage_.names.reserve(names + 1);
        storage_.entries.resize(entries);
        storage_.slots.resize(std::bit_ceil(std::max<std::size_t>(names + names / 2, 16)));
    }

    /// Gives how much text there is.
    std::uint64_t arrange()
    {
        std::vector<std::size_t> next(shards_.size());
        std::uint64_t text = 0;
        std::uint32_t entry = 0;
        for (;;) {
            const auto shard = leastOf(shards_.size(), [&](std::size_t i) {
                const auto &names = shards_[i].names();
                return next[i] < names.size() ? std::optional(names[next[i]].firstDie) : std::nullopt;
            });
            if (!shard)
                break;
            const Shard::Name &name = shards_[*shard].names()[next[*shard]++];
            sources_.push_back({&name, shards_[*shard].entries().data()});
            storage_.names.push_back({static_cast<std::uint32_t>(text), entry});
            text += name.text.size() + 1;
            entry += name.endEntry - name.firstEntry;
        }
        storage_.names.push_back({0, entry});
        return text;
    }

    void copy(std::uint64_t text)
    {
        storage_.text.resize(text);
        for (std::size_t n = 0; n < sources_.size(); ++n) {
            const auto &[name, entries] = sources_[n];
            const TypeIndex::Name &to = storage_.names[n];
            std::memcpy(storage_.text.data() + to.text, name->text.data(), name->text.size());
            std::copy(entries + name->firstEntry, entries + name->endEntry, storage_.entries.data() + to.firstEntry);
        }
    }

    void fillSlots()
    {
        auto &slots = storage_.slots;
        for (std::size_t n = 0; n < sources_.size(); ++n) {
            std::size_t slot = TypeIndex::firstSlot(sources_[n].name->hash, slots.size());
            while (slots[slot] != 0)
                slot = (slot + 1) & (slots.size() - 1);
            slots[slot] = static_cast<std::uint32_t>(n + 1);
        }
    }

private:
    struct Source {
        const Shard::Name *name = nullptr;
        const TypeIndex::Entry *entries = nullptr; ///< of its shard
    };
    std::span<const Shard> shards_;
    Storage &storage_;
    std::vector<Source> sources_;
};

} // namespace

Result<TypeIndex> buildTypeIndex(const DwarfSections &sections, std::span<const FoundNames> found,
                                 std::vector<std::uint32_t> unitOffsets)
{
    const auto threads = static_cast<unsigned>(std::max<std::size_t>(found.size(), 1));
    std::vector<Shard> shards;
    for (unsigned t = 0; t < threads; ++t)
        shards.emplace_back(sections, found, t, threads);
    runInThreads(threads, [&](unsigned t) { shards[t].build(); });

    auto storage = std::make_shared<Storage>();
    storage->units = std::move(unitOffsets);
    Joiner joiner(shards, *storage);
    const std::uint64_t text = joiner.arrange();
    // Honest names are distinct texts of the sections, or the ends of such. Names that overlap each other could ask
    // for any amount of memory.
    const std::uint64_t roomForText = 2 * (sections.str.size() + sections.lineStr.size()) + sections.info.size() + 4096;
    if (text > roomForText || text > 0xffffffff)
        return fail(ErrorCode::Limit, sections.fileName,
                    "its names overlap each other and take more room than the file",
                    "the debug information is damaged");
    runInThreads(std::min(threads, 2u), [&](unsigned t) {
        if (t == 0)
            joiner.copy(text);
        if (t == 1 || threads == 1)
            joiner.fillSlots();
    });
    std::uint64_t typeNames = 0;
    for (const Shard &shard : shards)
        typeNames += shard.typeNames();
    const TypeIndex::Tables tables{storage->names, storage->entries, storage->slots,
                                   storage->text,  storage->units,   typeNames};
    return TypeIndex(tables, storage);
}

} // namespace ks
