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

TEST_P(NameIndex, IsTheSameForAnyNumberOfThreads)
{
    const Fixture fixture(GetParam());
    const auto tables = [&](unsigned threads) {
        Progress progress;
        const auto index = scanDwarf(fixture.sections(), progress, threads).value();
        std::vector<std::tuple<std::string, std::uint32_t, int, int, int>> all;
        for (std::size_t n = 0; n < index.nameCount(); ++n)
            for (const auto &entry : index.entries(n))
                all.emplace_back(index.name(n), entry.die, int(entry.nameClass), entry.flags, entry.units);
        std::ranges::sort(all);
        return all;
    };
    EXPECT_EQ(tables(1), tables(2));
}

} // namespace
} // namespace ks::test
