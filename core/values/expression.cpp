#include "core/values/expression.h"

#include "core/values/evaluator.h"
#include "core/values/expression_parser.h"
#include "core/values/identifiers.h"

namespace ks {

Result<Value> evaluate(const EvalContext &context, std::string_view expression)
{
    const auto root = expr::parse(expression, [&](std::string_view name) { return expr::namesType(context, name); });
    if (!root)
        return std::unexpected(root.error());
    return expr::evaluate(context, **root, expression);
}

} // namespace ks
