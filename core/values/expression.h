// C expressions over kernel memory.
//
//   identifiers (variables, functions, enumerators, module::name, $variables), numbers, 'c', "strings" are refused
//   postfix: a[i]  a[i..j] (a range, both ends included; only as the outermost operation)  .m  ->m
//   prefix:  & * - + ~ !  (type)x  sizeof x  sizeof(type)
//   binary:  * / %  + -  << >>  < <= > >=  == !=  &  ^  |  &&  ||   and  c ? a : b
//   container_of(p, type, member)   per_cpu(variable, cpu)   (a.b = ... is refused: nothing is ever written)
#pragma once

#include "core/base/error.h"
#include "core/values/context.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ks {

namespace expr {
struct Node;
}

/// An expression that is parsed once and evaluated many times. Immutable, cheap to copy.
class Expression {
public:
    /// `context` decides only which names are types. Syntax errors name the column (1-based) in `why`.
    static Result<Expression> parse(const EvalContext &context, std::string_view text);

    const std::string &text() const { return *text_; }
    /// The variables, functions and enumerators that it names, as they are written, each once; no `$name`s.
    std::vector<std::string> identifiers() const;
    /// Type errors name the column, as those of parse do.
    Result<Value> evaluate(const EvalContext &context) const;

private:
    Expression() = default;
    std::shared_ptr<const std::string> text_;
    std::shared_ptr<const expr::Node> root_;
};

/// Parses and evaluates.
Result<Value> evaluate(const EvalContext &context, std::string_view expression);

} // namespace ks
