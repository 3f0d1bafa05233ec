#include "core/types/type_source.h"

namespace ks {

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

} // namespace ks
