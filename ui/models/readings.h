// The bytes at an address read in every usual way: as pointer, integers of all sizes, character, time, bits.
#pragma once

#include "ui/models/hex_content.h"
#include "ui/models/hex_target.h"

#include <QString>

#include <vector>

namespace ks::ui {

struct Reading {
    QString label;
    QString value; ///< "??" when a byte of it could not be read, with `why`; "—" when it means nothing
    QString why;
    std::optional<VirtAddr> pointer; ///< the value is a pointer into a segment: a link
    bool torn = false;               ///< its bytes changed during every read; `why` says so
    friend bool operator==(const Reading &, const Reading &) = default;
};

/// Little endian, from the byte at `address` on. Always the same labels in the same order.
std::vector<Reading> readingsOf(const HexContent &content, VirtAddr address, const HexTarget &target);

/// A number as a moment (seconds or nanoseconds since 1970, UTC) or as a duration in nanoseconds; "—" when it is
/// neither. What kernel code stores as time is one of these (ktime_t, time64_t, sched_clock()).
QString timeText(std::uint64_t value);

} // namespace ks::ui
