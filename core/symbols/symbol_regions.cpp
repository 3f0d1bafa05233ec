#include "core/symbols/symbol_regions.h"

#include "core/base/address.h"

#include <algorithm>

namespace ks {

namespace {

constexpr std::uint64_t kLastAddress = ~std::uint64_t{0};
/// A module's symbol of unknown size claims no more than this, however far off the module's next symbol is.
constexpr std::uint64_t kMaxUnknownSize = std::uint64_t{1} << 20;
/// Runs farther apart than this lie in different areas.
constexpr std::uint64_t kAreaGap = std::uint64_t{1} << 20;

/// Runs as they are found, before they are cut into areas.
class Runs {
public:
    /// The run that begins at `address`, which is not below the last one; kNoSymbol: nothing answers there.
    void append(std::uint64_t address, std::uint32_t symbol)
    {
        if (!start_.empty() && start_.back() == address) {
            symbol_.back() = symbol;
        } else if (symbol_.empty() || symbol_.back() != symbol) {
            start_.push_back(address);
            symbol_.push_back(symbol);
        }
    }

    void reserve(std::size_t count)
    {
        start_.reserve(count);
        symbol_.reserve(count);
    }

    OwnedRegions intoAreas() const
    {
        OwnedRegions result;
        result.regions.reserve(start_.size());
        for (std::size_t first = 0; first < start_.size();) {
            std::size_t last = first + 1;
            while (last < start_.size() && start_[last] - start_[last - 1] <= kAreaGap &&
                   start_[last] - start_[first] <= ~std::uint32_t{0})
                ++last;
            addArea(first, last, result);
            first = last;
        }
        return result;
    }

private:
    void addArea(std::size_t first, std::size_t last, OwnedRegions &result) const
    {
        SymbolRegions::Area area{.base = start_[first],
                                 .firstBucket = static_cast<std::uint32_t>(result.buckets.size())};
        // Not more buckets than runs.
        const std::uint64_t span = start_[last - 1] - area.base;
        while (span >> area.shift >= last - first)
            ++area.shift;
        area.bucketCount = static_cast<std::uint32_t>(span >> area.shift) + 1;

        const auto firstRegion = static_cast<std::uint32_t>(result.regions.size());
        std::uint32_t bucket = 0;
        for (std::size_t i = first; i < last; ++i) {
            const auto offset = static_cast<std::uint32_t>(start_[i] - area.base);
            // This run is the first to begin behind the first address of these buckets.
            for (; std::uint64_t{bucket} << area.shift < offset; ++bucket)
                result.buckets.push_back(static_cast<std::uint32_t>(result.regions.size()) - 1);
            result.regions.push_back({offset, symbol_[i]});
        }
        const auto lastRegion = firstRegion + static_cast<std::uint32_t>(last - first) - 1;
        for (; bucket <= area.bucketCount; ++bucket)
            result.buckets.push_back(lastRegion);
        result.areas.push_back(area);
    }

    std::vector<std::uint64_t> start_;
    std::vector<std::uint32_t> symbol_;
};

class Sweep {
public:
    Sweep(std::span<const RegionSymbol> symbols, const ImageBorders &borders) : symbols_(symbols), borders_(borders)
    {
        runs_.reserve(symbols.size() * 2);
    }

    OwnedRegions run()
    {
        for (std::size_t first = 0; first < symbols_.size();) {
            std::size_t last = first + 1;
            while (last < symbols_.size() && symbols_[last].address == symbols_[first].address)
                ++last;
            group(symbols_.subspan(first, last - first), last < symbols_.size() ? &symbols_[last] : nullptr);
            first = last;
        }
        closeBefore(std::nullopt);
        return runs_.intoAreas();
    }

private:
    /// A symbol of known size that holds the address the sweep stands at. Inner ones lie on top of outer ones.
    struct Open {
        std::uint64_t last;
        std::uint32_t symbol;
    };

    /// Symbols that begin at one address, the best first, and the one that begins behind them.
    void group(std::span<const RegionSymbol> aliases, const RegionSymbol *next)
    {
        const RegionSymbol &best = aliases.front();
        closeBefore(best.address);
        runs_.append(best.address, best.symbol);

        // Aliases that reach farther than all that rank above them answer beyond those; the longest goes below.
        const std::size_t floor = open_.size();
        std::uint64_t longest = 0;
        for (const RegionSymbol &alias : aliases) {
            if (alias.size > longest) {
                longest = alias.size;
                open_.push_back({AddrRange::sized(VirtAddr(best.address), longest)->last.value, alias.symbol});
            }
        }
        std::reverse(open_.begin() + std::ptrdiff_t(floor), open_.end());

        if (best.size != 0 || best.address == kLastAddress)
            return;
        // A label answers for its first byte; what lies behind belongs to the object around it, if there is one.
        closeBefore(best.address + 1);
        if (!open_.empty())
            return runs_.append(best.address + 1, open_.back().symbol);
        const std::uint64_t last = lastOfUnsized(best, next, borders_);
        if (last != kLastAddress && (!next || last + 1 < next->address))
            runs_.append(last + 1, kNoSymbol);
    }

    /// Ends the open symbols that do not reach `address`; nothing stands for 2^64.
    void closeBefore(std::optional<std::uint64_t> address)
    {
        while (!open_.empty() && (!address || open_.back().last < *address)) {
            const std::uint64_t last = open_.back().last;
            while (!open_.empty() && open_.back().last <= last)
                open_.pop_back();
            if (last != kLastAddress)
                runs_.append(last + 1, open_.empty() ? kNoSymbol : open_.back().symbol);
        }
    }

    std::span<const RegionSymbol> symbols_;
    const ImageBorders &borders_;
    std::vector<Open> open_;
    Runs runs_;
};

} // namespace

std::uint32_t SymbolRegions::find(std::uint64_t address) const
{
    const auto [areas, buckets, regions] = tables_;
    if (areas.empty() || address < areas.front().base)
        return kNoSymbol;
    // Most addresses are the kernel's, which lies below its modules. Behind that there is no branch on the comparison:
    // the processor cannot predict it, and a wrong guess costs more than the load.
    const Area *area = areas.data();
    const bool isFirst = areas.size() == 1 || address < areas[1].base;
    for (std::size_t count = isFirst ? 1 : areas.size(); count > 1;) {
        const std::size_t half = count / 2;
        area += area[half].base <= address ? half : 0;
        count -= half;
    }
    const auto offset = static_cast<std::uint32_t>(std::min<std::uint64_t>(address - area->base, ~std::uint32_t{0}));
    const std::size_t bucket =
        std::size_t{area->firstBucket} + std::min(offset >> (area->shift & 31), std::max(area->bucketCount, 1U) - 1);
    if (bucket + 1 >= buckets.size())
        return kNoSymbol;
    std::uint32_t first = buckets[bucket];
    std::uint32_t last = buckets[bucket + 1];
    if (first > last || last >= regions.size())
        return kNoSymbol;
    constexpr std::uint32_t kFew = 8;
    while (last - first > kFew) {
        const std::uint32_t middle = first + (last - first) / 2;
        (regions[middle].offset <= offset ? first : last) = middle;
    }
    while (first < last && regions[first + 1].offset <= offset)
        ++first;
    return regions[first].symbol;
}

std::size_t SymbolRegions::memoryUsage() const
{
    return tables_.areas.size_bytes() + tables_.buckets.size_bytes() + tables_.regions.size_bytes();
}

OwnedRegions makeRegions(std::span<const RegionSymbol> symbols, const ImageBorders &borders)
{
    return Sweep(symbols, borders).run();
}

std::uint64_t lastOfUnsized(const RegionSymbol &symbol, const RegionSymbol *next, const ImageBorders &borders)
{
    const std::uint64_t address = symbol.address;
    const std::uint64_t pageEnd = address | (kPageSize - 1);
    if (symbol.isPerCpu) {
        if (address == borders.perCpuEnd)
            return address;
        return next ? next->address - 1 : pageEnd;
    }
    if (symbol.module == 0 && address == borders.end)
        return address;
    if (!next)
        return pageEnd;

    const std::uint64_t beforeNext = next->address - 1;
    const bool sameImage = symbol.module == next->module;
    if (symbol.module == 0) {
        const auto &[text, end, perCpuEnd] = borders;
        if (text && end && *text <= address && address < *end)
            return std::min(beforeNext, *end - 1);
        const bool bordersUnknown = !text || !end;
        return bordersUnknown && sameImage ? beforeNext : std::min(beforeNext, pageEnd);
    }
    // A module's text, read-only and writable parts are separate mappings: from a function to a variable there is
    // always a border of a page.
    if (sameImage && symbol.isFunction == next->isFunction && beforeNext - address < kMaxUnknownSize)
        return beforeNext;
    return std::min(beforeNext, pageEnd);
}

} // namespace ks
