#include "core/types/type.h"

#include "core/types/type_source.h"

#include <algorithm>
#include <utility>

namespace ks {

namespace {

/// Longest chain of typedefs, qualifiers and arrays that is followed. Real kernels stay under 10.
constexpr int kMaxChain = 64;
/// Deepest nest of anonymous members, and the most members that one lookup looks at.
constexpr int kMaxAnonymousDepth = 32;
constexpr int kMaxMembersVisited = 1 << 16;

const std::shared_ptr<const TypeNode> &voidNode()
{
    static const auto node = std::make_shared<const TypeNode>();
    return node;
}

std::shared_ptr<const TypeNode> brokenNode(std::string why)
{
    auto node = std::make_shared<TypeNode>();
    node->kind = TypeKind::Broken;
    node->name = std::move(why);
    return node;
}

bool isQualifierKind(TypeKind kind)
{
    return kind == TypeKind::Const || kind == TypeKind::Volatile || kind == TypeKind::Restrict ||
           kind == TypeKind::Atomic;
}

std::optional<MemberPath> findMemberIn(const Type &record, std::string_view name, std::uint64_t base, int depth,
                                       int &budget)
{
    if (!record.isRecord() || depth > kMaxAnonymousDepth)
        return std::nullopt;
    const std::vector<Member> &members = record.node().members;
    budget -= static_cast<int>(std::min<std::size_t>(members.size(), kMaxMembersVisited));
    if (budget < 0)
        return std::nullopt;
    for (const Member &member : members)
        if (member.name == name)
            return MemberPath{member, record.memberType(member), base + member.bitOffset};
    for (const Member &member : members) {
        if (!member.name.empty() || member.isBitfield())
            continue;
        const Type inner = record.memberType(member).stripped();
        if (auto found = findMemberIn(inner, name, base + member.bitOffset, depth + 1, budget))
            return found;
    }
    return std::nullopt;
}

} // namespace

Type::Type() : node_(voidNode()) {}

Type::Type(const TypeSource *source, TypeId id)
    : source_(source ? source->ownerOf(id) : nullptr), id_(id), node_(source ? source_->node(id) : voidNode())
{
    if (!node_)
        node_ = brokenNode("no such type");
}

Type::Type(const TypeSource *source, TypeId id, std::shared_ptr<const TypeNode> node)
    : source_(source ? source->ownerOf(id) : nullptr), id_(id), node_(std::move(node))
{
    if (!node_)
        node_ = brokenNode("no such type");
}

Type Type::integer(unsigned byteSize, bool isSigned)
{
    const char *name = nullptr;
    switch (byteSize) {
    case 1: name = isSigned ? "signed char" : "unsigned char"; break;
    case 2: name = isSigned ? "short" : "unsigned short"; break;
    case 4: name = isSigned ? "int" : "unsigned int"; break;
    case 8: name = isSigned ? "long" : "unsigned long"; break;
    default: name = isSigned ? "__int128" : "unsigned __int128"; break;
    }
    return make({.kind = TypeKind::Integer, .name = name, .byteSize = byteSize, .isSigned = isSigned});
}

Type Type::boolean() { return make({.kind = TypeKind::Boolean, .name = "_Bool", .byteSize = 1}); }

Type Type::pointerTo(const Type &target)
{
    const unsigned size = target.source() ? target.source()->pointerSize() : 8;
    return make({.kind = TypeKind::Pointer, .byteSize = size}, {target});
}

Type Type::arrayOf(const Type &element, std::optional<std::uint64_t> count)
{
    return make({.kind = TypeKind::Array, .count = count}, {element});
}

Type Type::qualified(TypeKind qualifier, const Type &target)
{
    return isQualifierKind(qualifier) ? make({.kind = qualifier}, {target}) : broken("no such qualifier");
}

Type Type::function(const Type &returnType, std::vector<Type> parameters, bool isVariadic)
{
    TypeNode node{.kind = TypeKind::Function, .isVariadic = isVariadic};
    for (std::size_t i = 0; i < parameters.size(); ++i)
        node.parameters.push_back({.type = TypeId{i + 1}});
    parameters.insert(parameters.begin(), returnType);
    return make(std::move(node), std::move(parameters));
}

Type Type::broken(std::string why) { return Type(nullptr, {}, brokenNode(std::move(why))); }

Type Type::make(TypeNode node, std::vector<Type> edges)
{
    Type type(nullptr, {}, std::make_shared<const TypeNode>(std::move(node)));
    if (!edges.empty())
        type.madeEdges_ = std::make_shared<const std::vector<Type>>(std::move(edges));
    return type;
}

Type Type::target() const
{
    if (madeEdges_)
        return madeEdges_->front();
    return source_ && node_->target ? Type(source_, *node_->target) : Type();
}

Type Type::memberType(const Member &member) const { return source_ ? Type(source_, member.type) : Type(); }

Type Type::parameterType(const Parameter &parameter) const
{
    if (madeEdges_ && parameter.type.value < madeEdges_->size())
        return (*madeEdges_)[parameter.type.value];
    return source_ ? Type(source_, parameter.type) : Type();
}

bool Type::isQualifier() const { return isQualifierKind(kind()); }

Type Type::stripped() const
{
    Type type = *this;
    for (int step = 0; step < kMaxChain; ++step) {
        if (type.kind() != TypeKind::Typedef && !type.isQualifier())
            return type;
        type = type.target();
    }
    return broken("a chain of more than 64 typedefs and qualifiers");
}

Type Type::definition() const
{
    Type bare = stripped();
    return bare.node().isDeclaration && bare.source() ? bare.source()->resolve(bare).stripped() : bare;
}

std::uint64_t Type::size() const
{
    std::uint64_t factor = 1;
    Type type = *this;
    for (int step = 0; step < kMaxChain; ++step) {
        switch (type.kind()) {
        case TypeKind::Typedef:
        case TypeKind::Const:
        case TypeKind::Volatile:
        case TypeKind::Restrict:
        case TypeKind::Atomic: break;
        case TypeKind::Array:
            // A product over 2^64 can only come from damaged input: no size rather than a wrong one.
            if (!type.node().count || __builtin_mul_overflow(factor, *type.node().count, &factor))
                return 0;
            break;
        case TypeKind::Void:
        case TypeKind::Function:
        case TypeKind::Broken: return 0;
        default: {
            std::uint64_t bytes = type.node().isDeclaration ? 0 : type.node().byteSize;
            return __builtin_mul_overflow(factor, bytes, &bytes) ? 0 : bytes;
        }
        }
        type = type.target();
    }
    return 0;
}

bool operator==(const Type &a, const Type &b)
{
    if (a.node_ == b.node_ && a.source_ == b.source_ && a.madeEdges_ == b.madeEdges_)
        return true;
    if (a.kind() == TypeKind::Void && b.kind() == TypeKind::Void)
        return true;
    if (a.source_ || b.source_)
        return a.source_ == b.source_ && a.id_ == b.id_;
    const TypeNode &x = a.node();
    const TypeNode &y = b.node();
    if (x.kind != y.kind || x.name != y.name || x.byteSize != y.byteSize || x.isSigned != y.isSigned ||
        x.count != y.count || x.isVariadic != y.isVariadic || !a.madeEdges_ != !b.madeEdges_)
        return false;
    return !a.madeEdges_ || *a.madeEdges_ == *b.madeEdges_;
}

std::optional<MemberPath> findMember(const Type &record, std::string_view name)
{
    if (name.empty())
        return std::nullopt;
    const Type type = record.definition();
    int budget = kMaxMembersVisited;
    return findMemberIn(type, name, 0, 0, budget);
}

} // namespace ks
