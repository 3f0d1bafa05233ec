// Types as C writes them: a declarator grows from the name outwards while the type is walked from the outside in.
#include "core/types/type.h"

#include <utility>

namespace ks {

namespace {

class Speller {
public:
    std::string declare(const Type &type, std::string declarator, int depth);

private:
    std::string parameterList(const Type &function, int depth);

    /// Types looked at so far, over all parameters: damaged input could make them an endless tree.
    int visited_ = 0;
};

constexpr int kMaxTypes = 512;
constexpr int kMaxDepth = 8; ///< of function types within parameters

struct Qualifiers {
    bool isAtomic = false;
    bool isConst = false;
    bool isVolatile = false;
    bool isRestrict = false;

    void add(TypeKind kind)
    {
        isAtomic |= kind == TypeKind::Atomic;
        isConst |= kind == TypeKind::Const;
        isVolatile |= kind == TypeKind::Volatile;
        isRestrict |= kind == TypeKind::Restrict;
    }

    /// Each followed by a blank, in the order that C programmers use.
    std::string text() const
    {
        std::string out;
        if (isAtomic)
            out += "_Atomic ";
        if (isConst)
            out += "const ";
        if (isVolatile)
            out += "volatile ";
        if (isRestrict)
            out += "restrict ";
        return out;
    }
};

std::string tagged(const char *keyword, const std::string &tag)
{
    return std::string(keyword) + ' ' + (tag.empty() ? "{...}" : tag);
}

std::string baseName(const Type &type)
{
    const std::string &name = type.name();
    switch (type.kind()) {
    case TypeKind::Void: return "void";
    case TypeKind::Struct: return tagged("struct", name);
    case TypeKind::Union: return tagged("union", name);
    case TypeKind::Enum: return tagged("enum", name);
    case TypeKind::Broken: return "<broken type: " + name + '>';
    default: return name.empty() ? "<unnamed type>" : name;
    }
}

/// `[` and `(` bind tighter than `*`.
void parenthesizePointer(std::string &declarator)
{
    if (declarator.starts_with('*'))
        declarator = '(' + declarator + ')';
}

std::string Speller::parameterList(const Type &function, int depth)
{
    const TypeNode &node = function.node();
    if (node.parameters.empty())
        return node.isVariadic ? "()" : "(void)";
    if (depth >= kMaxDepth)
        return "(...)";
    std::string out = "(";
    for (const Parameter &parameter : node.parameters) {
        if (out.size() > 1)
            out += ", ";
        if (visited_ >= kMaxTypes)
            return out + "...)";
        out += declare(function.parameterType(parameter), {}, depth + 1);
    }
    return out + (node.isVariadic ? ", ...)" : ")");
}

std::string Speller::declare(const Type &start, std::string declarator, int depth)
{
    Type type = start;
    Qualifiers qualifiers;
    while (++visited_ < kMaxTypes) {
        switch (type.kind()) {
        case TypeKind::Const:
        case TypeKind::Volatile:
        case TypeKind::Restrict:
        case TypeKind::Atomic: qualifiers.add(type.kind()); break;
        case TypeKind::Pointer: {
            std::string text = qualifiers.text();
            if (declarator.empty() && !text.empty())
                text.pop_back();
            declarator = '*' + text + declarator;
            qualifiers = {};
            break;
        }
        case TypeKind::Array:
            // A qualified array is an array of qualified elements (C11 6.7.3p9): the qualifiers wait for those.
            parenthesizePointer(declarator);
            declarator += '[' + (type.node().count ? std::to_string(*type.node().count) : "") + ']';
            break;
        case TypeKind::Function:
            // GCC marks noreturn and pure functions as volatile and const; no declaration in C can say that.
            qualifiers = {};
            parenthesizePointer(declarator);
            declarator += parameterList(type, depth);
            break;
        default: {
            std::string out = qualifiers.text() + baseName(type);
            if (!declarator.empty())
                out += ' ' + declarator;
            return out;
        }
        }
        type = type.target();
    }
    return "<endless type> " + declarator;
}

} // namespace

std::string Type::spelling() const { return Speller().declare(*this, {}, 0); }

std::string Type::declaration(std::string_view name) const { return Speller().declare(*this, std::string(name), 0); }

} // namespace ks
