// Gathers symbols from any number of readers into one layer of a SymbolTable.
#pragma once

#include "core/symbols/symbol_table.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ks {

class SymbolTableBuilder {
public:
    SymbolTableBuilder();
    /// Symbols that `below` has already, of the same name, address and module, are left out: what it knows of them
    /// counts.
    explicit SymbolTableBuilder(SymbolTable below);
    ~SymbolTableBuilder();
    SymbolTableBuilder(SymbolTableBuilder &&) noexcept;
    SymbolTableBuilder &operator=(SymbolTableBuilder &&) noexcept;

    /// Makes room for about so many more symbols.
    void reserve(std::size_t more);
    /// Copies the symbol; its views need not outlive the call. Symbols without a name are left out. Quickest in the
    /// order of addresses.
    void add(const Symbol &symbol);
    void add(const RawSymbol &symbol);
    std::size_t size() const;

    /// The layer alone, null when nothing was added; leaves the builder empty.
    std::shared_ptr<const SymbolLayer> buildLayer();
    /// The table below with the layer on top; leaves the builder empty.
    SymbolTable build();

private:
    struct Parts;

    void growSlots(std::size_t count);
    std::uint32_t nameNumber(std::string_view name);
    std::uint16_t moduleNumber(std::string_view module);
    bool isBelow(const Symbol &symbol);
    std::vector<std::uint32_t> sortedOrder() const;

    SymbolTable below_;
    std::vector<std::uint32_t> belowAt_; ///< per layer below, where the last symbol was looked for
    std::unique_ptr<Parts> parts_;
};

} // namespace ks
