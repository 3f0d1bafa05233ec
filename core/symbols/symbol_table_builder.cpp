#include "core/symbols/symbol_table_builder.h"

#include "core/symbols/symbol_regions.h"
#include "core/symbols/symbol_table_data.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

namespace ks {

namespace {

/// Names that mark the border of a section (include/asm-generic/vmlinux.lds.h) or belong to another symbol: prefix
/// padding, type hashes of kCFI, outlined cold parts. Where a real object begins at the same address, it comes first.
bool isMark(std::string_view name)
{
    for (const std::string_view prefix : {"__pfx_", "__cfi_", "__start_", "__stop_", "__end_", "__kstrtab"}) {
        if (name.starts_with(prefix))
            return true;
    }
    if (name.find(".cold") != name.npos)
        return true;
    if (!name.starts_with('_'))
        return false;
    for (const std::string_view mark :
         {"_text", "_stext", "_etext", "_sdata", "_edata", "_end", "_sinittext", "_einittext"}) {
        if (name == mark)
            return true;
    }
    for (const std::string_view suffix : {"_start", "_end", "_begin", "_stop"}) {
        if (name.starts_with("__") && name.ends_with(suffix))
            return true;
    }
    return false;
}

bool isMemory(SymbolKind kind) { return kind != SymbolKind::PerCpu && kind != SymbolKind::Absolute; }

template <class T>
void permute(std::vector<T> &values, const std::vector<std::uint32_t> &order)
{
    std::vector<T> result;
    result.reserve(order.size());
    for (const std::uint32_t i : order)
        result.push_back(values[i]);
    values = std::move(result);
}

} // namespace

SymbolTableBuilder::SymbolTableBuilder() : data_(std::make_unique<SymbolTableData>()) { data_->modules.emplace_back(); }

SymbolTableBuilder::~SymbolTableBuilder() = default;
SymbolTableBuilder::SymbolTableBuilder(SymbolTableBuilder &&) noexcept = default;
SymbolTableBuilder &SymbolTableBuilder::operator=(SymbolTableBuilder &&) noexcept = default;

std::size_t SymbolTableBuilder::size() const { return data_->address.size(); }

void SymbolTableBuilder::reserve(std::size_t more)
{
    const std::size_t total = size() + more;
    data_->address.reserve(total);
    data_->records.reserve(total);
}

void SymbolTableBuilder::growHash(std::size_t slots)
{
    SymbolTableData &d = *data_;
    d.hashSlots.assign(slots, 0);
    for (std::uint32_t n = 0; n < d.nameCount(); ++n)
        d.hashSlots[d.hashSlot(d.nameText(n))] = n + 1;
}

void SymbolTableBuilder::add(const RawSymbol &s) { add(Symbol{s.name, s.module, s.address, s.size, s.kind, s.global}); }

void SymbolTableBuilder::add(const Symbol &symbol)
{
    SymbolTableData &d = *data_;
    // The arrays count names and their bytes in 32 bits, modules in 16. No kernel comes near either.
    if (symbol.name.empty() || d.address.size() >= kNoSymbol - 1 ||
        symbol.name.size() > std::numeric_limits<std::uint32_t>::max() - d.pool.size())
        return;

    std::uint16_t module = 0;
    if (!symbol.module.empty()) {
        // Symbols of one module come in a row.
        if (d.modules[lastModule_] != symbol.module) {
            if (d.modules.size() > std::numeric_limits<std::uint16_t>::max())
                return;
            const auto next = static_cast<std::uint16_t>(d.modules.size());
            const auto [known, isNew] = moduleNumbers_.emplace(symbol.module, next);
            if (isNew)
                d.modules.emplace_back(symbol.module);
            lastModule_ = known->second;
        }
        module = lastModule_;
    }

    if (d.nameCount() * 4 >= d.hashSlots.size() * 3)
        growHash(std::max<std::size_t>(1024, d.hashSlots.size() * 2));
    std::uint32_t &slot = d.hashSlots[d.hashSlot(symbol.name)];
    if (slot == 0) {
        d.pool.append(symbol.name);
        d.nameEnd.push_back(static_cast<std::uint32_t>(d.pool.size()));
        slot = static_cast<std::uint32_t>(d.nameEnd.size());
    }

    if (symbol.size >= SymbolTableData::kHugeSize)
        d.hugeSizes.emplace_back(static_cast<std::uint32_t>(d.address.size()), symbol.size);
    d.address.push_back(symbol.address.value);
    d.records.push_back(
        {static_cast<std::uint32_t>(std::min<std::uint64_t>(symbol.size, SymbolTableData::kHugeSize)), slot - 1, module,
         static_cast<std::uint8_t>(std::uint8_t(symbol.kind) | (symbol.global ? SymbolTableData::kGlobalFlag : 0))});
}

SymbolTable SymbolTableBuilder::build()
{
    auto owner = std::move(data_);
    *this = SymbolTableBuilder();
    SymbolTableData &d = *owner;

    // 1. By address; the same symbol from several readers side by side, the most knowing one first.
    struct Key {
        std::uint64_t address;
        std::uint32_t name;
        std::uint16_t module;
        std::uint8_t ignorance;
        std::uint32_t index;
        auto operator<=>(const Key &) const = default;
        bool isSame(const Key &k) const { return address == k.address && name == k.name && module == k.module; }
    };
    std::vector<Key> keys(d.address.size());
    for (std::uint32_t i = 0; i < keys.size(); ++i) {
        const SymbolKind kind = d.kindOf(i);
        const bool vague = kind == SymbolKind::Other || kind == SymbolKind::Absolute;
        keys[i] = {d.address[i], d.records[i].name, d.records[i].module,
                   static_cast<std::uint8_t>((d.records[i].size == 0) << 2 | vague << 1 | !d.isGlobal(i)), i};
    }
    std::ranges::sort(keys);
    std::vector<std::uint32_t> order;
    order.reserve(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (i == 0 || !keys[i].isSame(keys[i - 1]))
            order.push_back(keys[i].index);
    }
    keys = {};

    // 2. Within an address, the best first.
    const auto rank = [&](std::uint32_t i) {
        const std::string_view text = d.nameText(d.records[i].name);
        const SymbolKind kind = d.kindOf(i);
        const std::size_t underscores = std::min(text.find_first_not_of('_'), text.size());
        return std::tuple(!isMemory(kind), kind == SymbolKind::Absolute, isMark(text), kind == SymbolKind::Other,
                          d.records[i].size == 0, !d.isGlobal(i), underscores, text.size(), text, d.records[i].module);
    };
    for (std::size_t first = 0; first < order.size();) {
        std::size_t last = first + 1;
        while (last < order.size() && d.address[order[last]] == d.address[order[first]])
            ++last;
        if (last - first > 1)
            std::sort(order.begin() + std::ptrdiff_t(first), order.begin() + std::ptrdiff_t(last),
                      [&](std::uint32_t a, std::uint32_t b) { return rank(a) < rank(b); });
        first = last;
    }

    std::vector<std::pair<std::uint32_t, std::uint64_t>> huge;
    for (std::uint32_t i = 0; !d.hugeSizes.empty() && i < order.size(); ++i) {
        if (d.records[order[i]].size == SymbolTableData::kHugeSize)
            huge.emplace_back(i, d.sizeOf(order[i]));
    }
    permute(d.address, order);
    permute(d.records, order);
    d.hugeSizes = std::move(huge);

    // 3. From names to symbols: the global one first, then by address.
    d.firstOfName.assign(d.nameCount() + 1, 0);
    for (const SymbolTableData::Record &record : d.records)
        ++d.firstOfName[record.name + 1];
    std::partial_sum(d.firstOfName.begin(), d.firstOfName.end(), d.firstOfName.begin());
    d.symbolsOfName.resize(d.address.size());
    auto next = d.firstOfName;
    for (std::uint32_t i = 0; i < d.address.size(); ++i)
        d.symbolsOfName[next[d.records[i].name]++] = i;
    for (std::uint32_t n = 0; n < d.nameCount(); ++n) {
        const auto first = d.symbolsOfName.begin() + d.firstOfName[n];
        const auto last = d.symbolsOfName.begin() + d.firstOfName[n + 1];
        if (last - first > 1)
            std::sort(first, last, [&](std::uint32_t a, std::uint32_t b) {
                return std::pair(!d.isGlobal(a), a) < std::pair(!d.isGlobal(b), b);
            });
    }

    // 4. From addresses to symbols.
    d.memory = memoryRegions(d);
    d.perCpu = perCpuRegions(d);

    d.pool.shrink_to_fit();
    d.nameEnd.shrink_to_fit();
    return SymbolTable(std::move(owner));
}

} // namespace ks
