#include "core/values/expression.h"

#include "core/values/evaluator.h"
#include "core/values/expression_parser.h"
#include "core/values/identifiers.h"

#include <algorithm>

namespace ks {
namespace {

void collectIdentifiers(const expr::Node &node, std::vector<std::string> &names)
{
    if (node.kind == expr::NodeKind::Identifier && std::ranges::find(names, node.text) == names.end())
        names.push_back(node.text);
    for (const auto *child : {&node.a, &node.b, &node.c})
        if (*child)
            collectIdentifiers(**child, names);
}

} // namespace

Result<Expression> Expression::parse(const EvalContext &context, std::string_view text)
{
    Expression expression;
    expression.text_ = std::make_shared<const std::string>(text);
    auto root = expr::parse(text, [&](std::string_view name) { return expr::namesType(context, name); });
    if (!root)
        return std::unexpected(root.error());
    expression.root_ = std::move(*root);
    return expression;
}

std::vector<std::string> Expression::identifiers() const
{
    std::vector<std::string> names;
    collectIdentifiers(*root_, names);
    return names;
}

Result<Value> Expression::evaluate(const EvalContext &context) const { return expr::evaluate(context, *root_, *text_); }

Result<Value> evaluate(const EvalContext &context, std::string_view expression)
{
    const auto parsed = Expression::parse(context, expression);
    return parsed ? parsed->evaluate(context) : Result<Value>(std::unexpected(parsed.error()));
}

} // namespace ks
