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

#include <string_view>
#include <vector>

namespace ks {

/// Parses and evaluates. Syntax and Type errors name the column (1-based) in `why`.
Result<Value> evaluate(const EvalContext &context, std::string_view expression);

} // namespace ks
