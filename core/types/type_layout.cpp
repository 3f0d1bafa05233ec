#include "core/types/type_layout.h"

#include "core/types/type_source.h"

#include <algorithm>

namespace ks {

namespace {

constexpr int kMaxMembers = 100'000;
constexpr int kMaxDepth = 32;
constexpr int kMaxChain = 64;

Type definitionOf(const Type &type)
{
    return type.node().isDeclaration && type.source() ? type.source()->resolve(type) : type;
}

class Describer {
public:
    explicit Describer(Opened opened) : opened_(opened) {}

    std::vector<MemberLayout> members(const Type &record, std::uint64_t firstBit, int depth)
    {
        std::vector<MemberLayout> layouts;
        for (const Member &member : record.node().members) {
            if (++count_ > kMaxMembers)
                break;
            layouts.push_back(layout(member, record.memberType(member), firstBit, depth));
        }
        return layouts;
    }

private:
    MemberLayout layout(const Member &member, const Type &type, std::uint64_t firstBit, int depth)
    {
        MemberLayout layout{.name = member.name,
                            .type = type,
                            .typeName = type.spelling(),
                            .bitOffset = firstBit + member.bitOffset,
                            .byteSize = type.size(),
                            .isBitfield = member.isBitfield()};
        layout.bitSize = member.isBitfield() ? member.bitSize : layout.byteSize * 8;
        const Type inner = contents(type);
        if (depth >= kMaxDepth || !(inner.isRecord() || inner.kind() == TypeKind::Enum) || inner.node().isDeclaration)
            return layout;
        layout.isOpened = true;
        layout.openedByteSize = inner.size();
        layout.isUnion = inner.kind() == TypeKind::Union;
        layout.members = members(inner, layout.bitOffset, depth + 1);
        layout.isSigned = inner.node().isSigned;
        layout.enumerators = inner.node().enumerators;
        return layout;
    }

    /// The record or enum that a member of this type consists of, if it is to be opened; else void. Not behind
    /// pointers.
    Type contents(Type type) const
    {
        for (int step = 0; step < kMaxChain; ++step) {
            const bool isNamedAlias = type.kind() == TypeKind::Typedef && opened_ == Opened::Unnamed;
            const bool leadsOn =
                type.kind() == TypeKind::Typedef || type.kind() == TypeKind::Array || type.isQualifier();
            if (isNamedAlias)
                return {};
            if (!leadsOn)
                break;
            type = type.target();
        }
        if (!type.name().empty() && (opened_ == Opened::Unnamed || !type.isRecord()))
            return {};
        return definitionOf(type);
    }

    Opened opened_;
    int count_ = 0;
};

} // namespace

const char *kindName(TypeKind kind)
{
    switch (kind) {
    case TypeKind::Void: return "void";
    case TypeKind::Integer:
    case TypeKind::Boolean:
    case TypeKind::Character:
    case TypeKind::Float: return "base";
    case TypeKind::Pointer: return "pointer";
    case TypeKind::Array: return "array";
    case TypeKind::Struct: return "struct";
    case TypeKind::Union: return "union";
    case TypeKind::Enum: return "enum";
    case TypeKind::Typedef: return "typedef";
    case TypeKind::Const:
    case TypeKind::Volatile:
    case TypeKind::Restrict:
    case TypeKind::Atomic: return "qualified";
    case TypeKind::Function: return "function";
    case TypeKind::Broken: return "broken";
    }
    return "broken";
}

TypeLayout describe(const Type &declared, Opened opened)
{
    const Type type = definitionOf(declared);
    TypeLayout layout{.name = type.name(),
                      .kind = kindName(type.kind()),
                      .byteSize = type.size(),
                      .isDeclaration = type.node().isDeclaration,
                      .isSigned = type.node().isSigned,
                      .enumerators = type.node().enumerators};
    if (type.kind() == TypeKind::Typedef) {
        layout.target = type.target().spelling();
        // What the typedef of an unnamed record consists of can be seen nowhere else.
        const Type target = type.stripped();
        if (opened == Opened::All || target.name().empty()) {
            layout.isSigned = target.node().isSigned;
            layout.enumerators = target.node().enumerators;
            layout.members = Describer(opened).members(target, 0, 0);
        }
    } else if (type.isRecord()) {
        layout.members = Describer(opened).members(type, 0, 0);
    }
    return layout;
}

std::vector<LayoutGap> findGaps(const std::vector<MemberLayout> &members, bool isUnion, std::uint64_t firstBit,
                                std::uint64_t bitSize)
{
    // Sorted, because compilers other than C's may reorder members.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    for (const MemberLayout &member : members)
        ranges.emplace_back(member.bitOffset - firstBit, member.bitSize);
    std::ranges::sort(ranges);

    std::vector<LayoutGap> gaps;
    std::uint64_t end = 0;
    for (const auto &[start, size] : ranges) {
        if (start > bitSize)
            continue;
        // What lies before a flexible array is a hole, though the array begins where the struct ends.
        if (start > end && !isUnion)
            gaps.push_back({firstBit + end, start - end});
        end = std::max(end, start + std::min(size, bitSize - start));
    }
    if (end < bitSize)
        gaps.push_back({firstBit + end, bitSize - end, true});
    return gaps;
}

} // namespace ks
