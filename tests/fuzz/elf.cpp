// ELF files as ElfImage and its readers meet them.
#include "core/symbols/elf_image.h"
#include "core/symbols/symbol_readers.h"
#include "core/symbols/symbol_table_builder.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    using namespace ks;
    const std::string bytes(reinterpret_cast<const char *>(data), size);
    const auto image = ElfImage::load(MappedFile::fromBytes(bytes, "fuzz"));
    if (!image)
        return 0;
    (*image)->buildId();
    for (const ElfSection &section : (*image)->sections()) {
        if (!section.compressed() || section.size < 1000)
            (void)(*image)->bytes(section);
        (void)(*image)->bytesAt(section.address, section.size);
    }
    const auto symbols = readElfSymbols(**image);
    if (!symbols)
        return 0;
    SymbolTableBuilder builder;
    for (const Symbol &symbol : *symbols)
        builder.add(symbol);
    const SymbolTable table = builder.build();
    for (std::size_t i = 0; i < table.size(); ++i) {
        const Symbol symbol = table.at(i);
        const auto hit = table.lookup(symbol.address);
        const bool isMemory = symbol.kind != SymbolKind::PerCpu && symbol.kind != SymbolKind::Absolute;
        if (isMemory && (!hit || hit->offset != 0))
            std::abort(); // it begins there, so it or an alias must answer
    }
    return 0;
}
