// The BTF encoding, as the kernel's Documentation/bpf/btf.rst and include/uapi/linux/btf.h define it (up to Linux 7.3).
#pragma once

#include <cstdint>

namespace ks::btf {

inline constexpr std::uint16_t kMagic = 0xeb9f;
inline constexpr std::uint8_t kVersion = 1;

struct Header {
    std::uint16_t magic = 0;
    std::uint8_t version = 0;
    std::uint8_t flags = 0;
    std::uint32_t headerSize = 0;
    /// Both sections are counted from the end of the header.
    std::uint32_t typeOffset = 0;
    std::uint32_t typeSize = 0;
    std::uint32_t stringOffset = 0;
    std::uint32_t stringSize = 0;
};

/// What newer headers (Linux 7.x) have behind a Header: where a Layout for each kind that the producer knew stands,
/// so that readers can step over kinds that are newer than they are.
struct LayoutHeader {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
};
struct Layout {
    std::uint8_t infoSize = 0;    ///< bytes behind a Record
    std::uint8_t elementSize = 0; ///< bytes of each of its `count` elements behind that
    std::uint16_t flags = 0;
};

enum class Kind : std::uint8_t {
    Unknown = 0,
    Int = 1,
    Pointer = 2,
    Array = 3,
    Struct = 4,
    Union = 5,
    Enum = 6,
    Forward = 7,
    Typedef = 8,
    Volatile = 9,
    Const = 10,
    Restrict = 11,
    Function = 12,
    Prototype = 13,
    Variable = 14,
    DataSection = 15,
    Float = 16,
    DeclarationTag = 17,
    TypeTag = 18,
    Enum64 = 19,
};

/// What every type begins with; `count` entries of the kind's own follow.
struct Record {
    std::uint32_t nameOffset = 0;
    std::uint32_t info = 0;
    std::uint32_t sizeOrType = 0;

    /// Up to Linux 6.x a kind had 5 bits and a count 16, and those between were zero; 7.x gives them all.
    Kind kind() const { return static_cast<Kind>(info >> 24 & 0x7f); }
    std::uint32_t count() const { return info & 0xffffff; }
    /// Struct, union: bitfield sizes stand in the offsets. Enum: signed. Forward: of a union.
    bool kindFlag() const { return info >> 31; }
    /// An enum without enumerators stands for a declared one: there is no forward kind for enums.
    bool isDeclaration() const
    {
        return kind() == Kind::Forward || ((kind() == Kind::Enum || kind() == Kind::Enum64) && count() == 0);
    }
};

struct ArrayEntry {
    std::uint32_t element, index, count;
};
struct MemberEntry {
    std::uint32_t nameOffset, type, offset;
};
struct EnumEntry {
    std::uint32_t nameOffset, value;
};
struct Enum64Entry {
    std::uint32_t nameOffset, low, high;
};
struct ParameterEntry {
    std::uint32_t nameOffset, type;
};
struct SectionEntry {
    std::uint32_t variable, offset, size;
};

/// The word behind an Int.
struct IntEncoding {
    std::uint32_t word;
    bool isSigned() const { return word >> 24 & 1; }
    bool isChar() const { return word >> 24 & 2; }
    bool isBool() const { return word >> 24 & 4; }
    std::uint32_t bitOffset() const { return word >> 16 & 0xff; }
    std::uint32_t bitSize() const { return word & 0xff; }
};

inline constexpr std::uint32_t kLinkageStatic = 0; ///< of functions and variables; 1 is global, 2 extern

/// Bytes behind a Record of this kind; -1 for a kind that is not known.
constexpr std::int64_t bytesBehind(Kind kind, std::uint32_t count)
{
    switch (kind) {
    case Kind::Pointer:
    case Kind::Forward:
    case Kind::Typedef:
    case Kind::Volatile:
    case Kind::Const:
    case Kind::Restrict:
    case Kind::Function:
    case Kind::Float:
    case Kind::TypeTag: return 0;
    case Kind::Int:
    case Kind::Variable:
    case Kind::DeclarationTag: return 4;
    case Kind::Array: return sizeof(ArrayEntry);
    case Kind::Struct:
    case Kind::Union: return std::int64_t{sizeof(MemberEntry)} * count;
    case Kind::Enum: return std::int64_t{sizeof(EnumEntry)} * count;
    case Kind::Enum64: return std::int64_t{sizeof(Enum64Entry)} * count;
    case Kind::Prototype: return std::int64_t{sizeof(ParameterEntry)} * count;
    case Kind::DataSection: return std::int64_t{sizeof(SectionEntry)} * count;
    case Kind::Unknown: break;
    }
    return -1;
}

} // namespace ks::btf
