#include "core/symbols/symbol_layers.h"

#include "core/symbols/symbol_table_builder.h"

#include <algorithm>

namespace ks {

namespace {

/// Whether all addresses in the kernel's half stay there, in their order.
bool keepsOrder(const SymbolTable::Placed &placed)
{
    const SymbolLayer &layer = *placed.layer;
    if (placed.slide == 0 || layer.size() == 0)
        return true;
    const std::uint32_t first = layer.lowerBound(kKernelHalf);
    if (first == layer.size())
        return true;
    const std::uint64_t begin = layer.record(first).address + placed.slide;
    const std::uint64_t end = layer.record(layer.size() - 1).address + placed.slide;
    return begin >= kKernelHalf && begin <= end;
}

/// Whether a symbol of this kind is found in the same way as one of that.
bool isFoundLike(SymbolKind kind, SymbolKind that)
{
    return that == SymbolKind::PerCpu ? kind == SymbolKind::PerCpu : isMemory(kind);
}

bool comesFirst(const Symbol &a, const Symbol &b)
{
    return a.address != b.address ? a.address < b.address : outranks(a, b);
}

/// A layer whose symbols stand at their addresses in memory already.
SymbolTable::Placed rebuilt(const SymbolTable::Placed &placed)
{
    SymbolTableBuilder builder;
    builder.reserve(placed.layer->size());
    for (std::uint32_t i = 0; i < placed.layer->size(); ++i)
        builder.add(placed.layer->view(i, placed.slide));
    return {builder.buildLayer(), 0};
}

} // namespace

/// What one layer says about an address.
struct SymbolLayers::Answer {
    enum class How : std::uint8_t { Begins, Holds, Unsized };

    std::size_t layer = 0;
    std::uint32_t number = 0;
    Symbol symbol;
    How how = How::Unsized;

    bool isBetterThan(const Answer &other) const
    {
        if (how != other.how)
            return how < other.how;
        if (symbol.address != other.symbol.address)
            return symbol.address > other.symbol.address;
        return outranks(symbol, other.symbol);
    }
};

SymbolLayers::SymbolLayers(std::vector<Placed> layers) : layers_(std::move(layers))
{
    for (Placed &placed : layers_) {
        // Only an offset that no kernel has moves symbols around the end of the address space.
        if (placed.layer && !keepsOrder(placed))
            placed = rebuilt(placed);
    }
    std::erase_if(layers_, [](const Placed &placed) { return !placed.layer; });

    const auto borderOf = [this](std::string_view name) -> std::optional<std::uint64_t> {
        std::vector<Symbol> symbols;
        appendNamed(name, {}, symbols);
        const auto found = std::ranges::find_if(symbols, [](const Symbol &s) { return s.module.empty(); });
        return found == symbols.end() ? std::nullopt : std::optional(found->address.value);
    };
    if (layers_.size() > 1)
        borders_ = {borderOf("_text"), borderOf("_end"), borderOf("__per_cpu_end")};
}

std::vector<SymbolLayers::Stretch> SymbolLayers::mergedOrder() const
{
    std::vector<Stretch> order;
    if (layers_.size() < 2)
        return order;
    std::vector<std::uint32_t> next(layers_.size());
    const auto addressAt = [&](std::size_t layer, std::uint32_t symbol) {
        const std::uint64_t address = layers_[layer].layer->record(symbol).address;
        return address >= kKernelHalf ? address + layers_[layer].slide : address;
    };
    for (std::size_t index = 0;;) {
        // The layer whose next symbol comes first, and the address at which another layer takes over.
        std::optional<std::size_t> best;
        std::optional<std::uint64_t> other;
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            if (next[i] == layers_[i].layer->size())
                continue;
            const std::uint64_t address = addressAt(i, next[i]);
            const auto view = [&](std::size_t layer) {
                return layers_[layer].layer->view(next[layer], layers_[layer].slide);
            };
            const std::uint64_t bestAddress = best ? addressAt(*best, next[*best]) : 0;
            if (!best || address < bestAddress || (address == bestAddress && outranks(view(i), view(*best)))) {
                other = best ? std::optional(bestAddress) : std::nullopt;
                best = i;
            } else {
                other = std::min(other.value_or(address), address);
            }
        }
        if (!best)
            return order;
        const SymbolLayer &layer = *layers_[*best].layer;
        order.push_back({index, next[*best], static_cast<std::uint32_t>(*best)});
        std::uint32_t end = layer.size();
        if (other) {
            const auto behind = linked(layers_[*best], *other);
            end = behind ? layer.lowerBound(*behind) : layer.lowerBound(kKernelHalf);
        }
        end = std::clamp(end, next[*best] + 1, layer.size());
        index += end - next[*best];
        next[*best] = end;
    }
}

std::optional<SymbolLayers::Answer> SymbolLayers::answerOf(std::size_t layer, std::uint64_t address,
                                                           RegionsOf regionsOf) const
{
    const Placed &placed = layers_[layer];
    const auto local = linked(placed, address);
    if (!local)
        return std::nullopt;
    const std::uint32_t number = ((*placed.layer).*regionsOf)().find(*local);
    if (number == kNoSymbol || number >= placed.layer->size())
        return std::nullopt;
    Answer answer{layer, number, placed.layer->view(number, placed.slide), Answer::How::Unsized};
    const std::uint64_t offset = address - answer.symbol.address.value;
    answer.how = offset == 0                   ? Answer::How::Begins
                 : offset < answer.symbol.size ? Answer::How::Holds
                                               : Answer::How::Unsized;
    return answer;
}

std::optional<SymbolHit> SymbolLayers::lookup(std::uint64_t address, RegionsOf regionsOf) const
{
    std::optional<Answer> best;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        const auto answer = answerOf(i, address, regionsOf);
        if (answer && (!best || answer->isBetterThan(*best)))
            best = answer;
    }
    if (!best || (best->how == Answer::How::Unsized && layers_.size() > 1 && !reaches(*best, address, regionsOf)))
        return std::nullopt;
    return SymbolHit{best->symbol, address - best->symbol.address.value};
}

std::optional<Symbol> SymbolLayers::nextBehind(std::size_t layer, std::uint64_t address, const Symbol &like) const
{
    const Placed &placed = layers_[layer];
    if (address == ~std::uint64_t{0})
        return std::nullopt;
    const auto local = linked(placed, address + 1);
    // Most often the kernel lies below its modules.
    if (local && placed.layer->size() != 0 && *local > placed.layer->record(placed.layer->size() - 1).address)
        return std::nullopt;
    for (std::uint32_t i = placed.layer->lowerBound(local.value_or(kKernelHalf)); i < placed.layer->size(); ++i) {
        const SymbolKind kind = SymbolLayer::kindOf(placed.layer->record(i));
        if (isFoundLike(kind, like.kind)) {
            const Symbol symbol = placed.layer->view(i, placed.slide);
            return symbol.address.value > address ? std::optional(symbol) : std::nullopt;
        }
    }
    return std::nullopt;
}

bool SymbolLayers::reaches(const Answer &answer, std::uint64_t address, RegionsOf regionsOf) const
{
    const Symbol &symbol = answer.symbol;
    std::optional<Symbol> next;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        if (i == answer.layer)
            continue;
        const auto behind = nextBehind(i, symbol.address.value, symbol);
        if (behind && behind->address.value <= address)
            return false;
        if (behind && (!next || comesFirst(*behind, *next)))
            next = behind;
        // A symbol within another is a label, and one that shares its place with one of known size is an alias: neither
        // reaches beyond its first byte. Nor does then what another layer has in that place.
        const auto here = answerOf(i, symbol.address.value, regionsOf);
        if (!here || here->how == Answer::How::Unsized)
            continue;
        const auto after = answerOf(i, symbol.address.value + 1, regionsOf);
        if (here->how == Answer::How::Holds || !after || after->number != here->number ||
            after->how != Answer::How::Unsized)
            return false;
    }
    const auto own = next ? nextBehind(answer.layer, symbol.address.value, symbol) : std::nullopt;
    if (!next || (own && comesFirst(*own, *next)))
        return true; // as the layer itself reckoned
    const auto facts = [&](const Symbol &s) {
        // Modules are told apart by their names here; only whether they differ matters, and which is the kernel.
        const std::uint32_t module = s.module.empty() ? 0 : s.module == symbol.module ? 1 : 2;
        return RegionSymbol{
            s.address.value, s.size, 0, module, s.kind == SymbolKind::Function, s.kind == SymbolKind::PerCpu};
    };
    const RegionSymbol behind = facts(*next);
    return address <= lastOfUnsized(facts(symbol), &behind, borders_);
}

} // namespace ks
