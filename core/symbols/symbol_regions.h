// Which symbol answers for which addresses: decided once, when a layer is built, and found in a few steps.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ks {

inline constexpr std::uint32_t kNoSymbol = ~std::uint32_t{0};

/// Disjoint runs of addresses, each with the symbol that answers there. Runs that lie close together form an area; an
/// area is cut into buckets of equal size, and each bucket knows the first run that reaches into it.
class SymbolRegions {
public:
    struct Area {
        std::uint64_t base = 0;
        std::uint32_t firstBucket = 0;
        std::uint32_t bucketCount = 0;
        std::uint32_t shift = 0; ///< a bucket has 2^shift addresses
        std::uint32_t unused = 0;
    };
    struct Region {
        std::uint32_t offset = 0; ///< from the base of its area
        std::uint32_t symbol = kNoSymbol;
    };
    /// Flat, and not trusted: what is found is either nothing or a symbol number out of a Region.
    struct Tables {
        std::span<const Area> areas;            ///< by base
        std::span<const std::uint32_t> buckets; ///< each area has one more, which is its last region
        std::span<const Region> regions;
    };

    SymbolRegions() = default;
    explicit SymbolRegions(const Tables &tables) : tables_(tables) {}

    std::uint32_t find(std::uint64_t address) const;
    const Tables &tables() const { return tables_; }
    std::size_t memoryUsage() const;

private:
    Tables tables_;
};

struct OwnedRegions {
    std::vector<SymbolRegions::Area> areas;
    std::vector<std::uint32_t> buckets;
    std::vector<SymbolRegions::Region> regions;

    SymbolRegions::Tables tables() const { return {areas, buckets, regions}; }
};

/// Where the kernel's image and its per-CPU area end, as far as that is known.
struct ImageBorders {
    std::optional<std::uint64_t> text; ///< _text
    std::optional<std::uint64_t> end;  ///< _end
    std::optional<std::uint64_t> perCpuEnd;
};

/// What a region depends on. Modules are numbers here: 0 is the kernel, equal ones are the same.
struct RegionSymbol {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    std::uint32_t symbol = 0;
    std::uint32_t module = 0;
    bool isFunction = false;
    bool isPerCpu = false;
};

/// `symbols`: in the order of addresses, the best of an address first.
OwnedRegions makeRegions(std::span<const RegionSymbol> symbols, const ImageBorders &borders);

/// The last address for which a symbol without a size answers, when `next` is the one that begins behind it.
std::uint64_t lastOfUnsized(const RegionSymbol &symbol, const RegionSymbol *next, const ImageBorders &borders);

} // namespace ks
