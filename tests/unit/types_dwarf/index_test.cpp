// The name index against a walk over all DIEs by libdwarf.
#include "support.h"

#include "core/types/dwarf_die.h"
#include "core/types/dwarf_scanner.h"

#include <dwarf.h>
#include <gmock/gmock.h>
#include <set>

namespace ks::test {
namespace {

using Found = std::tuple<NameClass, std::string, std::uint64_t>;

class Walk {
public:
    explicit Walk(const DwarfSections &sections) : sections_(sections)
    {
        for (std::uint64_t offset = 0; offset < sections.info.size();) {
            unit_ = readUnitHeader(sections, offset).value();
            open_ = LibdwarfUnit::open(sections, unit_).value();
            visit(unit_.firstDie, true);
            offset = unit_.end;
        }
    }
    std::set<Found> found;

private:
    void visit(std::uint64_t parent, bool atFileScope)
    {
        std::vector<DwarfDie> children;
        ASSERT_TRUE(readDie(sections_, *open_, parent, [&](const DwarfDie &die) {
            children.push_back(die);
            return true;
        }));
        for (const DwarfDie &die : children) {
            const bool isBody = die.tag == DW_TAG_subprogram || die.tag == DW_TAG_lexical_block;
            if (const auto nameClass = classOf(die.tag, atFileScope); nameClass && !die.name.empty())
                found.emplace(*nameClass, die.name, die.offset);
            if (isBody && !die.abstractOrigin)
                visit(die.offset, false);
        }
    }

    static std::optional<NameClass> classOf(unsigned tag, bool atFileScope)
    {
        switch (tag) {
        case DW_TAG_structure_type: return NameClass::Struct;
        case DW_TAG_union_type: return NameClass::Union;
        case DW_TAG_enumeration_type: return NameClass::Enum;
        case DW_TAG_typedef: return NameClass::Typedef;
        case DW_TAG_base_type: return NameClass::Base;
        case DW_TAG_variable: return atFileScope ? std::optional(NameClass::Variable) : std::nullopt;
        case DW_TAG_subprogram: return atFileScope ? std::optional(NameClass::Function) : std::nullopt;
        default: return std::nullopt;
        }
    }

    const DwarfSections &sections_;
    DwarfUnit unit_;
    std::unique_ptr<LibdwarfUnit> open_;
};

class NameIndex : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Compilers, NameIndex, ::testing::ValuesIn(fixturePaths()),
                         [](const auto &param) { return std::filesystem::path(param.param).stem().string(); });

TEST_P(NameIndex, HoldsWhatAWalkFinds)
{
    const Fixture fixture(GetParam());
    const DwarfSections sections = fixture.sections();
    const Walk walk(sections);
    const TypeIndex &index = fixture.reader().index();
    std::set<std::pair<NameClass, std::string>> walked, indexed;
    for (const auto &[nameClass, name, die] : walk.found)
        walked.emplace(nameClass, name);
    for (std::size_t n = 0; n < index.nameCount(); ++n) {
        const std::string name(index.name(n));
        for (const auto &entry : index.entries(n)) {
            if (entry.nameClass == NameClass::Enumerator)
                continue;
            indexed.emplace(entry.nameClass, name);
            // Things without a name of their own have it from their origin; these libdwarf shows without one.
            const bool isThing = entry.nameClass == NameClass::Variable || entry.nameClass == NameClass::Function;
            if (!isThing) {
                EXPECT_TRUE(walk.found.contains({entry.nameClass, name, entry.die})) << name;
            }
        }
    }
    EXPECT_EQ(walked, indexed);
}

TEST_P(NameIndex, TellsStructsOfOneNameLineAndSizeApart)
{
    const Fixture fixture(GetParam());
    std::set<std::string> members;
    for (const Type &type : fixture.reader().findTypes(NameClass::Struct, "same_place"))
        members.insert(type.node().members.at(0).name);
    EXPECT_THAT(members, ::testing::ElementsAre("alpha", "gamma"));
    EXPECT_EQ(fixture.reader().findTypes(NameClass::Struct, "same_thing").size(), 1u)
        << "both units have it from one header";
}

TEST_P(NameIndex, HasAStructOfAHeaderOnceWhereverTheHeaderIsListed)
{
    const Fixture fixture(GetParam());
    EXPECT_EQ(fixture.reader().findTypes(NameClass::Struct, "of_first_header").size(), 1u);
}

TEST_P(NameIndex, KeepsASourceFilesOwnStructsWhereverItIsListed)
{
    const Fixture fixture(GetParam());
    std::set<std::string> members;
    for (const Type &type : fixture.reader().findTypes(NameClass::Struct, "twice_included"))
        members.insert(type.node().members.at(1).name);
    EXPECT_THAT(members, ::testing::ElementsAre("other", "second"));
}

using Entry = std::tuple<std::string, std::uint32_t, int, int, int>;

/// All that an index holds.
std::vector<Entry> scanned(const DwarfSections &sections, unsigned threads, IndexedNames wanted)
{
    Progress progress;
    const auto index = scanDwarf(sections, progress, threads, wanted).value();
    std::vector<Entry> all;
    for (std::size_t n = 0; n < index.nameCount(); ++n)
        for (const auto &entry : index.entries(n))
            all.emplace_back(index.name(n), entry.die, int(entry.nameClass), entry.flags, entry.units);
    std::ranges::sort(all);
    return all;
}

TEST_P(NameIndex, IsTheSameForAnyNumberOfThreads)
{
    // As many units as it takes to have work for several threads, which take a megabyte at a time.
    const Fixture fixture(GetParam());
    DwarfSections sections = fixture.sections();
    std::vector<std::byte> repeated;
    while (repeated.size() < std::size_t{4} << 20)
        repeated.insert(repeated.end(), sections.info.begin(), sections.info.end());
    sections.info = repeated;
    for (const auto wanted : {IndexedNames::All, IndexedNames::Types}) {
        const auto one = scanned(sections, 1, wanted);
        EXPECT_EQ(one, scanned(sections, 2, wanted));
        EXPECT_EQ(one, scanned(sections, 4, wanted));
    }
}

TEST_P(NameIndex, OfTypesAloneHasTheSameTypes)
{
    const Fixture fixture(GetParam());
    auto all = scanned(fixture.sections(), 1, IndexedNames::All);
    std::erase_if(all, [](const Entry &entry) { return !isTypeClass(NameClass(std::get<2>(entry))); });
    const auto types = scanned(fixture.sections(), 1, IndexedNames::Types);
    EXPECT_EQ(all, types);
    EXPECT_FALSE(types.empty());
}

TEST_P(NameIndex, OfTypesAloneIsMadeWholeWhenMoreIsAskedFor)
{
    const Fixture fixture(GetParam());
    Progress progress;
    auto index = scanDwarf(fixture.sections(), progress, 1, IndexedNames::Types).value();
    const auto reader = DwarfReader::open(fixture.sections(), std::move(index), IndexedNames::Types);
    const auto &whole = fixture.reader();
    EXPECT_EQ(reader->typeNameCount(), whole.typeNameCount());
    EXPECT_EQ(reader->findTypes(NameClass::Struct, "plain").size(), whole.findTypes(NameClass::Struct, "plain").size());
    const auto variables = reader->findDeclarations(NameClass::Variable, "hidden_number");
    ASSERT_EQ(variables.size(), 2u);
    EXPECT_EQ(variables[0].linkAddress, whole.findDeclarations(NameClass::Variable, "hidden_number")[0].linkAddress);
    EXPECT_EQ(reader->findDeclarations(NameClass::Function, "takes_things").size(), 1u);
    EXPECT_EQ(reader->findTypes(NameClass::Enumerator, "SMALL_BIG").size(), 1u);
}

} // namespace
} // namespace ks::test
