// Names <-> addresses of the running kernel. Addresses in here are runtime addresses: KASLR has been applied.
#pragma once

#include "core/base/address.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ks {

enum class SymbolKind : std::uint8_t {
    Function,
    Data,
    PerCpu,   ///< the address is an offset into each CPU's area, not an address of memory
    Absolute, ///< a number, not an address
    Other,    ///< labels and section marks
};

/// "function", "data", "percpu", "absolute", "other"
const char *name(SymbolKind kind);

/// A view into a SymbolTable; valid as long as the table lives.
struct Symbol {
    std::string_view name;
    std::string_view module; ///< empty for the kernel itself
    VirtAddr address;
    std::uint64_t size = 0; ///< 0: not known
    SymbolKind kind = SymbolKind::Other;
    bool global = false; ///< STB_GLOBAL; weak and local ones are not
};

struct SymbolHit {
    Symbol symbol;
    std::uint64_t offset = 0; ///< address - symbol.address
};

/// What a reader found; the builder copies it.
struct RawSymbol {
    std::string name;
    std::string module;
    VirtAddr address; ///< runtime
    std::uint64_t size = 0;
    SymbolKind kind = SymbolKind::Other;
    bool global = false;
};

struct SymbolTableData;

/// Immutable, safe to read from any thread.
class SymbolTable {
public:
    SymbolTable();
    ~SymbolTable();
    SymbolTable(SymbolTable &&) noexcept;
    SymbolTable &operator=(SymbolTable &&) noexcept;

    /// Symbols that agree in name, address and module are merged; the one that knows its size wins.
    static SymbolTable build(std::vector<RawSymbol> symbols);

    std::size_t size() const;
    Symbol at(std::size_t index) const; ///< in the order of addresses

    /// All symbols of exactly this name, `module::name` included; the best first (global, then by address).
    std::vector<Symbol> find(std::string_view name) const;
    /// The best of find(), if there is one.
    std::optional<Symbol> findFirst(std::string_view name) const;
    /// The best symbol that begins at `address`; else the innermost that holds it by its size; else the one before it
    /// whose size is not known, up to the next symbol and never across the end of its image. Per-CPU and absolute
    /// symbols never answer here.
    std::optional<SymbolHit> lookup(VirtAddr address) const;
    /// Every symbol that begins at `address`, per-CPU and absolute ones included, the best (what lookup gives) first.
    std::vector<Symbol> symbolsAt(VirtAddr address) const;
    /// The per-CPU symbol that holds an offset into the per-CPU area.
    std::optional<SymbolHit> lookupPerCpu(std::uint64_t offset) const;
    std::vector<Symbol> withPrefix(std::string_view prefix, std::size_t limit) const;
    /// Subsequence match, case-insensitive, best first: exact, prefix, word starts, any.
    std::vector<Symbol> fuzzy(std::string_view pattern, std::size_t limit) const;

    /// What the table occupies, in bytes.
    std::size_t memoryUsage() const;

private:
    friend class SymbolTableBuilder;
    explicit SymbolTable(std::unique_ptr<const SymbolTableData> data);
    std::unique_ptr<const SymbolTableData> data_;
};

/// "init_task+0x20", "virtio_net::features", or the plain symbol when the offset is 0.
std::string toString(const SymbolHit &hit);

} // namespace ks
