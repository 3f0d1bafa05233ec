#include "core/values/evaluator.h"

#include "core/values/arithmetic.h"
#include "core/values/identifiers.h"

#include <algorithm>
#include <utility>

namespace ks::expr {

namespace {

/// What a part of the expression stands for: an object (read or not), or a number.
struct Operand {
    Value value;
    bool isPerCpu = false;   ///< one object for each CPU; only per_cpu() makes one of them
    bool isUntyped = false;  ///< a symbol without a type: only its address is of use
    bool isConstant = false; ///< an enumerator
    std::string name = {};   ///< of the identifier that it began with, for messages
};

/// Debug information of the kernel and that of a module each describe the structs that they share.
bool isSameRecord(const Type &a, const Type &b)
{
    return a.isRecord() && (a == b || (a.kind() == b.kind() && !a.name().empty() && a.name() == b.name() &&
                                       a.source() != b.source() && a.size() == b.size()));
}

class Evaluator {
public:
    Evaluator(const EvalContext &context, std::string_view source) : context_(context), source_(source) {}

    Result<Value> run(const Node &root)
    {
        auto operand = root.kind == NodeKind::Range ? range(root) : evaluate(root);
        if (!operand)
            return std::unexpected(operand.error());
        if (auto usable = checkUsable(*operand, root); !usable)
            return std::unexpected(usable.error());
        if (operand->value.address() && completed(context_, operand->value.type()).kind() == TypeKind::Void)
            return typeError(root, "an object of type void has no value", "cast its address to a pointer first");
        return readValue(context_, operand->value);
    }

private:
    // --- errors ---------------------------------------------------------------------------------------------------

    Error located(const Node &node, Error error) const
    {
        // The place is added once, by the innermost operation.
        if (!error.why.starts_with("column "))
            error.why = "column " + std::to_string(node.column) + ": " + (error.what.empty() ? "" : error.what + ": ") +
                        error.why;
        error.what = "`" + std::string(source_) + "`";
        return error;
    }

    std::unexpected<Error> typeError(const Node &node, std::string why, std::string remedy = {}) const
    {
        return std::unexpected(located(node, {ErrorCode::Type, {}, std::move(why), std::move(remedy)}));
    }

    static std::string quoted(const Type &type) { return "`" + type.spelling() + "`"; }

    template <class T>
    Result<T> at(const Node &node, Result<T> result) const
    {
        if (!result)
            return std::unexpected(located(node, std::move(result.error())));
        return result;
    }

    Result<Operand> at(const Node &node, Answer<Scalar> answer) const
    {
        if (!answer)
            return typeError(node, std::move(answer.error()));
        return temporary(answer->type, answer->bits);
    }

    static Operand temporary(Type type, std::uint64_t bits) { return {Value::temporary(std::move(type), bits)}; }
    static Operand makeInt(bool value) { return temporary(Type::integer(4, true), value ? 1 : 0); }

    // --- from objects to numbers ----------------------------------------------------------------------------------

    Result<void> checkUsable(const Operand &operand, const Node &node) const
    {
        const std::string name = "`" + (operand.name.empty() ? std::string("this") : operand.name) + "`";
        if (operand.isPerCpu)
            return typeError(node, name + " is a per-CPU variable",
                             "write per_cpu(" + (operand.name.empty() ? "VARIABLE" : operand.name) + ", CPU)");
        if (operand.isUntyped)
            return typeError(node, "no type is known for " + name, "cast its address: *(TYPE *)&" + operand.name);
        return {};
    }

    /// The value of a number or pointer; arrays and functions become pointers (C11 6.3.2.1).
    Result<Scalar> scalar(const Operand &operand, const Node &node) const
    {
        if (auto usable = checkUsable(operand, node); !usable)
            return std::unexpected(usable.error());
        const Value &value = operand.value;
        const Type type = value.type().stripped();
        if (type.kind() == TypeKind::Array && value.address())
            return Scalar{Type::pointerTo(type.target()), value.address()->value};
        if (type.kind() == TypeKind::Function && value.address())
            return Scalar{Type::pointerTo(value.type()), value.address()->value};
        if (type.kind() == TypeKind::Float)
            return typeError(node, "floating-point arithmetic is not supported");
        if (type.kind() != TypeKind::Pointer && !isIntegerKind(type.kind()))
            return typeError(node, quoted(value.type()) + " is neither a number nor a pointer");
        if (const Type complete = completed(context_, type); complete.size() == 0 || complete.size() > 8)
            return typeError(node, "no arithmetic with " + quoted(value.type()));
        Scalar result{value.type(), 0, value.bitSize(), operand.isConstant};
        if (unevaluated_ == 0) {
            auto bits = at(node, readValue(context_, value).scalar());
            if (!bits)
                return std::unexpected(bits.error());
            result.bits = *bits;
        }
        return result;
    }

    Result<Scalar> scalar(const Node &node)
    {
        auto operand = evaluate(node);
        return operand ? scalar(*operand, node) : Result<Scalar>(std::unexpected(operand.error()));
    }

    Result<Scalar> integer(const Node &node)
    {
        auto value = scalar(node);
        if (value && !isInteger(*value))
            return typeError(node, quoted(value->type) + " is no integer");
        return value;
    }

    /// Evaluates for the type alone: nothing is read, and no value is an error.
    template <class F>
    auto typeOnly(F &&work)
    {
        ++unevaluated_;
        auto result = work();
        --unevaluated_;
        return result;
    }

    /// `count` elements of `element` further on, each of a known size.
    Result<VirtAddr> moved(const Node &node, VirtAddr from, const Type &element, std::uint64_t count) const
    {
        const auto step = stepOf(Type::pointerTo(element));
        if (!step)
            return typeError(node, step.error());
        return from + count * *step;
    }

    // --- the operations -------------------------------------------------------------------------------------------

    Result<Operand> evaluate(const Node &node)
    {
        switch (node.kind) {
        case NodeKind::Number: return temporary(Type::integer(node.numberSize, node.numberSigned), node.number);
        case NodeKind::Identifier: return identifier(node);
        case NodeKind::Variable: return variable(node);
        case NodeKind::Member:
        case NodeKind::Arrow: return member(node);
        case NodeKind::Index: return index(node);
        case NodeKind::Range: return typeError(node, "a range `a[i..j]` must be the outermost operation");
        case NodeKind::AddressOf: return addressOf(node);
        case NodeKind::Dereference: return dereference(node);
        case NodeKind::Negate:
        case NodeKind::Plus:
        case NodeKind::Complement: return unary(node);
        case NodeKind::Not: return negation(node);
        case NodeKind::Cast: return cast(node);
        case NodeKind::SizeofValue:
        case NodeKind::SizeofType: return sizeOf(node);
        case NodeKind::Binary: return binary(node);
        case NodeKind::LogicalAnd:
        case NodeKind::LogicalOr: return logical(node);
        case NodeKind::Conditional: return conditional(node);
        case NodeKind::ContainerOf:
        case NodeKind::OffsetOf: return containerOf(node);
        case NodeKind::DesignatorBase: return Operand{Value::inMemory(designated_, VirtAddr(0), nullptr)};
        case NodeKind::PerCpu:
        case NodeKind::PerCpuPtr: return perCpu(node);
        }
        return typeError(node, "unknown operation");
    }

    Result<Operand> identifier(const Node &node) const
    {
        auto found = at(node, resolveIdentifier(context_, node.text));
        if (!found)
            return std::unexpected(found.error());
        Operand operand;
        operand.name = node.text;
        operand.isPerCpu = found->kind == Identifier::Kind::PerCpu;
        operand.isUntyped = found->kind == Identifier::Kind::Untyped;
        operand.isConstant = found->kind == Identifier::Kind::Enumerator;
        operand.value = operand.isConstant ? Value::temporary(found->type, found->value)
                                           : Value::inMemory(found->type, found->address, nullptr);
        return operand;
    }

    Result<Operand> variable(const Node &node) const
    {
        const auto found = context_.variables.find(node.text);
        if (found == context_.variables.end())
            return std::unexpected(located(node, {ErrorCode::NotFound, {}, "`$" + node.text + "` is not set"}));
        return Operand{found->second};
    }

    Result<Operand> member(const Node &node)
    {
        auto object = evaluate(*node.a);
        if (!object)
            return object;
        Type type = completed(context_, object->value.type());
        if (node.kind == NodeKind::Arrow) {
            if (type.isRecord())
                return typeError(node, "the left of `->` is " + quoted(object->value.type()) + ", not a pointer",
                                 "use .");
            auto pointer = scalar(*object, *node.a);
            if (!pointer)
                return std::unexpected(pointer.error());
            object = pointee(node, *pointer);
            if (!object)
                return object;
            type = completed(context_, object->value.type());
        } else if (!object->isUntyped && type.kind() == TypeKind::Pointer) {
            return typeError(node, "the left of `.` is the pointer " + quoted(object->value.type()), "use ->");
        }
        if (object->isUntyped)
            return std::unexpected(checkUsable(*object, node).error());
        if (!type.isRecord())
            return typeError(node, quoted(object->value.type()) + " has no members");
        const auto found = findMember(type, node.text);
        if (!found)
            return noSuchMember(node, type);
        const Value &whole = object->value;
        if (!whole.address())
            return typeError(node, "the left of `.` is not in memory");
        object->value =
            found->member.isBitfield()
                ? Value::bitfield(found->type, *whole.address(), found->bitOffset, found->member.bitSize, whole.block())
                : Value::inMemory(found->type, *whole.address() + found->bitOffset / 8, whole.block());
        return object;
    }

    std::unexpected<Error> noSuchMember(const Node &node, const Type &type) const
    {
        if (type.node().isDeclaration)
            return typeError(node,
                             quoted(type) + " is declared here, but its definition is not in the debug information");
        std::vector<std::string_view> names;
        std::vector<Type> keep; // whose nodes the names are views of
        keep.reserve(64);
        collectMembers(type, names, keep);
        const auto near = nearest(node.text, names);
        return std::unexpected(located(node, {ErrorCode::NotFound,
                                              {},
                                              quoted(type) + " has no member `" + node.text + "`",
                                              near ? "did you mean `" + *near + "`?" : ""}));
    }

    static void collectMembers(const Type &type, std::vector<std::string_view> &names, std::vector<Type> &keep)
    {
        if (!type.isRecord() || keep.size() == keep.capacity())
            return;
        keep.push_back(type);
        for (const Member &member : type.node().members) {
            if (!member.name.empty())
                names.push_back(member.name);
            else
                collectMembers(type.memberType(member).stripped(), names, keep);
        }
    }

    /// What a pointer points to.
    Result<Operand> pointee(const Node &node, const Scalar &pointer) const
    {
        if (!isPointer(pointer))
            return typeError(node, quoted(pointer.type) + " is no pointer",
                             isInteger(pointer) ? "cast it first: (TYPE *)ADDRESS" : "");
        const Type target = pointer.type.stripped().target();
        const Type complete = completed(context_, target);
        if (complete.kind() == TypeKind::Void)
            return typeError(node, "a void pointer cannot be followed", "cast it first: (TYPE *)");
        if (complete.node().isDeclaration)
            return typeError(node, quoted(target) + " is declared, but its definition is not in the debug information");
        // Where the definition was found elsewhere, its own handle is the one that knows the members.
        const bool wasIncomplete = target.stripped().node().isDeclaration;
        return Operand{Value::inMemory(wasIncomplete ? complete : target, VirtAddr(pointer.bits), nullptr)};
    }

    Result<Operand> dereference(const Node &node)
    {
        auto operand = evaluate(*node.a);
        if (!operand)
            return operand;
        if (!operand->isUntyped && operand->value.type().stripped().kind() == TypeKind::Function)
            return operand;
        auto pointer = scalar(*operand, *node.a);
        return pointer ? pointee(node, *pointer) : Result<Operand>(std::unexpected(pointer.error()));
    }

    Result<Operand> index(const Node &node)
    {
        auto base = evaluate(*node.a);
        auto at = base ? integer(*node.b) : Result<Scalar>(std::unexpected(base.error()));
        if (!at)
            return std::unexpected(at.error());
        return element(node, *base, at->bits);
    }

    /// Counts in two's complement: negative indices move back, as C has it for pointers.
    Result<Operand> element(const Node &node, const Operand &base, std::uint64_t count)
    {
        const Type array = base.value.type().stripped();
        if (array.kind() == TypeKind::Array && base.value.address() && !base.isUntyped) {
            const auto size = array.node().count;
            // A trailing array of length 0 or 1 may be the old spelling of a flexible one.
            if (unevaluated_ == 0 && ((size && *size > 1 && count >= *size) || static_cast<std::int64_t>(count) < 0))
                return typeError(node,
                                 "the index " + std::to_string(static_cast<std::int64_t>(count)) + " is outside of " +
                                     quoted(base.value.type()),
                                 "to step over its end, use a pointer: (&array[0])[i]");
            const auto address = moved(node, *base.value.address(), array.target(), count);
            if (!address)
                return std::unexpected(address.error());
            Operand result = base;
            const bool isHeld = base.value.block() && size && count < *size;
            result.value = Value::inMemory(array.target(), *address, isHeld ? base.value.block() : nullptr);
            return result;
        }
        const auto pointer = scalar(base, *node.a);
        if (!pointer)
            return std::unexpected(pointer.error());
        auto first = pointee(node, *pointer);
        if (!first)
            return first;
        const auto address = moved(node, VirtAddr(pointer->bits), first->value.type(), count);
        if (!address)
            return std::unexpected(address.error());
        return Operand{Value::inMemory(first->value.type(), *address, nullptr)};
    }

    /// a[i..j], both ends included: an array of its own.
    Result<Operand> range(const Node &node)
    {
        auto base = evaluate(*node.a);
        if (!base)
            return base;
        auto first = integer(*node.b);
        auto last = first ? integer(*node.c) : first;
        if (!last)
            return std::unexpected(last.error());
        if (static_cast<std::int64_t>(last->bits) < static_cast<std::int64_t>(first->bits))
            return typeError(node, "the range ends before it begins");
        auto start = element(node, *base, first->bits);
        const auto end = start ? element(node, *base, last->bits) : start;
        if (!end)
            return end;
        const Type type = start->value.type();
        const std::uint64_t count = last->bits - first->bits + 1;
        const std::uint64_t size = type.size();
        if (size == 0)
            return typeError(node, "the size of " + quoted(type) + " is not known");
        if (count == 0 || count > kMaxValueSize / size)
            return std::unexpected(located(
                node,
                {ErrorCode::Limit, {}, "the range is larger than " + std::to_string(kMaxValueSize >> 20) + " MiB"}));
        start->value = Value::inMemory(Type::arrayOf(type, count), *start->value.address(), start->value.block());
        return start;
    }

    Result<Operand> addressOf(const Node &node)
    {
        auto operand = evaluate(*node.a);
        if (!operand)
            return operand;
        const Value &value = operand->value;
        if (value.isBitfield())
            return typeError(node, "a bitfield has no address");
        if (!value.address())
            return typeError(node, "this is not in memory, so that it has no address");
        return temporary(Type::pointerTo(operand->isUntyped ? Type() : value.type()), value.address()->value);
    }

    Result<Operand> unary(const Node &node)
    {
        const auto value = scalar(*node.a);
        if (!value)
            return std::unexpected(value.error());
        return at(node, applyUnary(node.kind, *value));
    }

    Result<Operand> negation(const Node &node)
    {
        const auto value = scalar(*node.a);
        if (!value)
            return std::unexpected(value.error());
        return makeInt(value->bits == 0);
    }

    Result<Type> parsedType(const Node &node) const
    {
        if (!context_.types)
            return typeError(node, "no types are loaded");
        return at(node, parseTypeName(*context_.types, node.text));
    }

    Result<Operand> cast(const Node &node)
    {
        const auto type = parsedType(node);
        if (!type)
            return std::unexpected(type.error());
        auto operand = evaluate(*node.a);
        if (!operand)
            return operand;
        const Type from = operand->value.type().stripped();
        // A cast to the type that it has already changes nothing, even where C would refuse it.
        if (isSameRecord(completed(context_, *type), completed(context_, from)))
            return operand;
        const auto value = scalar(*operand, *node.a);
        if (!value)
            return std::unexpected(value.error());
        return at(node, convert(*value, *type));
    }

    Result<Operand> sizeOf(const Node &node)
    {
        Type type;
        if (node.kind == NodeKind::SizeofType) {
            auto parsed = parsedType(node);
            if (!parsed)
                return std::unexpected(parsed.error());
            type = *parsed;
        } else {
            auto operand = typeOnly([&] { return evaluate(*node.a); });
            if (!operand)
                return operand;
            if (operand->value.isBitfield())
                return typeError(node, "a bitfield has no size in bytes");
            if (operand->isUntyped)
                return std::unexpected(checkUsable(*operand, node).error());
            type = operand->isConstant ? promoted({operand->value.type(), *operand->value.scalar(), 0, true})->type
                                       : operand->value.type();
        }
        const Type complete = completed(context_, type);
        const bool isGnuOne = complete.kind() == TypeKind::Void || complete.kind() == TypeKind::Function;
        const std::uint64_t size = isGnuOne ? 1 : type.size() ? type.size() : complete.size();
        const bool isEmptyRecord = complete.isRecord() && !complete.node().isDeclaration;
        const bool isEmptyArray = complete.kind() == TypeKind::Array && complete.node().count == 0;
        if (size == 0 && !isEmptyRecord && !isEmptyArray)
            return typeError(node, "the size of " + quoted(type) + " is not known");
        return temporary(Type::integer(8, false), size);
    }

    Result<Operand> binary(const Node &node)
    {
        const auto a = scalar(*node.a);
        const auto b = a ? scalar(*node.b) : a;
        if (!b)
            return std::unexpected(b.error());
        return at(node, applyBinary(node.op, *a, *b, unevaluated_ == 0));
    }

    Result<Operand> logical(const Node &node)
    {
        const auto a = scalar(*node.a);
        if (!a)
            return std::unexpected(a.error());
        const bool decided = (a->bits != 0) == (node.kind == NodeKind::LogicalOr);
        const auto b = decided ? typeOnly([&] { return scalar(*node.b); }) : scalar(*node.b);
        if (!b)
            return std::unexpected(b.error());
        return makeInt(decided ? a->bits != 0 : b->bits != 0);
    }

    Result<Operand> conditional(const Node &node)
    {
        const auto condition = scalar(*node.a);
        if (!condition)
            return std::unexpected(condition.error());
        const bool takeFirst = condition->bits != 0;
        const Node &takenNode = takeFirst ? *node.b : *node.c;
        const Node &otherNode = takeFirst ? *node.c : *node.b;
        auto taken = evaluate(takenNode);
        auto other = taken ? typeOnly([&] { return evaluate(otherNode); }) : taken;
        if (!other)
            return other;
        // Structs are chosen as they are; numbers get the common type of both branches.
        if (completed(context_, taken->value.type()).isRecord() && completed(context_, other->value.type()).isRecord())
            return taken;
        const auto value = scalar(*taken, takenNode);
        const auto otherValue = value ? typeOnly([&] { return scalar(*other, otherNode); }) : value;
        if (!otherValue)
            return std::unexpected(otherValue.error());
        if (!isInteger(*value) || !isInteger(*otherValue))
            return temporary(isPointer(*value) ? value->type : otherValue->type, value->bits);
        const auto type = commonType(*value, *otherValue);
        if (!type)
            return typeError(node, type.error());
        return temporary(*type, truncated(value->bits, *type));
    }

    Result<Operand> containerOf(const Node &node)
    {
        auto type = parsedType(node);
        if (!type)
            return std::unexpected(type.error());
        *type = completed(context_, *type);
        const Type outer = std::exchange(designated_, *type);
        auto designated = evaluate(*node.b);
        designated_ = outer;
        if (!designated)
            return designated;
        if (designated->value.isBitfield())
            return typeError(node, "a bitfield has no address");
        const std::uint64_t offset = designated->value.address()->value;
        if (node.kind == NodeKind::OffsetOf)
            return temporary(Type::integer(8, false), offset);
        const auto pointer = scalar(*node.a);
        if (!pointer)
            return std::unexpected(pointer.error());
        return temporary(Type::pointerTo(*type), pointer->bits - offset);
    }

    Result<Operand> perCpu(const Node &node)
    {
        auto object = evaluate(*node.a);
        if (!object)
            return object;
        const auto cpu = integer(*node.b);
        if (!cpu)
            return std::unexpected(cpu.error());
        std::uint64_t offset = 0;
        if (unevaluated_ == 0) {
            const auto found = at(node, perCpuOffset(context_, cpu->bits));
            if (!found)
                return std::unexpected(found.error());
            offset = *found;
        }
        if (node.kind == NodeKind::PerCpuPtr) {
            const auto pointer = scalar(*object, *node.a);
            if (!pointer)
                return std::unexpected(pointer.error());
            if (!isPointer(*pointer))
                return typeError(node, quoted(pointer->type) + " is no pointer");
            return temporary(pointer->type, pointer->bits + offset);
        }
        if (!object->isPerCpu && !object->isUntyped)
            return typeError(*node.a, "this is no per-CPU variable",
                             "per_cpu_ptr(POINTER, CPU) follows a per-CPU pointer");
        object->isPerCpu = false;
        object->value = Value::inMemory(object->value.type(), *object->value.address() + offset, nullptr);
        return object;
    }

    const EvalContext &context_;
    std::string_view source_;
    Type designated_;
    unsigned unevaluated_ = 0;
};

} // namespace

Result<Value> evaluate(const EvalContext &context, const Node &root, std::string_view source)
{
    return Evaluator(context, source).run(root);
}

} // namespace ks::expr
