#include "resources/demo/layout.h"

namespace ks::demo {

Layout Layout::random(std::mt19937_64 &rng)
{
    // The remainder of a 64-bit number is the same in every standard library; std::uniform_int_distribution is not.
    const auto below = [&](std::uint64_t limit) { return rng() % limit; };
    Layout layout;
    // The image (under 4 MiB) must end below the 1 GiB that the kernel's mapping has.
    layout.kaslrOffset = (1 + below(480)) * kTwoMiB;
    layout.imagePhys = PhysAddr(0x1000000 + below(6) * kTwoMiB);
    // Regions move by whole 1 GiB entries and keep their order: the direct map (10 TiB of room for RAM to come),
    // vmalloc (32 TiB) and vmemmap (1 TiB), all below 0xfffffe0000000000.
    layout.pageOffsetBase = VirtAddr(0xffff888000000000) + below(16 * 1024) * kGiB;
    layout.vmallocBase = layout.pageOffsetBase + 11 * kTiB + below(16 * 1024) * kGiB;
    layout.vmemmapBase = layout.vmallocBase + 33 * kTiB + below(16 * 1024) * kGiB;
    return layout;
}

} // namespace ks::demo
