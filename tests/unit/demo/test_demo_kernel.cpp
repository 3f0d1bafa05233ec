// The demo kernel is read here as any other target is: through its core file and nothing else.
#include "resources/demo/demo_kernel.h"

#include "core/memory/notes.h"
#include "core/memory/open_core.h"
#include "core/memory/segment_map.h"
#include "resources/demo/guest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>

namespace ks::demo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DemoKernelTest : public testing::TestWithParam<std::uint64_t> {
protected:
    void SetUp() override
    {
        auto made = DemoKernel::create(GetParam());
        ASSERT_TRUE(made) << made.error().message();
        kernel = std::move(*made);
        auto handle = FileHandle::duplicate(kernel->coreFd());
        ASSERT_TRUE(handle);
        auto opened = openCore(std::move(*handle), {.live = true, .description = std::string(kDescription)});
        ASSERT_TRUE(opened) << opened.error().message();
        memory = std::move(*opened);
    }

    template <class T>
    T load(VirtAddr address) const
    {
        const MemoryBlock block = memory->read(address, sizeof(T));
        EXPECT_TRUE(block.allPresent()) << hex(address);
        T value{};
        if (block.size() == sizeof(T))
            std::memcpy(&value, block.bytes().data(), sizeof(T));
        return value;
    }

    std::uint64_t word(VirtAddr address) const { return load<std::uint64_t>(address); }
    VirtAddr symbol(std::string_view name) const
    {
        const auto found = kernel->symbol(name);
        EXPECT_TRUE(found) << name;
        return found.value_or(VirtAddr(0));
    }

    /// The entries of a list, by their list_head; fails when the back pointers do not agree.
    std::vector<VirtAddr> list(VirtAddr head) const
    {
        std::vector<VirtAddr> entries;
        VirtAddr previous = head;
        for (VirtAddr at(word(head)); at != head && entries.size() < 1000; at = VirtAddr(word(at))) {
            EXPECT_EQ(word(at + 8), previous.value);
            entries.push_back(at);
            previous = at;
        }
        EXPECT_EQ(word(head + 8), previous.value);
        return entries;
    }

    /// The page walk of the processor (Intel SDM volume 3, 4.5), with the entries read from RAM by way of the direct
    /// map.
    std::optional<PhysAddr> walk(VirtAddr address) const
    {
        PhysAddr table(symbol("init_top_pgt") - kStart + kernel->physBase());
        for (int shift = 39;; shift -= 9) {
            const auto entry = word(kernel->pageOffsetBase() + table.value + 8 * ((address.value >> shift) & 511));
            if (!(entry & 1))
                return std::nullopt;
            const std::uint64_t offset = address.value & ((std::uint64_t{1} << shift) - 1);
            if (shift == 12 || (shift < 39 && (entry & 0x80)))
                return PhysAddr((entry & 0x000ffffffffff000 & ~((std::uint64_t{1} << shift) - 1)) + offset);
            table = PhysAddr(entry & 0x000ffffffffff000);
        }
    }

    static constexpr VirtAddr kStart{0xffffffff80000000};
    std::unique_ptr<DemoKernel> kernel;
    std::unique_ptr<MemorySource> memory;
};

INSTANTIATE_TEST_SUITE_P(Seeds, DemoKernelTest, testing::Values(1, 2, 77, 0xffffffffffffffff));

TEST_P(DemoKernelTest, SegmentsAreThoseOfAKcore)
{
    LayoutHints hints;
    hints.text = symbol("_text");
    hints.end = symbol("_end");
    hints.pageOffsetBase = VirtAddr(word(symbol("page_offset_base")));
    hints.vmallocBase = VirtAddr(word(symbol("vmalloc_base")));
    hints.vmemmapBase = VirtAddr(word(symbol("vmemmap_base")));
    hints.modulesBase = VirtAddr(word(symbol("module_addr_min")));
    const auto map = SegmentMap::classify(memory->segments(), memory->machine(), hints);
    std::vector<SegmentKind> kinds;
    for (const Segment &segment : map.all())
        kinds.push_back(segment.kind);
    using enum SegmentKind;
    EXPECT_THAT(kinds, ElementsAre(DirectMap, DirectMap, Vmalloc, Vmemmap, Vmemmap, Text, Modules, Vsyscall));
    EXPECT_EQ(hints.pageOffsetBase, kernel->pageOffsetBase());
    EXPECT_EQ(map.find(symbol("linux_banner"))->kind, Text);
    for (const LoadSegment &segment : memory->segments())
        EXPECT_EQ(segment.offset.value, (segment.range.first.value & 0x7fffffffffff) + 0x1000);
}

TEST_P(DemoKernelTest, NotesSayWhatItIs)
{
    const auto notes = memory->notes();
    ASSERT_EQ(notes.size(), 4u);
    EXPECT_THAT(findCommandLine(notes).value_or(""), HasSubstr("kernoscope-demo"));
    const auto info = findVmcoreInfo(notes);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->release(), kRelease);
    EXPECT_EQ(info->buildId(), kernel->buildId());
    EXPECT_EQ(kernel->buildId().size(), 40u);
    EXPECT_EQ(info->kernelOffset(), kernel->kaslrOffset());
    EXPECT_EQ(static_cast<std::uint64_t>(info->number("phys_base").value_or(0)), kernel->physBase());
    EXPECT_EQ(info->symbol("swapper_pg_dir"), symbol("init_top_pgt").value);
    EXPECT_EQ(info->symbol("_stext"), 0xffffffff81000000 + kernel->kaslrOffset());
    guest::task_struct reader;
    ASSERT_EQ(notes[2].bytes.size(), sizeof reader);
    std::memcpy(&reader, notes[2].bytes.data(), sizeof reader);
    EXPECT_STREQ(reader.comm, "kernoscope");
}

TEST_P(DemoKernelTest, TheListOfTasksHoldsEveryProcess)
{
    std::set<std::pair<std::uint64_t, std::string>> expected, found;
    for (const DemoTask &task : kernel->tasks()) {
        if (task.pid == task.tgid)
            expected.emplace(task.address.value, task.comm);
    }
    EXPECT_GE(expected.size(), 14u);
    for (const VirtAddr entry : list(symbol("init_task") + offsetof(guest::task_struct, tasks))) {
        const VirtAddr task = entry - offsetof(guest::task_struct, tasks);
        found.emplace(task.value, load<guest::task_struct>(task).comm);
    }
    EXPECT_EQ(found, expected);
}

TEST_P(DemoKernelTest, ChildrenAndThreadsBelongToTheirParents)
{
    std::map<int, VirtAddr> byPid{{0, symbol("init_task")}};
    for (const DemoTask &task : kernel->tasks())
        byPid[task.pid] = task.address;
    for (const auto &[pid, address] : byPid) {
        std::vector<int> children;
        for (const VirtAddr entry : list(address + offsetof(guest::task_struct, children)))
            children.push_back(load<guest::task_struct>(entry - offsetof(guest::task_struct, sibling)).pid);
        std::vector<int> expected;
        for (const DemoTask &task : kernel->tasks()) {
            if (task.parent == pid && task.pid == task.tgid)
                expected.push_back(task.pid);
        }
        EXPECT_EQ(children, expected) << "of " << pid;
        const auto record = load<guest::task_struct>(address);
        EXPECT_EQ(record.pid, pid);
        // The lowest word of a kernel stack is the kernel's mark (STACK_END_MAGIC), but for init_task's own.
        if (pid != 0) {
            EXPECT_EQ(load<std::uint32_t>(VirtAddr(reinterpret_cast<std::uintptr_t>(record.stack))), 0x57ac6e9du);
        }
    }
    const auto server = load<guest::task_struct>(byPid.at(304));
    const VirtAddr signal(reinterpret_cast<std::uintptr_t>(server.signal));
    std::vector<int> threads;
    for (const VirtAddr entry : list(signal + offsetof(guest::signal_struct, thread_head)))
        threads.push_back(load<guest::task_struct>(entry - offsetof(guest::task_struct, thread_node)).pid);
    EXPECT_THAT(threads, ElementsAre(304, 305, 306));
}

TEST_P(DemoKernelTest, PageTablesLeadToTheBytesThatTheSegmentsShow)
{
    std::size_t compared = 0;
    const auto compare = [&](VirtAddr address) {
        const auto phys = walk(address);
        ASSERT_TRUE(phys) << hex(address);
        EXPECT_EQ(phys, kernel->translate(address)) << hex(address);
        const auto there = memory->read(address, 64);
        const auto alias = memory->read(kernel->pageOffsetBase() + phys->value, 64);
        EXPECT_TRUE(std::ranges::equal(there.bytes(), alias.bytes())) << hex(address);
        ++compared;
    };
    // The image, its text in a large page.
    EXPECT_EQ(walk(symbol("_text")), PhysAddr(symbol("_text") - kStart + kernel->physBase()));
    for (VirtAddr at = symbol("_text"); at < symbol("_end"); at += kPageSize)
        compare(at);
    // The module, the vmalloc areas and the struct pages.
    for (const DemoSection &section : kernel->moduleSections())
        compare(section.address);
    compare(kernel->vmemmapBase() + 64 * 0x2000);
    for (const VirtAddr entry : list(symbol("vmap_area_list"))) {
        const auto area = load<guest::vmap_area>(entry - offsetof(guest::vmap_area, list));
        const auto vm = load<guest::vm_struct>(VirtAddr(reinterpret_cast<std::uintptr_t>(area.vm)));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(vm.addr), area.va_start);
        const VirtAddr guard(area.va_end - kPageSize);
        EXPECT_FALSE(walk(guard)) << hex(guard);
        if (vm.flags & guest::VM_IOREMAP) {
            EXPECT_EQ(walk(VirtAddr(area.va_start + 0x10)), PhysAddr(vm.phys_addr + 0x10));
            EXPECT_EQ(word(VirtAddr(area.va_start)), 0u);
            continue;
        }
        EXPECT_EQ(vm.nr_pages * kPageSize + kPageSize, area.va_end - area.va_start);
        for (std::uint64_t at = area.va_start; at < guard.value; at += kPageSize)
            compare(VirtAddr(at));
    }
    EXPECT_GT(compared, 600u);
}

TEST_P(DemoKernelTest, PerCpuAreasAreTheTemplateAndTheirOwn)
{
    for (std::uint64_t cpu = 0; cpu < guest::NR_CPUS; ++cpu) {
        const VirtAddr offset(word(symbol("__per_cpu_offset") + 8 * cpu));
        EXPECT_EQ(load<std::int32_t>(offset + symbol("cpu_number").value), static_cast<int>(cpu));
        EXPECT_EQ(word(offset + symbol("this_cpu_off").value), offset.value);
        EXPECT_EQ(load<std::uint32_t>(offset + symbol("irq_count").value), 7u);
        const auto rq = load<guest::rq>(offset + symbol("runqueues").value);
        EXPECT_EQ(rq.cpu, static_cast<int>(cpu));
        const auto current = load<guest::task_struct>(VirtAddr(reinterpret_cast<std::uintptr_t>(rq.curr)));
        EXPECT_EQ(current.on_cpu, 1);
        EXPECT_EQ(current.thread_info.cpu, cpu);
    }
}

TEST_P(DemoKernelTest, TheModuleIsLoadedAndLinked)
{
    const auto entries = list(symbol("modules"));
    ASSERT_EQ(entries.size(), 1u);
    const VirtAddr address = entries[0] - offsetof(guest::module, list);
    const auto module = load<guest::module>(address);
    EXPECT_STREQ(module.name, "demo_net");
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(module.core_layout.base), kernel->moduleBase().value);
    const auto device = kernel->moduleSymbol("demo_net_device");
    ASSERT_TRUE(device);
    const auto record = load<guest::demo_net_device>(*device);
    EXPECT_STREQ(record.name, "demo0");
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(record.owner), address.value);
    const auto ops = load<guest::demo_net_ops>(VirtAddr(reinterpret_cast<std::uintptr_t>(record.ops)));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(ops.xmit), kernel->moduleSymbol("demo_net_xmit")->value);
    EXPECT_THAT(kernel->kallsyms(), HasSubstr(hex(*device).substr(2) + " D demo_net_device\t[demo_net]\n"));
    // The names and addresses of the sections, as /sys/module shows them.
    const VirtAddr attributes(reinterpret_cast<std::uintptr_t>(module.sect_attrs));
    const auto head = load<guest::module_sect_attrs>(attributes);
    const auto expected = kernel->moduleSections();
    ASSERT_EQ(head.nsections, expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto one = load<guest::module_sect_attr>(attributes + sizeof head + i * sizeof(guest::module_sect_attr));
        EXPECT_EQ(one.address, expected[i].address.value);
        const auto name = load<std::array<char, 40>>(VirtAddr(reinterpret_cast<std::uintptr_t>(one.battr.attr.name)));
        EXPECT_STREQ(name.data(), expected[i].name.c_str());
    }
}

TEST_P(DemoKernelTest, EqualSeedsAndTicksGiveEqualBytes)
{
    auto other = DemoKernel::create(GetParam());
    ASSERT_TRUE(other);
    kernel->tickOnce(700);
    (*other)->tickOnce(300);
    (*other)->tickOnce(400);
    auto opened = openCore(FileHandle::duplicate((*other)->coreFd()).value(), {.live = true});
    ASSERT_TRUE(opened);
    for (const LoadSegment &segment : memory->segments()) {
        const std::size_t size = std::min<std::uint64_t>(segment.range.size(), 0x3000000);
        const auto a = memory->read(segment.range.first, size);
        const auto b = (*opened)->read(segment.range.first, size);
        EXPECT_TRUE(std::ranges::equal(a.bytes(), b.bytes())) << hex(segment.range.first);
    }
}

} // namespace
} // namespace ks::demo
