// Names <-> C types: the one interface of DWARF and BTF.
#pragma once

#include "core/base/address.h"
#include "core/base/error.h"
#include "core/base/progress.h"
#include "core/types/type.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ks {

enum class NameClass : std::uint8_t { Struct, Union, Enum, Typedef, Base, Variable, Function, Enumerator };

/// "struct", "union", "enum", "typedef", "base", "variable", "function", "enumerator"
const char *name(NameClass nameClass);

/// A variable or function as the debug information declares it.
struct Declaration {
    std::string name;
    Type type;
    /// Before KASLR; for per-CPU variables the offset in .data..percpu. Of a module: where it lies (isNowhere() if not in
    /// memory).
    std::optional<VirtAddr> linkAddress;
    bool isExternal = false;
    std::string compileUnit; ///< source file; empty when not known (BTF)
};

/// Safe to use from any thread.
class TypeSource {
public:
    virtual ~TypeSource() = default;

    virtual std::string_view format() const = 0; ///< "DWARF" or "BTF"
    virtual unsigned pointerSize() const { return 8; }

    /// The node behind an id. Never null; damaged input gives a node of kind Broken.
    virtual std::shared_ptr<const TypeNode> node(TypeId id) const = 0;

    /// All types of this name, the best first: definitions before declarations. For Enumerator: the enums that have it.
    virtual std::vector<Type> findTypes(NameClass nameClass, std::string_view name) const = 0;
    /// All variables or functions of this name, the best first: external before static, definitions before
    /// declarations.
    virtual std::vector<Declaration> findDeclarations(NameClass nameClass, std::string_view name) const = 0;
    /// The definition for a forward declaration (which may stand in another CU); the type itself when there is none.
    virtual Type resolve(const Type &type) const = 0;

    /// Each distinct name of the classes Struct, Union, Enum, Typedef, Base once; stops when `visit` gives false.
    virtual void forEachTypeName(const std::function<bool(NameClass, std::string_view)> &visit) const = 0;
    /// Number of distinct type names.
    virtual std::size_t typeNameCount() const = 0;
};

/// The type that C means by "struct list_head", "u32", "unsigned long", "char **", "int (*)(void)" (abstract
/// declarators included). A bare name tries typedefs and base types first, then struct, union, enum.
Result<Type> parseTypeName(const TypeSource &source, std::string_view text);

} // namespace ks
