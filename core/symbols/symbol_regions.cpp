#include "core/symbols/symbol_regions.h"

#include "core/base/address.h"

#include <algorithm>
#include <optional>

namespace ks {

namespace {

constexpr std::uint64_t kLastAddress = ~std::uint64_t{0};
/// A module's symbol of unknown size claims no more than this, however far off the module's next symbol is.
constexpr std::uint64_t kMaxUnknownSize = std::uint64_t{1} << 20;

/// Symbols that begin at one address, the best first: [first, last) of Sweep::symbols.
struct Group {
    std::size_t first;
    std::size_t last;
};

class Sweep {
public:
    Sweep(const SymbolTableData &data, std::vector<std::uint32_t> symbols)
        : data_(data),
          symbols_(std::move(symbols)),
          text_(addressOf("_text")),
          end_(addressOf("_end")),
          perCpuEnd_(addressOf("__per_cpu_end"))
    {
    }

    SymbolRegions run()
    {
        for (std::size_t first = 0; first < symbols_.size();) {
            std::size_t last = first + 1;
            while (last < symbols_.size() && addressAt(last) == addressAt(first))
                ++last;
            group({first, last});
            first = last;
        }
        closeBefore(std::nullopt);
        regions_.finish();
        return std::move(regions_);
    }

private:
    /// A symbol of known size that holds the address the sweep stands at. Inner ones lie on top of outer ones.
    struct Open {
        std::uint64_t last;
        std::uint32_t symbol;
    };

    std::uint64_t addressAt(std::size_t i) const { return data_.address[symbols_[i]]; }

    std::optional<std::uint64_t> addressOf(std::string_view name) const
    {
        const auto n = data_.findName(name);
        if (!n)
            return std::nullopt;
        for (std::uint32_t i = data_.firstOfName[*n]; i < data_.firstOfName[*n + 1]; ++i) {
            if (data_.records[data_.symbolsOfName[i]].module == 0)
                return data_.address[data_.symbolsOfName[i]];
        }
        return std::nullopt;
    }

    void group(Group g)
    {
        const std::uint64_t address = addressAt(g.first);
        const std::uint32_t best = symbols_[g.first];
        closeBefore(address);
        regions_.append(address, best);

        // Aliases that reach farther than all that rank above them answer beyond those; the longest goes below.
        const std::size_t floor = open_.size();
        std::uint64_t longest = 0;
        for (std::size_t i = g.first; i < g.last; ++i) {
            const std::uint64_t size = data_.sizeOf(symbols_[i]);
            if (size > longest) {
                longest = size;
                open_.push_back({AddrRange::sized(VirtAddr(address), size)->last.value, symbols_[i]});
            }
        }
        std::reverse(open_.begin() + std::ptrdiff_t(floor), open_.end());

        if (data_.records[best].size != 0 || address == kLastAddress)
            return;
        // A label answers for its first byte; what lies behind belongs to the object around it, if there is one.
        closeBefore(address + 1);
        if (!open_.empty())
            return regions_.append(address + 1, open_.back().symbol);
        const std::uint64_t last = lastOfUnsized(g);
        if (last != kLastAddress && (g.last == symbols_.size() || last + 1 < addressAt(g.last)))
            regions_.append(last + 1, kNoSymbol);
    }

    /// The last address for which a symbol without a size answers.
    std::uint64_t lastOfUnsized(Group g) const
    {
        const std::uint32_t symbol = symbols_[g.first];
        const std::uint64_t address = data_.address[symbol];
        const std::uint64_t pageEnd = address | (kPageSize - 1);
        if (data_.kindOf(symbol) == SymbolKind::PerCpu) {
            if (address == perCpuEnd_)
                return address;
            return g.last < symbols_.size() ? addressAt(g.last) - 1 : pageEnd;
        }
        if (g.last == symbols_.size())
            return address == end_ ? address : pageEnd;

        const std::uint32_t next = symbols_[g.last];
        const std::uint64_t beforeNext = data_.address[next] - 1;
        const bool sameImage = data_.records[symbol].module == data_.records[next].module;
        if (data_.records[symbol].module == 0) {
            if (address == end_)
                return address;
            const bool inImage = text_ && end_ && *text_ <= address && address < *end_;
            if (inImage)
                return std::min(beforeNext, *end_ - 1);
            const bool bordersUnknown = !text_ || !end_;
            return bordersUnknown && sameImage ? beforeNext : std::min(beforeNext, pageEnd);
        }
        // A module's text, read-only and writable parts are separate mappings: from a function to a variable there is
        // always a border of a page.
        const bool sameClass =
            (data_.kindOf(symbol) == SymbolKind::Function) == (data_.kindOf(next) == SymbolKind::Function);
        if (sameImage && sameClass && beforeNext - address < kMaxUnknownSize)
            return beforeNext;
        return std::min(beforeNext, pageEnd);
    }

    /// Ends the open symbols that do not reach `address`; nothing stands for 2^64.
    void closeBefore(std::optional<std::uint64_t> address)
    {
        while (!open_.empty() && (!address || open_.back().last < *address)) {
            const std::uint64_t last = open_.back().last;
            while (!open_.empty() && open_.back().last <= last)
                open_.pop_back();
            if (last != kLastAddress)
                regions_.append(last + 1, open_.empty() ? kNoSymbol : open_.back().symbol);
        }
    }

    const SymbolTableData &data_;
    std::vector<std::uint32_t> symbols_;
    std::optional<std::uint64_t> text_;
    std::optional<std::uint64_t> end_;
    std::optional<std::uint64_t> perCpuEnd_;
    std::vector<Open> open_;
    SymbolRegions regions_;
};

} // namespace

std::uint32_t SymbolRegions::find(std::uint64_t address) const
{
    // Without a branch on the comparison: the processor cannot predict it, and a wrong guess costs more than the load.
    const auto lastNotAbove = [address](const std::uint64_t *base, std::size_t count) {
        while (count > 1) {
            const std::size_t half = count / 2;
            base += base[half] <= address ? half : 0;
            count -= half;
        }
        return base;
    };
    if (start_.empty() || address < start_.front())
        return kNoSymbol;
    const auto block = static_cast<std::size_t>(lastNotAbove(coarse_.data(), coarse_.size()) - coarse_.data()) * kStep;
    const std::uint64_t *found = lastNotAbove(start_.data() + block, std::min(kStep, start_.size() - block));
    return symbol_[static_cast<std::size_t>(found - start_.data())];
}

void SymbolRegions::append(std::uint64_t address, std::uint32_t symbol)
{
    if (!start_.empty() && start_.back() == address) {
        symbol_.back() = symbol;
    } else if (symbol_.empty() || symbol_.back() != symbol) {
        start_.push_back(address);
        symbol_.push_back(symbol);
    }
}

void SymbolRegions::finish()
{
    start_.shrink_to_fit();
    symbol_.shrink_to_fit();
    for (std::size_t i = 0; i < start_.size(); i += kStep)
        coarse_.push_back(start_[i]);
}

std::size_t SymbolRegions::memoryUsage() const
{
    return (start_.capacity() + coarse_.capacity()) * sizeof(std::uint64_t) +
           symbol_.capacity() * sizeof(std::uint32_t);
}

SymbolRegions memoryRegions(const SymbolTableData &data)
{
    std::vector<std::uint32_t> symbols;
    symbols.reserve(data.address.size());
    for (std::uint32_t i = 0; i < data.address.size(); ++i) {
        const SymbolKind kind = data.kindOf(i);
        if (kind != SymbolKind::PerCpu && kind != SymbolKind::Absolute)
            symbols.push_back(i);
    }
    return Sweep(data, std::move(symbols)).run();
}

SymbolRegions perCpuRegions(const SymbolTableData &data)
{
    std::vector<std::uint32_t> symbols;
    for (std::uint32_t i = 0; i < data.address.size(); ++i) {
        if (data.kindOf(i) == SymbolKind::PerCpu)
            symbols.push_back(i);
    }
    return Sweep(data, std::move(symbols)).run();
}

} // namespace ks
