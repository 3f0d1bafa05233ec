#include "core/kernel/module_sections.h"

#include "tests/support/module_kernel.h"

#include <gmock/gmock.h>

#include <fstream>

namespace ks::kernel {
namespace {

using test::ModuleEra;
using test::ModuleKernel;
using testing::HasSubstr;
using Sections = ModuleEra::Sections;

class ModuleSections : public testing::TestWithParam<Sections> {
protected:
    ModuleKernel kernel_{ModuleEra{.sections = GetParam()}};
};

TEST_P(ModuleSections, NamesAndAddresses)
{
    const auto sections = readModuleSections(kernel_.context(), kernel_.alpha);
    ASSERT_TRUE(sections) << sections.error().message();
    ASSERT_EQ(sections->size(), kernel_.sections.size());
    for (std::size_t i = 0; i < sections->size(); ++i) {
        EXPECT_EQ((*sections)[i].name, kernel_.sections[i].name);
        EXPECT_EQ((*sections)[i].address, kernel_.sections[i].address);
    }
}

TEST_P(ModuleSections, AModuleWithoutThemIsSaidToHaveNone)
{
    const auto sections = readModuleSections(kernel_.context(), kernel_.beta);
    ASSERT_FALSE(sections);
    EXPECT_EQ(sections.error().code, ErrorCode::NotFound);
}

TEST_P(ModuleSections, APointerIntoNothingIsNamed)
{
    kernel_.put(kernel_.alpha, "module", "sect_attrs", 0xdead4ead00000000);
    const auto sections = readModuleSections(kernel_.context(), kernel_.alpha);
    ASSERT_FALSE(sections);
    EXPECT_EQ(sections.error().code, ErrorCode::Unreadable);
    EXPECT_THAT(sections.error().message(), HasSubstr("0xdead4ead000000"));
}

TEST_P(ModuleSections, ANameThatDoesNotEndIsRefused)
{
    const VirtAddr endless = kernel_.allocate(4096);
    kernel_.memory.write(endless, std::vector<std::byte>(4096, std::byte{'x'}));
    const VirtAddr attributes(kernel_.get(kernel_.alpha, "module", "sect_attrs"));
    if (GetParam() == Sections::Pointers) {
        const VirtAddr pointers(kernel_.get(attributes, "module_sect_attrs", "grp.bin_attrs"));
        kernel_.put(VirtAddr(kernel_.get(pointers, "list_head", "next")), "bin_attribute", "attr.name", endless.value);
    } else {
        kernel_.put(kernel_.place(attributes, "module_sect_attrs", "attrs"), "module_sect_attr",
                    GetParam() == Sections::Named ? "name" : "battr.attr.name", endless.value);
    }
    const auto sections = readModuleSections(kernel_.context(), kernel_.alpha);
    ASSERT_FALSE(sections);
    EXPECT_EQ(sections.error().code, ErrorCode::Unreadable);
}

INSTANTIATE_TEST_SUITE_P(Eras, ModuleSections, testing::Values(Sections::Named, Sections::Battr, Sections::Pointers));

TEST(ModuleSectionsOfDamagedMemory, AGiantNumberIsRefused)
{
    ModuleKernel kernel{ModuleEra{}};
    kernel.put(VirtAddr(kernel.get(kernel.alpha, "module", "sect_attrs")), "module_sect_attrs", "nsections",
               0xffffffff);
    const auto sections = readModuleSections(kernel.context(), kernel.alpha);
    ASSERT_FALSE(sections);
    EXPECT_EQ(sections.error().code, ErrorCode::Limit);
}

TEST(ModuleSectionsOfDamagedMemory, AListThatDoesNotEndIsRefused)
{
    ModuleKernel kernel{ModuleEra{.sections = Sections::Pointers}};
    constexpr VirtAddr kEndless(0xffff888100000000);
    kernel.memory.add(kEndless, std::vector<std::byte>(std::size_t{1} << 20, std::byte{0x11}));
    const VirtAddr attributes(kernel.get(kernel.alpha, "module", "sect_attrs"));
    kernel.put(attributes, "module_sect_attrs", "grp.bin_attrs", kEndless.value);
    const auto sections = readModuleSections(kernel.context(), kernel.alpha);
    ASSERT_FALSE(sections);
    EXPECT_EQ(sections.error().code, ErrorCode::Limit);
    // One that runs out of the memory is not readable to its end.
    kernel.put(attributes, "module_sect_attrs", "grp.bin_attrs", kEndless.value + 0xffff0);
    const auto cut = readModuleSections(kernel.context(), kernel.alpha);
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, ErrorCode::Unreadable);
    EXPECT_THAT(cut.error().message(), HasSubstr("0xffff888100100000"));
}

TEST(ModuleSectionsOfDamagedMemory, WithoutKallsymsThereAreNone)
{
    const ModuleKernel kernel{ModuleEra{.sections = Sections::None}};
    const auto sections = readModuleSections(kernel.context(), kernel.alpha);
    ASSERT_FALSE(sections);
    EXPECT_EQ(sections.error().code, ErrorCode::NotFound);
    EXPECT_THAT(sections.error().message(), HasSubstr("CONFIG_KALLSYMS"));
}

class SysModuleSections : public testing::Test {
protected:
    void SetUp() override
    {
        root_ = std::filesystem::temp_directory_path() /
                ("kernoscope-sys-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + "-" +
                 std::to_string(::testing::UnitTest::GetInstance()->random_seed()));
        std::filesystem::create_directories(root_ / "alpha" / "sections");
    }
    void TearDown() override { std::filesystem::remove_all(root_); }
    void write(const char *section, const char *text) { std::ofstream(root_ / "alpha" / "sections" / section) << text; }

    std::filesystem::path root_;
};

TEST_F(SysModuleSections, AreReadInTheOrderOfNames)
{
    write(".text", "0xffffffffc0000000\n");
    write(".data", "0xffffffffc0005000\n");
    const auto sections = readSysModuleSections(root_, "alpha");
    ASSERT_TRUE(sections) << sections.error().message();
    ASSERT_EQ(sections->size(), 2U);
    EXPECT_EQ((*sections)[0].name, ".data");
    EXPECT_EQ((*sections)[1].name, ".text");
    EXPECT_EQ((*sections)[1].address, VirtAddr(0xffffffffc0000000));
}

TEST_F(SysModuleSections, HiddenAddressesAreAMatterOfPermission)
{
    write(".text", "0x0000000000000000\n");
    EXPECT_EQ(readSysModuleSections(root_, "alpha").error().code, ErrorCode::Permission);
}

TEST_F(SysModuleSections, OtherTextIsRefusedAndOtherModulesAreNotThere)
{
    write(".text", "somewhere\n");
    EXPECT_EQ(readSysModuleSections(root_, "alpha").error().code, ErrorCode::BadFormat);
    EXPECT_EQ(readSysModuleSections(root_, "beta").error().code, ErrorCode::NotFound);
}

} // namespace
} // namespace ks::kernel
