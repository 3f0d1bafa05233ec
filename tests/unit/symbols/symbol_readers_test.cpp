#include "core/symbols/symbol_readers.h"

#include "core/symbols/symbol_table_builder.h"

#include <gmock/gmock.h>

namespace ks {
namespace {

/// A table of these symbols, moved by a KASLR offset.
SymbolTable moved(const std::vector<Symbol> &symbols, std::uint64_t kaslrOffset)
{
    SymbolTableBuilder builder;
    for (const Symbol &symbol : symbols)
        builder.add(symbol);
    return SymbolTable().with(builder.buildLayer(), kaslrOffset);
}

TEST(Kallsyms, LinesGiveNamesModulesAndKinds)
{
    const auto symbols = parseKallsyms("0000000000000000 A __per_cpu_start\n"
                                       "0000000000001000 A cpu_info\n"
                                       "0000000000034000 A __per_cpu_end\n"
                                       "0000000000035000 A a_number\n"
                                       "ffffffff84800000 T _text\n"
                                       "ffffffff85000000 W weak\n"
                                       "ffffffff85000010 d local\n"
                                       "0000000000034040 d counters\t[xfs]\n"
                                       "ffffffffc021f050 t __virtqueue_break\t[virtio_ring]\n"
                                       "ffffffffc0300000 t bpf_prog_6deef7357e7b4530\t[bpf]\n"
                                       "ffffffffc0400000 t ftrace_trampoline\t[__builtin__ftrace]\n"
                                       "0000000000035038 a nft_ct_pcpu_template\t[nft_ct]",
                                       "kallsyms");
    ASSERT_TRUE(symbols) << symbols.error().message();
    ASSERT_EQ(symbols->size(), 12u);
    const auto check = [&](std::size_t i, std::string_view name, std::string_view module, SymbolKind kind,
                           bool global) {
        const Symbol &symbol = (*symbols)[i];
        EXPECT_EQ(symbol.name, name);
        EXPECT_EQ(symbol.module, module);
        EXPECT_EQ(symbol.kind, kind) << name;
        EXPECT_EQ(symbol.global, global) << name;
    };
    check(0, "__per_cpu_start", "", SymbolKind::PerCpu, true);
    check(1, "cpu_info", "", SymbolKind::PerCpu, true);
    check(2, "__per_cpu_end", "", SymbolKind::PerCpu, true);
    check(3, "a_number", "", SymbolKind::Absolute, true);
    check(4, "_text", "", SymbolKind::Function, true);
    check(5, "weak", "", SymbolKind::Function, false);
    check(6, "local", "", SymbolKind::Data, false);
    check(7, "counters", "xfs", SymbolKind::PerCpu, false);
    check(8, "__virtqueue_break", "virtio_ring", SymbolKind::Function, false);
    check(9, "bpf_prog_6deef7357e7b4530", "bpf", SymbolKind::Function, false);
    check(10, "ftrace_trampoline", "__builtin__ftrace", SymbolKind::Function, false);
    check(11, "nft_ct_pcpu_template", "nft_ct", SymbolKind::PerCpu, false);
    EXPECT_EQ((*symbols)[8].address, VirtAddr(0xffffffffc021f050));
}

TEST(Kallsyms, HiddenAddressesAreAQuestionOfRights)
{
    const auto symbols =
        parseKallsyms("0000000000000000 A fixed_percpu_data\n0000000000000000 T _text\n", "/proc/kallsyms");
    ASSERT_FALSE(symbols);
    EXPECT_EQ(symbols.error().code, ErrorCode::Permission);
    EXPECT_THAT(symbols.error().remedy, testing::HasSubstr("kptr_restrict"));
}

TEST(Kallsyms, ABadLineIsNamed)
{
    for (const char *bad : {"x", "ffff", "ffff T", "ffff T ", "ffff Tname", "12345678901234567 T f", "ffff T f\t[m",
                            "ffff T f\t[]", "-1 T f", "ffff T \t[m]"}) {
        const auto symbols = parseKallsyms("ffffffff84800000 T _text\n" + std::string(bad) + "\n", "kallsyms");
        ASSERT_FALSE(symbols) << bad;
        EXPECT_EQ(symbols.error().code, ErrorCode::BadFormat);
        EXPECT_THAT(symbols.error().message(), testing::HasSubstr("kallsyms: line 2")) << bad;
    }
    EXPECT_EQ(parseKallsyms("", "kallsyms").error().code, ErrorCode::BadFormat);
}

TEST(SystemMap, LowAddressesDoNotMove)
{
    auto symbols = parseSystemMap("0000000000000000 D __per_cpu_start\n"
                                  "0000000000000111 a L4_PAGE_OFFSET\n"
                                  "0000000000001000 D cpu_info\n"
                                  "0000000000034000 D __per_cpu_end\n"
                                  "                 w undefined_weak\n"
                                  "ffffffff81000000 T _text\n"
                                  "ffffffff81800000 A old_absolute_mark\n",
                                  "System.map");
    ASSERT_TRUE(symbols) << symbols.error().message();
    ASSERT_EQ(symbols->size(), 6u);
    const SymbolTable table = moved(*symbols, 0x3800000);
    EXPECT_EQ(table.findFirst("cpu_info")->kind, SymbolKind::PerCpu);
    EXPECT_EQ(table.findFirst("cpu_info")->address, VirtAddr(0x1000));
    EXPECT_EQ(table.findFirst("L4_PAGE_OFFSET")->address, VirtAddr(0x111));
    EXPECT_EQ(table.findFirst("_text")->address, VirtAddr(0xffffffff84800000));
    EXPECT_EQ(table.findFirst("old_absolute_mark")->address, VirtAddr(0xffffffff85000000));
    EXPECT_EQ(table.findFirst("old_absolute_mark")->kind, SymbolKind::Other);
}

TEST(SystemMap, PerCpuDataWithinTheImageMovesWithIt)
{
    auto symbols = parseSystemMap("ffffffff83000000 D __per_cpu_start\n"
                                  "ffffffff83001000 d cpu_info\n"
                                  "ffffffff83034000 D __per_cpu_end\n"
                                  "ffffffff83034000 D __init_begin\n",
                                  "System.map");
    ASSERT_TRUE(symbols) << symbols.error().message();
    const SymbolTable table = moved(*symbols, 0x1000000);
    EXPECT_EQ(table.findFirst("cpu_info")->kind, SymbolKind::PerCpu);
    EXPECT_EQ(table.findFirst("cpu_info")->address, VirtAddr(0xffffffff84001000));
    EXPECT_EQ(toString(*table.lookupPerCpu(0xffffffff84001001)), "cpu_info+0x1");
    EXPECT_EQ(table.findFirst("__per_cpu_end")->kind, SymbolKind::PerCpu);
    EXPECT_EQ(table.findFirst("__init_begin")->kind, SymbolKind::Data);
}

} // namespace
} // namespace ks
