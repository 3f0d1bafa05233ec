#include "tests/differential/description.h"

#include "core/types/type_source.h"

namespace ks::test {

namespace {

constexpr int kMaxChain = 64;

std::string recordText(const Type &type, const std::string &head, int depth)
{
    std::string text = head + sizeText(type.node().byteSize) + "{";
    for (const Member &member : type.node().members) {
        const Type itsType = type.memberType(member);
        appendMember(text, member.name, member.bitOffset, member.bitSize, itsType.size(),
                     referenceTo(itsType, depth + 1));
    }
    return text + "}";
}

} // namespace

std::string sizeText(std::uint64_t bytes) { return "(" + std::to_string(bytes) + ")"; }

std::string dimensionText(std::optional<std::uint64_t> count)
{
    return count ? "[" + std::to_string(*count) + "]" : "[]";
}

std::string baseText(std::string_view name, TypeKind kind, bool isSigned, std::uint64_t bytes)
{
    const char *kindText = kind == TypeKind::Boolean     ? "boolean"
                           : kind == TypeKind::Character ? "character"
                           : kind == TypeKind::Float     ? "float"
                                                         : "integer";
    const char *sign = kind == TypeKind::Boolean || kind == TypeKind::Float ? "" : isSigned ? "signed" : "unsigned";
    return std::string(name) + sizeText(bytes) + kindText + sign;
}

void appendMember(std::string &text, std::string_view name, std::uint64_t bitOffset, std::uint64_t width,
                  std::uint64_t bytes, std::string_view type)
{
    text += name;
    text += '@' + std::to_string(bitOffset);
    if (width)
        text += ':' + std::to_string(width);
    text += sizeText(bytes);
    text += type;
    text += "; ";
}

void appendEnumerator(std::string &text, std::string_view name, std::uint64_t value, std::uint64_t bytes)
{
    const std::uint64_t mask = bytes < 8 ? (std::uint64_t{1} << bytes * 8) - 1 : ~std::uint64_t{0};
    text += name;
    text += '=' + std::to_string(value & mask) + ", ";
}

std::string definitionOf(const Type &type, int depth)
{
    if (depth > kMaxChain)
        return "endless";
    switch (type.kind()) {
    case TypeKind::Struct: return recordText(type, "struct " + type.name(), depth);
    case TypeKind::Union: return recordText(type, "union " + type.name(), depth);
    case TypeKind::Enum: {
        std::string text = "enum " + type.name() + sizeText(type.node().byteSize) + "{";
        for (const Enumerator &enumerator : type.node().enumerators)
            appendEnumerator(text, enumerator.name, enumerator.value, type.node().byteSize);
        return text + "}";
    }
    case TypeKind::Typedef: {
        std::string text;
        Type at = type;
        for (int step = 0; step < kMaxChain && at.kind() == TypeKind::Typedef; ++step) {
            text += "typedef " + at.name() + " = ";
            at = at.target();
        }
        return text + referenceTo(at, depth);
    }
    default: return referenceTo(type, depth);
    }
}

std::string referenceTo(const Type &type, int depth)
{
    if (depth > kMaxChain)
        return "endless";
    const auto onTo = [&](const char *prefix) { return prefix + referenceTo(type.target(), depth + 1); };
    switch (type.kind()) {
    case TypeKind::Void: return "void";
    case TypeKind::Integer:
    case TypeKind::Boolean:
    case TypeKind::Character:
    case TypeKind::Float:
        return "base " + baseText(type.name(), type.kind(), type.node().isSigned, type.node().byteSize);
    case TypeKind::Pointer: return onTo("*");
    case TypeKind::Array: return dimensionText(type.node().count) + referenceTo(type.target(), depth + 1);
    case TypeKind::Struct: return type.name().empty() ? definitionOf(type, depth + 1) : "struct " + type.name();
    case TypeKind::Union: return type.name().empty() ? definitionOf(type, depth + 1) : "union " + type.name();
    case TypeKind::Enum: return type.name().empty() ? definitionOf(type, depth + 1) : "enum " + type.name();
    case TypeKind::Typedef: return "typedef " + type.name();
    case TypeKind::Const: return onTo("const ");
    case TypeKind::Volatile: return onTo("volatile ");
    case TypeKind::Restrict: return onTo("restrict ");
    case TypeKind::Atomic: return onTo("atomic ");
    case TypeKind::Function: {
        std::string text = "function(";
        for (const Parameter &parameter : type.node().parameters)
            text += referenceTo(type.parameterType(parameter), depth + 1) + ", ";
        return text + (type.node().isVariadic ? "...) " : ") ") + referenceTo(type.target(), depth + 1);
    }
    case TypeKind::Broken: return "broken: " + type.name();
    }
    return "broken";
}

} // namespace ks::test
