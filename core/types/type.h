// The model of C types that DWARF and BTF are both read into.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ks {

class TypeSource;

enum class TypeKind : std::uint8_t {
    Void,
    Integer,
    Boolean,
    Character, ///< char, signed char, unsigned char
    Float,
    Pointer,
    Array, ///< one dimension; further dimensions are arrays of arrays
    Struct,
    Union,
    Enum,
    Typedef,
    Const,
    Volatile,
    Restrict,
    Atomic,
    Function,
    Broken, ///< the debug information is damaged here; `name` says how
};

/// Identity of a type within one TypeSource (DIE offset, BTF type id).
struct TypeId {
    std::uint64_t value = 0;
    friend constexpr auto operator<=>(TypeId, TypeId) = default;
};

struct Member {
    std::string name; ///< empty for anonymous structs and unions (and unnamed bitfields)
    TypeId type;
    std::uint64_t bitOffset = 0; ///< from the start of the struct; for bitfields the lowest bit, little endian
    std::uint32_t bitSize = 0;   ///< of a bitfield; 0 for all other members
    bool isBitfield() const { return bitSize != 0; }
};

struct Enumerator {
    std::string name;
    std::uint64_t value = 0; ///< two's complement when the enum is signed
};

struct Parameter {
    std::string name;
    TypeId type;
};

/// One node of the type graph, immutable. Edges are TypeIds and are followed through Type.
struct TypeNode {
    TypeKind kind = TypeKind::Void;
    std::string name; ///< tag or name; empty when anonymous
    std::uint64_t byteSize =
        0; ///< of structs, unions, enums, base types, pointers; arrays and typedefs: see Type::size
    bool isDeclaration = false;         ///< forward declaration with no definition anywhere
    bool isSigned = false;              ///< integers, characters, enums
    bool isVariadic = false;            ///< functions
    std::optional<TypeId> target;       ///< pointee, element, aliased, qualified, returned, underlying; nothing: void
    std::optional<std::uint64_t> count; ///< arrays: number of elements; nothing for a flexible array `[]`
    std::vector<Member> members;
    std::vector<Enumerator> enumerators;
    std::vector<Parameter> parameters;
};

/// A handle on a type: cheap to copy, valid as long as the TypeSource lives. Never null: void is a kind.
class Type {
public:
    Type(); ///< void
    Type(const TypeSource *source, TypeId id);
    Type(const TypeSource *source, TypeId id, std::shared_ptr<const TypeNode> node);
    /// Types that the program makes itself (pointer to, int, the result of sizeof); `target` may be of any source.
    static Type integer(unsigned byteSize, bool isSigned);
    static Type boolean();
    static Type pointerTo(const Type &target);
    /// No count: a flexible array.
    static Type arrayOf(const Type &element, std::optional<std::uint64_t> count);
    /// `qualifier`: Const, Volatile, Restrict or Atomic.
    static Type qualified(TypeKind qualifier, const Type &target);
    static Type function(const Type &returnType, std::vector<Type> parameters, bool isVariadic);
    static Type broken(std::string why);

    const TypeNode &node() const { return *node_; }
    TypeKind kind() const { return node_->kind; }
    const std::string &name() const { return node_->name; }
    const TypeSource *source() const { return source_; }
    TypeId id() const { return id_; }

    /// The next type on the way: pointee, element, aliased type, return type. Void when there is none.
    Type target() const;
    Type memberType(const Member &member) const;
    Type parameterType(const Parameter &parameter) const;
    /// Without typedefs and qualifiers. Follows at most 64 steps (a longer chain is Broken: the input is hostile).
    Type stripped() const;
    /// stripped(), and for a forward declaration the definition that its source has.
    Type definition() const;
    /// In bytes, through typedefs, qualifiers and arrays; 0 for void, functions, declarations and flexible arrays.
    std::uint64_t size() const;

    bool isRecord() const { return kind() == TypeKind::Struct || kind() == TypeKind::Union; }
    bool isQualifier() const;

    /// As C spells it: "struct list_head *", "int (*)(struct file *, char *)", "char [16]".
    std::string spelling() const;
    /// As C declares a thing of this type: "char comm[16]", "void (*func)(void)".
    std::string declaration(std::string_view name) const;

    /// Same source and id, or same made-up structure.
    friend bool operator==(const Type &a, const Type &b);

private:
    static Type make(TypeNode node, std::vector<Type> edges = {});

    const TypeSource *source_ = nullptr;
    TypeId id_;
    std::shared_ptr<const TypeNode> node_;
    /// Edges of a type that the program made itself: the target, then the parameters (whose ids are indices here).
    std::shared_ptr<const std::vector<Type>> madeEdges_;
};

struct MemberPath {
    Member member;
    Type type;
    std::uint64_t bitOffset = 0; ///< from the start of the outermost record
};

/// The member of this name of a struct or union, seen through anonymous members (C11 6.7.2.1p13).
std::optional<MemberPath> findMember(const Type &record, std::string_view name);

} // namespace ks
