// The areas of vmalloc in damaged memory: the input overwrites trees, lists and records in places that it chooses.
#include "core/kernel/vmap_areas.h"
#include "core/base/byte_reader.h"
#include "tests/support/vmap_kernel.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    using namespace ks;
    using test::VmapKernel;
    ByteReader input(std::as_bytes(std::span(data, size)));
    VmapKernel kernel(test::VmapEra(input.read<std::uint8_t>() % 4));
    while (!input.atEnd() && !input.failed()) {
        const auto at = input.read<std::uint16_t>();
        // Mostly pointers to what is there.
        const auto value = input.read<std::uint64_t>();
        const std::uint64_t pointer = VmapKernel::kHeap.value + value % 0x1000 / 8 * 8;
        kernel.memory.set(VmapKernel::kHeap + at % 0x1000, value >> 60 == 0 ? pointer : value);
    }
    if (const auto listing = kernel::listVmapAreas(kernel.context())) {
        (void)kernel::deviceMemory(listing->entries);
        for (const kernel::VmapArea &area : listing->entries)
            (void)kernel::vmapFlagNames(area.flags);
    }
    return 0;
}
