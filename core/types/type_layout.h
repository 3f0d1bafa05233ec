// The layout of a type as plain data: what `kernoscope-cli type --json`, the formatter and the inspector show.
#pragma once

#include "core/types/type.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ks {

struct MemberLayout {
    std::string name; ///< empty: an anonymous struct or union, or an unnamed bitfield
    Type type;
    std::string typeName;
    std::uint64_t bitOffset = 0; ///< from the start of the type that was described, at any depth (as offsetof counts)
    std::uint64_t bitSize = 0;   ///< width of a bitfield; of all others byteSize * 8
    std::uint64_t byteSize = 0;  ///< of the type; 0 for flexible arrays
    bool isBitfield = false;
    /// True when the contents of the type are given here (for an array: of its first element).
    bool isOpened = false;
    bool isUnion = false;             ///< only when isOpened
    std::uint64_t openedByteSize = 0; ///< of the type whose contents are given; less than byteSize for an array
    bool isSigned = false;            ///< of an opened enum
    std::vector<MemberLayout> members;
    std::vector<Enumerator> enumerators;
};

struct TypeLayout {
    std::string name;
    std::string kind; ///< kindName()
    std::uint64_t byteSize = 0;
    bool isDeclaration = false; ///< nothing more is known than that the type exists
    bool isSigned = false;      ///< of enums and base types
    std::string target;         ///< of typedefs: the spelling of the type that it stands for
    std::vector<MemberLayout> members;
    std::vector<Enumerator> enumerators;
};

enum class Opened {
    Unnamed, ///< types without a name, which can be seen nowhere else
    All,     ///< also the structs and unions that members name
};

/// "struct", "union", "enum", "typedef", "base", "pointer", "array", "function", "void", "qualified" or "broken".
const char *kindName(TypeKind kind);

/// Declarations are described by their definition where there is one. Bounded: at most 100000 members, 32 levels.
TypeLayout describe(const Type &type, Opened opened = Opened::Unnamed);

/// Bits between and behind the members that belong to none of them.
struct LayoutGap {
    std::uint64_t bitOffset = 0;
    std::uint64_t bitSize = 0;
    bool isPadding = false; ///< behind the last member
};

/// The gaps of a struct, ascending. `firstBit` and `bitSize` are those of the struct. Unions have only padding.
std::vector<LayoutGap> findGaps(const std::vector<MemberLayout> &members, bool isUnion, std::uint64_t firstBit,
                                std::uint64_t bitSize);

} // namespace ks
