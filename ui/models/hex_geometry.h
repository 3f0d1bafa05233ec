// Where things are in a row of the hex view: address, symbol gutter, cells, characters. Device-independent pixels, from
// the left edge of the content.
#pragma once

#include <cstdint>
#include <optional>

namespace ks::ui {

enum class HexFormat : std::uint8_t { Hex, Unsigned, Signed, Pointer };

struct HexOptions {
    unsigned columns = 16; ///< 8, 16 or 32 bytes a row
    unsigned group = 1;    ///< 1, 2, 4 or 8 bytes a cell; Pointer always has 8
    HexFormat format = HexFormat::Hex;
    bool bigEndian = false; ///< how the bytes of a cell make a number

    /// The nearest options that make sense.
    HexOptions sanitized() const;
    friend bool operator==(const HexOptions &, const HexOptions &) = default;
};

/// The byte of a cell that stands at place `index` from the left when the cell is written as a hex number.
constexpr unsigned byteInCell(const HexOptions &options, unsigned index)
{
    return options.bigEndian || options.group == 1 ? index : options.group - 1 - index;
}

/// Characters of the widest text of a cell.
unsigned cellCharacters(const HexOptions &options);

class HexGeometry {
public:
    HexGeometry() = default;
    HexGeometry(const HexOptions &options, double charWidth, double rowHeight, double viewportWidth);

    enum class Part : std::uint8_t { Address, Gutter, Cells, Characters };
    struct Place {
        Part part = Part::Address;
        unsigned byte = 0; ///< the byte of the row that is nearest
    };

    double charWidth = 0;
    double rowHeight = 0;
    double addressX = 0;
    double offsetX = 0;
    double namesX = 0;
    double namesWidth = 0;
    double cellsX = 0;
    double charactersX = 0;
    double width = 0; ///< of the whole content; may be more than the viewport's

    double cellWidth() const { return charWidth * cellCharacters_; }
    /// Left edge of a cell.
    double cellX(unsigned cell) const;
    /// Left edge and width of one byte in the cells: its two digits, or its whole cell when the format has no digits of
    /// its own for a byte.
    double byteX(unsigned byte) const;
    double byteWidth() const;
    double characterX(unsigned byte) const { return charactersX + byte * charWidth * kCharacterStep; }
    double characterWidth() const { return charWidth * kCharacterStep; }
    Place placeAt(double x) const;

private:
    /// Places everything, with the gaps between the parts scaled.
    void lay(double viewportWidth, double scale);

    static constexpr double kCharacterStep = 1.0;
    HexOptions options_;
    double cellCharacters_ = 0;
    double cellGap_ = 0;
    double halfGap_ = 0;
};

} // namespace ks::ui
