#include "core/symbols/kallsyms_memory.h"

#include "tests/support/fake_source.h"

#include <gmock/gmock.h>

namespace ks {
namespace {

constexpr std::uint64_t kText = 0xffffffff81000000;
constexpr std::uint64_t kTables = 0xffffffff82000000;

struct Entry {
    std::string text; ///< with its letter in front
    std::uint64_t address;
};

const std::vector<Entry> kEntries = {{"A__per_cpu_start", 0},           {"Acpu_info", 0x40},
                                     {"A__per_cpu_end", 0x1000},        {"T_text", kText},
                                     {"tlocal_function", kText + 0x10}, {"Wweak", kText + 0x20},
                                     {"dsome_data", kText + 0x1000},    {"B_end", kText + 0x2000}};

std::string bytesOf(const auto &value) { return {reinterpret_cast<const char *>(&value), sizeof value}; }

/// The tables of a kernel with these symbols. Tokens 1 and 2 stand for two common pieces, every printable character for
/// itself.
class KallsymsTest : public testing::Test {
protected:
    enum class Form { Addresses, Relative, AbsolutePerCpu, PcRelative };

    void lay(Form form, const std::vector<Entry> &entries = kEntries, bool longNames = false)
    {
        std::string tokenText;
        std::string index;
        for (int code = 0; code < 256; ++code) {
            index += bytesOf(static_cast<std::uint16_t>(tokenText.size()));
            tokenText += code == 1 ? "per_cpu" : code == 2 ? "function" : std::string(1, static_cast<char>(code));
            tokenText.push_back('\0');
        }
        std::string names;
        for (const Entry &entry : entries) {
            std::string codes = entry.text;
            for (const auto &[piece, code] : {std::pair("per_cpu", '\1'), std::pair("function", '\2')}) {
                if (const auto at = codes.find(piece); at != codes.npos)
                    codes.replace(at, std::strlen(piece), 1, code);
            }
            if (longNames || codes.size() > 127) {
                names.push_back(static_cast<char>(0x80 | (codes.size() & 0x7f)));
                names.push_back(static_cast<char>(codes.size() >> 7));
            } else {
                names.push_back(static_cast<char>(codes.size()));
            }
            names += codes;
        }
        std::string addresses;
        const VirtAddr offsets(kTables + 0x10000);
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const std::uint64_t a = entries[i].address;
            switch (form) {
            case Form::Addresses: addresses += bytesOf(a); break;
            case Form::Relative: addresses += bytesOf(static_cast<std::uint32_t>(a - kText)); break;
            case Form::AbsolutePerCpu:
                addresses += bytesOf(static_cast<std::int32_t>(a >= kText ? kText - 1 - a : a));
                break;
            case Form::PcRelative: addresses += bytesOf(static_cast<std::int32_t>(a - (offsets.value + 4 * i))); break;
            }
        }
        tables_ = {.names = VirtAddr(kTables),
                   .count = VirtAddr(kTables + 0x8000),
                   .tokenTable = VirtAddr(kTables + 0x9000),
                   .tokenIndex = VirtAddr(kTables + 0xa000)};
        if (form == Form::Addresses)
            tables_.addresses = offsets;
        else
            tables_.offsets = offsets;
        if (form == Form::Relative || form == Form::AbsolutePerCpu)
            tables_.relativeBase = VirtAddr(kTables + 0x8008);
        memory_.add(tables_.names, names);
        memory_.add(tables_.count, bytesOf(std::uint64_t{entries.size()}) + bytesOf(kText));
        memory_.add(tables_.tokenTable, tokenText);
        memory_.add(tables_.tokenIndex, index);
        memory_.add(offsets, addresses);
    }

    void expectEntries(std::size_t from = 0)
    {
        const auto read = readKallsyms(memory_, tables_);
        ASSERT_TRUE(read) << read.error().message();
        ASSERT_EQ(read->symbols.size(), kEntries.size() - from);
        for (std::size_t i = 0; i < read->symbols.size(); ++i) {
            EXPECT_EQ(read->symbols[i].name, kEntries[from + i].text.substr(1));
            EXPECT_EQ(read->symbols[i].address, VirtAddr(kEntries[from + i].address)) << read->symbols[i].name;
        }
    }

    test::FakeSource memory_;
    KallsymsTables tables_;
};

TEST_F(KallsymsTest, AbsoluteAddresses)
{
    lay(Form::Addresses);
    expectEntries();
}

TEST_F(KallsymsTest, DistancesWithAbsolutePerCpu)
{
    lay(Form::AbsolutePerCpu);
    expectEntries();
}

TEST_F(KallsymsTest, DistancesFromABase)
{
    lay(Form::Relative, {kEntries.begin() + 3, kEntries.end()});
    expectEntries(3);
}

TEST_F(KallsymsTest, DistancesFromThemselves)
{
    lay(Form::PcRelative, {kEntries.begin() + 3, kEntries.end()});
    expectEntries(3);
}

TEST_F(KallsymsTest, LongNames)
{
    lay(Form::AbsolutePerCpu, kEntries, true);
    expectEntries();
    const std::string name(300, 'r');
    lay(Form::Addresses, {{"T" + name, kText}});
    const auto read = readKallsyms(memory_, tables_);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->symbols.front().name, name);
}

TEST_F(KallsymsTest, KindsAreTold)
{
    lay(Form::AbsolutePerCpu);
    const auto read = readKallsyms(memory_, tables_);
    ASSERT_TRUE(read) << read.error().message();
    std::vector<std::string> kinds;
    for (const Symbol &s : read->symbols)
        kinds.push_back(std::string(name(s.kind)) + (s.global ? " global" : ""));
    EXPECT_THAT(kinds, testing::ElementsAre("percpu global", "percpu global", "percpu global", "function global",
                                            "function", "function", "data", "data global"));
}

TEST_F(KallsymsTest, WhatCannotBeReadIsNamed)
{
    lay(Form::AbsolutePerCpu);
    for (const auto &[address, table] :
         {std::pair(tables_.names, "kallsyms_names"), std::pair(tables_.count, "kallsyms_num_syms"),
          std::pair(tables_.tokenTable, "kallsyms_token_table"), std::pair(tables_.tokenIndex, "kallsyms_token_index"),
          std::pair(*tables_.offsets, "kallsyms_offsets"),
          std::pair(*tables_.relativeBase, "kallsyms_relative_base")}) {
        memory_.mark(address, 8, {PageStatus::Excluded});
        const auto read = readKallsyms(memory_, tables_);
        ASSERT_FALSE(read) << table;
        EXPECT_EQ(read.error().code, ErrorCode::Unreadable);
        EXPECT_THAT(read.error().what, testing::HasSubstr(table));
        memory_.mark(address, 8, {PageStatus::Present});
    }
}

TEST_F(KallsymsTest, ImpossibleTablesAreRefused)
{
    lay(Form::AbsolutePerCpu);
    memory_.set<std::uint32_t>(tables_.count, 0xffffffff);
    EXPECT_EQ(readKallsyms(memory_, tables_).error().code, ErrorCode::Limit);
    memory_.set<std::uint32_t>(tables_.count, 0);
    EXPECT_EQ(readKallsyms(memory_, tables_).error().code, ErrorCode::Limit);

    lay(Form::AbsolutePerCpu);
    memory_.addZeros(tables_.names, 4096); // names without a character
    EXPECT_EQ(readKallsyms(memory_, tables_).error().code, ErrorCode::BadFormat);

    lay(Form::Addresses, {{"T" + std::string(5000, 'x'), kText}});
    EXPECT_EQ(readKallsyms(memory_, tables_).error().code, ErrorCode::BadFormat);

    lay(Form::AbsolutePerCpu);
    memory_.add(tables_.tokenTable, std::string(0x1000, 'x')); // a token without an end
    EXPECT_EQ(readKallsyms(memory_, tables_).error().code, ErrorCode::BadFormat);
}

TEST(KallsymsTables, ComeFromVmcoreInfoOrFromSymbols)
{
    const auto info = VmcoreInfo::parse("SYMBOL(kallsyms_names)=ffffffff82000000\n"
                                        "SYMBOL(kallsyms_num_syms)=ffffffff82000010\n"
                                        "SYMBOL(kallsyms_token_table)=ffffffff82000020\n"
                                        "SYMBOL(kallsyms_token_index)=ffffffff82000030\n"
                                        "SYMBOL(kallsyms_offsets)=ffffffff82000040\n");
    const auto tables = KallsymsTables::find(info);
    ASSERT_TRUE(tables);
    EXPECT_EQ(tables->count, VirtAddr(0xffffffff82000010));
    EXPECT_EQ(tables->offsets, VirtAddr(0xffffffff82000040));
    EXPECT_FALSE(tables->relativeBase);
    EXPECT_FALSE(tables->addresses);
    EXPECT_FALSE(KallsymsTables::find(VmcoreInfo::parse("SYMBOL(kallsyms_names)=1\n")));
    EXPECT_FALSE(KallsymsTables::find(SymbolTable()));
}

} // namespace
} // namespace ks
