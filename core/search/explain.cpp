#include "core/search/explain.h"

#include <algorithm>

namespace ks {

Explanation explain(VirtAddr address, const SegmentMap &segments, const SymbolTable &symbols,
                    std::span<const kernel::Module> modules)
{
    Explanation result{segments.find(address), symbols.lookup(address), {}};
    if (result.symbol)
        result.module = result.symbol->symbol.module;
    if (!result.module.empty())
        return result;
    const auto holds = [&](const kernel::ModuleRange &range) { return range.range.contains(address); };
    for (const kernel::Module &module : modules)
        if (std::ranges::any_of(module.layout.ranges, holds))
            result.module = module.name;
    return result;
}

} // namespace ks
