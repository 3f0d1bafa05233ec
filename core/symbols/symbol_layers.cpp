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

/// What one layer says about an address: enough to compare it with another's. Its names are looked at only if need be.
struct SymbolLayers::Answer {
    enum class How : std::uint8_t { Begins, Holds, Unsized, None };

    const Placed *placed = nullptr;
    std::uint64_t address = 0; ///< where the symbol begins, as in memory
    std::uint32_t number = 0;
    How how = How::None;

    Symbol symbol() const { return placed->layer->view(number, placed->slide); }
    bool isBetterThan(const Answer &other) const
    {
        if (how != other.how)
            return how < other.how;
        if (address != other.address)
            return address > other.address;
        return how != How::None && outranks(symbol(), other.symbol());
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
        return moved(layers_[layer], layers_[layer].layer->record(symbol).address);
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

inline SymbolLayers::Answer SymbolLayers::answerOf(const Placed &placed, std::uint64_t address, RegionsOf regionsOf)
{
    const SymbolLayer &layer = *placed.layer;
    const auto local = linked(placed, address);
    if (!local)
        return {};
    const std::uint32_t number = (layer.*regionsOf)().find(*local);
    if (number >= layer.size()) // kNoSymbol, too
        return {};
    const std::uint64_t begin = moved(placed, layer.record(number).address);
    const std::uint64_t offset = address - begin;
    return {&placed, begin, number,
            offset == 0                     ? Answer::How::Begins
            : offset < layer.sizeOf(number) ? Answer::How::Holds
                                            : Answer::How::Unsized};
}

std::optional<SymbolHit> SymbolLayers::lookup(std::uint64_t address, RegionsOf regionsOf) const
{
    Answer best;
    for (const Placed &placed : layers_) {
        const Answer answer = answerOf(placed, address, regionsOf);
        if (answer.isBetterThan(best))
            best = answer;
    }
    if (best.how == Answer::How::None ||
        (best.how == Answer::How::Unsized && layers_.size() > 1 && !reaches(best, address, regionsOf)))
        return std::nullopt;
    return SymbolHit{best.symbol(), address - best.address};
}

std::optional<Symbol> SymbolLayers::nextBehind(const Placed &placed, std::uint64_t address, const Symbol &like)
{
    if (address == ~std::uint64_t{0})
        return std::nullopt;
    const auto local = linked(placed, address + 1);
    // Most often the kernel lies below its modules.
    if (local && placed.layer->size() != 0 && *local > placed.layer->record(placed.layer->size() - 1).address)
        return std::nullopt;
    return nextFrom(placed, placed.layer->lowerBound(local.value_or(kKernelHalf)), address, like);
}

std::optional<Symbol> SymbolLayers::nextFrom(const Placed &placed, std::uint32_t first, std::uint64_t address,
                                             const Symbol &like)
{
    for (std::uint32_t i = first; i < placed.layer->size(); ++i) {
        const SymbolLayer::Record &record = placed.layer->record(i);
        const std::uint64_t begin = moved(placed, record.address);
        if (begin != address && isFoundLike(SymbolLayer::kindOf(record), like.kind))
            return begin > address ? std::optional(placed.layer->view(i, placed.slide)) : std::nullopt;
    }
    return std::nullopt;
}

bool SymbolLayers::reaches(const Answer &answer, std::uint64_t address, RegionsOf regionsOf) const
{
    const Symbol symbol = answer.symbol();
    std::optional<Symbol> next;
    for (const Placed &placed : layers_) {
        if (&placed == answer.placed)
            continue;
        const auto behind = nextBehind(placed, answer.address, symbol);
        if (behind && behind->address.value <= address)
            return false;
        if (behind && (!next || comesFirst(*behind, *next)))
            next = behind;
        // A symbol within another is a label, and one that shares its place with one of known size is an alias: neither
        // reaches beyond its first byte. Nor does then what another layer has in that place.
        const Answer here = answerOf(placed, answer.address, regionsOf);
        if (here.how == Answer::How::Unsized || here.how == Answer::How::None)
            continue;
        const Answer after = answerOf(placed, answer.address + 1, regionsOf);
        if (here.how == Answer::How::Holds || after.number != here.number || after.how != Answer::How::Unsized)
            return false;
    }
    const auto own = next ? nextFrom(*answer.placed, answer.number + 1, answer.address, symbol) : std::nullopt;
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
