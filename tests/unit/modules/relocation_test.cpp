// Modules at the addresses of their sections, against the same objects as a linker has put them there.
#include "core/symbols/relocation.h"

#include "core/symbols/symbol_readers.h"
#include "core/types/dwarf_reader.h"
#include "module_fixture.h"

#include <algorithm>
#include <elf.h>

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
        for (const char *name : {"settings", "modinfo_name", "versions", "addressable"})
            for (const std::uint64_t address : addresses(*module, NameClass::Variable, name))
                all.push_back(address);
        ASSERT_EQ(all.size(), 5u) << variant;
        for (const std::uint64_t address : all)
            EXPECT_TRUE(isNowhere(VirtAddr(address))) << variant << " " << hex(address);
    }
}

/// A module whose relocations can be changed.
class DamagedRelocation : public test::TemporaryFolder {
protected:
    void SetUp() override
    {
        TemporaryFolder::SetUp();
        bytes_ = test::contentsOf(fixture("gcc5/tiny-module.ko"));
        const auto image = imageOf(fixture("gcc5/tiny-module.ko"));
        ASSERT_TRUE(image);
        const ElfSection *table = image->section(".rela.debug_info");
        ASSERT_TRUE(table && table->size >= 10 * sizeof(Elf64_Rela));
        table_ = table->offset.value;
        header_ = reinterpret_cast<const Elf64_Ehdr *>(bytes_.data())->e_shoff + table->index * sizeof(Elf64_Shdr);
        symbols_ = image->section(".symtab")->size / sizeof(Elf64_Sym);
        info_ = image->section(".debug_info")->size;
    }
    /// Number 3 of .rela.debug_info.
    Elf64_Rela &relocation()
    {
        return *reinterpret_cast<Elf64_Rela *>(bytes_.data() + table_ + 3 * sizeof(Elf64_Rela));
    }
    Elf64_Shdr &table() { return *reinterpret_cast<Elf64_Shdr *>(bytes_.data() + header_); }
    Error error()
    {
        const auto image = ElfImage::open(put("bad.ko", bytes_));
        const auto sections = image ? dwarfSectionsOf(*image, loadedAt()) : std::unexpected(image.error());
        EXPECT_FALSE(sections);
        return sections ? Error{} : sections.error();
    }

    std::string bytes_;
    std::size_t table_ = 0, header_ = 0, symbols_ = 0, info_ = 0;
};

TEST_F(DamagedRelocation, IsNamedWithItsPlace)
{
    const std::string intact = bytes_;
    const auto expect = [&](ErrorCode code, const std::string &why) {
        const Error seen = error();
        EXPECT_EQ(seen.code, code) << why;
        EXPECT_THAT(seen.message(),
                    testing::AllOf(HasSubstr("bad.ko"), HasSubstr(".rela.debug_info+0x48"), HasSubstr(why)));
        bytes_ = intact;
    };
    relocation().r_info = ELF64_R_INFO(1, 99);
    expect(ErrorCode::Unsupported, "relocation type 99");
    relocation().r_info = ELF64_R_INFO(symbols_, R_X86_64_32);
    expect(ErrorCode::BadFormat, "names symbol " + std::to_string(symbols_));
    for (const std::uint64_t offset : {std::uint64_t{info_ - 3}, std::uint64_t{info_}, ~std::uint64_t{0}}) {
        relocation().r_offset = offset;
        expect(ErrorCode::BadFormat, "writes to " + hex(offset));
    }
    relocation().r_addend = std::int64_t{1} << 40;
    expect(ErrorCode::BadFormat, "does not fit into four bytes");
}

TEST_F(DamagedRelocation, ATableOfAnotherShapeIsRefused)
{
    const std::string intact = bytes_;
    table().sh_link = 0;
    EXPECT_THAT(error().message(), HasSubstr("symbol table"));
    bytes_ = intact;
    table().sh_type = SHT_REL;
    EXPECT_EQ(error().code, ErrorCode::Unsupported);
    bytes_ = intact;
    table().sh_size -= 1;
    EXPECT_EQ(error().code, ErrorCode::BadFormat);
    bytes_ = intact;
    table().sh_offset = std::uint64_t{1} << 62;
    EXPECT_EQ(error().code, ErrorCode::BadFormat);
    bytes_ = intact;
    reinterpret_cast<Elf64_Ehdr *>(bytes_.data())->e_machine = EM_S390;
    EXPECT_EQ(error().code, ErrorCode::Unsupported);
}

TEST_F(DamagedRelocation, TheAddressInTheFileIsNotAddedToTheOneInMemory)
{
    // Since 6.10 the linker script of modules gives the sections addresses (scripts/module.lds.S).
    const auto image = imageOf(fixture("gcc5/tiny-module.ko"));
    const auto before = addresses(*readerOf(image, loadedAt()), NameClass::Function, "more_work");
    for (const char *name : {".text", ".data", ".data..percpu"}) {
        const auto at = reinterpret_cast<const Elf64_Ehdr *>(bytes_.data())->e_shoff +
                        image->section(name)->index * sizeof(Elf64_Shdr);
        reinterpret_cast<Elf64_Shdr *>(bytes_.data() + at)->sh_addr = 0x4000;
    }
    const auto moved = imageOf(put("moved.ko", bytes_));
    EXPECT_EQ(addresses(*readerOf(moved, loadedAt()), NameClass::Function, "more_work"), before);
    const auto symbols = readModuleSymbols(*moved, loadedAt(), "m");
    ASSERT_TRUE(symbols);
    const auto counter = std::ranges::find(*symbols, "second_counter", &Symbol::name);
    ASSERT_NE(counter, symbols->end());
    EXPECT_EQ(counter->kind, SymbolKind::PerCpu);
    EXPECT_EQ(counter->address, VirtAddr(0x3b000));
}

TEST(Relocation, DebugInformationAloneIsRelocatedLikeTheWholeFile)
{
    const auto whole = readerOf(imageOf(fixture("gcc5/tiny-module.ko")), loadedAt());
    const auto alone = readerOf(imageOf(fixture("tiny-module.ko.debug")), loadedAt());
    ASSERT_TRUE(whole && alone);
    for (const auto &[nameClass, name] : kInMemory)
        EXPECT_EQ(addresses(*alone, nameClass, name), addresses(*whole, nameClass, name)) << name;
}

TEST(Relocation, EqualNamesOfSeveralSourceFilesAreOne)
{
    const auto reader = readerOf(imageOf(fixture("gcc5/tiny-module.ko")));
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->findTypes(NameClass::Struct, "device").size(), 1u);
    EXPECT_EQ(reader->findTypes(NameClass::Base, "int").size(), 1u);
}

TEST(Relocation, EachSectionHasItsPlace)
{
    const auto image = imageOf(fixture("gcc5/tiny-module.ko"));
    ASSERT_TRUE(image);
    const auto places = placeSections(*image, loadedAt());
    EXPECT_EQ(places[image->section(".text")->index], VirtAddr(0xffffffffc0001000));
    EXPECT_EQ(places[image->section(".debug_info")->index], VirtAddr(0));
    EXPECT_TRUE(isNowhere(places[image->section(".init.text")->index]));
    EXPECT_TRUE(isNowhere(places[image->section(".modinfo")->index]));
}

} // namespace
} // namespace ks
