// Gathers symbols from any number of readers into one SymbolTable.
#pragma once

#include "core/symbols/symbol_table.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace ks {

class SymbolTableBuilder {
public:
    SymbolTableBuilder();
    ~SymbolTableBuilder();
    SymbolTableBuilder(SymbolTableBuilder &&) noexcept;
    SymbolTableBuilder &operator=(SymbolTableBuilder &&) noexcept;

    /// Makes room for about so many more symbols.
    void reserve(std::size_t more);
    /// Copies the symbol; its views need not outlive the call. Symbols without a name are left out.
    void add(const Symbol &symbol);
    void add(const RawSymbol &symbol);
    std::size_t size() const;

    /// Leaves the builder empty.
    SymbolTable build();

private:
    void growHash(std::size_t slots);

    std::unique_ptr<SymbolTableData> data_;
    std::map<std::string, std::uint16_t, std::less<>> moduleNumbers_;
    std::uint16_t lastModule_ = 0;
};

} // namespace ks
