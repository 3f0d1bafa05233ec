// What the hex view and its companions know of the target besides bytes: the segment map and the symbols. Both are
// immutable and in memory; asking them neither reads the target nor waits.
#pragma once

#include "core/memory/segment_map.h"
#include "core/symbols/symbol_table.h"

#include <QString>

#include <memory>

namespace ks::ui {

struct HexTarget {
    std::shared_ptr<const SegmentMap> segments;
    std::shared_ptr<const SymbolTable> symbols;

    /// The parts of a Session (or of anything that has segments() and symbols()), which stays alive with them.
    template <class Owner>
    static HexTarget of(const std::shared_ptr<const Owner> &owner)
    {
        return {std::shared_ptr<const SegmentMap>(owner, &owner->segments()),
                std::shared_ptr<const SymbolTable>(owner, &owner->symbols())};
    }

    /// Whether a word looks like a pointer: it falls into a segment.
    bool isPointer(std::uint64_t word) const { return segments && segments->find(VirtAddr(word)); }
    std::optional<SymbolHit> symbol(VirtAddr address) const
    {
        return symbols ? symbols->lookup(address) : std::nullopt;
    }
    /// "init_task+0x20", or empty when no symbol holds the address.
    QString symbolText(VirtAddr address) const
    {
        const auto hit = symbol(address);
        return hit ? QString::fromStdString(toString(*hit)) : QString();
    }
};

/// Lower-case hex of an address without "0x", always 16 digits.
inline QString addressText(VirtAddr address)
{
    return QStringLiteral("%1").arg(address.value, 16, 16, QLatin1Char('0'));
}

} // namespace ks::ui
