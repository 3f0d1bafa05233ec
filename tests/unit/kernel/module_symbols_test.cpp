#include "core/kernel/module_symbols.h"

#include "tests/support/module_kernel.h"

#include <gmock/gmock.h>

namespace ks::kernel {
namespace {

using test::ModuleEra;
using test::ModuleKernel;
using testing::HasSubstr;
using Symbols = ModuleEra::Symbols;

class ModuleSymbols : public testing::TestWithParam<Symbols> {
protected:
    Result<OwnedSymbols> read()
    {
        const auto modules = listModules(kernel_.context());
        if (!modules)
            return std::unexpected(modules.error());
        return readModuleSymbols(kernel_.context(), modules->entries.at(0));
    }
    /// Where symtab, num_symtab and strtab are.
    void put(const char *member, std::uint64_t value)
    {
        if (GetParam() == Symbols::InModule)
            kernel_.put(kernel_.alpha, "module", member, value);
        else
            kernel_.put(kernel_.place(kernel_.alpha, "module", "core_kallsyms"), "mod_kallsyms", member, value);
    }

    ModuleKernel kernel_{ModuleEra{.symbols = GetParam()}};
};

TEST_P(ModuleSymbols, AreThoseOfKallsyms)
{
    const auto read = this->read();
    ASSERT_TRUE(read) << read.error().message();
    ASSERT_EQ(read->symbols.size(), kernel_.moduleSymbols.size()) << "neither those without a name nor undefined ones";
    const std::vector<SymbolKind> kinds = {SymbolKind::Function, SymbolKind::Function, SymbolKind::Data,
                                           SymbolKind::PerCpu, SymbolKind::Data};
    // Where a letter took their place, size and binding are not known.
    const bool hasSizes = GetParam() != Symbols::SizeLetters;
    const bool hasBindings = GetParam() == Symbols::SizeLetters || GetParam() == Symbols::Letters;
    for (std::size_t i = 0; i < read->symbols.size(); ++i) {
        const Symbol &ours = read->symbols[i];
        const test::ModuleKernelSymbol &theirs = kernel_.moduleSymbols[i];
        EXPECT_EQ(ours.name, theirs.name);
        EXPECT_EQ(ours.module, "alpha");
        EXPECT_EQ(ours.address, theirs.address) << ours.name;
        EXPECT_EQ(ours.kind, kinds[i]) << ours.name;
        EXPECT_EQ(ours.size, hasSizes ? theirs.size : 0) << ours.name;
        EXPECT_EQ(ours.global, hasBindings && theirs.global) << ours.name;
    }
}

TEST_P(ModuleSymbols, AGiantNumberIsRefused)
{
    put("num_symtab", 0xffffffff);
    EXPECT_EQ(read().error().code, ErrorCode::Limit);
}

TEST_P(ModuleSymbols, TablesThatLieNowhereAreNamed)
{
    put("symtab", 0xdead4ead00000000);
    const auto read = this->read();
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::Unreadable);
    EXPECT_THAT(read.error().message(), HasSubstr("symtab of alpha at 0xdead4ead00000000"));
}

TEST_P(ModuleSymbols, NamesThatLieNowhereAreNamed)
{
    put("strtab", 0xdead4ead00000000);
    const auto read = this->read();
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::Unreadable);
    EXPECT_THAT(read.error().message(), HasSubstr("strtab of alpha at 0xdead4ead00000000"));
}

TEST_P(ModuleSymbols, NamesFarBehindAreRefused)
{
    const VirtAddr table = kernel_.allocate(24);
    kernel_.memory.set<std::uint32_t>(table, 0xfffffff0);
    put("symtab", table.value);
    put("num_symtab", 1);
    EXPECT_EQ(read().error().code, ErrorCode::Limit);
}

TEST_P(ModuleSymbols, ANameThatDoesNotEndIsRefused)
{
    const VirtAddr strings = kernel_.allocate(8192);
    kernel_.memory.write(strings, std::vector<std::byte>(8192, std::byte{'x'}));
    put("strtab", strings.value);
    EXPECT_EQ(read().error().code, ErrorCode::BadFormat);
}

TEST_P(ModuleSymbols, AModuleWithoutSymbolsHasNone)
{
    put("num_symtab", 0);
    const auto read = this->read();
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_TRUE(read->symbols.empty());
}

INSTANTIATE_TEST_SUITE_P(Eras, ModuleSymbols,
                         testing::Values(Symbols::InModule, Symbols::InfoLetters, Symbols::SizeLetters,
                                         Symbols::Letters));

TEST(ModuleSymbolsOfAll, AreAddedAndWhatIsMissingIsSaid)
{
    const ModuleKernel kernel{ModuleEra{}};
    SymbolTableBuilder builder;
    const auto modules = listModules(kernel.context());
    ASSERT_TRUE(modules) << modules.error().message();
    const auto problems = addModuleSymbols(kernel.context(), modules->entries, builder);
    ASSERT_EQ(problems.size(), 1U) << "beta has none yet";
    EXPECT_THAT(problems.front(), HasSubstr("beta"));
    const SymbolTable table = builder.build();
    EXPECT_EQ(table.size(), kernel.moduleSymbols.size());
    ASSERT_TRUE(table.findFirst("alpha::alpha_open"));
    EXPECT_EQ(toString(*table.lookup(ModuleKernel::kBase + 0x30)), "alpha::alpha_open+0x10");
}

TEST(ModuleSymbolsOfAll, WithoutKallsymsThereAreNone)
{
    const ModuleKernel kernel{ModuleEra{.symbols = Symbols::None}};
    const auto modules = listModules(kernel.context());
    ASSERT_TRUE(modules) << modules.error().message();
    const auto read = readModuleSymbols(kernel.context(), modules->entries.at(0));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::NotFound);
}

} // namespace
} // namespace ks::kernel
