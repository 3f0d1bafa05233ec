// What page tables cost: the same reads through the source as it is, and through what is mapped; preads for each batch.
// KERNOSCOPE_BENCH_CORE names a live core (/proc/kcore); without it the demo kernel is read.
#include "core/session/session.h"
#include "resources/demo/demo_session.h"

#include <benchmark/benchmark.h>

#include <cstdlib>

namespace ks {
namespace {

std::shared_ptr<const Session> session()
{
    static const auto opened = [] {
        Progress progress;
        SessionOptions options;
        options.types = TypesChoice::None;
        options.useModules = false;
        const char *core = std::getenv("KERNOSCOPE_BENCH_CORE");
        options.core = core ? core : "";
        auto result = core ? Session::open(options, progress) : demo::openSession(options, progress, 1);
        return result && (*result)->pageTables() ? *result : nullptr;
    }();
    return opened;
}

/// Some pages of a part of the map that are mapped: what a window shows.
std::vector<AddrRange> window(const Session &kernel, SegmentKind kind, std::uint64_t pages)
{
    std::vector<AddrRange> parts;
    for (const Segment &segment : kernel.segments().all()) {
        if (segment.kind != kind)
            continue;
        for (const AddrRange &mapped : kernel.memory().mappedRanges(segment.range()))
            for (VirtAddr at = mapped.first; pages > 0 && mapped.contains(at); at += kPageSize, --pages)
                parts.push_back(*AddrRange::sized(at, kPageSize));
    }
    return parts;
}

void readWindow(benchmark::State &state, bool isMapped)
{
    const auto kernel = session();
    if (!kernel)
        return state.SkipWithError("no live core with page tables");
    const auto ranges = window(*kernel, SegmentKind(state.range(0)), static_cast<std::uint64_t>(state.range(1)));
    const MemorySource &memory = isMapped ? kernel->memory() : kernel->pageTables()->memory();
    memory.readBatch(ranges);
    const ReadCost before = memory.cost();
    for (auto _ : state)
        benchmark::DoNotOptimize(memory.readBatch(ranges));
    const ReadCost cost = memory.cost() - before;
    state.counters["preads"] = benchmark::Counter(static_cast<double>(cost.calls), benchmark::Counter::kAvgIterations);
    state.counters["bytes"] = benchmark::Counter(static_cast<double>(cost.bytes), benchmark::Counter::kAvgIterations);
    state.SetLabel(name(SegmentKind(state.range(0))));
}

void windows(benchmark::internal::Benchmark *bench)
{
    for (const SegmentKind kind : {SegmentKind::Text, SegmentKind::DirectMap, SegmentKind::Vmalloc})
        for (const int pages : {1, 2, 16})
            bench->Args({static_cast<int>(kind), pages});
    bench->Unit(benchmark::kMicrosecond);
}
BENCHMARK_CAPTURE(readWindow, as_it_is, false)->Apply(windows);
BENCHMARK_CAPTURE(readWindow, mapped, true)->Apply(windows);

void mapOfVmalloc(benchmark::State &state)
{
    const auto kernel = session();
    if (!kernel)
        return state.SkipWithError("no live core with page tables");
    const MemorySource &memory = kernel->memory();
    const ReadCost before = memory.cost();
    for (auto _ : state)
        for (const Segment &segment : kernel->segments().all())
            if (segment.kind == SegmentKind::Vmalloc)
                benchmark::DoNotOptimize(memory.mappedRanges(segment.range()));
    const ReadCost cost = memory.cost() - before;
    state.counters["preads"] = benchmark::Counter(static_cast<double>(cost.calls), benchmark::Counter::kAvgIterations);
}
BENCHMARK(mapOfVmalloc)->Unit(benchmark::kMicrosecond);

} // namespace
} // namespace ks
