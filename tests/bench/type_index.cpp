// The index of DWARF names, and its cache. KERNOSCOPE_BENCH_VMLINUX names a vmlinux with debug information.
#include "core/session/debug_cache.h"
#include "core/types/dwarf_reader.h"
#include "core/types/dwarf_scanner.h"
#include "core/types/type_index_cache.h"

#include <benchmark/benchmark.h>

#include <cstdlib>

namespace ks {
namespace {

/// Null without a vmlinux; then the benchmarks say so.
std::shared_ptr<const ElfImage> vmlinux()
{
    static const auto image = [] {
        const char *path = std::getenv("KERNOSCOPE_BENCH_VMLINUX");
        auto opened = path ? ElfImage::open(path) : fail(ErrorCode::NotFound, "", "");
        return opened ? *opened : nullptr;
    }();
    return image;
}

void scan(benchmark::State &state, IndexedNames wanted)
{
    const auto image = vmlinux();
    if (!image)
        return state.SkipWithError("KERNOSCOPE_BENCH_VMLINUX names no vmlinux");
    const auto sections = dwarfSectionsOf(image);
    for (auto _ : state) {
        Progress progress;
        auto index = scanDwarf(*sections, progress, static_cast<unsigned>(state.range(0)), wanted);
        benchmark::DoNotOptimize(index);
        state.counters["names"] = static_cast<double>(index->nameCount());
        state.counters["entries"] = static_cast<double>(index->tables().entries.size());
    }
}

void scanNames(benchmark::State &state) { scan(state, IndexedNames::All); }
BENCHMARK(scanNames)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

/// As `type NAME` does it without a cache.
void scanTypeNames(benchmark::State &state) { scan(state, IndexedNames::Types); }
BENCHMARK(scanTypeNames)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace
} // namespace ks
