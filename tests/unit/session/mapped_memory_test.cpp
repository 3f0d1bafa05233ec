// The demo kernel has page tables, guard pages and device memory as a real one has; it is read here as any target is.
#include "core/live/snapshot.h"
#include "core/memory/open_core.h"
#include "core/session/session.h"
#include "resources/demo/demo_kernel.h"
#include "resources/demo/guest.h"
#include "resources/demo/layout.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ks {
namespace {

using demo::DemoKernel;
using testing::HasSubstr;
namespace guest = demo::guest;

class MappedMemory : public testing::TestWithParam<std::uint64_t> {
protected:
    std::shared_ptr<const Session> open(SessionOptions options) const
    {
        options.types = TypesChoice::None;
        options.useModules = options.useCache = false;
        Progress progress;
        auto session = Session::open(options, progress);
        EXPECT_TRUE(session) << session.error().message();
        return *session;
    }
    std::shared_ptr<const Session> openLive() const
    {
        return open({.coreFd = kernel->coreFd(), .live = true, .vmlinux = kernel->vmlinuxPath()});
    }

    template <class T>
    T load(const Session &session, VirtAddr address) const
    {
        const MemoryBlock block = session.memory().read(address, sizeof(T));
        EXPECT_TRUE(block.allPresent()) << hex(address);
        T value{};
        std::memcpy(&value, block.bytes().data(), sizeof value);
        return value;
    }

    struct Area {
        AddrRange range; ///< without the guard page
        VirtAddr guard;
        guest::vm_struct vm;
    };
    std::vector<Area> areas(const Session &session) const
    {
        std::vector<Area> areas;
        const VirtAddr head = *kernel->symbol("vmap_area_list");
        for (auto at = load<VirtAddr>(session, head); at != head; at = load<VirtAddr>(session, at)) {
            const auto area = load<guest::vmap_area>(session, at - offsetof(guest::vmap_area, list));
            const VirtAddr guard(area.va_end - kPageSize);
            areas.push_back({{VirtAddr(area.va_start), guard - 1},
                             guard,
                             load<guest::vm_struct>(session, VirtAddr(reinterpret_cast<std::uintptr_t>(area.vm)))});
        }
        return areas;
    }

    /// Every area is as the kernel has entered it, its guard page is a hole.
    void expectAreas(const Session &session, PageStatus hole) const
    {
        std::size_t ram = 0, devices = 0;
        for (const Area &area : areas(session)) {
            SCOPED_TRACE(hex(area.range.first));
            EXPECT_EQ(session.memory().read(area.guard, 8).stateAt(area.guard).status, hole);
            const std::uint64_t size = std::min<std::uint64_t>(area.range.size(), 0x100000);
            const MemoryBlock block = session.memory().read(area.range.first, size);
            ASSERT_EQ(block.runs().size(), 1u);
            if (area.vm.flags & guest::VM_IOREMAP) {
                EXPECT_EQ(block.runs()[0].state.status, PageStatus::Mmio);
                EXPECT_EQ(session.pageTables()->translate(area.range.first).phys, PhysAddr(area.vm.phys_addr));
                ++devices;
                continue;
            }
            EXPECT_TRUE(block.allPresent());
            for (VirtAddr at = area.range.first; at < area.guard; at += kPageSize) {
                const auto phys = kernel->translate(at);
                ASSERT_TRUE(phys);
                const MemoryBlock frame = session.memory().read(kernel->pageOffsetBase() + phys->value, kPageSize);
                ASSERT_TRUE(frame.allPresent());
                EXPECT_TRUE(std::ranges::equal(*block.present(at, kPageSize), frame.bytes())) << hex(at);
            }
            ++ram;
        }
        EXPECT_GT(ram, 10u);
        EXPECT_EQ(devices, 3u);
    }

    std::unique_ptr<DemoKernel> kernel = DemoKernel::create(GetParam()).value();
};
INSTANTIATE_TEST_SUITE_P(Seeds, MappedMemory, testing::Values(1, 42));

TEST_P(MappedMemory, AreasOfTheLiveKernel)
{
    const auto session = openLive();
    EXPECT_TRUE(session->warnings().empty());
    ASSERT_TRUE(session->pageTables());
    EXPECT_EQ(session->pageTables()->levels(), 4u);
    expectAreas(*session, PageStatus::Unmapped);
    const auto of = areas(*session);
    const AddrRange vmalloc = *AddrRange::sized(kernel->vmallocBase(), 32 * demo::kTiB - 1);
    std::uint64_t expected = 0, mapped = 0;
    for (const Area &area : of)
        if (!(area.vm.flags & guest::VM_IOREMAP) && vmalloc.contains(area.range))
            expected += area.range.size();
    for (const AddrRange &range : session->memory().mappedRanges(vmalloc))
        mapped += range.size();
    EXPECT_EQ(mapped, expected) << "32 TiB hold what was allocated, and nothing else";
}

TEST_P(MappedMemory, EveryAddressIsWhereTheKernelHasPutIt)
{
    const auto session = openLive();
    std::vector<VirtAddr> addresses;
    for (VirtAddr at = *kernel->symbol("_text"); at < *kernel->symbol("_end"); at += 0x3210)
        addresses.push_back(at);
    for (std::uint64_t at = 0x1000; at < demo::kRamEnd; at += 0x12345)
        addresses.push_back(kernel->pageOffsetBase() + at);
    for (const Area &area : areas(*session))
        addresses.push_back(area.range.first + 0x10);
    addresses.push_back(kernel->vmemmapBase() + 0x8000);
    addresses.push_back(demo::kVsyscall);
    for (const Translation &found : session->pageTables()->translate(addresses))
        EXPECT_EQ(found.phys, kernel->translate(found.address)) << hex(found.address);
}

TEST_P(MappedMemory, ADumpHasTheAreasToo)
{
    const std::string folder =
        std::filesystem::temp_directory_path() / ("kernoscope-mapped-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    ASSERT_TRUE(kernel->writeTo(folder));
    const auto session = open({.core = folder + "/vmcore", .vmlinux = folder + "/vmlinux"});
    std::filesystem::remove_all(folder);
    ASSERT_TRUE(session->pageTables());
    expectAreas(*session, PageStatus::Hole);
    EXPECT_TRUE(session->memory().read(kernel->moduleBase(), 4096).allPresent());
    EXPECT_FALSE(session->memory().mappedRanges(*AddrRange::sized(kernel->vmallocBase(), demo::kTiB)).empty());
}

TEST_P(MappedMemory, ASnapshotOfPartsIsNotJudgedByItsTables)
{
    const auto live = openLive();
    const auto all = areas(*live);
    const auto vmalloc = std::ranges::find_if(all, [](const Area &area) { return area.vm.nr_pages == 16; });
    ASSERT_NE(vmalloc, all.end());
    const VirtAddr text = *kernel->symbol("_text");
    const SnapshotRequest request{.ranges = {{text, *kernel->symbol("_end") - 1}, vmalloc->range}};
    const std::string file = std::filesystem::temp_directory_path() / ("kernoscope-parts-" + std::to_string(getpid()));
    Progress progress;
    const auto saved = saveSnapshot(live->memory(), request, file, NewFile::Existing::Replace, progress);
    ASSERT_TRUE(saved) << saved.error().message();
    const auto session = open({.core = file, .vmlinux = kernel->vmlinuxPath()});
    std::filesystem::remove(file);
    EXPECT_EQ(session->pageTables(), nullptr);
    const MemoryBlock block = session->memory().read(vmalloc->range.first, 16 * kPageSize);
    EXPECT_TRUE(block.allPresent());
    EXPECT_TRUE(std::ranges::equal(block.bytes(), live->memory().read(vmalloc->range.first, 16 * kPageSize).bytes()));
}

/// A kernel that was written over while nobody looked.
class BrokenTables : public testing::Test {
protected:
    void write(VirtAddr address, std::span<const std::byte> bytes)
    {
        const auto source = openCore(FileHandle::duplicate(kernel->coreFd()).value(), {.live = true}).value();
        for (const LoadSegment &segment : source->segments()) {
            if (segment.range.contains(address)) {
                const auto offset = segment.offset + (address - segment.range.first);
                ASSERT_EQ(::pwrite(kernel->coreFd(), bytes.data(), bytes.size(), static_cast<off_t>(offset.value)),
                          static_cast<ssize_t>(bytes.size()));
            }
        }
    }
    std::shared_ptr<const Session> open(bool live)
    {
        Progress progress;
        return Session::open({.coreFd = kernel->coreFd(),
                              .live = live,
                              .vmlinux = kernel->vmlinuxPath(),
                              .types = TypesChoice::None,
                              .useModules = false,
                              .useCache = false},
                             progress)
            .value();
    }
    std::unique_ptr<DemoKernel> kernel = DemoKernel::create(3).value();
};

TEST_F(BrokenTables, MemoryIsAsTheSourceHasItAndThePersonIsTold)
{
    const VirtAddr root = *kernel->symbol("init_top_pgt");
    const PhysAddr phys = *kernel->translate(root);
    const std::vector<std::byte> nothing(kPageSize);
    write(kernel->pageOffsetBase() + phys.value, nothing);
    write(root, nothing);
    const auto session = open(true);
    EXPECT_EQ(session->pageTables(), nullptr);
    EXPECT_THAT(session->warnings(), testing::Contains(HasSubstr("do not map the kernel's text")));
    EXPECT_TRUE(session->memory().read(kernel->vmallocBase(), 0x100000).allPresent());
    EXPECT_THAT(open(false)->warnings(), testing::Not(testing::Contains(HasSubstr("page tables"))));
}

} // namespace
} // namespace ks
