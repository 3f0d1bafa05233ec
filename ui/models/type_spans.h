// The members of a type as spans that the hex view can lay over bytes.
#pragma once

#include "core/types/type.h"
#include "ui/models/struct_overlay.h"

#include <vector>

namespace ks::ui {

/// The innermost members of a record, down to a few levels: "stack", "se.load.weight". Of an array its elements, as far
/// as a screen could ever show them. Nothing for scalars.
std::vector<OverlaySpan> typeSpans(const Type &type);

} // namespace ks::ui
