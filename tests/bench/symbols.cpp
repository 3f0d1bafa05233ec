// Symbols at the scale of a kernel: 150,000 of them with names like the kernel's, made from words.
#include "core/symbols/symbol_table_builder.h"

#include <array>
#include <benchmark/benchmark.h>
#include <random>

namespace {

constexpr std::size_t kSymbols = 150000;

std::vector<ks::RawSymbol> makeSymbols()
{
    constexpr std::array kWords = {"init",  "task",  "sched", "tcp",    "read",  "write", "page",
                                   "alloc", "free",  "lock",  "xfs",    "inode", "dev",   "probe",
                                   "irq",   "timer", "skb",   "virtio", "net",   "queue"};
    std::mt19937 random(1);
    std::vector<ks::RawSymbol> symbols;
    std::uint64_t address = 0xffffffff81000000;
    for (std::size_t i = 0; i < kSymbols; ++i) {
        std::string name = random() % 4 == 0 ? "__" : "";
        const std::size_t words = 2 + random() % 3;
        for (std::size_t word = 0; word < words; ++word)
            name.append(kWords[random() % kWords.size()]).append("_");
        name += std::to_string(i % 3000);
        const std::uint64_t size = 16 + random() % 400;
        symbols.push_back(
            {std::move(name), {}, ks::VirtAddr(address), size, ks::SymbolKind::Function, random() % 2 == 0});
        address += size + random() % 16;
    }
    return symbols;
}

const ks::SymbolTable &table()
{
    static const ks::SymbolTable result = ks::SymbolTable::build(makeSymbols());
    return result;
}

/// Every symbol once, in an order that no cache foresees.
std::size_t scattered(std::size_t i) { return i * 7919 % table().size(); }

void buildTable(benchmark::State &state)
{
    const auto symbols = makeSymbols();
    for (auto _ : state) {
        ks::SymbolTableBuilder builder;
        builder.reserve(symbols.size());
        for (const ks::RawSymbol &symbol : symbols)
            builder.add(symbol);
        benchmark::DoNotOptimize(builder.build());
    }
}
BENCHMARK(buildTable)->Unit(benchmark::kMillisecond);

void lookupAddress(benchmark::State &state)
{
    std::vector<ks::VirtAddr> addresses;
    for (std::size_t i = 0; i < table().size(); ++i)
        addresses.push_back(table().at(scattered(i)).address + 4);
    std::size_t i = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(table().lookup(addresses[i]));
        i = i + 1 == addresses.size() ? 0 : i + 1;
    }
}
BENCHMARK(lookupAddress);

void findName(benchmark::State &state)
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < table().size(); ++i)
        names.emplace_back(table().at(scattered(i)).name);
    std::size_t i = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(table().findFirst(names[i]));
        i = i + 1 == names.size() ? 0 : i + 1;
    }
}
BENCHMARK(findName);

void fuzzy(benchmark::State &state, const char *pattern)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(table().fuzzy(pattern, 100));
}
BENCHMARK_CAPTURE(fuzzy, one_letter, "e")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fuzzy, word, "tcp")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fuzzy, word_starts, "xird")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fuzzy, scattered_letters, "e_e_e")->Unit(benchmark::kMillisecond);

} // namespace
