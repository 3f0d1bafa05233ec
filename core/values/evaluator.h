// Tree -> value. Objects are followed by address alone; memory is read only where a number or pointer is needed on the
// way, and once for the answer.
#pragma once

#include "core/values/context.h"
#include "core/values/expression_ast.h"

namespace ks::expr {

/// `source` is the text of the expression, for messages.
Result<Value> evaluate(const EvalContext &context, const Node &root, std::string_view source);

} // namespace ks::expr
