// Sets of addresses as sorted ranges.
#pragma once

#include "core/base/address.h"

#include <vector>

namespace ks {

/// The same addresses in ascending ranges: what overlaps or touches has become one.
std::vector<AddrRange> joined(std::vector<AddrRange> ranges);

} // namespace ks
