// Decoded values as JSON: number, string, {member: value}, [..], or {"unreadable": status, "address": a}; and what
// several commands tell of an address.
#pragma once

#include "app/kernoscope-cli/output.h"
#include "core/kernel/slab_objects.h"
#include "core/values/format.h"

namespace ks::cli {

Json toJson(const Decoded &value);

/// {cache, object, size, offset}
Json slabJson(const kernel::SlabObject &object);

} // namespace ks::cli
