// What it costs to watch: a thousand expressions at 10 Hz, and a hex view at 30 Hz. Counters: percent of one processor
// at that rate, preads and pages of each tick. KERNOSCOPE_BENCH_CORE (with KERNOSCOPE_BENCH_VMLINUX) names a core; the
// demo kernel serves without.
#include "core/live/sampler.h"
#include "core/session/session.h"
#include "resources/demo/demo_session.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <thread>

namespace {

using ks::live::Sampler;

std::shared_ptr<const ks::Session> openTarget()
{
    ks::Progress progress;
    ks::SessionOptions options;
    const char *core = std::getenv("KERNOSCOPE_BENCH_CORE");
    if (!core)
        return ks::demo::openSession(options, progress, 1).value();
    options.core = core;
    if (const char *vmlinux = std::getenv("KERNOSCOPE_BENCH_VMLINUX"))
        options.vmlinux = vmlinux;
    return ks::Session::open(options, progress).value();
}

const std::shared_ptr<const ks::Session> &session()
{
    static const auto kSession = openTarget();
    return kSession;
}

/// Members of every task, and what a kernel counts, until there are so many.
void addExpressions(Sampler &sampler, std::size_t count)
{
    std::vector<std::string> expressions{"jiffies", "init_task.comm", "per_cpu(runqueues, 0).nr_running"};
    sampler.add({ks::live::ListWatch{"init_task.tasks", "struct task_struct", "tasks"}});
    const auto tasks = sampler.tick();
    for (const char *member : {"pid", "comm", "se.sum_exec_runtime", "flags", "parent->comm", "stack", "prio"})
        for (const ks::WalkEntry &entry : tasks->results[0].value->list.entries)
            expressions.push_back("((struct task_struct *)" + ks::hex(entry.object) + ")->" + member);
    for (std::size_t i = 0; i < count; ++i)
        sampler.add({ks::live::ExpressionWatch{expressions[i % expressions.size()]}});
}

/// Ticks at `hz` of the real clock, so that as much changes between two ticks as it does for a person who watches.
void tickAll(benchmark::State &state, Sampler &sampler, double hz)
{
    sampler.setPeriod(ks::live::periodOfRate(hz).value());
    sampler.tick();
    std::chrono::nanoseconds cpu{0};
    std::uint64_t reads = 0, bytes = 0, ticks = 0, passes = 0, failed = 0;
    for (auto _ : state) {
        std::this_thread::sleep_until(*sampler.nextDue());
        const auto sample = sampler.tick();
        cpu += sample->cost.cpu;
        reads += sample->cost.reads.calls;
        bytes += sample->cost.reads.bytes;
        passes += sample->passes;
        for (const auto &result : sample->results)
            failed += result.state == ks::live::ResultState::Value ? 0 : 1;
        ++ticks;
    }
    const auto count = static_cast<double>(ticks);
    state.counters["percent"] = std::chrono::duration<double>(cpu).count() / count * hz * 100;
    state.counters["preads"] = static_cast<double>(reads) / count;
    state.counters["KiB"] = static_cast<double>(bytes) / count / 1024;
    state.counters["passes"] = static_cast<double>(passes) / count;
    state.counters["no_value"] = static_cast<double>(failed) / count;
}

void watchExpressions(benchmark::State &state)
{
    Sampler sampler(session(), session()->context());
    addExpressions(sampler, static_cast<std::size_t>(state.range(0)));
    tickAll(state, sampler, 10);
}
BENCHMARK(watchExpressions)->Arg(100)->Arg(1000)->Iterations(30)->Unit(benchmark::kMicrosecond)->UseRealTime();

/// All of them change with every tick: nothing is saved by what stays the same.
void watchWhatChanges(benchmark::State &state)
{
    Sampler sampler(session(), session()->context());
    for (std::int64_t i = 0; i < state.range(0); ++i)
        sampler.add({ks::live::ExpressionWatch{"jiffies + " + std::to_string(i)}});
    tickAll(state, sampler, 10);
}
BENCHMARK(watchWhatChanges)->Arg(1000)->Iterations(30)->Unit(benchmark::kMicrosecond)->UseRealTime();

void watchHexView(benchmark::State &state)
{
    Sampler sampler(session(), session()->context());
    const auto jiffies = session()->symbols().findFirst("jiffies").value();
    // As the window subscribes.
    const auto range = *ks::AddrRange::sized(jiffies.address.alignedDown(64), 64 * 64);
    sampler.add({ks::live::ViewWatch{[range](const ks::EvalContext &context) {
                                         return std::make_shared<const std::vector<ks::MemoryBlock>>(
                                             context.memory->readBatch({&range, 1}));
                                     },
                                     {range}}});
    for (std::int64_t i = 0; i < state.range(0); ++i)
        sampler.add({ks::live::ExpressionWatch{"((u8 *)&jiffies)[" + std::to_string(i) + "]"}});
    tickAll(state, sampler, 30);
}
/// Alone, and with watches on what it shows.
BENCHMARK(watchHexView)->Arg(0)->Arg(100)->Iterations(90)->Unit(benchmark::kMicrosecond)->UseRealTime();

} // namespace
