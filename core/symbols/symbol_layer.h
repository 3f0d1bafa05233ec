// One layer of a SymbolTable: immutable, shared, and made of flat tables that can lie in a mapped file.
//
// Addresses in a layer are as linked; the table that holds the layer knows how far they have moved. Known to the files
// that build, search and keep symbols; all others talk to SymbolTable.
#pragma once

#include "core/base/error.h"
#include "core/symbols/name_index.h"
#include "core/symbols/symbol_regions.h"
#include "core/symbols/symbol_table.h"

#include <compare>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ks {

/// Its contents may be hostile: every number is checked where it is used, so that nothing has to be read when a layer
/// is opened, and wrong numbers give wrong answers at worst.
class SymbolLayer {
public:
    struct Record {
        std::uint64_t address = 0;
        std::uint32_t size = 0; ///< kHugeSize: look in hugeSizes
        std::uint32_t name = 0;
        std::uint32_t text = 0; ///< where the name begins in the pool: saves a look at nameEnd
        std::uint16_t module = 0;
        std::uint8_t length = 0; ///< of the name; kLongName: look at nameEnd
        std::uint8_t flags = 0;  ///< SymbolKind, kGlobalFlag
    };
    struct HugeSize {
        std::uint64_t size = 0;
        std::uint32_t symbol = 0;
        std::uint32_t unused = 0;
    };
    /// Of a hash table with open addressing.
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t symbol = 0; ///< the best one of the name, + 1; 0: empty
    };
    /// Records are in the order of addresses; within one address the best comes first.
    struct Tables {
        std::span<const char> pool; ///< names, each once, without terminators: name n is [nameEnd[n - 1], nameEnd[n])
        std::span<const std::uint32_t> nameEnd;
        std::span<const Slot> slots; ///< a power of two, or none
        std::span<const Record> records;
        std::span<const HugeSize> hugeSizes; ///< by symbol
        std::span<const char> modulePool;    ///< names of modules, as pool; [0] is the kernel's, empty
        std::span<const std::uint32_t> moduleEnd;
        std::span<const std::uint32_t> firstOfName; ///< [n, n + 1) delimits the symbols of name n in symbolsOfName
        std::span<const std::uint32_t> symbolsOfName;
        SymbolRegions::Tables memory;
        SymbolRegions::Tables perCpu;
    };
    static constexpr std::uint32_t kHugeSize = ~std::uint32_t{0};
    static constexpr std::uint8_t kLongName = 0xff;
    static constexpr std::uint8_t kKindMask = 0x0f;
    static constexpr std::uint8_t kGlobalFlag = 0x10;

    /// A flat table, 8-byte aligned, and which one it is.
    struct Section {
        std::uint32_t tag = 0;
        std::span<const std::byte> bytes;
    };

    SymbolLayer(const Tables &tables, std::optional<NameIndex> index, std::shared_ptr<const void> storage);

    /// What symbolSections() gave, in any order; sections of other tags are passed over. `storage` keeps the bytes
    /// alive. BadFormat when a section is missing, of another version, or of no possible size.
    static Result<std::shared_ptr<const SymbolLayer>> fromSections(std::span<const Section> sections,
                                                                   std::shared_ptr<const void> storage);

    std::uint32_t size() const { return static_cast<std::uint32_t>(tables_.records.size()); }
    std::uint32_t nameCount() const { return static_cast<std::uint32_t>(tables_.nameEnd.size()); }

    const Record &record(std::uint32_t symbol) const
    {
        return symbol < tables_.records.size() ? tables_.records[symbol] : kNothing;
    }
    std::uint64_t sizeOf(std::uint32_t symbol) const;
    static SymbolKind kindOf(const Record &record)
    {
        const std::uint8_t kind = record.flags & kKindMask;
        return kind < std::uint8_t(SymbolKind::Other) ? SymbolKind(kind) : SymbolKind::Other;
    }
    static bool isGlobal(const Record &record) { return (record.flags & kGlobalFlag) != 0; }
    std::string_view nameOf(const Record &record) const;
    std::string_view moduleOf(const Record &record) const { return moduleText(record.module); }
    std::string_view moduleText(std::uint32_t module) const;
    /// The symbol at its address in memory.
    Symbol view(std::uint32_t symbol, std::uint64_t slide) const;

    std::string_view nameText(std::uint32_t name) const;
    static std::uint32_t hash(std::string_view name);
    /// The best symbol of a name, if the layer has it. Its record has the number of the name.
    std::optional<std::uint32_t> findFirst(std::string_view name, std::uint32_t hashOfName) const;
    /// The number of a name, if the layer has it.
    std::optional<std::uint32_t> findName(std::string_view name, std::uint32_t hashOfName) const;
    /// Symbol numbers: the global one first, then by address.
    std::span<const std::uint32_t> symbolsOfName(std::uint32_t name) const;
    /// The first symbol at `address`, as linked, or above.
    std::uint32_t lowerBound(std::uint64_t address) const;

    const SymbolRegions &memory() const { return memory_; }
    const SymbolRegions &perCpu() const { return perCpu_; }
    /// Over the names by their numbers. Built when first asked for, unless it was kept.
    const NameIndex &nameIndex() const;

    const Tables &tables() const { return tables_; }
    std::size_t memoryUsage() const;

private:
    static const Record kNothing;

    Tables tables_;
    SymbolRegions memory_;
    SymbolRegions perCpu_;
    std::shared_ptr<const void> storage_;
    mutable std::once_flag indexOnce_;
    mutable NameIndex index_;
};

/// The layer as flat tables, the search index included, to be written into a file; views into the layer.
std::vector<SymbolLayer::Section> symbolSections(const SymbolLayer &layer);

/// Whether a symbol of this kind is found by an address of memory.
constexpr bool isMemory(SymbolKind kind) { return kind != SymbolKind::PerCpu && kind != SymbolKind::Absolute; }

/// Compares symbols that begin at one address; the best is the least. What memory is found by, objects before marks of
/// sections, what has a type and a size, global ones, and names that are plainer.
struct SymbolRank {
    explicit SymbolRank(const Symbol &symbol);
    auto operator<=>(const SymbolRank &) const = default;

    std::uint64_t order = 0;
    std::string_view name;
    std::string_view module;
};

/// Whether `a` is the better one of two symbols that begin at one address.
bool outranks(const Symbol &a, const Symbol &b);

} // namespace ks
