// Symbols at the scale of a kernel with its modules. KERNOSCOPE_BENCH_VMLINUX and KERNOSCOPE_BENCH_KALLSYMS name real
// ones; without them, 150,000 symbols with names like the kernel's are made from words.
#include "core/symbols/elf_image.h"
#include "core/symbols/symbol_layer.h"
#include "core/symbols/symbol_readers.h"
#include "core/symbols/symbol_table_builder.h"

#include <array>
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <random>

namespace {

constexpr std::size_t kSymbols = 150000;

/// What the tables are built from; the views point into what is kept here.
struct Input {
    std::vector<ks::Symbol> kernel;
    std::vector<ks::Symbol> runtime;

    std::vector<std::string> names;
    std::shared_ptr<const ks::ElfImage> vmlinux;
    std::string kallsyms;
};

void readReal(Input &input, const char *vmlinux)
{
    input.vmlinux = ks::ElfImage::open(vmlinux).value();
    input.kernel = ks::readElfSymbols(*input.vmlinux).value();
    ks::markPerCpu(input.kernel);
    if (const char *kallsyms = std::getenv("KERNOSCOPE_BENCH_KALLSYMS")) {
        input.kallsyms = ks::readTextFile(kallsyms).value();
        input.runtime = ks::parseKallsyms(input.kallsyms, kallsyms).value();
    }
}

void makeUp(Input &input)
{
    constexpr std::array kWords = {"init",  "task",  "sched", "tcp",    "read",  "write", "page",
                                   "alloc", "free",  "lock",  "xfs",    "inode", "dev",   "probe",
                                   "irq",   "timer", "skb",   "virtio", "net",   "queue"};
    std::mt19937 random(1);
    std::uint64_t address = 0xffffffff81000000;
    input.names.reserve(kSymbols);
    for (std::size_t i = 0; i < kSymbols; ++i) {
        std::string name = random() % 4 == 0 ? "__" : "";
        const std::size_t words = 2 + random() % 3;
        for (std::size_t word = 0; word < words; ++word)
            name.append(kWords[random() % kWords.size()]).append("_");
        input.names.push_back(name + std::to_string(i % 3000));
        const std::uint64_t size = 16 + random() % 400;
        const bool isModule = i * 3 > kSymbols * 2;
        const ks::Symbol symbol{input.names.back(),  isModule ? "mod" : "",    ks::VirtAddr(address),
                                isModule ? 0 : size, ks::SymbolKind::Function, random() % 2 == 0};
        (isModule ? input.runtime : input.kernel).push_back(symbol);
        address += size + random() % 16;
    }
}

const Input &input()
{
    static const Input kInput = [] {
        Input made;
        if (const char *vmlinux = std::getenv("KERNOSCOPE_BENCH_VMLINUX"))
            readReal(made, vmlinux);
        else
            makeUp(made);
        return made;
    }();
    return kInput;
}

std::shared_ptr<const ks::SymbolLayer> buildLayer(const std::vector<ks::Symbol> &symbols, const ks::SymbolTable &below)
{
    ks::SymbolTableBuilder builder(below);
    builder.reserve(symbols.size() - std::min(symbols.size(), below.size()));
    for (const ks::Symbol &symbol : symbols)
        builder.add(symbol);
    return builder.buildLayer();
}

/// The kernel's layer where kallsyms says that it lies.
ks::SymbolTable placed(const std::shared_ptr<const ks::SymbolLayer> &kernel)
{
    const ks::SymbolTable linked = ks::SymbolTable().with(kernel);
    const auto wanted = linked.findFirst("_text");
    for (const ks::Symbol &symbol : input().runtime) {
        if (wanted && symbol.name == "_text" && symbol.module.empty())
            return ks::SymbolTable().with(kernel, symbol.address - wanted->address);
    }
    return linked;
}

const ks::SymbolTable &table()
{
    static const ks::SymbolTable kTable = [] {
        const ks::SymbolTable kernel = placed(buildLayer(input().kernel, {}));
        return kernel.with(buildLayer(input().runtime, kernel));
    }();
    return kTable;
}

/// Every symbol once, in an order that no cache foresees.
std::size_t scattered(std::size_t i) { return i * 7919 % table().size(); }

void buildKernelLayer(benchmark::State &state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(buildLayer(input().kernel, {}));
}
BENCHMARK(buildKernelLayer)->Unit(benchmark::kMillisecond);

void buildRuntimeLayer(benchmark::State &state)
{
    const ks::SymbolTable kernel = placed(table().layers()[0].layer);
    for (auto _ : state)
        benchmark::DoNotOptimize(buildLayer(input().runtime, kernel));
}
BENCHMARK(buildRuntimeLayer)->Unit(benchmark::kMillisecond);

void openKeptLayer(benchmark::State &state)
{
    const auto sections = ks::symbolSections(*table().layers()[0].layer);
    for (auto _ : state)
        benchmark::DoNotOptimize(ks::SymbolLayer::fromSections(sections, nullptr));
}
BENCHMARK(openKeptLayer);

void buildSearchIndex(benchmark::State &state)
{
    const ks::SymbolLayer &layer = *table().layers()[0].layer;
    for (auto _ : state)
        benchmark::DoNotOptimize(
            ks::NameIndex::build(layer.nameCount(), [&](std::uint32_t name) { return layer.nameText(name); }));
}
BENCHMARK(buildSearchIndex)->Unit(benchmark::kMillisecond);

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

void lookupNearby(benchmark::State &state)
{
    std::size_t i = 0;
    const ks::VirtAddr start = table().findFirst("schedule").value_or(table().at(table().size() / 2)).address;
    for (auto _ : state) {
        benchmark::DoNotOptimize(table().lookup(start + i));
        i = (i + 8) % 65536;
    }
}
BENCHMARK(lookupNearby);

/// Patterns of few letters, and those of whose letters nearly every name has some.
void fuzzy(benchmark::State &state, const std::string &pattern)
{
    (void)table().fuzzy("a", 1);
    for (auto _ : state)
        benchmark::DoNotOptimize(table().fuzzy(pattern, 50));
}

[[maybe_unused]] const bool kFuzzyRegistered = [] {
    for (const char *pattern : {"_",
                                "s",
                                "e",
                                "e_",
                                "e_e",
                                "e_e_e",
                                "_e_",
                                "___",
                                "tcp",
                                "xird",
                                "tsst",
                                "tion",
                                "eeeee",
                                "aeiou",
                                "e_t_r_s_n",
                                "strtrt",
                                "a_e_i_o",
                                "vfs_read",
                                "init_task",
                                "task_struct",
                                "xfs::inode",
                                "raw_spin_lock_irqsave",
                                "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
                                "net_dev_queue_xmit_skb_free_all_"})
        benchmark::RegisterBenchmark((std::string("fuzzy/") + pattern).c_str(), fuzzy, std::string(pattern))
            ->Unit(benchmark::kMillisecond);
    return true;
}();

} // namespace
