// What lies at an address, as far as maps and names tell.
#pragma once

#include "core/kernel/modules.h"
#include "core/memory/segment_map.h"
#include "core/symbols/symbol_table.h"

#include <optional>
#include <span>

namespace ks {

struct Explanation {
    const Segment *segment = nullptr; ///< null: in none
    std::optional<SymbolHit> symbol;  ///< the symbol that holds the address
    std::string_view module;          ///< the module whose memory it is; empty: none that is known
};

/// The views are those of the arguments.
Explanation explain(VirtAddr address, const SegmentMap &segments, const SymbolTable &symbols,
                    std::span<const kernel::Module> modules);

} // namespace ks
