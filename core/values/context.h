// What evaluation of an expression needs to know. Only views: whoever evaluates keeps the owners alive.
#pragma once

#include "core/memory/memory_source.h"
#include "core/symbols/symbol_table.h"
#include "core/types/type_source.h"
#include "core/values/value.h"

#include <map>
#include <string>

namespace ks {

struct EvalContext {
    const MemorySource *memory = nullptr; ///< may be null: then nothing can be read
    const SymbolTable *symbols = nullptr; ///< may be null
    const TypeSource *types = nullptr;    ///< may be null
    std::uint64_t kaslrOffset = 0;        ///< runtime address - link-time address of the kernel image, modulo 2^64
    std::map<std::string, Value, std::less<>> variables = {}; ///< what `$name` stands for
};

/// Upper bound of the bytes that one value reads at once; larger arrays are read element by element.
inline constexpr std::size_t kMaxValueSize = std::size_t{1} << 24;

/// Reads an object. Never fails as a whole: unreadable bytes are marked in the value. Objects of size 0, those over
/// kMaxValueSize and those of a context without memory stay unread.
Value readValue(const EvalContext &context, const Type &type, VirtAddr address);
/// The same for an object that was not read so far; values that have a block, and temporaries, come back as they are.
Value readValue(const EvalContext &context, const Value &value);

} // namespace ks
