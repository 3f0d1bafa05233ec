// What the rows of the hex view have much of, collected and painted at once, in this order.
#pragma once

#include "ui/views/glyph_painter.h"
#include "ui/views/hex_view.h"

namespace ks::ui {

struct HexView::Batches {
    explicit Batches(const QFont &font) : text(font), bold(boldOf(font)) {}
    static QFont boldOf(QFont font)
    {
        font.setWeight(QFont::DemiBold);
        return font;
    }

    RectPainter tints; ///< behind what has changed
    RectPainter lines; ///< under digits, around the cursor, dots for characters that cannot be shown
    GlyphPainter text;
    GlyphPainter bold;
};

} // namespace ks::ui
