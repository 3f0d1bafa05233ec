// The input is an image of the kernel. What is found in it must decode to the same symbols again.
#include "core/symbols/kallsyms_scan.h"
#include "tests/support/fake_source.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    using namespace ks;
    test::FakeSource memory;
    memory.add(VirtAddr(0xffffffff81000000), std::as_bytes(std::span(data, size)));
    const auto found = scanKallsyms(memory, kernelImageCandidates(memory));
    if (!found)
        return 0;
    const auto again = readKallsyms(memory, found->tables);
    if (!again || again->symbols.size() != found->symbols.symbols.size())
        std::abort();
    return 0;
}
