#include "core/symbols/symbol_table_builder.h"

#include "core/symbols/symbol_layer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

namespace ks {

namespace {

using Record = SymbolLayer::Record;

/// The arrays that a layer's tables are spans of. While they grow, a slot has the number of its name in place of a
/// symbol.
struct OwnedLayer {
    std::string pool;
    std::vector<std::uint32_t> nameEnd;
    std::vector<SymbolLayer::Slot> slots;
    std::vector<Record> records;
    std::vector<SymbolLayer::HugeSize> hugeSizes;
    std::string modulePool;
    std::vector<std::uint32_t> moduleEnd;
    std::vector<std::uint32_t> firstOfName;
    std::vector<std::uint32_t> symbolsOfName;
    OwnedRegions memory;
    OwnedRegions perCpu;

    SymbolLayer::Tables tables() const
    {
        return {pool,      nameEnd,     slots,         records,         hugeSizes,      modulePool,
                moduleEnd, firstOfName, symbolsOfName, memory.tables(), perCpu.tables()};
    }
};

/// An address and whose it is.
struct Key {
    std::uint64_t address;
    std::uint32_t index;
};

/// By address, in the order given within one: a radix sort, which takes a tenth of the time of std::sort.
void sortByAddress(std::vector<Key> &keys)
{
    const auto less = [](const Key &a, const Key &b) { return a.address < b.address; };
    if (std::ranges::is_sorted(keys, less))
        return;
    constexpr std::size_t kWorthPasses = 4096;
    if (keys.size() < kWorthPasses) {
        std::ranges::stable_sort(keys, less);
        return;
    }
    constexpr unsigned kBits = 11;
    constexpr std::uint64_t kMask = (1U << kBits) - 1;
    std::uint64_t differing = 0;
    for (const Key &key : keys)
        differing |= key.address ^ keys.front().address;
    std::vector<Key> other(keys.size());
    for (unsigned shift = 0; shift < 64; shift += kBits) {
        if ((differing >> shift & kMask) == 0)
            continue;
        std::array<std::uint32_t, kMask + 1> place{};
        for (const Key &key : keys)
            ++place[key.address >> shift & kMask];
        std::uint32_t before = 0;
        for (std::uint32_t &p : place)
            before += std::exchange(p, before);
        for (const Key &key : keys)
            other[place[key.address >> shift & kMask]++] = key;
        keys.swap(other);
    }
}

/// Symbols that are found by addresses of memory, or the per-CPU ones.
std::vector<RegionSymbol> regionSymbols(const SymbolLayer &layer, bool perCpu)
{
    std::vector<RegionSymbol> symbols;
    if (!perCpu)
        symbols.reserve(layer.size());
    for (std::uint32_t i = 0; i < layer.size(); ++i) {
        const Record &r = layer.record(i);
        const SymbolKind kind = SymbolLayer::kindOf(r);
        if (perCpu ? kind == SymbolKind::PerCpu : isMemory(kind))
            symbols.push_back({r.address, layer.sizeOf(i), i, r.module, kind == SymbolKind::Function, perCpu});
    }
    return symbols;
}

} // namespace

struct SymbolTableBuilder::Parts {
    OwnedLayer layer;
    std::map<std::string, std::uint16_t, std::less<>> moduleNumbers;
    std::string lastModule;
    std::uint16_t lastModuleNumber = 0;
};

SymbolTableBuilder::SymbolTableBuilder() : SymbolTableBuilder(SymbolTable()) {}

SymbolTableBuilder::SymbolTableBuilder(SymbolTable below)
    : below_(std::move(below)), belowAt_(below_.layers().size()), parts_(std::make_unique<Parts>())
{
    parts_->layer.moduleEnd.push_back(0);
}

SymbolTableBuilder::~SymbolTableBuilder() = default;
SymbolTableBuilder::SymbolTableBuilder(SymbolTableBuilder &&) noexcept = default;
SymbolTableBuilder &SymbolTableBuilder::operator=(SymbolTableBuilder &&) noexcept = default;

std::size_t SymbolTableBuilder::size() const { return parts_->layer.records.size(); }

void SymbolTableBuilder::reserve(std::size_t more)
{
    OwnedLayer &l = parts_->layer;
    l.records.reserve(size() + more);
    l.nameEnd.reserve(l.nameEnd.size() + more);
    l.pool.reserve(l.pool.size() + more * 24); // names of the kernel have 21 characters on average
    if (const std::size_t slots = std::bit_ceil((l.nameEnd.size() + more) * 4 / 3); slots > l.slots.size())
        growSlots(slots);
}

void SymbolTableBuilder::growSlots(std::size_t count)
{
    std::vector<SymbolLayer::Slot> slots(count);
    for (const SymbolLayer::Slot &slot : parts_->layer.slots) {
        if (slot.symbol == 0)
            continue;
        std::size_t i = slot.hash & (count - 1);
        while (slots[i].symbol != 0)
            i = (i + 1) & (count - 1);
        slots[i] = slot;
    }
    parts_->layer.slots = std::move(slots);
}

std::uint32_t SymbolTableBuilder::nameNumber(std::string_view name)
{
    OwnedLayer &l = parts_->layer;
    if (l.nameEnd.size() * 4 >= l.slots.size() * 3)
        growSlots(std::max<std::size_t>(16, l.slots.size() * 2));
    const std::uint32_t hash = SymbolLayer::hash(name);
    const std::size_t mask = l.slots.size() - 1;
    std::size_t i = hash & mask;
    for (; l.slots[i].symbol != 0; i = (i + 1) & mask) {
        const std::uint32_t n = l.slots[i].symbol - 1;
        const std::uint32_t begin = n == 0 ? 0 : l.nameEnd[n - 1];
        if (l.slots[i].hash == hash && std::string_view(l.pool).substr(begin, l.nameEnd[n] - begin) == name)
            return n;
    }
    l.pool.append(name);
    l.nameEnd.push_back(static_cast<std::uint32_t>(l.pool.size()));
    l.slots[i] = {hash, static_cast<std::uint32_t>(l.nameEnd.size())};
    return l.slots[i].symbol - 1;
}

std::uint16_t SymbolTableBuilder::moduleNumber(std::string_view module)
{
    // Symbols of one module come in a row.
    Parts &p = *parts_;
    if (p.lastModule == module)
        return p.lastModuleNumber;
    const auto next = static_cast<std::uint16_t>(p.layer.moduleEnd.size());
    const auto [known, isNew] = p.moduleNumbers.emplace(module, next);
    if (isNew) {
        p.layer.modulePool.append(module);
        p.layer.moduleEnd.push_back(static_cast<std::uint32_t>(p.layer.modulePool.size()));
    }
    p.lastModule = module;
    return p.lastModuleNumber = known->second;
}

bool SymbolTableBuilder::isBelow(const Symbol &symbol)
{
    const auto layers = below_.layers();
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const SymbolLayer &layer = *layers[i].layer;
        const bool moves = symbol.address.value >= kKernelHalf;
        const std::uint64_t linked = moves ? symbol.address.value - layers[i].slide : symbol.address.value;
        if (moves != (linked >= kKernelHalf))
            continue;
        if (layer.size() == 0 || linked > layer.record(layer.size() - 1).address)
            continue;
        // kallsyms is sorted by addresses, too: the symbol is where the last one was, or a little farther.
        std::uint32_t &at = belowAt_[i];
        constexpr std::uint32_t kNear = 16;
        if (layer.record(at).address > linked || layer.record(std::min(at + kNear, layer.size() - 1)).address < linked)
            at = layer.lowerBound(linked);
        while (at < layer.size() && layer.record(at).address < linked)
            ++at;
        const auto isIt = [&](std::uint32_t candidate) {
            const Record &r = layer.record(candidate);
            return r.address == linked && layer.nameOf(r) == symbol.name && layer.moduleOf(r) == symbol.module;
        };
        // Some addresses have thousands of names, some names thousands of addresses: the shorter list is searched.
        constexpr std::uint32_t kFew = 8;
        std::uint32_t end = at;
        while (end < layer.size() && layer.record(end).address == linked && end - at < kFew)
            ++end;
        if (end - at == kFew) {
            end = linked == ~std::uint64_t{0} ? layer.size() : layer.lowerBound(linked + 1);
            const auto name = layer.findName(symbol.name, SymbolLayer::hash(symbol.name));
            const auto ofName = name ? layer.symbolsOfName(*name) : std::span<const std::uint32_t>();
            if (ofName.size() < end - at) {
                if (std::ranges::any_of(ofName, isIt))
                    return true;
                continue;
            }
        }
        for (std::uint32_t alias = at; alias < end; ++alias) {
            if (isIt(alias))
                return true;
        }
    }
    return false;
}

void SymbolTableBuilder::add(const RawSymbol &s) { add(Symbol{s.name, s.module, s.address, s.size, s.kind, s.global}); }

void SymbolTableBuilder::add(const Symbol &symbol)
{
    OwnedLayer &l = parts_->layer;
    // The arrays count names and their bytes in 32 bits, modules in 16. No kernel comes near either.
    if (symbol.name.empty() || l.records.size() >= kNoSymbol - 1 ||
        symbol.name.size() > std::numeric_limits<std::uint32_t>::max() - l.pool.size() || isBelow(symbol))
        return;
    std::uint16_t module = 0;
    if (!symbol.module.empty()) {
        if (l.moduleEnd.size() > std::numeric_limits<std::uint16_t>::max() ||
            symbol.module.size() > std::numeric_limits<std::uint32_t>::max() - l.modulePool.size())
            return;
        module = moduleNumber(symbol.module);
    }
    const std::uint32_t name = nameNumber(symbol.name);
    if (symbol.size >= SymbolLayer::kHugeSize)
        l.hugeSizes.push_back({symbol.size, static_cast<std::uint32_t>(l.records.size()), 0});
    l.records.push_back(
        {.address = symbol.address.value,
         .size = static_cast<std::uint32_t>(std::min<std::uint64_t>(symbol.size, SymbolLayer::kHugeSize)),
         .name = name,
         .text = name == 0 ? 0 : l.nameEnd[name - 1],
         .module = module,
         .length = static_cast<std::uint8_t>(std::min<std::size_t>(symbol.name.size(), SymbolLayer::kLongName)),
         .flags =
             static_cast<std::uint8_t>(std::uint8_t(symbol.kind) | (symbol.global ? SymbolLayer::kGlobalFlag : 0))});
}

/// The places of records by address, each symbol once, the best of an address first.
std::vector<std::uint32_t> SymbolTableBuilder::sortedOrder() const
{
    const OwnedLayer &l = parts_->layer;
    const SymbolLayer layer(l.tables(), std::nullopt, nullptr);
    std::vector<Key> keys(l.records.size());
    for (std::uint32_t i = 0; i < keys.size(); ++i)
        keys[i] = {l.records[i].address, i};
    sortByAddress(keys);

    // The same symbol from several readers: side by side, the most knowing one first.
    const auto identity = [&](std::uint32_t i) {
        const Record &r = l.records[i];
        const SymbolKind kind = SymbolLayer::kindOf(r);
        const bool vague = kind == SymbolKind::Other || kind == SymbolKind::Absolute;
        return std::tuple(r.name, r.module, r.size == 0, vague, !SymbolLayer::isGlobal(r), i);
    };
    std::vector<std::uint32_t> order;
    order.reserve(keys.size());
    std::vector<std::uint32_t> same;
    std::vector<std::pair<SymbolRank, std::uint32_t>> aliases;
    for (std::size_t first = 0; first < keys.size();) {
        std::size_t last = first + 1;
        while (last < keys.size() && keys[last].address == keys[first].address)
            ++last;
        if (last - first == 1) {
            order.push_back(keys[first].index);
        } else {
            same.clear();
            for (std::size_t i = first; i < last; ++i)
                same.push_back(keys[i].index);
            std::ranges::sort(same, {}, identity);
            const auto isSame = [&](std::uint32_t a, std::uint32_t b) {
                return l.records[a].name == l.records[b].name && l.records[a].module == l.records[b].module;
            };
            same.erase(std::unique(same.begin(), same.end(), isSame), same.end());
            aliases.clear();
            for (const std::uint32_t i : same)
                aliases.emplace_back(SymbolRank(layer.view(i, 0)), i);
            std::ranges::sort(aliases);
            for (const auto &alias : aliases)
                order.push_back(alias.second);
        }
        first = last;
    }
    return order;
}

std::shared_ptr<const SymbolLayer> SymbolTableBuilder::buildLayer()
{
    if (size() == 0)
        return nullptr;
    const std::vector<std::uint32_t> order = sortedOrder();
    const auto owner = std::make_shared<OwnedLayer>(std::move(parts_->layer));
    *this = SymbolTableBuilder(below_);
    OwnedLayer &l = *owner;

    std::vector<Record> records;
    std::vector<SymbolLayer::HugeSize> hugeSizes;
    records.reserve(order.size());
    for (const std::uint32_t i : order) {
        if (l.records[i].size == SymbolLayer::kHugeSize) {
            const auto huge = std::ranges::lower_bound(l.hugeSizes, i, {}, &SymbolLayer::HugeSize::symbol);
            hugeSizes.push_back({huge->size, static_cast<std::uint32_t>(records.size()), 0});
        }
        records.push_back(l.records[i]);
    }
    l.records = std::move(records);
    l.hugeSizes = std::move(hugeSizes);

    // From names to symbols: the global one first, then by address.
    l.firstOfName.assign(l.nameEnd.size() + 1, 0);
    for (const Record &record : l.records)
        ++l.firstOfName[record.name + 1];
    std::partial_sum(l.firstOfName.begin(), l.firstOfName.end(), l.firstOfName.begin());
    l.symbolsOfName.resize(l.records.size());
    auto next = l.firstOfName;
    for (std::uint32_t i = 0; i < l.records.size(); ++i)
        l.symbolsOfName[next[l.records[i].name]++] = i;
    for (std::uint32_t n = 0; n < l.nameEnd.size(); ++n) {
        const auto first = l.symbolsOfName.begin() + l.firstOfName[n];
        const auto last = l.symbolsOfName.begin() + l.firstOfName[n + 1];
        if (last - first > 1)
            std::stable_partition(first, last, [&](std::uint32_t i) { return SymbolLayer::isGlobal(l.records[i]); });
    }

    for (SymbolLayer::Slot &slot : l.slots) {
        if (slot.symbol != 0)
            slot.symbol = l.symbolsOfName[l.firstOfName[slot.symbol - 1]] + 1;
    }

    // From addresses to symbols.
    const SymbolLayer draft(l.tables(), std::nullopt, nullptr);
    const auto borderOf = [&](std::string_view name) -> std::optional<std::uint64_t> {
        if (const auto own = draft.findName(name, SymbolLayer::hash(name))) {
            for (const std::uint32_t i : draft.symbolsOfName(*own)) {
                if (draft.record(i).module == 0)
                    return draft.record(i).address;
            }
        }
        const auto symbols = below_.find(name);
        const auto found = std::ranges::find_if(symbols, [](const Symbol &s) { return s.module.empty(); });
        return found == symbols.end() ? std::nullopt : std::optional(found->address.value);
    };
    const ImageBorders borders{borderOf("_text"), borderOf("_end"), borderOf("__per_cpu_end")};
    l.memory = makeRegions(regionSymbols(draft, false), borders);
    l.perCpu = makeRegions(regionSymbols(draft, true), borders);
    return std::make_shared<const SymbolLayer>(l.tables(), std::nullopt, owner);
}

SymbolTable SymbolTableBuilder::build()
{
    auto layer = buildLayer();
    return below_.with(std::move(layer));
}

} // namespace ks
