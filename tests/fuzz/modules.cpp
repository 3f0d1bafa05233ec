// Modules in damaged memory: the input overwrites what a kernel with two modules has on its heap, in places that it
// chooses, so that pointers and counts go wrong one by one.
#include "core/base/byte_reader.h"
#include "core/kernel/btf_in_memory.h"
#include "core/kernel/module_sections.h"
#include "core/kernel/module_symbols.h"
#include "tests/support/module_kernel.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    using namespace ks;
    using test::ModuleEra;
    ByteReader input(std::as_bytes(std::span(data, size)));
    const auto choice = [&](unsigned count) { return input.read<std::uint8_t>() % count; };
    const ModuleEra era{.layout = ModuleEra::Layout(choice(4)),
                        .sections = ModuleEra::Sections(choice(4)),
                        .refcount = ModuleEra::Refcount(choice(3)),
                        .symbols = ModuleEra::Symbols(choice(5)),
                        .hasBuildId = choice(2) != 0,
                        .hasNotes = choice(2) != 0};
    test::ModuleKernel kernel(era);
    while (!input.atEnd() && !input.failed()) {
        const auto at = input.read<std::uint16_t>();
        kernel.memory.set(test::ModuleKernel::kHeap + at % 0x4000, input.read<std::uint64_t>());
    }
    const EvalContext context = kernel.context();
    const auto modules = kernel::listModules(context);
    if (!modules)
        return 0;
    constexpr std::size_t kSome = 8; // a list of garbage can be long, and each of its entries costs the same
    for (std::size_t i = 0; i < modules->entries.size() && i < kSome; ++i) {
        (void)kernel::readModuleSections(context, modules->entries[i].address);
        (void)kernel::readModuleBuildId(context, modules->entries[i].address);
        (void)kernel::readModuleSymbols(context, modules->entries[i]);
    }
    if (const auto list = kernel::listModuleBtf(context))
        for (std::size_t i = 0; i < list->entries.size() && i < kSome; ++i)
            (void)kernel::readModuleBtf(kernel.memory, list->entries[i]);
    return 0;
}
