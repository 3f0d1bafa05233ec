#include "tests/support/fake_types.h"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace ks::test {

namespace {

std::uint64_t roundUp(std::uint64_t value, std::uint64_t multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}

} // namespace

FakeRecord &FakeRecord::member(std::string name, TypeId type)
{
    types_->place(id_, {.name = std::move(name), .type = type}, true);
    return *this;
}

FakeRecord &FakeRecord::bitfield(std::string name, TypeId type, std::uint32_t bits)
{
    types_->place(id_, {.name = std::move(name), .type = type, .bitSize = bits}, true);
    return *this;
}

FakeRecord &FakeRecord::memberAt(std::string name, TypeId type, std::uint64_t byteOffset)
{
    types_->place(id_, {.name = std::move(name), .type = type, .bitOffset = byteOffset * 8}, false);
    return *this;
}

FakeRecord &FakeRecord::bitfieldAt(std::string name, TypeId type, std::uint64_t bitOffset, std::uint32_t bits)
{
    types_->place(id_, {.name = std::move(name), .type = type, .bitOffset = bitOffset, .bitSize = bits}, false);
    return *this;
}

FakeRecord &FakeRecord::size(std::uint64_t bytes)
{
    types_->entry(id_).node->byteSize = bytes;
    return *this;
}

FakeTypes::FakeTypes()
{
    const auto number = [this](const char *name, TypeKind kind, std::uint64_t size, bool isSigned) {
        add({.kind = kind, .name = name, .byteSize = size, .isSigned = isSigned}, size);
    };
    number("char", TypeKind::Character, 1, true);
    number("signed char", TypeKind::Character, 1, true);
    number("unsigned char", TypeKind::Character, 1, false);
    number("_Bool", TypeKind::Boolean, 1, false);
    number("short int", TypeKind::Integer, 2, true);
    number("short unsigned int", TypeKind::Integer, 2, false);
    number("int", TypeKind::Integer, 4, true);
    number("unsigned int", TypeKind::Integer, 4, false);
    number("long int", TypeKind::Integer, 8, true);
    number("long unsigned int", TypeKind::Integer, 8, false);
    number("long long int", TypeKind::Integer, 8, true);
    number("long long unsigned int", TypeKind::Integer, 8, false);
}

TypeId FakeTypes::base(std::string_view name) const
{
    const std::vector<Type> found = findTypes(NameClass::Base, name);
    if (found.empty())
        throw std::invalid_argument("FakeTypes has no base type " + std::string(name));
    return found.front().id();
}

TypeId FakeTypes::floating(std::string name, std::uint64_t size)
{
    return add({.kind = TypeKind::Float, .name = std::move(name), .byteSize = size, .isSigned = true}, size);
}

TypeId FakeTypes::pointer(std::optional<TypeId> target)
{
    return add({.kind = TypeKind::Pointer, .byteSize = 8, .target = target}, 8);
}

TypeId FakeTypes::array(TypeId element, std::optional<std::uint64_t> count)
{
    return add({.kind = TypeKind::Array, .target = element, .count = count}, entry(element).alignment);
}

TypeId FakeTypes::typedefOf(std::string name, TypeId target)
{
    return add({.kind = TypeKind::Typedef, .name = std::move(name), .target = target}, entry(target).alignment);
}

TypeId FakeTypes::qualified(TypeKind qualifier, TypeId target)
{
    return add({.kind = qualifier, .target = target}, entry(target).alignment);
}

TypeId FakeTypes::function(std::optional<TypeId> returned, std::vector<Parameter> parameters, bool isVariadic)
{
    return add({.kind = TypeKind::Function,
                .isVariadic = isVariadic,
                .target = returned,
                .parameters = std::move(parameters)});
}

TypeId FakeTypes::enumeration(std::string name, std::vector<Enumerator> enumerators, std::uint64_t size, bool isSigned)
{
    return add({.kind = TypeKind::Enum,
                .name = std::move(name),
                .byteSize = size,
                .isSigned = isSigned,
                .enumerators = std::move(enumerators)},
               size);
}

TypeId FakeTypes::declaration(TypeKind kind, std::string name)
{
    return add({.kind = kind, .name = std::move(name), .isDeclaration = true});
}

FakeRecord FakeTypes::structure(std::string name)
{
    return {this, add({.kind = TypeKind::Struct, .name = std::move(name)})};
}

FakeRecord FakeTypes::unionType(std::string name)
{
    return {this, add({.kind = TypeKind::Union, .name = std::move(name)})};
}

TypeId FakeTypes::add(TypeNode node, std::uint64_t alignment)
{
    entries_.push_back({std::make_shared<TypeNode>(std::move(node)), alignment});
    return {entries_.size()};
}

void FakeTypes::place(TypeId record, Member member, bool aligned)
{
    const std::uint64_t bytes = type(member.type).size();
    const std::uint64_t alignment = entry(member.type).alignment;
    Entry &target = entry(record);
    const bool isUnion = target.node->kind == TypeKind::Union;
    if (aligned) {
        std::uint64_t bit = isUnion ? 0 : target.endBit;
        // A bitfield does not cross a boundary of its declared type; everything else is aligned.
        if (!member.isBitfield() || bit / (bytes * 8) != (bit + member.bitSize - 1) / (bytes * 8))
            bit = roundUp(bit, alignment * 8);
        member.bitOffset = bit;
    }
    const std::uint64_t end = member.bitOffset + (member.isBitfield() ? member.bitSize : bytes * 8);
    target.endBit = std::max(target.endBit, end);
    target.alignment = std::max(target.alignment, alignment);
    target.node->byteSize = roundUp((target.endBit + 7) / 8, target.alignment);
    target.node->members.push_back(std::move(member));
}

void FakeTypes::variable(std::string name, TypeId type, std::optional<VirtAddr> address)
{
    declarations_.emplace_back(NameClass::Variable, Declaration{std::move(name), this->type(type), address, true, {}});
}

void FakeTypes::functionDeclaration(std::string name, TypeId type, std::optional<VirtAddr> address)
{
    declarations_.emplace_back(NameClass::Function, Declaration{std::move(name), this->type(type), address, true, {}});
}

Type FakeTypes::type(NameClass nameClass, std::string_view name) const
{
    const std::vector<Type> found = findTypes(nameClass, name);
    return found.empty() ? Type::broken("FakeTypes has no " + std::string(name)) : found.front();
}

std::shared_ptr<const TypeNode> FakeTypes::node(TypeId id) const
{
    if (id.value == 0 || id.value > entries_.size())
        return std::make_shared<TypeNode>(TypeNode{.kind = TypeKind::Broken, .name = "no such type"});
    return entries_[id.value - 1].node;
}

std::vector<Type> FakeTypes::findTypes(NameClass nameClass, std::string_view name) const
{
    std::vector<Type> found, declarations;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const TypeNode &node = *entries_[i].node;
        const bool matches =
            nameClass == NameClass::Enumerator
                ? std::ranges::find(node.enumerators, name, &Enumerator::name) != node.enumerators.end()
                : nameClassOf(node.kind) == nameClass && node.name == name;
        if (matches && !name.empty())
            (node.isDeclaration ? declarations : found).push_back(type(TypeId{i + 1}));
    }
    found.insert(found.end(), declarations.begin(), declarations.end());
    return found;
}

std::vector<Declaration> FakeTypes::findDeclarations(NameClass nameClass, std::string_view name) const
{
    std::vector<Declaration> found;
    for (const auto &[itsClass, declaration] : declarations_)
        if (itsClass == nameClass && declaration.name == name)
            found.push_back(declaration);
    return found;
}

Type FakeTypes::resolve(const Type &type) const
{
    const std::optional<NameClass> nameClass = nameClassOf(type.kind());
    if (!type.node().isDeclaration || !nameClass)
        return type;
    const std::vector<Type> found = findTypes(*nameClass, type.name());
    return found.empty() ? type : found.front();
}

void FakeTypes::forEachTypeName(const std::function<bool(NameClass, std::string_view)> &visit) const
{
    std::set<std::pair<NameClass, std::string_view>> names;
    for (const Entry &entry : entries_)
        if (const auto nameClass = nameClassOf(entry.node->kind); nameClass && !entry.node->name.empty())
            names.emplace(*nameClass, entry.node->name);
    for (const auto &[nameClass, name] : names)
        if (!visit(nameClass, name))
            return;
}

std::size_t FakeTypes::typeNameCount() const
{
    std::size_t count = 0;
    forEachTypeName([&](NameClass, std::string_view) { return ++count, true; });
    return count;
}

} // namespace ks::test
