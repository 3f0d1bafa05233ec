// How values look. The only place that turns a value into text: command line, window and GDB print the same.
#pragma once

#include "core/values/context.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ks {

enum class IntegerStyle { C, Decimal, Hex };

struct FormatOptions {
    unsigned depth = ~0U;         ///< levels of structs and arrays that are opened
    std::uint64_t elements = 200; ///< elements of an array that are shown
    IntegerStyle integers = IntegerStyle::C;
};

/// A decoded value as plain data, for JSON and for tests.
struct Decoded {
    struct Unreadable {
        PageState state;
        VirtAddr address;
    };
    struct Pointer {
        std::uint64_t value;
        std::string symbol; /* "init_task+0x10" or empty */
    };
    struct EnumValue {
        std::string name; /* "A", "A | B"; empty when no enumerator fits */
        std::int64_t value;
        bool isSigned;
    };
    struct NamedMember; // {name, value}
    struct Record {
        std::vector<NamedMember> members;
        bool closed = false; /* depth reached */
    };
    struct Array {
        std::vector<Decoded> elements;
        std::uint64_t total = 0;
        bool closed = false;
    };
    struct Broken {
        std::string why;
    };
    /// How text shows what `data` alone does not tell.
    enum class Look : std::uint8_t {
        Plain,
        Character,   ///< a number of type char
        WideInteger, ///< `data` is a string: an integer of 16 bytes as "0x..."
    };
    /// A string is the content of a char array, up to the NULs at its end; it may hold others, and any bytes.
    std::variant<Unreadable, std::uint64_t, std::int64_t, bool, double, std::string, Pointer, EnumValue, Record, Array,
                 Broken>
        data;
    std::string typeName;
    Look look = Look::Plain;
    unsigned bits = 64;                     ///< width of integers, for hexadecimal
    std::optional<std::string> pointedText; ///< of a char pointer: the text that is there, cut at kMaxPointedText bytes
};

struct Decoded::NamedMember {
    std::string name;
    Decoded value;
};

/// Whether both show the same, under any options; type names do not count.
bool sameContent(const Decoded &a, const Decoded &b);

inline constexpr std::size_t kMaxPointedText = 256;

/// Anonymous members are flattened into their parent, as C sees them. An object of which no byte could be read is
/// Unreadable as a whole; one that could be read in part has the unreadable members or elements marked.
Decoded decode(const EvalContext &context, const Value &value, const FormatOptions &options = {});

/// The two texts below, from what was decoded before.
std::string summarize(const Decoded &decoded, const FormatOptions &options = {});
std::string formatDecoded(const Decoded &decoded, const FormatOptions &options = {});

/// One line: `16384`, `TASK_RUNNING (0)`, `"swapper/0"`, `0xffffffff82a0 init_task+0x10`, `{flags: 16384, ...}`.
std::string summarize(const EvalContext &context, const Value &value, const FormatOptions &options = {});
/// Many lines, C initialiser style, members one a line; what could not be read is `??` with the reason.
std::string formatValue(const EvalContext &context, const Value &value, const FormatOptions &options = {});
/// The text of an address alone: `0xffffffff82a0 init_task+0x10`, or the number where no symbol is.
std::string formatPointer(const EvalContext &context, std::uint64_t address);

} // namespace ks
