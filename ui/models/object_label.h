// The few words that a kernel developer would call an object by: "kcompactd0 pid 33", "virtio_net".
#pragma once

#include "core/values/context.h"

#include <QString>

namespace ks::ui {

/// By the members `comm` and `pid`, or `name` (a char array or a char pointer), whichever the type has. Reads only
/// those. Empty when the type has none of them or they cannot be read.
QString objectLabel(const EvalContext &context, const Type &record, VirtAddr address);

/// The short form that stands beside a pointer: the `comm` of a task, nothing for types that have none.
QString pointeeLabel(const EvalContext &context, const Type &record, VirtAddr address);

} // namespace ks::ui
