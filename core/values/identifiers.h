// What a name means in an expression: debug information says what it is, the symbol table where it is.
#pragma once

#include "core/values/context.h"

#include <optional>
#include <string>
#include <string_view>

namespace ks::expr {

struct Identifier {
    enum class Kind {
        Object,     ///< a variable or function
        PerCpu,     ///< a per-CPU variable: `address` stands for one in each CPU's area
        Enumerator, ///< `value`
        Untyped,    ///< a symbol that no debug information describes
    };
    Kind kind = Kind::Object;
    Type type;
    VirtAddr address;
    std::uint64_t value = 0;
    std::string unit = {}; ///< the source file that has it, where that is known
    std::vector<std::string> otherUnits =
        {}; ///< source files that have other things of this name, which were not chosen
};

/// `name`, `module::name`, or `"file.c"::name` (a path's end is enough). Several definitions of one name: the kernel's
/// before a module's, definitions before declarations, external before static, then by address; the scope in front of a
/// name lets a person choose another. NotFound proposes names that are near.
Result<Identifier> resolveIdentifier(const EvalContext &context, std::string_view name);

/// Whether a bare name means a type rather than an object.
bool namesType(const EvalContext &context, std::string_view name);

/// What must be added to a per-CPU variable's address on this CPU: __per_cpu_offset[cpu]
/// (include/asm-generic/percpu.h). A CPU that the kernel does not have is refused.
Result<std::uint64_t> perCpuOffset(const EvalContext &context, std::uint64_t cpu);

/// Without typedefs and qualifiers; behind a forward-declared struct, union or enum its definition, wherever the kernel
/// or a module has it.
Type completed(const EvalContext &context, const Type &type);

/// Whether a unit's source file is meant: "core.c" and "sched/core.c" mean kernel/sched/core.c.
bool isOfFile(std::string_view compileUnit, std::string_view file);

/// Of the names, the one that was probably meant: at most a third of the letters differ.
std::optional<std::string> nearest(std::string_view wanted, const std::vector<std::string_view> &names);

} // namespace ks::expr
