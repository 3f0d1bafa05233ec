#include "core/values/arithmetic.h"

#include "core/types/type_source.h"

#include <algorithm>

namespace ks::expr {

namespace {

std::unexpected<Problem> problem(std::string why) { return std::unexpected(std::move(why)); }

std::string quoted(const Type &type) { return "`" + type.spelling() + "`"; }

Scalar makeInt(bool value) { return {Type::integer(4, true), value ? std::uint64_t{1} : 0}; }

bool isComparison(Operator op)
{
    return op == Operator::Less || op == Operator::LessEqual || op == Operator::Greater ||
           op == Operator::GreaterEqual || op == Operator::Equal || op == Operator::NotEqual;
}

template <class T>
bool compare(Operator op, T a, T b)
{
    switch (op) {
    case Operator::Less: return a < b;
    case Operator::LessEqual: return a <= b;
    case Operator::Greater: return a > b;
    case Operator::GreaterEqual: return a >= b;
    case Operator::Equal: return a == b;
    default: return a != b;
    }
}

bool compare(Operator op, std::uint64_t a, std::uint64_t b, bool isSigned)
{
    return isSigned ? compare(op, static_cast<std::int64_t>(a), static_cast<std::int64_t>(b)) : compare<>(op, a, b);
}

Answer<std::uint64_t> divide(Operator op, std::uint64_t a, std::uint64_t b, bool isSigned, bool evaluated)
{
    const bool wantsQuotient = op == Operator::Divide;
    if (b == 0)
        return evaluated ? Answer<std::uint64_t>(problem("division by zero")) : 0;
    if (!isSigned)
        return wantsQuotient ? a / b : a % b;
    // The one quotient that does not fit wraps, where the processor would trap.
    if (b == ~std::uint64_t{0})
        return wantsQuotient ? -a : 0;
    const auto dividend = static_cast<std::int64_t>(a);
    const auto divisor = static_cast<std::int64_t>(b);
    return static_cast<std::uint64_t>(wantsQuotient ? dividend / divisor : dividend % divisor);
}

/// C11 6.5.7: the operands are promoted on their own, and the result has the type of the left one.
Answer<Scalar> shift(Operator op, const Scalar &left, const Scalar &right, bool evaluated)
{
    const auto a = promoted(left);
    const auto b = promoted(right);
    if (!a || !b)
        return problem(a ? b.error() : a.error());
    const std::uint64_t width = a->type.size() * 8;
    if (b->bits >= width) { // a negative count is a huge one here
        if (!evaluated)
            return Scalar{a->type};
        return problem("a shift of " + quoted(a->type) + " must be by 0 to " + std::to_string(width - 1) + " bits");
    }
    std::uint64_t bits = 0;
    if (op == Operator::ShiftLeft)
        bits = a->bits << b->bits;
    else if (a->type.node().isSigned)
        bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(a->bits) >> b->bits);
    else
        bits = a->bits >> b->bits;
    return Scalar{a->type, truncated(bits, a->type)};
}

Answer<Scalar> integers(Operator op, const Scalar &left, const Scalar &right, bool evaluated)
{
    if (op == Operator::ShiftLeft || op == Operator::ShiftRight)
        return shift(op, left, right, evaluated);
    const auto type = commonType(left, right);
    if (!type)
        return problem(type.error());
    const bool isSigned = type->node().isSigned;
    const std::uint64_t a = truncated(left.bits, *type);
    const std::uint64_t b = truncated(right.bits, *type);
    if (isComparison(op))
        return makeInt(compare(op, a, b, isSigned));
    std::uint64_t bits = 0;
    switch (op) {
    case Operator::Multiply: bits = a * b; break;
    case Operator::Add: bits = a + b; break;
    case Operator::Subtract: bits = a - b; break;
    case Operator::BitAnd: bits = a & b; break;
    case Operator::BitXor: bits = a ^ b; break;
    case Operator::BitOr: bits = a | b; break;
    default: {
        const auto quotient = divide(op, a, b, isSigned, evaluated);
        if (!quotient)
            return problem(quotient.error());
        bits = *quotient;
        break;
    }
    }
    return Scalar{*type, truncated(bits, *type)};
}

/// C11 6.5.6p9. Unlike C, pointers into different objects may be subtracted: that is what one asks of memory.
Answer<Scalar> pointerDifference(const Scalar &a, const Scalar &b)
{
    const auto step = stepOf(a.type);
    const auto otherStep = stepOf(b.type);
    if (!step || !otherStep)
        return problem(step ? otherStep.error() : step.error());
    if (*step != *otherStep)
        return problem(quoted(a.type) + " and " + quoted(b.type) + " point to things of different sizes");
    const auto bytes = static_cast<std::int64_t>(a.bits - b.bits);
    return Scalar{Type::integer(8, true), static_cast<std::uint64_t>(bytes / static_cast<std::int64_t>(*step))};
}

Answer<Scalar> pointers(Operator op, const Scalar &a, const Scalar &b)
{
    if (isComparison(op))
        return makeInt(compare(op, a.bits, b.bits, false));
    if (op == Operator::Subtract && isPointer(a) && isPointer(b))
        return pointerDifference(a, b);
    const bool pointerFirst = isPointer(a);
    const Scalar &pointer = pointerFirst ? a : b;
    const Scalar &count = pointerFirst ? b : a;
    if (!isInteger(count) || !(op == Operator::Add || (op == Operator::Subtract && pointerFirst)))
        return problem(quoted(a.type) + " and " + quoted(b.type) + " cannot be combined in this way");
    const auto step = stepOf(pointer.type);
    if (!step)
        return problem(step.error());
    const std::uint64_t distance = count.bits * *step;
    return Scalar{pointer.type, op == Operator::Add ? pointer.bits + distance : pointer.bits - distance};
}

} // namespace

bool isIntegerKind(TypeKind kind)
{
    return kind == TypeKind::Integer || kind == TypeKind::Enum || kind == TypeKind::Character ||
           kind == TypeKind::Boolean;
}

bool isInteger(const Scalar &value) { return isIntegerKind(value.type.stripped().kind()); }
bool isPointer(const Scalar &value) { return value.type.stripped().kind() == TypeKind::Pointer; }

std::uint64_t truncated(std::uint64_t bits, const Type &type)
{
    const Type stripped = type.stripped();
    if (stripped.kind() == TypeKind::Boolean)
        return bits != 0;
    const std::uint64_t width = stripped.size() * 8;
    if (width == 0 || width >= 64)
        return bits;
    bits &= (std::uint64_t{1} << width) - 1;
    const std::uint64_t sign = std::uint64_t{1} << (width - 1);
    return stripped.node().isSigned ? (bits ^ sign) - sign : bits;
}

Answer<Scalar> promoted(const Scalar &value)
{
    const Type type = value.type.stripped();
    if (!isIntegerKind(type.kind()))
        return problem(quoted(value.type) + " is no integer");
    const std::uint64_t size = type.size();
    if (size == 0 || size > 8)
        return problem("no arithmetic with " + quoted(value.type));
    const auto asInt = static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(value.bits)));
    const bool fitsInt =
        size < 4 || (value.bitfieldSize != 0 && value.bitfieldSize < 32) || (value.isConstant && value.bits == asInt);
    if (fitsInt)
        return Scalar{Type::integer(4, true), value.bits};
    // GNU C gives wide bitfields a type of their own width; their declared type holds the same values.
    const auto wide = static_cast<unsigned>(value.bitfieldSize == 32 ? 4 : size);
    return Scalar{Type::integer(wide, type.node().isSigned), value.bits};
}

Answer<Type> commonType(const Scalar &a, const Scalar &b)
{
    const auto left = promoted(a);
    const auto right = promoted(b);
    if (!left || !right)
        return problem(left ? right.error() : left.error());
    const std::uint64_t leftSize = left->type.size();
    const std::uint64_t rightSize = right->type.size();
    if (leftSize != rightSize)
        return leftSize > rightSize ? left->type : right->type;
    return left->type.node().isSigned ? right->type : left->type;
}

Answer<std::uint64_t> stepOf(const Type &pointer)
{
    Type target = pointer.stripped().target();
    const Type stripped = target.stripped();
    if (stripped.kind() == TypeKind::Void || stripped.kind() == TypeKind::Function)
        return 1;
    if (stripped.node().isDeclaration)
        target = target.definition();
    const std::uint64_t size = target.size();
    if (size == 0)
        return problem("the size of " + quoted(target) + " is not known, so that its pointers cannot be moved");
    return size;
}

Answer<Scalar> applyBinary(Operator op, const Scalar &a, const Scalar &b, bool evaluated)
{
    if (isInteger(a) && isInteger(b))
        return integers(op, a, b, evaluated);
    return pointers(op, a, b);
}

Answer<Scalar> applyUnary(NodeKind kind, const Scalar &value)
{
    auto result = promoted(value);
    if (!result)
        return result;
    if (kind == NodeKind::Negate)
        result->bits = truncated(-result->bits, result->type);
    else if (kind == NodeKind::Complement)
        result->bits = truncated(~result->bits, result->type);
    return result;
}

Answer<Scalar> convert(const Scalar &value, const Type &type)
{
    const Type target = type.stripped();
    const bool isPointerCast = target.kind() == TypeKind::Pointer;
    if (target.kind() == TypeKind::Float)
        return problem("floating-point arithmetic is not supported");
    if (!isPointerCast && !isIntegerKind(target.kind()))
        return problem(quoted(value.type) + " cannot become " + quoted(type) + "; write *(" + type.spelling() +
                       " *)ADDRESS");
    if (target.size() == 0 || target.size() > 8)
        return problem("no arithmetic with " + quoted(type));
    return Scalar{type, truncated(value.bits, target)};
}

} // namespace ks::expr
