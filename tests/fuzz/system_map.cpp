// System.map: whatever is read, every symbol must be found again both ways.
#include "core/symbols/symbol_readers.h"
#include "core/symbols/symbol_table_builder.h"

#include <algorithm>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    using namespace ks;
    const auto symbols = parseSystemMap({reinterpret_cast<const char *>(data), size}, "fuzz");
    if (!symbols)
        return 0;
    constexpr std::uint64_t kSlide = 0x1000000;
    SymbolTableBuilder builder;
    for (const Symbol &symbol : *symbols)
        builder.add(symbol);
    const SymbolTable table = SymbolTable().with(builder.buildLayer(), kSlide);
    for (const Symbol &wanted : *symbols) {
        const VirtAddr moved = wanted.address.value >= kKernelHalf ? wanted.address + kSlide : wanted.address;
        const auto at = table.symbolsAt(moved);
        const auto named = table.find(wanted.name);
        if (std::ranges::find(at, wanted.name, &Symbol::name) == at.end() ||
            std::ranges::find(named, moved, &Symbol::address) == named.end())
            std::abort();
    }
    (void)table.fuzzy(symbols->front().name, 10);
    (void)table.withPrefix(symbols->front().name, 10);
    return 0;
}
