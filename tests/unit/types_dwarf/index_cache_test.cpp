// The index in a cache file: the same as the one that was put there, and harmless when it is not.
#include "support.h"

#include "core/types/dwarf_scanner.h"
#include "core/types/type_index_cache.h"
#include "tests/support/libdwarf_leaks.h"

#include <cstring>
#include <gmock/gmock.h>
#include <random>

namespace ks::test {
namespace {

std::string fileOf(const std::vector<CacheSection> &sections)
{
    const CacheImage image = makeCacheImage({"ab", "types", kTypeIndexVersion}, {}, sections);
    std::string file(image.size, '\0');
    std::memcpy(file.data(), image.header.data(), image.header.size());
    for (std::size_t i = 0; i < sections.size(); ++i)
        if (!sections[i].bytes.empty())
            std::memcpy(file.data() + image.offsets[i], sections[i].bytes.data(), sections[i].bytes.size());
    return file;
}

std::optional<TypeIndex> load(std::string bytes)
{
    const auto file = CacheFile::open(MappedFile::fromBytes(std::move(bytes), "index"));
    return file ? typeIndexOf(*file) : std::nullopt;
}

using Row = std::tuple<std::string, std::uint32_t, int, int, int>;

std::vector<Row> rows(std::string_view name, std::span<const TypeIndex::Entry> entries)
{
    std::vector<Row> all;
    for (const auto &entry : entries)
        all.emplace_back(name, entry.die, int(entry.nameClass), entry.flags, entry.units);
    return all;
}

TEST(IndexCache, GivesWhatWasPutThere)
{
    for (const std::string &path : fixturePaths()) {
        const Fixture fixture(path);
        const TypeIndex &made = fixture.reader().index();
        const auto loaded = load(fileOf(sectionsOf(made)));
        ASSERT_TRUE(loaded);
        ASSERT_EQ(loaded->nameCount(), made.nameCount());
        EXPECT_GT(made.typeNameCount(), 10u);
        EXPECT_EQ(loaded->typeNameCount(), made.typeNameCount());
        for (std::size_t n = 0; n < made.nameCount(); ++n) {
            const auto name = made.name(n);
            EXPECT_EQ(loaded->name(n), name);
            EXPECT_FALSE(made.find(name).empty());
            EXPECT_EQ(rows(name, loaded->find(name)), rows(name, made.find(name)));
            for (const auto &entry : made.find(name))
                EXPECT_EQ(loaded->unitOf(entry.die), made.unitOf(entry.die));
        }
        EXPECT_TRUE(loaded->find("no such name").empty());
    }
}

TEST(IndexCache, AMissingSectionIsNoIndex)
{
    const Fixture fixture(fixturePaths().front());
    const auto all = sectionsOf(fixture.reader().index());
    for (std::size_t without = 0; without < all.size(); ++without) {
        auto sections = all;
        sections.erase(sections.begin() + static_cast<std::ptrdiff_t>(without));
        EXPECT_FALSE(load(fileOf(sections))) << without;
    }
}

/// Uses all that an index can be asked. Under the sanitizers a step out of a table ends the test.
std::size_t useAll(const TypeIndex &index)
{
    std::size_t found = 0;
    for (std::size_t n = 0; n < index.nameCount(); ++n) {
        const auto name = index.name(n);
        for (const auto &entry : index.entries(n))
            found += index.unitOf(entry.die).has_value();
        found += index.find(name).size() + index.find(NameClass::Struct, name).size();
    }
    return found + index.find("inner").size() + index.find("not there").size();
}

TEST(IndexCache, WrongNumbersStayInsideTheTables)
{
    const Fixture fixture(fixturePaths().front());
    const TypeIndex &made = fixture.reader().index();
    const std::string sound = fileOf(sectionsOf(made));
    const auto contents = (*CacheFile::open(MappedFile::fromBytes(sound, "index")))->contents();
    const std::size_t honest = useAll(made);
    std::mt19937 random(7);
    std::size_t different = 0;
    for (const auto &part : contents) {
        for (int round = 0; round < 200 && part.size > 0; ++round) {
            std::string damaged = sound;
            for (int hit = 0; hit < 1 + round % 20; ++hit) {
                const std::uint64_t at = part.offset + random() % part.size;
                damaged[at] = round % 3 == 0 ? '\xff' : static_cast<char>(random());
            }
            const auto index = load(damaged);
            ASSERT_TRUE(index) << "opening does not look at the tables";
            different += useAll(*index) != honest;
        }
    }
    EXPECT_GT(different, 0u);
}

TEST(IndexCache, TablesThatEndEarlyAreSafe)
{
    const Fixture fixture(fixturePaths().front());
    const auto all = sectionsOf(fixture.reader().index());
    std::size_t loaded = 0;
    for (std::size_t cut = 0; cut < all.size(); ++cut)
        for (std::size_t keep = 0; keep < all[cut].bytes.size(); keep += 4) {
            auto sections = all;
            sections[cut].bytes = sections[cut].bytes.first(keep);
            if (const auto index = load(fileOf(sections))) {
                useAll(*index);
                ++loaded;
            }
            keep += keep > 64 ? 252 : 0;
        }
    EXPECT_GT(loaded, 0u);
}

TEST(IndexCache, EntriesThatPointAnywhereAreDecodedSafely)
{
    for (const std::string &path : fixturePaths()) {
        const Fixture fixture(path);
        const DwarfSections sections = fixture.sections();
        const auto reader = DwarfReader::open(sections, fixture.reader().index());
        std::size_t broken = 0;
        const DamageIsDecoded damage;
        for (std::uint64_t die = 0; die < sections.info.size() + 100; ++die) {
            const Type type(reader.get(), TypeId{die});
            broken += type.kind() == TypeKind::Broken;
            (void)type.size();
            (void)type.declaration("x");
        }
        EXPECT_GT(broken, 0u);
    }
}

} // namespace
} // namespace ks::test
