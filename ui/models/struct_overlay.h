// A struct laid over bytes: which member holds a byte, and what a row of the hex view says about its members.
#pragma once

#include "core/base/address.h"

#include <QString>

#include <optional>
#include <vector>

namespace ks::ui {

/// One member (or element) as the hex view lights it. Members may overlap (unions) and nest.
struct OverlaySpan {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    QString name; ///< "se.load.weight"
};

class StructOverlay {
public:
    StructOverlay() = default;
    StructOverlay(VirtAddr base, std::vector<OverlaySpan> spans);

    bool isEmpty() const { return spans_.empty(); }
    VirtAddr base() const { return base_; }
    const std::vector<OverlaySpan> &spans() const { return spans_; }
    /// From the base to the end of the last member.
    std::optional<AddrRange> range() const;
    /// The bytes of a member; nothing for members of size 0 and for bad indices.
    std::optional<AddrRange> rangeOf(int index) const;
    /// The smallest member that holds the byte, the first of equals; -1 when none does.
    int memberAt(VirtAddr address) const;
    /// Members that begin within `row`, in order of their offsets, for the gutter: "stack, usage, flags".
    QString namesIn(const AddrRange &row) const;

private:
    VirtAddr base_;
    std::vector<OverlaySpan> spans_;
    std::vector<std::size_t> byOffset_; ///< indices into spans_
    std::uint64_t size_ = 0;
};

} // namespace ks::ui
