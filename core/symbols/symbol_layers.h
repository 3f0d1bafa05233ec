// Answers out of several layers of symbols as if they were one list. Known to SymbolTable alone.
//
// Which symbol answers for an address is one rule over the symbols of all layers:
//   1. The best of those that begin there (outranks).
//   2. Else, of those that hold it by their size, the one that begins last; the better one if two begin together. So a
//      label that only kallsyms knows, within a function of vmlinux, answers for its own byte, and the function for the
//      bytes behind.
//   3. Else the one that begins last, if its size is not known, it does not begin within another symbol or together
//   with
//      one of known size, and the address is in reach of it (lastOfUnsized) given the symbol that begins next in any
//      layer.
// Each layer knows its own answer. Only for the third case do the layers have to be asked about each other.
#pragma once

#include "core/symbols/symbol_layer.h"
#include "core/symbols/symbol_table.h"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ks {

class SymbolLayers {
public:
    using Placed = SymbolTable::Placed;
    using RegionsOf = const SymbolRegions &(SymbolLayer::*)() const;

    /// Symbols [first, ...) of a layer, which are [index, ...) of all.
    struct Stretch {
        std::size_t index = 0;
        std::uint32_t first = 0;
        std::uint32_t layer = 0;
    };

    SymbolLayers() = default;
    explicit SymbolLayers(std::vector<Placed> layers);

    std::span<const Placed> all() const { return layers_; }
    /// All symbols by address, the best of an address first. Empty for a single layer, whose order it is.
    std::vector<Stretch> mergedOrder() const;

    /// The address that a layer has for `address`; nothing if it has none.
    static std::optional<std::uint64_t> linked(const Placed &placed, std::uint64_t address)
    {
        if (address < kKernelHalf)
            return address;
        const std::uint64_t result = address - placed.slide;
        return result >= kKernelHalf ? std::optional(result) : std::nullopt;
    }

    /// The address in memory for one that a layer has.
    static std::uint64_t moved(const Placed &placed, std::uint64_t linkedAddress)
    {
        return linkedAddress >= kKernelHalf ? linkedAddress + placed.slide : linkedAddress;
    }

    std::optional<SymbolHit> lookup(std::uint64_t address, RegionsOf regionsOf) const;

    /// Symbols of this name, the global ones first, then by address; of one module if it is not empty.
    void appendNamed(std::string_view name, std::string_view module, std::vector<Symbol> &out) const;
    std::optional<Symbol> firstNamed(std::string_view name) const;
    std::vector<Symbol> withPrefix(std::string_view text, std::size_t limit) const;
    std::vector<Symbol> fuzzy(std::string_view text, std::size_t limit) const;

private:
    struct Answer;

    static Answer answerOf(const Placed &placed, std::uint64_t address, RegionsOf regionsOf);
    bool reaches(const Answer &answer, std::uint64_t address, RegionsOf regionsOf) const;
    /// The first symbol of a layer behind `address` (as in memory) that is found in the same way as `like`.
    static std::optional<Symbol> nextBehind(const Placed &placed, std::uint64_t address, const Symbol &like);
    /// The same, where the symbols up to `first` are known to begin at `address` or before it.
    static std::optional<Symbol> nextFrom(const Placed &placed, std::uint32_t first, std::uint64_t address,
                                          const Symbol &like);

    std::vector<Placed> layers_;
    ImageBorders borders_; ///< as in memory
};

} // namespace ks
