// What an expression says, before anybody asks what it means. Trees are bounded in height, so that walking one
// recursively is safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace ks::expr {

/// Longest expression and highest tree that are accepted: far beyond what a person writes, and safe on a small stack.
inline constexpr std::size_t kMaxLength = 16384;
inline constexpr unsigned kMaxHeight = 200;

enum class Operator : std::uint8_t {
    Multiply,
    Divide,
    Remainder,
    Add,
    Subtract,
    ShiftLeft,
    ShiftRight,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    BitAnd,
    BitXor,
    BitOr,
};

enum class NodeKind : std::uint8_t {
    Number,      ///< number, numberSize, numberSigned
    Identifier,  ///< text: "jiffies", "virtio_net::features"
    Variable,    ///< text: the name after `$`
    Member,      ///< a.text
    Arrow,       ///< a->text
    Index,       ///< a[b]
    Range,       ///< a[b..c], the root of the tree
    AddressOf,   ///< &a
    Dereference, ///< *a
    Negate,
    Plus,
    Complement,
    Not,
    Cast,        ///< (text)a
    SizeofValue, ///< sizeof a
    SizeofType,  ///< sizeof(text)
    Binary,      ///< a op b
    LogicalAnd,
    LogicalOr,
    Conditional, ///< a ? b : c
    ContainerOf, ///< container_of(a, text, b); b is a designator: Member and Index nodes over a DesignatorBase
    OffsetOf,    ///< offsetof(text, b)
    DesignatorBase,
    PerCpu,    ///< per_cpu(a, b)
    PerCpuPtr, ///< per_cpu_ptr(a, b)
};

struct Node {
    NodeKind kind = NodeKind::Number;
    Operator op = Operator::Add;
    bool numberSigned = true;
    std::uint8_t numberSize = 4;
    unsigned height = 1;
    std::size_t column = 1; ///< 1-based, in bytes
    std::uint64_t number = 0;
    std::string text;
    std::unique_ptr<Node> a, b, c;
};

} // namespace ks::expr
