// Where the demo kernel's memory is: the randomized bases (arch/x86/mm/kaslr.c, Documentation/x86/x86_64/mm.rst) and
// the machine's RAM.
#pragma once

#include "core/base/address.h"

#include <array>
#include <cstdint>
#include <random>

namespace ks::demo {

inline constexpr std::uint64_t kTwoMiB = std::uint64_t{1} << 21;
inline constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
inline constexpr std::uint64_t kTiB = std::uint64_t{1} << 40;

inline constexpr VirtAddr kStartKernelMap{0xffffffff80000000}; ///< __START_KERNEL_map
inline constexpr VirtAddr kLinkedText{0xffffffff81000000};     ///< where vmlinux is linked
inline constexpr VirtAddr kModulesStart{0xffffffffc0000000};   ///< MODULES_VADDR with KASLR
inline constexpr VirtAddr kModulesEnd{0xffffffffff000000};
inline constexpr VirtAddr kVsyscall{0xffffffffff600000};

inline constexpr std::uint64_t kRamEnd = 0x4000000;
inline constexpr unsigned kCpuCount = 4;

/// Usable RAM, as /proc/iomem's "System RAM" lines; the last kilobytes belong to the firmware.
struct RamRange {
    PhysAddr first;
    std::uint64_t size;
};
inline constexpr std::array<RamRange, 2> kRam{RamRange{PhysAddr(0x1000), 0x9e000},
                                              RamRange{PhysAddr(0x100000), 0x3ee0000}};

struct Layout {
    std::uint64_t kaslrOffset = 0; ///< runtime - linked address, a multiple of 2 MiB below 1 GiB
    PhysAddr imagePhys;            ///< where `_text` is in RAM
    VirtAddr pageOffsetBase;       ///< start of the direct map
    VirtAddr vmallocBase;
    VirtAddr vmemmapBase;

    static Layout random(std::mt19937_64 &rng);

    VirtAddr text() const { return kLinkedText + kaslrOffset; }
    /// Physical = virtual - __START_KERNEL_map + physBase, modulo 2^64 (the kernel's variable phys_base).
    std::uint64_t physBase() const { return imagePhys.value - (text() - kStartKernelMap); }
    VirtAddr directMap(PhysAddr phys) const { return pageOffsetBase + phys.value; }
    /// Of the struct page that describes a page frame; each has 64 bytes.
    VirtAddr pageStruct(PhysAddr phys) const { return vmemmapBase + phys.value / kPageSize * 64; }
};

} // namespace ks::demo
