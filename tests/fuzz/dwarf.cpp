// DWARF from anywhere: the input is cut into sections, all names are read, and all that they name is decoded.
#include "core/base/byte_reader.h"
#include "core/types/dwarf_reader.h"
#include "core/types/type_index.h"
#include "tests/fuzz/libdwarf_leaks.h"

#include <cstdint>

namespace {

using namespace ks;

/// What a program does with a type: spells it, measures it, opens its members.
void use(const Type &type, int depth)
{
    (void)type.declaration("x");
    (void)type.size();
    (void)type.stripped();
    (void)findMember(type, "a");
    if (depth == 0)
        return;
    std::size_t members = 0;
    for (const Member &member : type.node().members) {
        if (++members > 8)
            break;
        use(type.memberType(member), depth - 1);
    }
    use(type.target(), depth - 1);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    // Lengths of all sections but the last stand in front.
    ByteReader reader(std::as_bytes(std::span(data, size)));
    std::uint16_t lengths[6];
    for (auto &length : lengths)
        length = reader.read<std::uint16_t>();
    DwarfSections sections;
    sections.abbrev = reader.readBytes(lengths[0]);
    sections.str = reader.readBytes(lengths[1]);
    sections.lineStr = reader.readBytes(lengths[2]);
    sections.strOffsets = reader.readBytes(lengths[3]);
    sections.addr = reader.readBytes(lengths[4]);
    sections.line = reader.readBytes(lengths[5]);
    if (reader.failed())
        return 0;
    sections.info = reader.readBytes(reader.remaining());
    sections.fileName = "input";

    Progress progress;
    const auto source = DwarfReader::open(sections, progress);
    if (!source)
        return 0;
    const TypeIndex &index = (*source)->index();
    std::size_t budget = 64;
    for (std::size_t n = 0; n < index.nameCount() && budget > 0; ++n) {
        for (const auto &entry : index.entries(n)) {
            if (budget-- == 0)
                break;
            if (entry.nameClass == NameClass::Variable || entry.nameClass == NameClass::Function) {
                for (const Declaration &declaration : (*source)->findDeclarations(entry.nameClass, index.name(n)))
                    use(declaration.type, 2);
            } else {
                use((*source)->resolve(Type(source->get(), TypeId{entry.die})), 3);
            }
        }
    }
    return 0;
}
