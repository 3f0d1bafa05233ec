// The order of a table of results, worked out where nobody waits for a frame.
#pragma once

#include "core/session/session.h"

#include <QtGlobal>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ks::ui {

/// What rows are sorted by: copied out of them, so that they may change meanwhile.
struct SearchKeys {
    enum class By : std::uint8_t { Address, Segment, Place, Number, Bytes };

    quint64 generation = 0; ///< of the rows, see SearchModel::order()
    By by = By::Address;
    bool descending = false;
    std::vector<VirtAddr> addresses;    ///< one a row, as for all that follows
    std::vector<std::uint64_t> numbers; ///< By::Number: they compare as unsigned
    std::string bytes;                  ///< By::Bytes: the matches, By::Place: the slab objects, one after the other
    std::vector<std::size_t> ends;      ///< where those of each row end in `bytes`
};

/// For each place of the table the index of the key that belongs there. Equal keys stand by address, upwards.
std::vector<std::uint32_t> searchOrder(const Session &session, const SearchKeys &keys);

} // namespace ks::ui
