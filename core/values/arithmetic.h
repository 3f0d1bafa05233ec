// C's operators on integers and pointers, for the kernel's ABI (LP64, two's complement). Where C leaves the result of
// an operation undefined, signed overflow wraps as the kernel's -fno-strict-overflow makes it; shifts by too much and
// divisions by zero are errors.
#pragma once

#include "core/base/error.h"
#include "core/types/type.h"
#include "core/values/expression_ast.h"

#include <cstdint>

namespace ks::expr {

/// An integer or pointer in hand. `bits` are sign-extended when the type is signed, zero-extended when it is not.
struct Scalar {
    Type type;
    std::uint64_t bits = 0;
    std::uint32_t bitfieldSize = 0; ///< it was read from a bitfield of so many bits
    bool isConstant = false;        ///< an enumerator: an int to C, whatever its enum's type (C11 6.4.4.3)
};

/// All of these take errors' `why` only; whoever knows the place adds it.
using Problem = std::string;
template <class T>
using Answer = std::expected<T, Problem>;

bool isIntegerKind(TypeKind kind);
/// Integers, enums, characters, booleans.
bool isInteger(const Scalar &value);
bool isPointer(const Scalar &value);

/// Brings bits into the form that `type` (an integer or pointer of up to 8 bytes) asks for.
std::uint64_t truncated(std::uint64_t bits, const Type &type);

/// C11 6.3.1.1p2.
Answer<Scalar> promoted(const Scalar &value);
/// The common type of two integers (C11 6.3.1.8).
Answer<Type> commonType(const Scalar &a, const Scalar &b);

/// How far a pointer moves when 1 is added to it: the size of what it points to; 1 for void and functions, as in GNU C.
Answer<std::uint64_t> stepOf(const Type &pointer);

/// `evaluated` false: only the type of the answer matters (operand of sizeof, branch not taken); no error of values.
Answer<Scalar> applyBinary(Operator op, const Scalar &a, const Scalar &b, bool evaluated);
/// Negate, Plus and Complement.
Answer<Scalar> applyUnary(NodeKind kind, const Scalar &value);
/// (type)value
Answer<Scalar> convert(const Scalar &value, const Type &type);

} // namespace ks::expr
