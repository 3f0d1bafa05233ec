// Decoded values as JSON: number, string, {member: value}, [..], or {"unreadable": status, "address": a}.
#pragma once

#include "app/kernoscope-cli/output.h"
#include "core/values/format.h"

namespace ks::cli {

Json toJson(const Decoded &value);

} // namespace ks::cli
