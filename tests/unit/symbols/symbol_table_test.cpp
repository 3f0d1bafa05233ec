#include "core/symbols/symbol_table.h"

#include <gmock/gmock.h>

namespace ks {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kBase = 0xffffffff81000000;

RawSymbol raw(std::string name, std::uint64_t address, std::uint64_t size = 0, SymbolKind kind = SymbolKind::Function,
              bool global = false, std::string module = {})
{
    return {std::move(name), std::move(module), VirtAddr(address), size, kind, global};
}

std::vector<std::string> names(const std::vector<Symbol> &symbols)
{
    std::vector<std::string> result;
    for (const Symbol &symbol : symbols)
        result.emplace_back(symbol.module.empty() ? std::string(symbol.name)
                                                  : std::string(symbol.module) + "::" + std::string(symbol.name));
    return result;
}

std::string at(const SymbolTable &table, std::uint64_t address)
{
    const auto hit = table.lookup(VirtAddr(address));
    return hit ? toString(*hit) : "-";
}

TEST(SymbolTable, AnEmptyTableAnswersNothing)
{
    const SymbolTable table;
    EXPECT_EQ(table.size(), 0u);
    EXPECT_THAT(table.find("x"), IsEmpty());
    EXPECT_THAT(table.find(""), IsEmpty());
    EXPECT_THAT(table.fuzzy("x", 10), IsEmpty());
    EXPECT_THAT(table.withPrefix("", 10), IsEmpty());
    EXPECT_THAT(table.symbolsAt(VirtAddr(0)), IsEmpty());
    EXPECT_EQ(at(table, 0), "-");
    EXPECT_FALSE(table.lookupPerCpu(0));
}

TEST(SymbolTable, ASizeIsHeldTo)
{
    const auto table = SymbolTable::build({raw("one", kBase, 0x10), raw("two", kBase + 0x20, 0x10)});
    EXPECT_EQ(at(table, kBase - 1), "-");
    EXPECT_EQ(at(table, kBase), "one");
    EXPECT_EQ(at(table, kBase + 0xf), "one+0xf");
    EXPECT_EQ(at(table, kBase + 0x10), "-");
    EXPECT_EQ(at(table, kBase + 0x2f), "two+0xf");
    EXPECT_EQ(at(table, kBase + 0x30), "-");
}

TEST(SymbolTable, ALabelInAFunctionAnswersForItsOwnByteOnly)
{
    const auto table = SymbolTable::build({raw("entry", kBase, 0x100, SymbolKind::Function, true),
                                           raw("label", kBase + 0x40, 0, SymbolKind::Other),
                                           raw("inner", kBase + 0x80, 8, SymbolKind::Data)});
    EXPECT_EQ(at(table, kBase + 0x3f), "entry+0x3f");
    EXPECT_EQ(at(table, kBase + 0x40), "label");
    EXPECT_EQ(at(table, kBase + 0x41), "entry+0x41");
    EXPECT_EQ(at(table, kBase + 0x84), "inner+0x4");
    EXPECT_EQ(at(table, kBase + 0x88), "entry+0x88");
    EXPECT_EQ(at(table, kBase + 0x100), "-");
}

TEST(SymbolTable, OverlappingSymbolsGiveTheOneThatBeganLast)
{
    const auto table = SymbolTable::build({raw("a", kBase, 0x20), raw("b", kBase + 0x10, 0x20)});
    EXPECT_EQ(at(table, kBase + 0x18), "b+0x8");
    EXPECT_EQ(at(table, kBase + 0x2f), "b+0x1f");
    EXPECT_EQ(at(table, kBase + 0x30), "-");
}

TEST(SymbolTable, ALongerAliasAnswersBeyondTheBetterOne)
{
    const auto table = SymbolTable::build({raw("best", kBase, 0x10, SymbolKind::Function, true),
                                           raw("longer", kBase, 0x20, SymbolKind::Function, false)});
    EXPECT_EQ(at(table, kBase + 0xf), "best+0xf");
    EXPECT_EQ(at(table, kBase + 0x10), "longer+0x10");
    EXPECT_EQ(at(table, kBase + 0x20), "-");
}

TEST(SymbolTable, UnknownSizesEndAtTheNextSymbolAndAtTheEndOfTheImage)
{
    const auto table = SymbolTable::build({raw("_text", kBase), raw("f", kBase), raw("g", kBase + 0x5000),
                                           raw("_end", kBase + 0x9000, 0, SymbolKind::Data, true)});
    EXPECT_EQ(at(table, kBase), "f");
    EXPECT_EQ(at(table, kBase + 0x4fff), "f+0x4fff");
    EXPECT_EQ(at(table, kBase + 0x8fff), "g+0x3fff");
    EXPECT_EQ(at(table, kBase + 0x9000), "_end");
    EXPECT_EQ(at(table, kBase + 0x9001), "-");
    EXPECT_EQ(at(table, ~std::uint64_t{0}), "-");
}

TEST(SymbolTable, AModulesSymbolsEndWithTheModule)
{
    const auto f = SymbolKind::Function;
    const auto d = SymbolKind::Data;
    const std::uint64_t modules = 0xffffffffc0000000;
    const auto table = SymbolTable::build(
        {raw("_text", kBase), raw("_end", kBase + 0x1000), raw("a", modules, 0, f, false, "one"),
         raw("b", modules + 0x2010, 0, f, false, "one"), raw("v", modules + 0x8000, 0, d, false, "one"),
         raw("w", modules + 0x10000, 0, d, false, "two"), raw("far", modules + 0x10000000, 0, d, false, "two")});
    EXPECT_EQ(at(table, modules + 0x200f), "one::a+0x200f");
    EXPECT_EQ(at(table, modules + 0x2fff), "one::b+0xfef");
    EXPECT_EQ(at(table, modules + 0x3000), "-") << "the last function ends with its page";
    EXPECT_EQ(at(table, modules + 0x8fff), "one::v+0xfff");
    EXPECT_EQ(at(table, modules + 0x9000), "-") << "the next symbol is another module's";
    EXPECT_EQ(at(table, modules + 0x10fff), "two::w+0xfff");
    EXPECT_EQ(at(table, modules + 0x200000), "-");
    EXPECT_EQ(at(table, modules + 0x10000000 + 0x1000), "-");
}

TEST(SymbolTable, TheTopOfTheAddressSpaceIsAnAddressLikeOthers)
{
    const std::uint64_t top = ~std::uint64_t{0};
    const auto table = SymbolTable::build({raw("sized", top - 0xf, 0x1000), raw("last", top)});
    EXPECT_EQ(at(table, top - 1), "sized+0xe");
    EXPECT_EQ(at(table, top), "last");
    EXPECT_EQ(at(table, 0), "-");
    EXPECT_EQ(at(SymbolTable::build({raw("all", 0, top), raw("all2", 1, top)}), top), "all2+0xfffffffffffffffe");
}

TEST(SymbolTable, PerCpuOffsetsAndNumbersAreNoAddresses)
{
    const auto table = SymbolTable::build(
        {raw("__per_cpu_start", 0, 0, SymbolKind::PerCpu, true), raw("fixed", 0, 0x30, SymbolKind::PerCpu, true),
         raw("number", 0x111, 0, SymbolKind::Absolute), raw("cpu_info", 0x1000, 0x100, SymbolKind::PerCpu),
         raw("unsized", 0x1f00, 0, SymbolKind::PerCpu), raw("__per_cpu_end", 0x2000, 0, SymbolKind::PerCpu, true)});
    EXPECT_EQ(at(table, 0), "-");
    EXPECT_EQ(at(table, 0x1010), "-");
    EXPECT_EQ(toString(*table.lookupPerCpu(0x2f)), "fixed+0x2f");
    EXPECT_FALSE(table.lookupPerCpu(0x30));
    EXPECT_EQ(toString(*table.lookupPerCpu(0x10ff)), "cpu_info+0xff");
    EXPECT_EQ(toString(*table.lookupPerCpu(0x1fff)), "unsized+0xff");
    EXPECT_EQ(toString(*table.lookupPerCpu(0x2000)), "__per_cpu_end");
    EXPECT_FALSE(table.lookupPerCpu(0x2001));
    EXPECT_THAT(names(table.symbolsAt(VirtAddr(0))), ElementsAre("fixed", "__per_cpu_start"));
    EXPECT_THAT(names(table.symbolsAt(VirtAddr(0x111))), ElementsAre("number"));
}

TEST(SymbolTable, AliasesComeWithTheBestFirst)
{
    const auto table = SymbolTable::build(
        {raw("__pfx_f", kBase, 16), raw("local", kBase, 8), raw("_stext", kBase, 0),
         raw("__global", kBase, 8, SymbolKind::Function, true), raw("global", kBase, 8, SymbolKind::Function, true),
         raw("label", kBase, 0, SymbolKind::Other, true), raw("f.cold", kBase, 8, SymbolKind::Function, true),
         raw("unsized", kBase, 0, SymbolKind::Function, true)});
    EXPECT_THAT(names(table.symbolsAt(VirtAddr(kBase))),
                ElementsAre("global", "__global", "local", "unsized", "label", "f.cold", "__pfx_f", "_stext"));
    EXPECT_EQ(at(table, kBase), "global");
}

TEST(SymbolTable, TheSameSymbolFromTwoReadersIsOneThatKnowsItsSize)
{
    const auto table = SymbolTable::build({raw("pcpu", 0x40, 0, SymbolKind::Absolute, true), raw("f", kBase, 0),
                                           raw("f", kBase, 0x20), raw("f", kBase, 0, SymbolKind::Other),
                                           raw("f", kBase, 0, SymbolKind::Function, false, "mod"),
                                           raw("pcpu", 0x40, 8, SymbolKind::PerCpu, true)});
    ASSERT_EQ(table.size(), 3u);
    EXPECT_EQ(table.at(0).kind, SymbolKind::PerCpu);
    EXPECT_EQ(table.at(0).size, 8u);
    EXPECT_EQ(table.at(1).size, 0x20u);
    EXPECT_EQ(table.at(2).module, "mod");
}

TEST(SymbolTable, ANameGivesEveryAddressTheGlobalOneFirst)
{
    const auto table = SymbolTable::build({raw("f", kBase), raw("f", kBase + 0x200, 0, SymbolKind::Function, true),
                                           raw("f", kBase + 0x100), raw("g", kBase + 0x300),
                                           raw("f", 0xffffffffc0000000, 0, SymbolKind::Function, false, "virtio_net")});
    std::vector<std::uint64_t> offsets;
    for (const Symbol &symbol : table.find("f"))
        offsets.push_back(symbol.address.value - kBase);
    EXPECT_THAT(offsets, ElementsAre(0x200, 0, 0x100, 0x3f000000));
    EXPECT_EQ(table.findFirst("f")->address.value, kBase + 0x200);
    EXPECT_THAT(names(table.find("virtio_net::f")), ElementsAre("virtio_net::f"));
    EXPECT_THAT(names(table.find("virtio-net::f")), ElementsAre("virtio_net::f"));
    EXPECT_THAT(table.find("virtio_net::g"), IsEmpty());
    EXPECT_FALSE(table.findFirst("F"));
}

TEST(SymbolTable, HugeSizesAreKept)
{
    const auto table = SymbolTable::build(
        {raw("z", kBase, 0x10), raw("huge", 0xffff000000000000, 0x123456789abc), raw("limit", 0x1000, 0xffffffff)});
    EXPECT_EQ(table.findFirst("huge")->size, 0x123456789abcu);
    EXPECT_EQ(table.findFirst("limit")->size, 0xffffffffu);
    EXPECT_EQ(table.findFirst("z")->size, 0x10u);
    EXPECT_EQ(at(table, 0xffff123456789abb), "huge+0x123456789abb");
    EXPECT_EQ(at(table, 0xffff123456789abc), "-");
}

TEST(SymbolTable, PrefixesComeInTheOrderOfTheAlphabet)
{
    const auto table =
        SymbolTable::build({raw("tcp_b", 3), raw("tcp", 1), raw("tcp_a", 2), raw("tcp_a", 9), raw("udp", 4),
                            raw("Tcp", 5), raw("tcp_mod", 7, 0, SymbolKind::Function, false, "m")});
    EXPECT_THAT(names(table.withPrefix("tcp", 10)), ElementsAre("tcp", "tcp_a", "tcp_a", "tcp_b", "m::tcp_mod"));
    EXPECT_THAT(names(table.withPrefix("tcp", 2)), ElementsAre("tcp", "tcp_a"));
    EXPECT_THAT(names(table.withPrefix("m::tcp", 9)), ElementsAre("m::tcp_mod"));
    EXPECT_THAT(table.withPrefix("zz", 10), IsEmpty());
}

TEST(SymbolTable, FuzzyRanksExactThenPrefixThenWordStartsThenAny)
{
    const auto table = SymbolTable::build({raw("vfs_read", 1), raw("VFS_READ", 2), raw("vfs_readv", 3),
                                           raw("new_vfs_read_iter", 4), raw("very_fast_sync_reader", 5),
                                           raw("xvfs_read", 6), raw("avbfcsd_er_e_a_d", 7), raw("unrelated", 8)});
    EXPECT_THAT(names(table.fuzzy("vfs_read", 10)),
                ElementsAre("vfs_read", "VFS_READ", "vfs_readv", "new_vfs_read_iter", "xvfs_read", "avbfcsd_er_e_a_d",
                            "very_fast_sync_reader"));
    EXPECT_THAT(names(table.fuzzy("vfsr", 10)), ElementsAre("VFS_READ", "vfs_read", "vfs_readv", "new_vfs_read_iter",
                                                            "very_fast_sync_reader", "xvfs_read", "avbfcsd_er_e_a_d"));
    EXPECT_THAT(names(table.fuzzy("VFS_READ", 1)), ElementsAre("VFS_READ"));
    EXPECT_THAT(table.fuzzy("vfsz", 10), IsEmpty());
    EXPECT_THAT(table.fuzzy("vfs", 0), IsEmpty());
}

} // namespace
} // namespace ks
