// What the rows of the hex view say, without saying where.
#pragma once

#include "ui/models/hex_content.h"
#include "ui/models/hex_geometry.h"
#include "ui/models/hex_rows.h"
#include "ui/models/hex_target.h"
#include "ui/models/struct_overlay.h"

namespace ks::ui {

/// The left part of a row: "+20" and "stack, usage, flags", or the name of a symbol that begins here.
struct GutterText {
    QString offset;
    QString names;
    bool context = false;      ///< `names` is only the symbol that goes on here, for the first row of a screen
    bool symbolBegins = false; ///< `names` is a symbol's name and takes the place of the offset too
};

/// `top`: the first row of the screen says what goes on in it.
GutterText gutterOf(const AddrRange &row, const StructOverlay &overlay, const HexTarget &target, bool top = false);

/// The text of one cell in a format other than Hex; "??" when a byte of it is missing.
QString cellText(const HexContent &content, VirtAddr cell, const HexOptions &options, const HexTarget &target);

/// How many leading digits all these addresses share (0 to 12): they can be dimmed.
int commonPrefixDigits(VirtAddr first, VirtAddr last);

/// What the pointer on a byte says: value, member, pointer target, or why the byte is not there.
QString byteToolTip(const HexContent &content, VirtAddr address, const StructOverlay &overlay, const HexTarget &target);

} // namespace ks::ui
