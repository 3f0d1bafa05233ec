// Bytes as a .ko: decompressed, asked who it is, relocated, all its names read, some of its types decoded.
#include "core/symbols/debug_link.h"
#include "core/symbols/decompress.h"
#include "core/symbols/module_file.h"
#include "core/types/dwarf_reader.h"
#include "core/types/type_index.h"
#include "tests/fuzz/libdwarf_leaks.h"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace ks;

constexpr std::uint64_t kMaxContents = 1 << 22;

SectionAddresses everywhere(const ElfImage &image)
{
    SectionAddresses addresses;
    std::uint64_t next = 0xffffffffc0000000;
    for (const ElfSection &section : image.sections())
        addresses.byName.try_emplace(std::string(section.name), VirtAddr(next += 0x10000));
    addresses.perCpu = VirtAddr(0x30000);
    return addresses;
}

void useTypes(const DwarfReader &reader)
{
    const TypeIndex &index = reader.index();
    std::size_t budget = 32;
    for (std::size_t n = 0; n < index.nameCount() && budget > 0; ++n) {
        for (const NameClass nameClass : {NameClass::Struct, NameClass::Union, NameClass::Enum, NameClass::Typedef})
            for (const Type &type : reader.findTypes(nameClass, index.name(n)))
                budget -= budget > 0 && !type.declaration("x").empty();
        for (const NameClass nameClass : {NameClass::Variable, NameClass::Function})
            budget -= std::min(budget, reader.findDeclarations(nameClass, index.name(n)).size());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    std::string bytes(reinterpret_cast<const char *>(data), size);
    if (const Compression compression = compressionOf(std::as_bytes(std::span(bytes)));
        compression != Compression::None) {
        auto contents = decompress(std::as_bytes(std::span(bytes)), compression, kMaxContents, "fuzz.ko");
        if (!contents)
            return 0;
        if (contents->size() > kMaxContents)
            std::abort();
        bytes = std::move(*contents);
    }
    const auto image = ElfImage::load(MappedFile::fromBytes(std::move(bytes), "fuzz.ko"));
    if (!image)
        return 0;
    (void)debugLinkOf(**image);
    if (!readModuleFacts(**image))
        return 0;
    const SectionAddresses addresses = everywhere(**image);
    (void)readModuleSymbols(**image, addresses, "fuzz");
    auto sections = dwarfSectionsOf(*image, addresses);
    if (!sections)
        return 0;
    Progress progress;
    if (const auto reader = DwarfReader::open(std::move(*sections), progress))
        useTypes(**reader);
    return 0;
}
