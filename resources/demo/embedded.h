// The built image and module, as they lie inside this program.
#pragma once

#include <cstddef>
#include <span>

namespace ks::demo {

/// ELF executable with DWARF and its relocations, linked at 0xffffffff81000000.
std::span<const std::byte> embeddedVmlinux();
/// ELF relocatable with DWARF: the module demo_net.
std::span<const std::byte> embeddedModule();

} // namespace ks::demo
