// A type as a text that holds all that is to be compared, made of our own types; and the parts of such texts that
// makers of texts out of other readers share.
#pragma once

#include "core/types/type.h"

#include <string>

namespace ks::test {

std::string sizeText(std::uint64_t bytes);
std::string dimensionText(std::optional<std::uint64_t> count);
std::string baseText(std::string_view name, TypeKind kind, bool isSigned, std::uint64_t bytes);
void appendMember(std::string &text, std::string_view name, std::uint64_t bitOffset, std::uint64_t width,
                  std::uint64_t bytes, std::string_view type);
/// Values are compared as far as the enum is wide: readers differ in how far they extend them.
void appendEnumerator(std::string &text, std::string_view name, std::uint64_t value, std::uint64_t bytes);

/// The contents of a struct, union or enum; of a typedef the whole chain.
std::string definitionOf(const Type &type, int depth = 0);
/// As a member or pointer names a type: named ones by their names, others with their contents.
std::string referenceTo(const Type &type, int depth = 0);

} // namespace ks::test
