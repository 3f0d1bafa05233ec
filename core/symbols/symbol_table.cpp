#include "core/symbols/symbol_table.h"

#include "core/symbols/symbol_table_builder.h"
#include "core/symbols/symbol_table_data.h"

#include <algorithm>
#include <cstring>

namespace ks {

namespace {

/// Folds in eight bytes at a time; names have about 20.
std::uint64_t hashName(std::string_view text)
{
    std::uint64_t h = text.size();
    const auto mix = [&h](std::uint64_t word) {
        h = (h ^ word) * 0x9e3779b97f4a7c15; // 2^64 / golden ratio
        h ^= h >> 32;
    };
    const char *p = text.data();
    std::size_t left = text.size();
    std::uint64_t word = 0;
    for (; left >= sizeof word; p += sizeof word, left -= sizeof word) {
        std::memcpy(&word, p, sizeof word);
        mix(word);
    }
    word = 0;
    std::memcpy(&word, p, left);
    mix(word);
    return h;
}

std::string normalizedModule(std::string_view text)
{
    // The kernel writes module names with '_' whatever the file is called (scripts/Makefile.lib, name-fix).
    std::string result(text);
    std::ranges::replace(result, '-', '_');
    return result;
}

} // namespace

const char *name(SymbolKind kind)
{
    switch (kind) {
    case SymbolKind::Function: return "function";
    case SymbolKind::Data: return "data";
    case SymbolKind::PerCpu: return "percpu";
    case SymbolKind::Absolute: return "absolute";
    case SymbolKind::Other: break;
    }
    return "other";
}

std::uint64_t SymbolTableData::sizeOf(std::uint32_t symbol) const
{
    if (records[symbol].size != kHugeSize)
        return records[symbol].size;
    const auto huge = std::ranges::lower_bound(hugeSizes, symbol, {}, &std::pair<std::uint32_t, std::uint64_t>::first);
    return huge->second;
}

Symbol SymbolTableData::view(std::uint32_t symbol) const
{
    const Record &r = records[symbol];
    return {nameText(r.name), modules[r.module], VirtAddr(address[symbol]),
            sizeOf(symbol),   kindOf(symbol),    isGlobal(symbol)};
}

std::size_t SymbolTableData::hashSlot(std::string_view name) const
{
    const std::size_t mask = hashSlots.size() - 1;
    std::size_t slot = hashName(name) & mask;
    while (hashSlots[slot] != 0 && nameText(hashSlots[slot] - 1) != name)
        slot = (slot + 1) & mask;
    return slot;
}

std::optional<std::uint32_t> SymbolTableData::findName(std::string_view name) const
{
    if (hashSlots.empty())
        return std::nullopt;
    const std::uint32_t found = hashSlots[hashSlot(name)];
    return found == 0 ? std::nullopt : std::optional(found - 1);
}

SymbolTable::SymbolTable() : SymbolTable(SymbolTableBuilder().build()) {}
SymbolTable::SymbolTable(std::unique_ptr<const SymbolTableData> data) : data_(std::move(data)) {}
SymbolTable::~SymbolTable() = default;
SymbolTable::SymbolTable(SymbolTable &&) noexcept = default;
SymbolTable &SymbolTable::operator=(SymbolTable &&) noexcept = default;

SymbolTable SymbolTable::build(std::vector<RawSymbol> symbols)
{
    SymbolTableBuilder builder;
    builder.reserve(symbols.size());
    for (const RawSymbol &symbol : symbols)
        builder.add(symbol);
    return builder.build();
}

std::size_t SymbolTable::size() const { return data_->address.size(); }

Symbol SymbolTable::at(std::size_t index) const { return data_->view(static_cast<std::uint32_t>(index)); }

std::vector<Symbol> SymbolTable::find(std::string_view text) const
{
    std::vector<Symbol> result;
    const auto collect = [&](std::string_view plain, std::optional<std::string_view> module) {
        const auto n = data_->findName(plain);
        if (!n)
            return;
        for (std::uint32_t i = data_->firstOfName[*n]; i < data_->firstOfName[*n + 1]; ++i) {
            const Symbol symbol = data_->view(data_->symbolsOfName[i]);
            if (!module || symbol.module == *module)
                result.push_back(symbol);
        }
    };
    collect(text, std::nullopt);
    if (const auto colons = text.find("::"); result.empty() && colons != text.npos)
        collect(text.substr(colons + 2), normalizedModule(text.substr(0, colons)));
    return result;
}

std::optional<Symbol> SymbolTable::findFirst(std::string_view text) const
{
    if (const auto n = data_->findName(text))
        return data_->view(data_->symbolsOfName[data_->firstOfName[*n]]);
    auto all = find(text);
    return all.empty() ? std::nullopt : std::optional(all.front());
}

std::optional<SymbolHit> SymbolTable::lookup(VirtAddr address) const
{
    const std::uint32_t symbol = data_->memory.find(address.value);
    if (symbol == kNoSymbol)
        return std::nullopt;
    const Symbol view = data_->view(symbol);
    return SymbolHit{view, address - view.address};
}

std::optional<SymbolHit> SymbolTable::lookupPerCpu(std::uint64_t offset) const
{
    const std::uint32_t symbol = data_->perCpu.find(offset);
    if (symbol == kNoSymbol)
        return std::nullopt;
    const Symbol view = data_->view(symbol);
    return SymbolHit{view, offset - view.address.value};
}

std::vector<Symbol> SymbolTable::symbolsAt(VirtAddr address) const
{
    const auto [first, last] = std::ranges::equal_range(data_->address, address.value);
    std::vector<Symbol> result;
    result.reserve(static_cast<std::size_t>(last - first));
    for (auto it = first; it != last; ++it)
        result.push_back(data_->view(static_cast<std::uint32_t>(it - data_->address.begin())));
    return result;
}

std::size_t SymbolTable::memoryUsage() const
{
    const auto bytes = [](const auto &v) { return v.capacity() * sizeof(v[0]); };
    const SymbolTableData &d = *data_;
    return sizeof(SymbolTableData) + d.pool.capacity() + bytes(d.nameEnd) + bytes(d.hashSlots) + bytes(d.address) +
           bytes(d.records) + bytes(d.hugeSizes) + bytes(d.modules) + bytes(d.firstOfName) + bytes(d.symbolsOfName) +
           d.memory.memoryUsage() + d.perCpu.memoryUsage() + bytes(d.index.byText) + bytes(d.index.rankOf) +
           bytes(d.index.masks);
}

std::string toString(const SymbolHit &hit)
{
    std::string text;
    if (!hit.symbol.module.empty())
        text.append(hit.symbol.module).append("::");
    text.append(hit.symbol.name);
    if (hit.offset != 0)
        text.append("+").append(hex(hit.offset));
    return text;
}

} // namespace ks
