// How values look. The only place that turns a value into text: command line, window and GDB print the same.
#pragma once

#include "core/values/context.h"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ks {

enum class IntegerStyle { C, Decimal, Hex };

struct FormatOptions {
    unsigned depth = ~0U;           ///< levels of structs and arrays that are opened
    std::uint64_t elements = 200;   ///< elements of an array that are shown
    IntegerStyle integers = IntegerStyle::C;
};

/// A decoded value as plain data, for JSON and for tests.
struct Decoded {
    struct Unreadable { PageState state; VirtAddr address; };
    struct Pointer { std::uint64_t value; std::string symbol; /* "init_task+0x10" or empty */ };
    struct EnumValue { std::string name; /* empty when no enumerator has it */ std::int64_t value; bool isSigned; };
    struct Record { std::vector<std::pair<std::string, Decoded>> members; bool closed = false; /* depth reached */ };
    struct Array { std::vector<Decoded> elements; std::uint64_t total = 0; bool closed = false; };
    struct Broken { std::string why; };
    std::variant<Unreadable, std::uint64_t, std::int64_t, bool, double, std::string, Pointer, EnumValue, Record, Array, Broken> data;
    std::string typeName;
};

/// Anonymous members are flattened into their parent, as C sees them.
Decoded decode(const EvalContext &context, const Value &value, const FormatOptions &options = {});

/// One line: `16384`, `TASK_RUNNING (0)`, `"swapper/0"`, `0xffffffff82a0 init_task+0x10`, `{flags: 16384, ...}`.
std::string summarize(const EvalContext &context, const Value &value, const FormatOptions &options = {});
/// Many lines, C initialiser style, members one a line; what could not be read is `??` with the reason.
std::string formatValue(const EvalContext &context, const Value &value, const FormatOptions &options = {});
/// "0xffffffff82a0 <init_task+0x10>"-style text of an address alone.
std::string formatPointer(const EvalContext &context, std::uint64_t address);

} // namespace ks
