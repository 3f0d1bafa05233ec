#include "ui/models/hex_geometry.h"

#include <algorithm>
#include <cmath>

namespace ks::ui {

namespace {

constexpr double kMargin = 12;
constexpr unsigned kAddressCharacters = 16;
constexpr double kOffsetCharacters = 5.5;
constexpr double kNamesMin = 8;
constexpr double kNamesEnough = 24;
constexpr double kNamesMax = 44;
constexpr double kTight = 0.6; ///< of the usual gaps

} // namespace

HexOptions HexOptions::sanitized() const
{
    HexOptions result = *this;
    if (columns != 8 && columns != 16 && columns != 32)
        result.columns = 16;
    if (group != 1 && group != 2 && group != 4 && group != 8)
        result.group = 1;
    if (format == HexFormat::Pointer)
        result.group = 8;
    return result;
}

unsigned cellCharacters(const HexOptions &options)
{
    const unsigned step = options.group == 1 ? 0 : options.group == 2 ? 1 : options.group == 4 ? 2 : 3;
    static constexpr unsigned kUnsigned[] = {3, 5, 10, 20}; // 255, 65535, 4294967295, 18446744073709551615
    static constexpr unsigned kSigned[] = {4, 6, 11, 20};   // -128, -32768, -2147483648, -9223372036854775808
    switch (options.format) {
    case HexFormat::Unsigned: return kUnsigned[step];
    case HexFormat::Signed: return kSigned[step];
    case HexFormat::Pointer: return 28;
    case HexFormat::Hex: break;
    }
    return 2 * options.group;
}

HexGeometry::HexGeometry(const HexOptions &options, double charWidthPx, double rowHeightPx, double viewportWidth)
    : charWidth(charWidthPx), rowHeight(rowHeightPx), options_(options), cellCharacters_(cellCharacters(options))
{
    lay(viewportWidth, 1);
    // Where the names would be cut short, the gaps give way.
    if (namesWidth < charWidth * kNamesEnough)
        lay(viewportWidth, kTight);
}

void HexGeometry::lay(double viewportWidth, double scale)
{
    cellGap_ = charWidth * scale * (options_.group == 1 && options_.format == HexFormat::Hex ? 0.8 : 1.4);
    halfGap_ = options_.columns > 8 && options_.group < 8 ? charWidth * scale * 1.2 : 0;
    const double partGap = charWidth * scale * 2;
    const unsigned cells = options_.columns / options_.group;
    const double cellsWidth = cells * (cellWidth() + cellGap_) - cellGap_ + halfGap_ * (options_.columns / 8 - 1);
    const double charactersWidth = options_.columns * characterWidth();

    addressX = kMargin * scale;
    offsetX = std::round(addressX + charWidth * (kAddressCharacters + 1.5 * scale));
    namesX = std::round(offsetX + charWidth * kOffsetCharacters);
    const double others = namesX + partGap + cellsWidth + partGap + charactersWidth + kMargin * scale;
    // A pixel is left to the rounding below, which must not call for a scroll bar.
    namesWidth = std::clamp(viewportWidth - others - 1, charWidth * kNamesMin, charWidth * kNamesMax);
    cellsX = std::round(namesX + namesWidth + partGap);
    charactersX = std::round(cellsX + cellsWidth + partGap);
    width = charactersX + charactersWidth + kMargin * scale;
}

double HexGeometry::cellX(unsigned cell) const
{
    return cellsX + cell * (cellWidth() + cellGap_) + halfGap_ * (cell * options_.group / 8);
}

double HexGeometry::byteX(unsigned byte) const
{
    const double cell = cellX(byte / options_.group);
    if (options_.format != HexFormat::Hex)
        return cell;
    // byteInCell is its own inverse.
    return cell + byteInCell(options_, byte % options_.group) * 2 * charWidth;
}

double HexGeometry::byteWidth() const { return options_.format == HexFormat::Hex ? 2 * charWidth : cellWidth(); }

HexGeometry::Place HexGeometry::placeAt(double x) const
{
    if (x < offsetX - charWidth)
        return {Part::Address, 0};
    if (x < cellsX - charWidth)
        return {Part::Gutter, 0};
    if (x >= charactersX - charWidth) {
        const double index = std::floor((x - charactersX) / characterWidth());
        return {Part::Characters, static_cast<unsigned>(std::clamp(index, 0.0, options_.columns - 1.0))};
    }
    unsigned best = 0;
    double distance = -1;
    for (unsigned byte = 0; byte < options_.columns; ++byte) {
        const double away = std::abs(x - (byteX(byte) + byteWidth() / 2));
        if (distance < 0 || away < distance) {
            distance = away;
            best = byte;
        }
    }
    return {Part::Cells, best};
}

} // namespace ks::ui
