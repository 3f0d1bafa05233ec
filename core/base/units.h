// Numbers of bytes for people.
#pragma once

#include <cstdint>
#include <string>

namespace ks {

/// "12 KiB", "2.1 MiB", "32 TiB": three digits at most, rounded to the nearest, a tenth only below ten and where it
/// says something.
std::string sizeText(std::uint64_t bytes);

} // namespace ks
