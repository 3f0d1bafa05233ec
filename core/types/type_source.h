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

/// Under which class the names of types of this kind are found; nothing for kinds that have no names.
std::optional<NameClass> nameClassOf(TypeKind kind);

/// "struct", "union", "enum", "typedef", "base", "variable", "function", "enumerator"
const char *name(NameClass nameClass);

/// A variable or function as the debug information declares it.
struct Declaration {
    std::string name;
    Type type;
    /// Before KASLR; for per-CPU variables the offset in .data..percpu. Of a module: where it lies (isNowhere() if not
    /// in memory).
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
    /// The source that an id of this one belongs to, so that one type has one identity: the base for what split BTF
    /// continues.
    virtual const TypeSource *ownerOf(TypeId) const { return this; }
    /// The source file whose unit declares a type; empty where the format does not tell (BTF).
    virtual std::string compileUnitOf(TypeId) const { return {}; }

    /// All types of this name, the best first: definitions before declarations. For Enumerator: the enums that have it.
    virtual std::vector<Type> findTypes(NameClass nameClass, std::string_view name) const = 0;
    /// All variables or functions of this name, the best first: external before static, definitions before
    /// declarations.
    virtual std::vector<Declaration> findDeclarations(NameClass nameClass, std::string_view name) const = 0;
    /// The definition for a forward declaration (which may stand in another CU); the type itself when there is none.
    virtual Type resolve(const Type &type) const = 0;

    /// Each distinct name of the classes Struct, Union, Enum, Typedef, Base once; stops when `visit` gives false.
    virtual void forEachTypeName(const std::function<bool(NameClass, std::string_view)> &visit) const = 0;
    /// The same without the names of what this source continues (split BTF).
    virtual void forEachOwnTypeName(const std::function<bool(NameClass, std::string_view)> &visit) const
    {
        forEachTypeName(visit);
    }
    /// Number of distinct type names.
    virtual std::size_t typeNameCount() const = 0;

    /// The types of a module alone; null when this source has no modules, or nothing is known of this one.
    virtual const TypeSource *module(std::string_view) const { return nullptr; }
    /// Whether addresses of declarations are runtime addresses, which KASLR must not move once more.
    virtual bool isLoaded() const { return false; }
};

struct FoundEnumerator {
    Type type;               ///< the enum that has it
    std::uint64_t value = 0; ///< as Enumerator has it
};
/// The best enumerator of this name, if there is one.
std::optional<FoundEnumerator> findEnumerator(const TypeSource &source, std::string_view name);

/// The type that C means by "struct list_head", "u32", "unsigned long", "char **", "int (*)(void)" (abstract
/// declarators included). A bare name tries typedefs and base types first, then struct, union, enum.
Result<Type> parseTypeName(const TypeSource &source, std::string_view text);

} // namespace ks
