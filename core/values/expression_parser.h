// Tokens -> tree. Knows the grammar of expression.h and nothing of kernels; of types only whether a name is one.
#pragma once

#include "core/base/error.h"
#include "core/values/expression_ast.h"

#include <functional>
#include <memory>
#include <string_view>

namespace ks::expr {

/// Whether a bare name names a type: C's grammar cannot tell `(name)-1` apart without it.
using IsTypeName = std::function<bool(std::string_view)>;

Result<std::unique_ptr<Node>> parse(std::string_view source, const IsTypeName &isTypeName);

} // namespace ks::expr
