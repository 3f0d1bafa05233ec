// Any bytes as BTF: everything that can be asked of it ends, with an answer or with an error.
#include "core/types/btf_reader.h"
#include "core/types/type_format.h"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    using namespace ks;
    const auto file = MappedFile::fromBytes(std::string(reinterpret_cast<const char *>(data), size), "fuzz.btf");
    const auto reader = BtfReader::parse(file, file->bytes());
    if (!reader)
        return 0;
    const BtfReader &types = **reader;

    constexpr std::size_t kMaxTypes = 64;
    for (std::uint64_t id = 0; id <= types.typeCount() + 1 && id < kMaxTypes; ++id) {
        const Type type(&types, TypeId{id});
        (void)type.declaration("x");
        (void)type.size();
        (void)findMember(type, "next");
        (void)types.resolve(type);
        if (type.node().members.size() < 100)
            (void)formatType(type, {.expand = id % 2 == 0});
    }
    std::size_t visited = 0;
    types.forEachTypeName([&](NameClass nameClass, std::string_view name) {
        if (types.findTypes(nameClass, name).empty())
            __builtin_trap();
        (void)types.findTypes(NameClass::Enumerator, name);
        (void)types.findDeclarations(NameClass::Variable, name);
        (void)parseTypeName(types, name);
        return ++visited < kMaxTypes;
    });
    if (visited < kMaxTypes && visited != types.typeNameCount())
        __builtin_trap();
    return 0;
}
