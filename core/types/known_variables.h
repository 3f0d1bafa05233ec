// The types of the kernel's best-known variables, for sources that know the types but not the variables.
#pragma once

#include "core/types/type_source.h"

#include <span>

namespace ks {

struct KnownVariable {
    std::string_view name;
    std::string_view type; ///< as C spells it; `[]`: its length is told by its symbol
};

/// BTF lists no variables but per-CPU ones. These have had the same type since 3.10, as the kernel's headers declare
/// them; the differential tests hold them against DWARF.
std::span<const KnownVariable> knownVariables();

/// The variable with the type that `types` have for it: external, and without an address. Nothing when it is not known,
/// or when there is no such type.
std::optional<Declaration> knownVariable(const TypeSource &types, std::string_view name);

} // namespace ks
