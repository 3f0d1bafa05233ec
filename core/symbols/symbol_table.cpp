#include "core/symbols/symbol_table.h"

#include "core/symbols/symbol_layer.h"
#include "core/symbols/symbol_layers.h"
#include "core/symbols/symbol_table_builder.h"

#include <algorithm>

namespace ks {

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

struct SymbolTable::Parts {
    SymbolLayers layers;
    std::size_t size = 0;
    std::vector<SymbolLayers::Stretch> order; ///< empty where there are less than two layers
};

SymbolTable::SymbolTable()
{
    static const auto kEmpty = std::make_shared<const Parts>();
    parts_ = kEmpty;
}

SymbolTable::SymbolTable(std::vector<Placed> layers)
{
    auto parts = std::make_shared<Parts>();
    parts->layers = SymbolLayers(std::move(layers));
    for (const Placed &placed : parts->layers.all())
        parts->size += placed.layer->size();
    parts->order = parts->layers.mergedOrder();
    parts_ = std::move(parts);
}

SymbolTable SymbolTable::build(std::vector<RawSymbol> symbols)
{
    SymbolTableBuilder builder;
    builder.reserve(symbols.size());
    for (const RawSymbol &symbol : symbols)
        builder.add(symbol);
    return builder.build();
}

std::span<const SymbolTable::Placed> SymbolTable::layers() const { return parts_->layers.all(); }

SymbolTable SymbolTable::with(std::shared_ptr<const SymbolLayer> layer, std::uint64_t slide) const
{
    if (!layer)
        return *this;
    std::vector<Placed> all(layers().begin(), layers().end());
    all.push_back({std::move(layer), slide});
    return SymbolTable(std::move(all));
}

std::size_t SymbolTable::size() const { return parts_->size; }

Symbol SymbolTable::at(std::size_t index) const
{
    if (parts_->order.empty())
        return layers()[0].layer->view(static_cast<std::uint32_t>(index), layers()[0].slide);
    const auto behind = std::ranges::upper_bound(parts_->order, index, {}, &SymbolLayers::Stretch::index);
    const SymbolLayers::Stretch &stretch = behind[-1];
    const Placed &placed = layers()[stretch.layer];
    return placed.layer->view(stretch.first + static_cast<std::uint32_t>(index - stretch.index), placed.slide);
}

std::vector<Symbol> SymbolTable::find(std::string_view text) const
{
    std::vector<Symbol> result;
    parts_->layers.appendNamed(text, {}, result);
    if (const auto colons = text.find("::"); result.empty() && colons != text.npos)
        parts_->layers.appendNamed(text.substr(colons + 2), text.substr(0, colons), result);
    return result;
}

std::optional<Symbol> SymbolTable::findFirst(std::string_view text) const
{
    if (const auto best = parts_->layers.firstNamed(text))
        return best;
    if (text.find("::") == text.npos)
        return std::nullopt;
    const auto all = find(text);
    return all.empty() ? std::nullopt : std::optional(all.front());
}

std::optional<SymbolHit> SymbolTable::lookup(VirtAddr address) const
{
    return parts_->layers.lookup(address.value, &SymbolLayer::memory);
}

std::optional<SymbolHit> SymbolTable::lookupPerCpu(std::uint64_t offset) const
{
    return parts_->layers.lookup(offset, &SymbolLayer::perCpu);
}

std::vector<Symbol> SymbolTable::symbolsAt(VirtAddr address) const
{
    std::vector<Symbol> result;
    for (const Placed &placed : layers()) {
        const auto linked = SymbolLayers::linked(placed, address.value);
        if (!linked)
            continue;
        const std::size_t fromLower = result.size();
        for (std::uint32_t i = placed.layer->lowerBound(*linked);
             i < placed.layer->size() && placed.layer->record(i).address == *linked; ++i)
            result.push_back(placed.layer->view(i, placed.slide));
        if (fromLower != 0 && result.size() != fromLower)
            std::ranges::sort(result, outranks);
    }
    return result;
}

std::vector<Symbol> SymbolTable::withPrefix(std::string_view prefix, std::size_t limit) const
{
    return parts_->layers.withPrefix(prefix, limit);
}

std::vector<Symbol> SymbolTable::fuzzy(std::string_view pattern, std::size_t limit) const
{
    return parts_->layers.fuzzy(pattern, limit);
}

std::size_t SymbolTable::memoryUsage() const
{
    std::size_t bytes = sizeof(Parts);
    for (const Placed &placed : layers())
        bytes += placed.layer->memoryUsage();
    return bytes;
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
