// Other readings of a value than C's own: a number as a time, as a set of bits, as an address.
#pragma once

#include "core/values/format.h"

#include <optional>
#include <string>
#include <string_view>

namespace ks {

enum class ValueStyle : std::uint8_t {
    C,
    Hex,
    Decimal,
    Time,   ///< `unsigned long` counts jiffies, all others nanoseconds, as the kernel's own types do
    Flags,  ///< which bits are set, by the enum's names where the type is an enum
    Symbol, ///< an address: `0xffffffff82a0 init_task+0x10`
    Enum,   ///< the enumerator's name alone
};

/// "c", "hex", "dec", "time", "flags", "symbol", "enum"; nothing for any other word.
std::optional<ValueStyle> parseValueStyle(std::string_view word);
const char *name(ValueStyle style);

/// One line. `decoded` is what decode() made of `value`. Values that a style says nothing of (structs as a time) look
/// as in C.
std::string summarizeAs(ValueStyle style, const EvalContext &context, const Value &value, const Decoded &decoded,
                        const FormatOptions &options = {});

/// "850 ns", "12.3 us", "4 ms", "3.25 s", "5m 12.3s", "2d 03h 05m 12s".
std::string durationText(std::uint64_t nanoseconds);

} // namespace ks
