// The demo kernel's C types as this side sees them, in ks::demo::guest. Pointers in them are addresses of the demo
// kernel: never followed here. The compiler of this side lays them out as the image's does (x86-64 and arm64 ABI: both
// LP64, little-endian, same alignment); KernelImage compares what both say (kernel/layouts.h).
#pragma once
#pragma GCC system_header // C's anonymous structs and flexible arrays are no standard C++

#include <cstdint>
#include <cstring>

#define private private_
namespace ks::demo::guest {
#include "resources/demo/kernel/demo_net.h"
}
#undef private

namespace ks::demo {

/// An address of the demo kernel as its C types hold it.
template <class T = void>
T *guestPointer(std::uint64_t address)
{
    return reinterpret_cast<T *>(static_cast<std::uintptr_t>(address));
}

/// Makes every byte of a record zero, those between its members too: the demo kernel's memory holds nothing of this
/// program, and is the same every time.
template <class T>
void clear(T &record)
{
    std::memset(static_cast<void *>(&record), 0, sizeof record);
}

} // namespace ks::demo
