// Where a byte comes from, from the outside in: segment, image or module, symbol, status, physical address.
#pragma once

#include "ui/models/address_space.h"
#include "ui/models/hex_content.h"
#include "ui/models/hex_target.h"
#include "ui/models/struct_overlay.h"

#include <vector>

namespace ks::ui {

struct ProvenanceStep {
    QString text;
    QString toolTip;
    std::optional<SegmentKind> kind; ///< painted in the colour of the kind
    std::optional<VirtAddr> link;    ///< a click goes there
    bool warning = false;            ///< the byte could not be read
    friend bool operator==(const ProvenanceStep &, const ProvenanceStep &) = default;
};

std::vector<ProvenanceStep> provenanceOf(VirtAddr address, const HexContent &content, const HexTarget &target,
                                         const std::vector<AddressSpaceNode> &parts, const StructOverlay &overlay);

/// "41 µs", "0.2 ms", "3 s"
QString durationText(std::chrono::nanoseconds duration);

} // namespace ks::ui
