// A cache file of any contents, whose header is made to be right half of the time, so that the tables are reached.
#include "core/types/dwarf_reader.h"
#include "core/types/type_index_cache.h"

#include <cstring>

namespace {

using namespace ks;

/// Every lookup, with a bound on how many names are tried.
void use(const TypeIndex &index)
{
    constexpr std::size_t kEnough = 200;
    for (std::size_t n = 0; n < std::min(index.nameCount(), kEnough); ++n) {
        const std::string_view name = index.name(n);
        for (const auto &entry : index.entries(n))
            (void)index.unitOf(entry.die);
        (void)index.find(name);
        (void)index.find(NameClass::Struct, name);
    }
    (void)index.find("task_struct");
    (void)index.typeNameCount();
}

/// The header that a writer gives to these bytes, cut into the sections of an index by the lengths in front.
std::string wrapped(std::span<const std::byte> bytes)
{
    constexpr std::size_t kCount = 6;
    std::vector<CacheSection> sections = sectionsOf(TypeIndex());
    for (std::size_t i = 0; i < kCount; ++i) {
        const std::size_t length = bytes.empty() ? 0 : std::to_integer<std::size_t>(bytes[0]) * 4;
        bytes = bytes.subspan(std::min<std::size_t>(bytes.size(), 1));
        sections[i].bytes = bytes.first(std::min(length, bytes.size()));
        bytes = bytes.subspan(sections[i].bytes.size());
    }
    const CacheImage image = makeCacheImage({"ab", "types", kTypeIndexVersion}, {}, sections);
    std::string file(image.size, '\0');
    std::memcpy(file.data(), image.header.data(), image.header.size());
    for (std::size_t i = 0; i < kCount; ++i)
        if (!sections[i].bytes.empty())
            std::memcpy(file.data() + image.offsets[i], sections[i].bytes.data(), sections[i].bytes.size());
    return file;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
    std::string text =
        data[0] & 1 ? wrapped(bytes) : std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    const auto file = CacheFile::open(MappedFile::fromBytes(std::move(text), "input"));
    if (!file)
        return 0;
    (void)(*file)->verify();
    if (const auto index = typeIndexOf(*file)) {
        use(*index);
        // The reader trusts neither the index nor the debug information.
        const auto reader = DwarfReader::open(DwarfSections{}, *index);
        reader->forEachTypeName([&, left = 50](NameClass nameClass, std::string_view name) mutable {
            for (const Type &type : reader->findTypes(nameClass, name))
                (void)reader->resolve(type).size();
            return --left > 0;
        });
        (void)reader->findDeclarations(NameClass::Variable, "jiffies");
    }
    return 0;
}
