// Modules at the addresses of their sections, against the same objects as a linker has put them there.
#include "core/symbols/relocation.h"

#include "core/symbols/symbol_readers.h"
#include "core/types/dwarf_reader.h"
#include "module_fixture.h"

#include <map>

namespace ks {
namespace {

using test::fixture;
using test::loadedAt;
using testing::HasSubstr;

const char *const kVariants[] = {"gcc5", "gcc4", "clang5", "arm64", "gcc5zlib", "gcc5zstd"};

std::shared_ptr<const ElfImage> imageOf(const std::filesystem::path &path)
{
    auto image = ElfImage::open(path);
    EXPECT_TRUE(image) << image.error().message();
    return image ? *image : nullptr;
}

std::unique_ptr<DwarfReader> readerOf(const std::shared_ptr<const ElfImage> &image,
                                      const SectionAddresses &addresses = {})
{
    auto sections = dwarfSectionsOf(image, addresses);
    EXPECT_TRUE(sections) << sections.error().message();
    Progress progress;
    auto reader = sections ? DwarfReader::open(std::move(*sections), progress) : std::unexpected(sections.error());
    EXPECT_TRUE(reader) << reader.error().message();
    return reader ? std::move(*reader) : nullptr;
}

std::filesystem::path linked(const std::string &variant)
{
    return fixture(variant.substr(0, 5) == "gcc5z" ? "gcc5/linked" : variant + "/linked");
}

/// Of all functions and variables of a name, sorted.
std::vector<std::uint64_t> addresses(const DwarfReader &reader, NameClass nameClass, std::string_view name)
{
    std::vector<std::uint64_t> found;
    for (const Declaration &declaration : reader.findDeclarations(nameClass, name))
        if (declaration.linkAddress)
            found.push_back(declaration.linkAddress->value);
    std::ranges::sort(found);
    return found;
}

constexpr std::pair<NameClass, const char *> kInMemory[] = {
    {NameClass::Function, "work"},          {NameClass::Function, "helper"},         {NameClass::Function, "stop"},
    {NameClass::Function, "more_work"},     {NameClass::Variable, "queue"},          {NameClass::Variable, "last"},
    {NameClass::Variable, "first_counter"}, {NameClass::Variable, "second_counter"}, {NameClass::Variable, "version"},
    {NameClass::Variable, "buffer"},        {NameClass::Variable, "second"},         {NameClass::Variable, "number"},
    {NameClass::Variable, "this_module"},
};

TEST(Relocation, FunctionsAndVariablesLieWhereALinkerPutsThem)
{
    for (const std::string variant : kVariants) {
        const auto module = readerOf(imageOf(fixture(variant + "/tiny-module.ko")), loadedAt());
        const auto reference = readerOf(imageOf(linked(variant)));
        ASSERT_TRUE(module && reference) << variant;
        for (const auto &[nameClass, name] : kInMemory) {
            const auto expected = addresses(*reference, nameClass, name);
            EXPECT_FALSE(expected.empty()) << variant << " " << name;
            EXPECT_EQ(addresses(*module, nameClass, name), expected) << variant << " " << name;
        }
    }
}

TEST(Relocation, TypesAreThoseOfTheLinkedProgram)
{
    const auto types = [](const DwarfReader &reader) {
        std::vector<std::string> list;
        reader.forEachTypeName([&](NameClass nameClass, std::string_view name) {
            for (const Type &type : reader.findTypes(nameClass, name)) {
                std::string text =
                    std::string(ks::name(nameClass)) + " " + std::string(name) + " " + std::to_string(type.size());
                for (const Member &member : type.node().members)
                    text += " " + member.name + ":" + type.memberType(member).spelling();
                list.push_back(std::move(text));
            }
            return true;
        });
        std::ranges::sort(list);
        return list;
    };
    for (const std::string variant : kVariants) {
        const auto module = readerOf(imageOf(fixture(variant + "/tiny-module.ko")));
        const auto reference = readerOf(imageOf(linked(variant)));
        ASSERT_TRUE(module && reference) << variant;
        EXPECT_EQ(types(*module), types(*reference)) << variant;
        EXPECT_THAT(types(*module), testing::Contains(HasSubstr("struct queue 40 length:long"))) << variant;
    }
}

TEST(Relocation, WhatIsNotInMemoryIsNowhere)
{
    for (const std::string variant : kVariants) {
        const auto module = readerOf(imageOf(fixture(variant + "/tiny-module.ko")), loadedAt());
        ASSERT_TRUE(module) << variant;
        std::vector<std::uint64_t> all = addresses(*module, NameClass::Function, "start");
        for (const char *name : {"settings", "modinfo_name", "versions"})
            for (const std::uint64_t address : addresses(*module, NameClass::Variable, name))
                all.push_back(address);
        ASSERT_EQ(all.size(), 4u) << variant;
        for (const std::uint64_t address : all)
            EXPECT_TRUE(isNowhere(VirtAddr(address))) << variant << " " << hex(address);
    }
}

} // namespace
} // namespace ks
