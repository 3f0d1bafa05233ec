#include "core/types/btf_node_builder.h"

#include <algorithm>

namespace ks {

namespace {

constexpr int kMaxChain = 64; ///< of typedefs, qualifiers and tags

TypeNode broken(std::string why) { return {.kind = TypeKind::Broken, .name = std::move(why)}; }

bool isTransparent(btf::Kind kind)
{
    return kind == btf::Kind::Typedef || kind == btf::Kind::Volatile || kind == btf::Kind::Const ||
           kind == btf::Kind::Restrict || kind == btf::Kind::TypeTag;
}

} // namespace

TypeNode BtfNodeBuilder::build(std::uint64_t id) const
{
    if (id == 0)
        return {};
    const btf::Record record = reader_.record(id);
    const auto where = [id] { return "BTF type " + std::to_string(id); };
    if (record.kind() == btf::Kind::Unknown)
        return broken(where() + " does not exist");
    if (!reader_.hasString(record.nameOffset))
        return broken(where() + " has its name outside the strings");
    const auto wrapping = [&](TypeKind kind) { return TypeNode{.kind = kind, .target = edge(record.sizeOrType)}; };

    switch (record.kind()) {
    case btf::Kind::Int: return integer(id, record);
    case btf::Kind::Float:
        return {
            .kind = TypeKind::Float, .name = name(record.nameOffset), .byteSize = record.sizeOrType, .isSigned = true};
    case btf::Kind::Pointer: {
        TypeNode node = wrapping(TypeKind::Pointer);
        node.byteSize = reader_.pointerSize();
        return node;
    }
    case btf::Kind::Array: {
        const auto array = reader_.entry<btf::ArrayEntry>(id);
        TypeNode node{.kind = TypeKind::Array, .target = edge(array.element)};
        if (array.count != 0)
            node.count = array.count;
        return node;
    }
    case btf::Kind::Struct: return compound(id, record, TypeKind::Struct);
    case btf::Kind::Union: return compound(id, record, TypeKind::Union);
    case btf::Kind::Forward:
        return {.kind = record.kindFlag() ? TypeKind::Union : TypeKind::Struct,
                .name = name(record.nameOffset),
                .isDeclaration = true};
    case btf::Kind::Enum:
    case btf::Kind::Enum64: return enumeration(id, record);
    case btf::Kind::Typedef: {
        TypeNode node = wrapping(TypeKind::Typedef);
        node.name = name(record.nameOffset);
        return node;
    }
    case btf::Kind::Volatile: return wrapping(TypeKind::Volatile);
    case btf::Kind::Const: return wrapping(TypeKind::Const);
    case btf::Kind::Restrict: return wrapping(TypeKind::Restrict);
    case btf::Kind::Prototype: return prototype(id, record);
    default: return broken(where() + " is no type");
    }
}

TypeNode BtfNodeBuilder::integer(std::uint64_t id, const btf::Record &record) const
{
    const auto encoding = reader_.entry<btf::IntEncoding>(id);
    TypeNode node{.kind = TypeKind::Integer,
                  .name = name(record.nameOffset),
                  .byteSize = record.sizeOrType,
                  .isSigned = encoding.isSigned()};
    // pahole leaves the char bit unset, so the name has to tell a char from an 8-bit number.
    const bool isCharName = node.name == "char" || node.name == "signed char" || node.name == "unsigned char";
    if (encoding.isBool())
        node.kind = TypeKind::Boolean;
    else if (encoding.isChar() || (isCharName && node.byteSize == 1))
        node.kind = TypeKind::Character;
    return node;
}

TypeNode BtfNodeBuilder::compound(std::uint64_t id, const btf::Record &record, TypeKind kind) const
{
    TypeNode node{.kind = kind, .name = name(record.nameOffset), .byteSize = record.sizeOrType};
    node.members.reserve(record.count());
    for (std::size_t i = 0; i < record.count(); ++i) {
        const auto entry = reader_.entry<btf::MemberEntry>(id, i);
        Member member{.name = name(entry.nameOffset), .type = edge(entry.type).value_or(TypeId{})};
        if (record.kindFlag()) {
            member.bitOffset = entry.offset & 0xffffff;
            member.bitSize = entry.offset >> 24;
        } else {
            // Before the kind flag (kernel 5.0) a bitfield was a member whose integer had fewer bits than bytes.
            member.bitOffset = entry.offset;
            if (const auto integer = partialInteger(entry.type)) {
                member.bitOffset += integer->bitOffset();
                member.bitSize = integer->bitSize();
            }
        }
        node.members.push_back(std::move(member));
    }
    return node;
}

TypeNode BtfNodeBuilder::enumeration(std::uint64_t id, const btf::Record &record) const
{
    const bool is64 = record.kind() == btf::Kind::Enum64;
    TypeNode node{.kind = TypeKind::Enum,
                  .name = name(record.nameOffset),
                  .byteSize = record.sizeOrType,
                  .isDeclaration = record.isDeclaration(),
                  .isSigned = record.kindFlag()};
    // Producers that do not know the kind flag write every value as a signed number of 32 bits.
    if (!reader_.enumsSayTheirSign_)
        for (std::size_t i = 0; i < record.count(); ++i)
            node.isSigned |= reader_.entry<btf::EnumEntry>(id, i).value >> 31 != 0;
    node.enumerators.reserve(record.count());
    for (std::size_t i = 0; i < record.count(); ++i) {
        if (is64) {
            const auto entry = reader_.entry<btf::Enum64Entry>(id, i);
            node.enumerators.push_back({name(entry.nameOffset), std::uint64_t{entry.high} << 32 | entry.low});
        } else {
            const auto entry = reader_.entry<btf::EnumEntry>(id, i);
            const auto extended = static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(entry.value)});
            node.enumerators.push_back({name(entry.nameOffset), node.isSigned ? extended : entry.value});
        }
    }
    return node;
}

TypeNode BtfNodeBuilder::prototype(std::uint64_t id, const btf::Record &record) const
{
    TypeNode node{.kind = TypeKind::Function, .target = edge(record.sizeOrType)};
    node.parameters.reserve(record.count());
    for (std::size_t i = 0; i < record.count(); ++i) {
        const auto entry = reader_.entry<btf::ParameterEntry>(id, i);
        // The "..." is a last parameter without name and type.
        if (entry.type == 0 && entry.nameOffset == 0 && i + 1 == record.count())
            node.isVariadic = true;
        else
            node.parameters.push_back({name(entry.nameOffset), edge(entry.type).value_or(TypeId{})});
    }
    return node;
}

std::optional<btf::IntEncoding> BtfNodeBuilder::partialInteger(std::uint32_t type) const
{
    for (int step = 0; step < kMaxChain; ++step) {
        const btf::Record record = reader_.record(type);
        if (record.kind() == btf::Kind::Int) {
            const auto encoding = reader_.entry<btf::IntEncoding>(type);
            const bool isPartial = encoding.bitSize() != 0 && encoding.bitSize() < std::uint64_t{record.sizeOrType} * 8;
            return isPartial ? std::optional(encoding) : std::nullopt;
        }
        if (!isTransparent(record.kind()))
            break;
        type = record.sizeOrType;
    }
    return std::nullopt;
}

std::optional<TypeId> BtfNodeBuilder::edge(std::uint32_t type) const
{
    for (int step = 0; step < kMaxChain; ++step) {
        const btf::Record record = reader_.record(type);
        if (record.kind() != btf::Kind::TypeTag)
            break;
        type = record.sizeOrType;
    }
    return type == 0 ? std::nullopt : std::optional(TypeId{type});
}

} // namespace ks
