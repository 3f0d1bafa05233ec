// Names <-> addresses of the running kernel. Addresses in here are runtime addresses: KASLR has been applied.
#pragma once

#include "core/base/address.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ks {

/// The kernel's half of the address space. Below are numbers and per-CPU offsets, which KASLR does not move.
inline constexpr std::uint64_t kKernelHalf = std::uint64_t{1} << 63;

enum class SymbolKind : std::uint8_t {
    Function,
    Data,
    PerCpu,   ///< the address is an offset into each CPU's area, not an address of memory
    Absolute, ///< a number, not an address
    Other,    ///< labels and section marks
};

/// "function", "data", "percpu", "absolute", "other"
const char *name(SymbolKind kind);

/// A view into a SymbolTable; valid as long as a table with the same layer lives.
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

class SymbolLayer;

/// Symbols in layers: first the kernel's own, then what it has loaded. Immutable and cheap to copy, safe to read from
/// any thread. A table with another layer on top, or in place of one, shares the other layers.
///
/// All questions are answered as if the layers were one list of symbols; which layer a symbol is from decides nothing.
/// No symbol should be in two layers: SymbolTableBuilder leaves out what the layers below have.
class SymbolTable {
public:
    struct Placed {
        std::shared_ptr<const SymbolLayer> layer;
        std::uint64_t slide = 0; ///< added to addresses in the kernel's half, modulo 2^64: the KASLR offset
    };

    SymbolTable();
    explicit SymbolTable(std::vector<Placed> layers);

    /// Symbols that agree in name, address and module are merged; the one that knows its size wins.
    static SymbolTable build(std::vector<RawSymbol> symbols);

    std::span<const Placed> layers() const;
    /// This table and one more layer; the same table if it is null.
    SymbolTable with(std::shared_ptr<const SymbolLayer> layer, std::uint64_t slide = 0) const;

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
    /// Names with the characters of `pattern` in their order, in either case, the best first: by NameMatch (exact,
    /// prefix, words, any), then the shorter, then by the alphabet. `module::name` asks for one module.
    std::vector<Symbol> fuzzy(std::string_view pattern, std::size_t limit) const;

    /// What the layers occupy, in bytes.
    std::size_t memoryUsage() const;

private:
    struct Parts;
    std::shared_ptr<const Parts> parts_;
};

/// "init_task+0x20", "virtio_net::features", or the plain symbol when the offset is 0.
std::string toString(const SymbolHit &hit);

} // namespace ks
