// How fast memory is searched, beside a plain pread of the same file: `of_pread` is the share of its bandwidth. Both
// are measured in turns, so that what else the machine does slows both. KERNOSCOPE_BENCH_CORE names a dump; without it
// 256 MiB of what memory holds are made up.
#include "core/search/search.h"
#include "core/memory/open_core.h"
#include "core/search/pattern.h"

#include <benchmark/benchmark.h>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <random>
#include <sys/mman.h>
#include <unistd.h>

namespace ks {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::uint64_t kDirect = 0xffff888000000000;

/// A core of one segment: free pages, pointers, numbers and text.
FileHandle madeUpCore()
{
    constexpr std::size_t kSize = std::size_t{256} << 20;
    Elf64_Ehdr header = {};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_CORE;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_phoff = header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 1;
    const Elf64_Phdr load = {PT_LOAD, PF_R, kPageSize, kDirect, 0, kSize, kSize, kPageSize};
    const int fd = ::memfd_create("core", MFD_CLOEXEC);
    bool isWritten = ::pwrite(fd, &header, sizeof header, 0) == sizeof header &&
                     ::pwrite(fd, &load, sizeof load, sizeof header) == sizeof load;
    std::mt19937_64 random(1);
    std::vector<std::uint64_t> words(kChunk / 8);
    for (std::size_t at = 0; at < kSize; at += kChunk) {
        for (std::size_t page = 0; page < words.size(); page += kPageSize / 8) {
            const auto kind = random() % 4;
            for (std::size_t i = page; i < page + kPageSize / 8; ++i)
                words[i] = kind == 0   ? 0
                           : kind == 1 ? kDirect + random() % kSize
                           : kind == 2 ? random() % 1000
                                       : 0x6162637465787420 + random() % 256;
        }
        isWritten = isWritten && ::pwrite(fd, words.data(), kChunk, static_cast<off_t>(kPageSize + at)) ==
                                     static_cast<ssize_t>(kChunk);
    }
    return isWritten ? FileHandle(fd) : FileHandle();
}

struct Target {
    FileHandle file; ///< for reading it plainly
    std::unique_ptr<MemorySource> source;
    std::vector<AddrRange> all;
    std::uint64_t bytes = 0;
};

/// Null where there is none; then the benchmarks say so.
const Target *target()
{
    static const auto opened = []() -> std::unique_ptr<Target> {
        auto made = std::make_unique<Target>();
        const char *path = std::getenv("KERNOSCOPE_BENCH_CORE");
        auto file = path ? FileHandle::open(path) : Result<FileHandle>(madeUpCore());
        if (!file)
            return nullptr;
        made->file = std::move(*file);
        auto copy = FileHandle::duplicate(made->file.fd());
        auto source =
            copy ? openCore(std::move(*copy), {.live = false, .description = "core"}) : std::unexpected(copy.error());
        if (!source)
            return nullptr;
        made->source = std::move(*source);
        for (const LoadSegment &load : made->source->segments()) {
            made->all.push_back(load.range);
            made->bytes += load.fileSize;
        }
        return made;
    }();
    return opened.get();
}

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/// Reads the segments with one pread for each MiB; gives the seconds that it took.
double readPlainly(const Target &target, std::vector<std::byte> &buffer)
{
    const auto begin = Clock::now();
    for (const LoadSegment &load : target.source->segments())
        for (std::uint64_t at = 0; at < load.fileSize; at += kChunk) {
            const auto got =
                ::pread(target.file.fd(), buffer.data(), std::min<std::uint64_t>(kChunk, load.fileSize - at),
                        static_cast<off_t>(load.offset.value + at));
            benchmark::DoNotOptimize(got);
        }
    return secondsSince(begin);
}

void run(benchmark::State &state, const Matcher &matcher)
{
    const Target *core = target();
    if (!core)
        return state.SkipWithError("there is no core to search");
    std::vector<std::byte> buffer(kChunk);
    readPlainly(*core, buffer);
    double plain = 0, searched = 0;
    std::uint64_t hits = 0;
    for (auto _ : state) {
        plain += readPlainly(*core, buffer);
        const auto begin = Clock::now();
        Progress progress;
        hits = search(*core->source, core->all, matcher, {}, [](auto) { return true; }, progress).hits;
        const double took = secondsSince(begin);
        searched += took;
        state.SetIterationTime(took);
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(core->bytes * state.iterations()));
    state.counters["of_pread"] = plain / searched;
    state.counters["hits"] = static_cast<double>(hits);
}

void searchBytes(benchmark::State &state) { run(state, *makeMatcher(*parseBytes("de ad ?? e? ef"))); }
void searchText(benchmark::State &state)
{
    run(state, *makeMatcher(*textPattern("linux version", TextEncoding::Utf8, true)));
}
void searchU64(benchmark::State &state)
{
    run(state, *makeMatcher(*parseValues("0x7123456789abcdef..0x7123456789abffff", 8)));
}
void searchU64Aligned(benchmark::State &state)
{
    auto pattern = *parseValues("0x7123456789abcdef..0x7123456789abffff", 8);
    pattern.aligned = true;
    run(state, *makeMatcher(pattern));
}
void searchPointers(benchmark::State &state)
{
    run(state, *makeMatcher(pointersTo({VirtAddr(kDirect + 0x100000), VirtAddr(kDirect + 0x10003f)})));
}
void searchStrings(benchmark::State &state) { run(state, *makeMatcher(StringsPattern{TextEncoding::Utf8, 100})); }

BENCHMARK(searchBytes)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(searchText)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(searchU64)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(searchU64Aligned)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(searchPointers)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(searchStrings)->Unit(benchmark::kMillisecond)->UseManualTime();

} // namespace
} // namespace ks
