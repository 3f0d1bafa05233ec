#include "core/values/expression_parser.h"

#include "core/values/expression_lexer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace ks::expr {

namespace {

using NodePtr = std::unique_ptr<Node>;

struct BinaryOperator {
    std::string_view text;
    int precedence; ///< higher binds tighter; C 6.5.5 to 6.5.14
    NodeKind kind;
    Operator op;
};

constexpr std::array<BinaryOperator, 18> kBinaryOperators = {{
    {"*", 10, NodeKind::Binary, Operator::Multiply},
    {"/", 10, NodeKind::Binary, Operator::Divide},
    {"%", 10, NodeKind::Binary, Operator::Remainder},
    {"+", 9, NodeKind::Binary, Operator::Add},
    {"-", 9, NodeKind::Binary, Operator::Subtract},
    {"<<", 8, NodeKind::Binary, Operator::ShiftLeft},
    {">>", 8, NodeKind::Binary, Operator::ShiftRight},
    {"<", 7, NodeKind::Binary, Operator::Less},
    {"<=", 7, NodeKind::Binary, Operator::LessEqual},
    {">", 7, NodeKind::Binary, Operator::Greater},
    {">=", 7, NodeKind::Binary, Operator::GreaterEqual},
    {"==", 6, NodeKind::Binary, Operator::Equal},
    {"!=", 6, NodeKind::Binary, Operator::NotEqual},
    {"&", 5, NodeKind::Binary, Operator::BitAnd},
    {"^", 4, NodeKind::Binary, Operator::BitXor},
    {"|", 3, NodeKind::Binary, Operator::BitOr},
    {"&&", 2, NodeKind::LogicalAnd, Operator::Add},
    {"||", 1, NodeKind::LogicalOr, Operator::Add},
}};

constexpr std::array<std::pair<std::string_view, NodeKind>, 6> kUnaryOperators = {{
    {"&", NodeKind::AddressOf},
    {"*", NodeKind::Dereference},
    {"-", NodeKind::Negate},
    {"+", NodeKind::Plus},
    {"~", NodeKind::Complement},
    {"!", NodeKind::Not},
}};

constexpr std::array<std::string_view, 17> kTypeWords = {
    "struct", "union", "enum",  "const",  "volatile", "unsigned", "signed", "int",      "char",
    "short",  "long",  "float", "double", "void",     "_Bool",    "bool",   "__int128",
};

constexpr std::array<std::string_view, 13> kWritingOperators = {
    "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "++", "--",
};

template <class Table>
bool contains(const Table &table, std::string_view text)
{
    return std::ranges::find(table, text) != table.end();
}

class Parser {
public:
    Parser(std::string_view source, std::vector<Token> tokens, const IsTypeName &isTypeName)
        : source_(source), tokens_(std::move(tokens)), isTypeName_(isTypeName)
    {
    }

    Result<NodePtr> run()
    {
        auto root = conditional();
        if (!root)
            return root;
        if (peek().kind != TokenKind::End)
            return unexpected(peek(), "the end of the expression");
        if (rangePosition_ && (*root)->kind != NodeKind::Range)
            return syntaxError(source_, *rangePosition_, "a range `a[i..j]` must be the outermost operation");
        return root;
    }

private:
    const Token &peek(std::size_t ahead = 0) const { return tokens_[std::min(next_ + ahead, tokens_.size() - 1)]; }
    Token take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }
    bool accept(std::string_view punctuator) { return peek().is(punctuator) && (take(), true); }

    /// "expected X", said in the way that fits what stands there instead.
    std::unexpected<Error> unexpected(const Token &token, std::string_view wanted) const
    {
        if (token.kind == TokenKind::Punctuator && contains(kWritingOperators, token.text))
            return syntaxError(source_, token.position,
                               "`" + std::string(token.text) + "` would write, and Kernoscope never writes",
                               token.text == "=" ? "compare with ==" : "");
        if (token.is("("))
            return syntaxError(source_, token.position, "functions cannot be called: Kernoscope only reads");
        if (token.is(","))
            return syntaxError(source_, token.position, "the comma operator is not supported");
        const std::string found =
            token.kind == TokenKind::End ? "the expression ends" : "`" + std::string(token.text) + "` stands";
        return syntaxError(source_, token.position, found + " where " + std::string(wanted) + " should be");
    }

    Result<void> expect(std::string_view punctuator)
    {
        if (accept(punctuator))
            return {};
        const std::string wanted = "`" + std::string(punctuator) + "`";
        const Token &token = peek();
        if (token.is(",") || token.is("("))
            return syntaxError(source_, token.position,
                               "`" + std::string(token.text) + "` stands where " + wanted + " should be");
        return unexpected(token, wanted);
    }

    Result<NodePtr> make(NodeKind kind, const Token &token, NodePtr a = {}, NodePtr b = {}, NodePtr c = {}) const
    {
        auto node = std::make_unique<Node>();
        node->kind = kind;
        node->column = token.position + 1;
        for (const NodePtr *child : {&a, &b, &c}) {
            if (*child)
                node->height = std::max(node->height, (*child)->height + 1);
        }
        node->a = std::move(a);
        node->b = std::move(b);
        node->c = std::move(c);
        if (node->height > kMaxHeight)
            return tooDeep();
        return node;
    }

    std::unexpected<Error> tooDeep() const
    {
        return fail(ErrorCode::Limit, "the expression",
                    "it nests more than " + std::to_string(kMaxHeight) + " operations");
    }

    /// Counts what the recursive functions have open, so that hostile input cannot exhaust the stack.
    struct Level {
        explicit Level(unsigned &count) : count_(count) { ++count_; }
        ~Level() { --count_; }
        Level(const Level &) = delete;
        Level &operator=(const Level &) = delete;
        unsigned &count_;
    };

    Result<NodePtr> conditional()
    {
        const Level level(open_);
        if (open_ > kMaxHeight)
            return tooDeep();
        auto condition = binary(1);
        if (!condition || !peek().is("?"))
            return condition;
        const Token token = take();
        auto yes = conditional();
        if (!yes)
            return yes;
        if (auto colon = expect(":"); !colon)
            return std::unexpected(colon.error());
        auto no = conditional();
        if (!no)
            return no;
        return make(NodeKind::Conditional, token, std::move(*condition), std::move(*yes), std::move(*no));
    }

    /// Precedence climbing: all operators that bind at least as tightly as `lowest`.
    Result<NodePtr> binary(int lowest)
    {
        auto left = unary();
        while (left) {
            const Token token = peek();
            const auto *found = std::ranges::find_if(
                kBinaryOperators, [&](const BinaryOperator &o) { return token.is(o.text) && o.precedence >= lowest; });
            if (found == kBinaryOperators.end())
                break;
            take();
            auto right = binary(found->precedence + 1);
            if (!right)
                return right;
            left = make(found->kind, token, std::move(*left), std::move(*right));
            if (left)
                (*left)->op = found->op;
        }
        return left;
    }

    Result<NodePtr> unary()
    {
        const Level level(open_);
        if (open_ > kMaxHeight)
            return tooDeep();
        const Token token = peek();
        for (const auto &[text, kind] : kUnaryOperators) {
            if (token.is(text)) {
                take();
                auto operand = unary();
                return operand ? make(kind, token, std::move(*operand)) : std::move(operand);
            }
        }
        if (token.isName("sizeof"))
            return sizeOf();
        if (token.is("(") && isTypeAt(1))
            return cast();
        return postfix();
    }

    Result<NodePtr> sizeOf()
    {
        const Token token = take();
        if (peek().is("(") && isTypeAt(1)) {
            take();
            auto type = typeText();
            if (!type)
                return std::unexpected(type.error());
            if (auto close = expect(")"); !close)
                return std::unexpected(close.error());
            auto node = make(NodeKind::SizeofType, token);
            (*node)->text = std::move(*type);
            return node;
        }
        auto operand = unary();
        return operand ? make(NodeKind::SizeofValue, token, std::move(*operand)) : std::move(operand);
    }

    Result<NodePtr> cast()
    {
        const Token token = take();
        auto type = typeText();
        if (!type)
            return std::unexpected(type.error());
        if (auto close = expect(")"); !close)
            return std::unexpected(close.error());
        if (peek().is("{"))
            return syntaxError(source_, peek().position, "compound literals are not supported");
        auto operand = unary();
        if (!operand)
            return operand;
        auto node = make(NodeKind::Cast, token, std::move(*operand));
        if (node)
            (*node)->text = std::move(*type);
        return node;
    }

    /// Whether the tokens from next_ + ahead, which follow a `(`, are a type name.
    bool isTypeAt(std::size_t ahead) const
    {
        const Token &first = peek(ahead);
        if (first.kind != TokenKind::Identifier)
            return false;
        if (contains(kTypeWords, first.text))
            return true;
        const Token &second = peek(ahead + 1);
        if (second.is("*") || second.isName("const") || second.isName("volatile")) {
            // `(name *)` can be nothing but a type.
            std::size_t i = ahead + 1;
            while (peek(i).is("*") || peek(i).isName("const") || peek(i).isName("volatile"))
                ++i;
            return peek(i).is(")") || (peek(i).is("(") && peek(i + 1).is("*") && peek(i + 2).is(")")) ||
                   (peek(i).is("[") && isTypeName_(first.text));
        }
        return (second.is(")") || second.is("[") || (second.is("(") && peek(ahead + 2).is("*"))) &&
               isTypeName_(first.text);
    }

    /// The source up to the `)` or `,` that ends a type name; neither is taken.
    Result<std::string> typeText()
    {
        const Token first = peek();
        std::size_t end = first.position;
        for (unsigned depth = 0;; end = take().end()) {
            const Token &token = peek();
            if (token.kind == TokenKind::End)
                return unexpected(token, "`)`");
            if (depth == 0 && (token.is(")") || token.is(",")))
                break;
            if (token.is("(") || token.is("["))
                ++depth;
            else if (token.is(")") || token.is("]"))
                depth -= depth != 0;
        }
        if (end == first.position)
            return unexpected(first, "a type");
        return std::string(source_.substr(first.position, end - first.position));
    }

    Result<NodePtr> postfix()
    {
        auto operand = primary();
        while (operand) {
            const Token token = peek();
            if (token.is(".") || token.is("->")) {
                take();
                operand = member(token.is(".") ? NodeKind::Member : NodeKind::Arrow, token, std::move(*operand));
            } else if (token.is("[")) {
                operand = index(std::move(*operand), true);
            } else if (token.is("(")) {
                return unexpected(token, "an operator");
            } else {
                break;
            }
        }
        return operand;
    }

    Result<NodePtr> member(NodeKind kind, const Token &at, NodePtr object)
    {
        const Token name = peek();
        if (name.kind != TokenKind::Identifier || name.text.find(':') != std::string_view::npos)
            return unexpected(name, "the name of a member");
        take();
        auto node = make(kind, at, std::move(object));
        if (node)
            (*node)->text = std::string(name.text);
        return node;
    }

    Result<NodePtr> index(NodePtr array, bool rangeAllowed)
    {
        const Token bracket = take();
        auto first = conditional();
        if (!first)
            return first;
        NodePtr last;
        if (rangeAllowed && accept("..")) {
            auto end = conditional();
            if (!end)
                return end;
            last = std::move(*end);
            rangePosition_ = bracket.position;
        }
        if (auto close = expect("]"); !close)
            return std::unexpected(close.error());
        const NodeKind kind = last ? NodeKind::Range : NodeKind::Index;
        return make(kind, bracket, std::move(array), std::move(*first), std::move(last));
    }

    Result<NodePtr> primary()
    {
        const Token token = peek();
        if (token.kind == TokenKind::Number) {
            auto node = make(NodeKind::Number, take());
            (*node)->number = token.number;
            (*node)->numberSize = token.numberSize;
            (*node)->numberSigned = token.numberSigned;
            return node;
        }
        if (token.kind == TokenKind::Variable) {
            auto node = make(NodeKind::Variable, take());
            (*node)->text = std::string(token.text.substr(1));
            return node;
        }
        if (token.is("("))
            return parenthesised();
        if (token.kind != TokenKind::Identifier)
            return token.is("(") ? parenthesised() : unexpected(token, "a value");
        if (peek(1).is("(")) {
            if (token.text == "container_of" || token.text == "offsetof")
                return containerOf();
            if (token.text == "per_cpu" || token.text == "per_cpu_ptr")
                return perCpu();
        }
        if (contains(kTypeWords, token.text))
            return syntaxError(source_, token.position, "a type stands where a value should be",
                               "cast an address: *(struct NAME *)ADDRESS");
        auto node = make(NodeKind::Identifier, take());
        (*node)->text = std::string(token.text);
        return node;
    }

    Result<NodePtr> parenthesised()
    {
        take();
        auto inner = conditional();
        if (!inner)
            return inner;
        if (auto close = expect(")"); !close)
            return std::unexpected(close.error());
        return inner;
    }

    /// container_of(pointer, type, designator) and offsetof(type, designator)
    Result<NodePtr> containerOf()
    {
        const Token token = take();
        take();
        const bool isOffset = token.text == "offsetof";
        NodePtr pointer;
        if (!isOffset) {
            auto value = conditional();
            if (!value)
                return value;
            pointer = std::move(*value);
            if (auto comma = expect(","); !comma)
                return std::unexpected(comma.error());
        }
        auto type = typeText();
        if (!type)
            return std::unexpected(type.error());
        if (auto comma = expect(","); !comma)
            return std::unexpected(comma.error());
        auto path = make(NodeKind::DesignatorBase, peek());
        path = member(NodeKind::Member, peek(), std::move(*path));
        while (path && !peek().is(")")) {
            const Token at = peek();
            if (at.is("["))
                path = index(std::move(*path), false);
            else if (accept("."))
                path = member(NodeKind::Member, at, std::move(*path));
            else
                return unexpected(at, "`)`");
        }
        if (!path)
            return path;
        take();
        auto node =
            make(isOffset ? NodeKind::OffsetOf : NodeKind::ContainerOf, token, std::move(pointer), std::move(*path));
        if (node)
            (*node)->text = std::move(*type);
        return node;
    }

    Result<NodePtr> perCpu()
    {
        const Token token = take();
        take();
        auto object = conditional();
        if (!object)
            return object;
        if (auto comma = expect(","); !comma)
            return std::unexpected(comma.error());
        auto cpu = conditional();
        if (!cpu)
            return cpu;
        if (auto close = expect(")"); !close)
            return std::unexpected(close.error());
        return make(token.text == "per_cpu" ? NodeKind::PerCpu : NodeKind::PerCpuPtr, token, std::move(*object),
                    std::move(*cpu));
    }

    std::string_view source_;
    std::vector<Token> tokens_;
    const IsTypeName &isTypeName_;
    std::size_t next_ = 0;
    unsigned open_ = 0;
    std::optional<std::size_t> rangePosition_;
};

} // namespace

Result<std::unique_ptr<Node>> parse(std::string_view source, const IsTypeName &isTypeName)
{
    auto tokens = tokenize(source);
    if (!tokens)
        return std::unexpected(tokens.error());
    return Parser(source, std::move(*tokens), isTypeName).run();
}

} // namespace ks::expr
