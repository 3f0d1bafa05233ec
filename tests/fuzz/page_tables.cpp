// Page tables that somebody else has written: the input overwrites entries of the tables in a few pages of RAM, with
// anything or with what leads to another of those pages. Walks must end, agree with each other, and lead to nothing but
// RAM.
#include "core/base/byte_reader.h"
#include "core/memory/mapped_source.h"
#include "tests/support/fake_source.h"

#include <cstdlib>

namespace {

using namespace ks;

constexpr VirtAddr kDirectMap{0xffff888000000000};
constexpr PhysAddr kRam{0x100000};
constexpr unsigned kPages = 64;
constexpr AddrRange kEverything{VirtAddr(0), VirtAddr(~std::uint64_t{0})};

void require(bool holds)
{
    if (!holds)
        std::abort();
}

std::uint64_t entryOf(ByteReader &input)
{
    const auto kind = input.read<std::uint8_t>();
    if (kind % 4 == 0)
        return input.read<std::uint64_t>();
    const std::uint64_t page = kRam.value + input.read<std::uint8_t>() % kPages * kPageSize;
    return page | (kind % 4 == 1 ? 0x3 : kind % 4 == 2 ? 0x83 : 0x1000000000000083) | (kind & 0x70);
}

void checkRuns(const PageTables &tables, std::span<const PageRun> runs, const AddrRange &asked)
{
    require(!runs.empty() && runs.front().range.first == asked.first && runs.back().range.last == asked.last);
    const auto layout = tables.layout();
    for (std::size_t i = 0; i < runs.size(); ++i) {
        require(runs[i].range.first <= runs[i].range.last);
        require(i == 0 || runs[i - 1].range.last + 1 == runs[i].range.first);
        if (runs[i].state.present())
            require(layout->ram.addressOf(runs[i].phys) == runs[i].ram);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    ByteReader input(std::as_bytes(std::span(data, size)));
    const auto memory = std::make_shared<test::FakeSource>();
    memory->add(kDirectMap + kRam.value, std::vector<std::byte>(kPages * kPageSize), kRam);
    const auto choice = input.read<std::uint8_t>();
    memory->setLive(choice & 1);
    const PageTables::Root root{kRam, choice & 2 ? 5u : 4u, choice & 4 ? std::uint64_t{1} << 47 : 0};
    std::vector<VirtAddr> addresses{VirtAddr(0), kDirectMap, VirtAddr(0xffffffff81000000), kEverything.last};
    while (!input.atEnd() && !input.failed()) {
        const auto page = input.read<std::uint8_t>() % kPages;
        const auto slot = input.read<std::uint16_t>();
        if (slot & 0x8000) // an address that may go through this entry
            addresses.push_back(VirtAddr(input.read<std::uint64_t>()));
        else
            memory->set(kDirectMap + kRam.value + page * kPageSize + slot % kEntriesPerTable * 8, entryOf(input));
    }
    const auto tables = std::make_shared<const PageTables>(memory, root, LayoutHints{.pageOffsetBase = kDirectMap});
    checkRuns(*tables, tables->walk({&kEverything, 1}, PageTables::Detail::States), kEverything);
    const MappedSource source(tables);
    std::vector<AddrRange> ranges;
    for (const Translation &found : tables->translate(addresses)) {
        require(found.steps.size() <= kMaxTableLevels);
        require(found.phys.has_value() == (found.pageSize != 0));
        const AddrRange page = *AddrRange::sized(found.address.alignedDown(kPageSize), kPageSize);
        const auto runs = tables->walk({&page, 1});
        checkRuns(*tables, runs, page);
        for (const PageRun &run : runs)
            if (run.range.contains(found.address))
                require(run.state == found.state &&
                        (!found.phys || run.phys + (found.address - run.range.first) == *found.phys));
        ranges.push_back(*AddrRange::sized(found.address, 3 * kPageSize));
    }
    const auto blocks = source.readBatch(ranges);
    require(blocks.size() == ranges.size());
    for (std::size_t i = 0; i < blocks.size(); ++i)
        require(blocks[i].size() == ranges[i].size() && blocks[i].runs().back().range.last == ranges[i].last);
    (void)source.mappedRanges(kEverything);
    return 0;
}
