// What a SymbolTable consists of. Known to the files of core/symbols that build and search it, and to no others.
#pragma once

#include "core/symbols/symbol_table.h"

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ks {

inline constexpr std::uint32_t kNoSymbol = ~std::uint32_t{0};

/// Disjoint runs of addresses, each with the symbol that answers there: one binary search is a lookup.
class SymbolRegions {
public:
    std::uint32_t find(std::uint64_t address) const;
    /// Appends the run that begins at `address`, which is not below the last one; kNoSymbol: nothing answers there.
    void append(std::uint64_t address, std::uint32_t symbol);
    void finish();
    std::size_t memoryUsage() const;

private:
    std::vector<std::uint64_t> start_;
    std::vector<std::uint32_t> symbol_;
    /// Every kStep-th start. It stays in the processor's cache, so that a search misses it only for its last step.
    std::vector<std::uint64_t> coarse_;
    static constexpr std::size_t kStep = 16;
};

/// What searches look at first. Built when the first search asks for it.
struct NameIndex {
    std::vector<std::uint32_t> byText; ///< name numbers in the order of their text
    std::vector<std::uint32_t> rankOf; ///< per name number, its place in byText
    std::vector<std::uint64_t> masks;  ///< per name number, which characters the name has, see characterMask
};

/// Every array with "per symbol" is in the order of addresses; within one address the best comes first.
struct SymbolTableData {
    // Names, each once, without terminators; name n is pool[nameEnd[n - 1], nameEnd[n]).
    std::string pool;
    std::vector<std::uint32_t> nameEnd;
    std::vector<std::uint32_t> hashSlots; ///< open addressing, name number + 1; the size is a power of two

    /// What a symbol is besides its address.
    struct Record {
        std::uint32_t size; ///< kHugeSize: look in hugeSizes
        std::uint32_t name;
        std::uint16_t module;
        std::uint8_t flags; ///< SymbolKind, kGlobalFlag
    };

    // Per symbol.
    std::vector<std::uint64_t> address;
    std::vector<Record> records;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> hugeSizes; ///< symbol number, size; sorted when built

    std::vector<std::string> modules;       ///< [0] is the kernel
    std::vector<std::uint32_t> firstOfName; ///< [n, n + 1) delimits the symbols of name n in symbolsOfName
    std::vector<std::uint32_t> symbolsOfName;
    SymbolRegions memory;
    SymbolRegions perCpu;

    mutable std::once_flag indexOnce;
    mutable NameIndex index;

    static constexpr std::uint32_t kHugeSize = ~std::uint32_t{0};
    static constexpr std::uint8_t kKindMask = 0x0f;
    static constexpr std::uint8_t kGlobalFlag = 0x10;

    std::size_t nameCount() const { return nameEnd.size(); }
    std::string_view nameText(std::uint32_t n) const
    {
        const std::uint32_t begin = n == 0 ? 0 : nameEnd[n - 1];
        return {pool.data() + begin, nameEnd[n] - begin};
    }
    SymbolKind kindOf(std::uint32_t symbol) const { return SymbolKind(records[symbol].flags & kKindMask); }
    bool isGlobal(std::uint32_t symbol) const { return (records[symbol].flags & kGlobalFlag) != 0; }
    std::uint64_t sizeOf(std::uint32_t symbol) const;
    Symbol view(std::uint32_t symbol) const;

    /// The slot that holds `name`, or the empty slot where it belongs.
    std::size_t hashSlot(std::string_view name) const;
    /// The number of a name, or nothing.
    std::optional<std::uint32_t> findName(std::string_view name) const;
    const NameIndex &nameIndex() const;
};

/// Lower case of ASCII; all else is itself.
constexpr char toLowerAscii(char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; }

/// A bit for every character that `text` has, in any case: letters, digits, '_', '.' have their own, others share one.
std::uint64_t characterMask(std::string_view text);

} // namespace ks
