#include "core/types/type_source.h"

namespace ks {

std::optional<NameClass> nameClassOf(TypeKind kind)
{
    switch (kind) {
    case TypeKind::Integer:
    case TypeKind::Boolean:
    case TypeKind::Character:
    case TypeKind::Float: return NameClass::Base;
    case TypeKind::Struct: return NameClass::Struct;
    case TypeKind::Union: return NameClass::Union;
    case TypeKind::Enum: return NameClass::Enum;
    case TypeKind::Typedef: return NameClass::Typedef;
    default: return std::nullopt;
    }
}

const char *name(NameClass nameClass)
{
    switch (nameClass) {
    case NameClass::Struct: return "struct";
    case NameClass::Union: return "union";
    case NameClass::Enum: return "enum";
    case NameClass::Typedef: return "typedef";
    case NameClass::Base: return "base";
    case NameClass::Variable: return "variable";
    case NameClass::Function: return "function";
    case NameClass::Enumerator: return "enumerator";
    }
    return "unknown";
}

std::optional<FoundEnumerator> findEnumerator(const TypeSource &source, std::string_view name)
{
    for (const Type &type : source.findTypes(NameClass::Enumerator, name))
        for (const Enumerator &enumerator : type.stripped().node().enumerators)
            if (enumerator.name == name)
                return FoundEnumerator{type, enumerator.value};
    return std::nullopt;
}

} // namespace ks
