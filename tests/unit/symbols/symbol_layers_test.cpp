// Tables of several layers must answer as one list of the same symbols would, and layers must survive being kept in a
// file.
#include "core/symbols/symbol_layer.h"
#include "core/symbols/symbol_table_builder.h"

#include <gmock/gmock.h>

#include <cstring>
#include <random>

namespace ks {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kBase = 0xffffffff81000000;
constexpr std::uint64_t kModules = 0xffffffffc0000000;

Symbol symbol(std::string_view name, std::uint64_t address, std::uint64_t size = 0,
              SymbolKind kind = SymbolKind::Function, std::string_view module = {}, bool global = false)
{
    return {name, module, VirtAddr(address), size, kind, global};
}

std::shared_ptr<const SymbolLayer> layerOf(const std::vector<Symbol> &symbols, const SymbolTable &below = {})
{
    SymbolTableBuilder builder(below);
    for (const Symbol &s : symbols)
        builder.add(s);
    return builder.buildLayer();
}

SymbolTable tableOf(const std::vector<Symbol> &symbols) { return SymbolTable().with(layerOf(symbols)); }

std::string at(const SymbolTable &table, std::uint64_t address)
{
    const auto hit = table.lookup(VirtAddr(address));
    return hit ? toString(*hit) : "-";
}

std::string describe(const Symbol &s)
{
    return std::string(s.module) + "::" + std::string(s.name) + " " + hex(s.address) + " " + std::to_string(s.size) +
           " " + name(s.kind) + (s.global ? " global" : "");
}

std::vector<std::string> describe(const std::vector<Symbol> &symbols)
{
    std::vector<std::string> result;
    for (const Symbol &s : symbols)
        result.push_back(describe(s));
    return result;
}

std::string describe(const std::optional<SymbolHit> &hit)
{
    return hit ? describe(hit->symbol) + " +" + std::to_string(hit->offset) : "-";
}

/// Every question about every symbol and the addresses around it.
void expectSameAnswers(const SymbolTable &wanted, const SymbolTable &table)
{
    ASSERT_EQ(table.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const Symbol s = wanted.at(i);
        ASSERT_EQ(describe(table.at(i)), describe(s)) << i;
        ASSERT_EQ(describe(table.find(s.name)), describe(wanted.find(s.name)));
        ASSERT_EQ(describe(*table.findFirst(s.name)), describe(*wanted.findFirst(s.name)));
        const std::string inModule = std::string(s.module) + "::" + std::string(s.name);
        ASSERT_EQ(describe(table.find(inModule)), describe(wanted.find(inModule)));
        ASSERT_EQ(describe(table.symbolsAt(s.address)), describe(wanted.symbolsAt(s.address)));
        for (std::uint64_t delta = 0; delta < 40; ++delta) {
            const VirtAddr address = s.address + delta - 4;
            ASSERT_EQ(describe(table.lookup(address)), describe(wanted.lookup(address))) << hex(address);
            ASSERT_EQ(describe(table.lookupPerCpu(address.value)), describe(wanted.lookupPerCpu(address.value)))
                << hex(address);
        }
        for (const std::uint64_t page : {0x1000U, 0x1fffU, 0x200000U})
            ASSERT_EQ(describe(table.lookup(s.address + page)), describe(wanted.lookup(s.address + page)));
        const std::string_view part = s.name.substr(0, 1 + i % s.name.size());
        ASSERT_EQ(describe(table.withPrefix(part, 5)), describe(wanted.withPrefix(part, 5)));
        ASSERT_EQ(describe(table.fuzzy(part, 5)), describe(wanted.fuzzy(part, 5)));
    }
}

/// A crowded kernel: symbols overlap, share addresses and names, have sizes or not, and some are per-CPU.
std::vector<Symbol> crowd(unsigned seed)
{
    static const std::vector<std::string> kNames = {"init",   "f", "g.cold",  "__start_x", "read",
                                                    "f_read", "x", "__pfx_f", "io_get",    "Alpha"};
    static const std::vector<std::string> kOwners = {"", "", "one", "two"};
    std::mt19937 random(seed);
    std::vector<Symbol> symbols = {symbol("_text", kBase), symbol("_end", kBase + 200, 0, SymbolKind::Data)};
    for (int i = 0; i < 120; ++i) {
        const std::string &module = kOwners[random() % kOwners.size()];
        const bool perCpu = random() % 6 == 0;
        const std::uint64_t base = perCpu ? 0 : module.empty() ? kBase : random() % 8 == 0 ? kBase + 64 : kModules;
        const std::uint64_t size = random() % 3 == 0 ? random() % 24 : 0;
        const SymbolKind kind = perCpu              ? SymbolKind::PerCpu
                                : random() % 9 == 0 ? SymbolKind::Other
                                : random() % 2 == 0 ? SymbolKind::Data
                                                    : SymbolKind::Function;
        symbols.push_back(
            symbol(kNames[random() % kNames.size()], base + random() % 300, size, kind, module, random() % 3 == 0));
    }
    // Each once, as the layers hold them.
    std::vector<Symbol> unique;
    const SymbolTable all = tableOf(symbols);
    for (const Symbol &s : symbols) {
        const auto here = all.symbolsAt(s.address);
        const auto kept = std::ranges::find_if(
            here, [&](const Symbol &other) { return other.name == s.name && other.module == s.module; });
        const bool isFirst = std::ranges::none_of(unique, [&](const Symbol &other) {
            return other.name == s.name && other.module == s.module && other.address == s.address;
        });
        if (isFirst)
            unique.push_back(symbol(s.name, s.address.value, kept->size, kept->kind, s.module, kept->global));
    }
    return unique;
}

TEST(SymbolLayers, AnswerAsOneListHoweverTheSymbolsAreDealt)
{
    for (unsigned seed = 0; seed < 60; ++seed) {
        SCOPED_TRACE(seed);
        const std::vector<Symbol> symbols = crowd(seed);
        const SymbolTable merged = tableOf(symbols);
        std::mt19937 random(seed);
        std::vector<std::vector<Symbol>> dealt(2 + seed % 3);
        // The lowest layer is the kernel's: it knows where the image begins and ends.
        for (const Symbol &s : symbols)
            dealt[s.name == "_text" || s.name == "_end" ? 0 : random() % dealt.size()].push_back(s);
        SymbolTable table;
        for (const auto &some : dealt)
            table = table.with(layerOf(some, table));
        expectSameAnswers(merged, table);
        if (HasFatalFailure())
            return;
    }
}

TEST(SymbolLayers, TheSlideMovesTheKernelsHalfAlone)
{
    const auto layer = layerOf({symbol("cpu_info", 0x1000, 8, SymbolKind::PerCpu), symbol("_text", kBase),
                                symbol("f", kBase, 0x20), symbol("_end", kBase + 0x1000)});
    for (const std::uint64_t slide : {std::uint64_t{0x3800000}, std::uint64_t{0} - 0x800000}) {
        const SymbolTable table = SymbolTable().with(layer, slide);
        EXPECT_EQ(table.layers()[0].layer, layer) << "nothing was copied";
        EXPECT_EQ(at(table, kBase + slide + 4), "f+0x4");
        EXPECT_EQ(at(table, kBase + 4), "-");
        EXPECT_EQ(table.findFirst("f")->address, VirtAddr(kBase + slide));
        EXPECT_EQ(toString(*table.lookupPerCpu(0x1004)), "cpu_info+0x4");
        EXPECT_EQ(table.symbolsAt(VirtAddr(kBase + slide)).size(), 2u);
    }
    // No kernel does this; the answers are right all the same.
    const SymbolTable wrapped = SymbolTable().with(layer, std::uint64_t{0} - kBase + 0x100);
    EXPECT_EQ(at(wrapped, 0x104), "f+0x4");
    EXPECT_EQ(wrapped.at(0).name, "f");
}

TEST(SymbolLayers, WhatTheLayersBelowHaveIsLeftOut)
{
    const SymbolTable kernel = SymbolTable().with(
        layerOf({symbol("_text", kBase), symbol("f", kBase, 0x20), symbol("_end", kBase + 0x1000)}), 0x100000);
    SymbolTableBuilder builder(kernel);
    builder.add(symbol("f", kBase + 0x100000));
    builder.add(symbol("f", kBase));
    builder.add(symbol("f", kBase + 0x100000, 0, SymbolKind::Function, "mod"));
    builder.add(symbol("g", kBase + 0x100000));
    EXPECT_EQ(builder.size(), 3u);
    const SymbolTable table = builder.build();
    EXPECT_EQ(table.size(), 6u);
    EXPECT_EQ(table.layers()[0].layer, kernel.layers()[0].layer);
    EXPECT_EQ(table.find("f").size(), 3u);
    EXPECT_EQ(SymbolTableBuilder(kernel).build().layers().size(), 1u);
}

TEST(SymbolLayers, ALabelOfAnotherLayerAnswersForItsOwnByte)
{
    const SymbolTable kernel =
        SymbolTable().with(layerOf({symbol("_text", kBase), symbol("f", kBase, 0x100), symbol("g", kBase + 0x200, 0x10),
                                    symbol("_end", kBase + 0x1000)}));
    SymbolTableBuilder builder(kernel);
    builder.add(symbol("label", kBase + 0x40));
    builder.add(symbol("stub", kBase + 0x180));
    const SymbolTable table = builder.build();
    EXPECT_EQ(at(table, kBase + 0x40), "label");
    EXPECT_EQ(at(table, kBase + 0x41), "f+0x41");
    EXPECT_EQ(at(table, kBase + 0x100), "-") << "a label within a function ends with it";
    EXPECT_EQ(at(table, kBase + 0x1ff), "stub+0x7f");
    EXPECT_EQ(at(table, kBase + 0x200), "g");
    EXPECT_EQ(at(table, kBase + 0x210), "-") << "the stub ends where the next symbol begins";
}

class KeptLayer : public testing::Test {
protected:
    using Bytes = std::vector<std::vector<std::uint64_t>>;

    KeptLayer()
    {
        std::vector<Symbol> symbols = crowd(7);
        longName_.append(300, 'q');
        symbols.push_back(symbol(longName_, kBase + 0x5000, std::uint64_t{1} << 40));
        layer_ = layerOf(symbols);
        for (const SymbolLayer::Section &section : symbolSections(*layer_)) {
            auto &copy = storage_->emplace_back(section.bytes.size() / 8 + 1);
            std::memcpy(copy.data(), section.bytes.data(), section.bytes.size());
            sections_.push_back({section.tag, std::as_bytes(std::span(copy)).first(section.bytes.size())});
        }
    }

    std::string longName_ = "long_";
    std::shared_ptr<const SymbolLayer> layer_;
    std::shared_ptr<Bytes> storage_ = std::make_shared<Bytes>();
    std::vector<SymbolLayer::Section> sections_;
};

TEST_F(KeptLayer, AnswersAsBefore)
{
    const auto loaded = SymbolLayer::fromSections(sections_, storage_);
    ASSERT_TRUE(loaded) << loaded.error().message();
    expectSameAnswers(SymbolTable().with(layer_), SymbolTable().with(*loaded));
    EXPECT_EQ(SymbolTable().with(*loaded).findFirst(longName_)->size, std::uint64_t{1} << 40);
    // The search index was kept: it is used where it lies.
    EXPECT_EQ(
        static_cast<const void *>((*loaded)->nameIndex().tables().byText.data()),
        static_cast<const void *>(
            std::ranges::find(sections_, symbolSections(**loaded)[16].tag, &SymbolLayer::Section::tag)->bytes.data()));
}

TEST_F(KeptLayer, IsRefusedWhenATableIsMissingOrOfAnImpossibleSize)
{
    for (std::size_t i = 0; i < sections_.size(); ++i) {
        auto without = sections_;
        without.erase(without.begin() + std::ptrdiff_t(i));
        const auto refused = SymbolLayer::fromSections(without, storage_);
        ASSERT_FALSE(refused) << i;
        EXPECT_EQ(refused.error().code, ErrorCode::BadFormat);
    }
    auto cut = sections_;
    cut[4].bytes = cut[4].bytes.first(cut[4].bytes.size() - 1);
    EXPECT_FALSE(SymbolLayer::fromSections(cut, storage_));
    (*storage_)[0][0] ^= 2; // the version
    EXPECT_FALSE(SymbolLayer::fromSections(sections_, storage_));
}

TEST_F(KeptLayer, SurvivesAnyDamage)
{
    const SymbolTable sound = SymbolTable().with(layer_);
    std::mt19937 random(1);
    std::size_t answered = 0;
    for (int round = 0; round < 400; ++round) {
        Bytes kept = *storage_;
        auto &victim = (*storage_)[1 + random() % (storage_->size() - 1)];
        for (int i = 0; i < 3; ++i)
            victim[random() % victim.size()] = round % 2 == 0 ? ~std::uint64_t{0} : random();
        const auto loaded = SymbolLayer::fromSections(sections_, storage_);
        if (loaded) {
            const SymbolTable table = SymbolTable().with(*loaded, 0x1000).with(*loaded);
            for (std::size_t i = 0; i < sound.size(); i += 3) {
                const Symbol s = sound.at(i);
                answered += table.at(i).name.size() + table.find(s.name).size() + table.symbolsAt(s.address).size();
                answered += table.lookup(s.address + 1).has_value() + table.lookupPerCpu(s.address.value).has_value();
            }
            answered +=
                table.fuzzy("e", 10).size() + table.withPrefix("f", 10).size() + table.fuzzy("one::x", 3).size();
        }
        for (std::size_t i = 0; i < kept.size(); ++i)
            std::ranges::copy(kept[i], (*storage_)[i].begin());
    }
    EXPECT_GT(answered, 1000u);
}

TEST(SymbolLayers, AModuleLayerIsExchangedAlone)
{
    const auto kernel = layerOf({symbol("_text", kBase), symbol("f", kBase, 0x20), symbol("_end", kBase + 0x1000)});
    const auto before = layerOf({symbol("old", kModules, 0, SymbolKind::Function, "mod")});
    const auto after = layerOf({symbol("new", kModules + 0x10, 0, SymbolKind::Function, "mod")});
    const SymbolTable first({{kernel, 0x1000}, {before, 0}});
    const SymbolTable second({{kernel, 0x1000}, {after, 0}});
    EXPECT_EQ(at(first, kModules), "mod::old");
    EXPECT_EQ(at(second, kModules), "-");
    EXPECT_EQ(at(second, kModules + 0x11), "mod::new+0x1");
    EXPECT_EQ(first.layers()[0].layer, second.layers()[0].layer);
    EXPECT_THAT(describe(second.find("mod::new")), ElementsAre(describe(second.at(3))));
}

} // namespace
} // namespace ks
