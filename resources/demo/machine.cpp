#include "resources/demo/machine.h"

#include "resources/demo/core_header.h"
#include "resources/demo/guest.h"
#include "resources/demo/kallsyms_table.h"

#include <algorithm>
#include <array>

namespace ks::demo {
namespace {

constexpr std::uint64_t kDirectPage = kPteWrite | kPteAccessed | kPteDirty | kPteGlobal | kPteNoExecute;
constexpr std::uint64_t kPerCpuUnit = 8 * kPageSize;
constexpr std::uint32_t kPageIsFree = 0xffffff7f; ///< page_type of a free block: ~PG_buddy (include/linux/page-flags.h)
constexpr std::size_t kPackets = 24;

std::uint64_t alignUp(std::uint64_t value, std::uint64_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

} // namespace

Machine::Machine(std::uint64_t seed, KernelImage image) : rng_(seed), image_(std::move(image)) {}

Result<std::unique_ptr<Machine>> Machine::create(std::uint64_t seed)
{
    std::mt19937_64 layoutRng(seed);
    const Layout layout = Layout::random(layoutRng);
    auto image = KernelImage::load(layout);
    if (!image)
        return std::unexpected(image.error());
    std::unique_ptr<Machine> machine(new Machine(seed ^ 0x6b65726e6f73636f, std::move(*image)));
    machine->segments_ = coreSegments(layout, machine->image_.size());

    // The header's size is needed before anything has its place behind it; the task in it is filled in at the end.
    const auto notes =
        coreNotes(std::vector<std::byte>(sizeof(guest::task_struct)), vmcoreInfoText(machine->image_, layout));
    const PhysAddr root = layout.imagePhys + (machine->image_.symbol("init_top_pgt") - layout.text());
    auto memory = GuestMemory::create(layout, root, coreHeaderSize(machine->segments_.size(), notes.size()));
    if (!memory)
        return std::unexpected(memory.error());
    machine->memory_ = std::move(*memory);
    if (auto booted = machine->boot(); !booted)
        return std::unexpected(booted.error());
    return machine;
}

Result<void> Machine::boot()
{
    const Layout &where = layout();
    // The first 2 MiB that are handed out are the struct pages'.
    memory_->map(where.vmemmapBase, memory_->allocate(kTwoMiB, kTwoMiB), 1, kDirectPage);
    mapRam();
    image_.place(*memory_);
    memory_->preallocate({where.vmallocBase, where.vmallocBase + (32 * kTiB - 1)});

    const VirtAddr vsyscall = memory_->allocateObject(kPageSize, kPageSize);
    memory_->map(kVsyscall, *memory_->translate(vsyscall), 0, kPteUser | kPteAccessed | kPteNoExecute);
    memory_->store(vsyscall, std::array<unsigned char, 4>{0xcc, 0xcc, 0xcc, 0xcc});

    const auto set = [&](std::string_view name, std::uint64_t value) { memory_->store(image_.symbol(name), value); };
    set("page_offset_base", where.pageOffsetBase.value);
    set("vmalloc_base", where.vmallocBase.value);
    set("vmemmap_base", where.vmemmapBase.value);
    set("phys_base", where.physBase());
    set("max_pfn", kRamEnd / kPageSize);
    set("max_low_pfn", kRamEnd / kPageSize);
    set("module_addr_min", kModulesStart.value);
    set("module_addr_max", kModulesEnd.value);
    memory_->write(image_.symbol("saved_command_line"), std::as_bytes(std::span(kCommandLine)));
    set("demo_boot_time", 1700000000);

    vmalloc_ = std::make_unique<VmallocSpace>(*memory_, image_, rng_);
    const auto registers = vmalloc_->ioremap(PhysAddr(0xfed00000), kPageSize, "ioremap");
    vmalloc_->ioremap(PhysAddr(0x4000000000), kGiB, "ioremap");
    vmalloc_->ioremap(PhysAddr(0xe0000000), 2 * kTwoMiB, "ioremap");
    const auto text = vmalloc_->allocate(16 * kPageSize, "vmalloc");
    for (unsigned i = 0; i < 16; ++i) {
        const std::string line = "page " + std::to_string(i) + " of a buffer in vmalloc of the demo kernel\n";
        memory_->write(text.start + i * kPageSize, std::as_bytes(std::span(line)));
    }

    const std::uint64_t modulePerCpu = alignUp(image_.perCpuTemplate().size(), 64);
    auto module = DemoModule::load(*memory_, image_, *vmalloc_, VirtAddr(modulePerCpu));
    if (!module)
        return std::unexpected(module.error());
    module_ = std::move(*module);
    tasks_ = std::make_unique<TaskSpace>(*memory_, image_, *vmalloc_);
    tasks_->populate();
    vmalloc_->publish();
    setUpCpus();

    if (const auto device = module_->symbol("demo_net_device")) {
        memory_->store(*device + offsetof(guest::demo_net_device, registers), registers.start.value);
        for (const Task &task : tasks_->tasks()) {
            if (task.spec.comm == "demo_net")
                memory_->store(*device + offsetof(guest::demo_net_device, worker), task.address.value);
        }
    }
    for (std::size_t i = 0; i < kPackets; ++i)
        freePackets_.push_back(memory_->allocateObject(sizeof(guest::demo_packet)));

    if (auto written = writeKallsyms(*memory_, image_); !written)
        return written;
    describePages();
    if (!image_.missing().empty())
        return fail(ErrorCode::NotFound, "demo vmlinux", "has no symbol " + *image_.missing().begin());
    if (!memory_->healthy())
        return fail(ErrorCode::Limit, "demo kernel", "its memory could not be laid out");
    writeHeader();
    if (!memory_->healthy())
        return fail(ErrorCode::Io, "demo kernel", "its header could not be written");
    return {};
}

// The largest pages that fit, as init_memory_mapping() of arch/x86/mm/init.c takes them; the first 2 MiB in small ones.
void Machine::mapRam()
{
    for (const RamRange &ram : kRam) {
        PhysAddr at = ram.first;
        const PhysAddr end = ram.first + ram.size;
        while (at < end) {
            const bool large = at.value >= kTwoMiB && at.value % kTwoMiB == 0 && end - at >= kTwoMiB;
            memory_->map(layout().directMap(at), at, large ? 1 : 0, kDirectPage);
            at += kLevelSize[large ? 1 : 0];
        }
    }
}

void Machine::setUpCpus()
{
    const PhysAddr areas = memory_->allocate(kCpuCount * kPerCpuUnit);
    current_.resize(kCpuCount);
    const auto field = [&](unsigned cpu, std::string_view name) { return perCpu_[cpu] + image_.symbol(name).value; };
    for (unsigned cpu = 0; cpu < kCpuCount; ++cpu) {
        const VirtAddr area = layout().directMap(areas + cpu * kPerCpuUnit);
        perCpu_.push_back(area);
        memory_->write(area, image_.perCpuTemplate());
        if (const auto interrupts = module_->symbol("demo_net_interrupts"))
            memory_->store(area + interrupts->value, std::uint64_t{42} + cpu);
        memory_->store(image_.symbol("__per_cpu_offset") + 8 * cpu, area.value);
        memory_->store(field(cpu, "this_cpu_off"), area.value);
        memory_->store(field(cpu, "cpu_number"), std::int32_t(cpu));

        const VirtAddr queue = field(cpu, "runqueues");
        auto rq = memory_->load<guest::rq>(queue);
        rq.cpu = static_cast<int>(cpu);
        rq.online = 1;
        rq.idle = guestPointer<guest::task_struct>(tasks_->idleTask(cpu).value);
        rq.cfs.rq = guestPointer<guest::rq>(queue.value);
        rq.clock = rq.clock_task = 5'000'000'000 + cpu * 1'000'003ull;
        memory_->store(queue, rq);
        memory_->listInit(queue + offsetof(guest::rq, cfs_tasks));
        run(cpu, tasks_->idleTask(cpu));
    }
    for (const Task &task : tasks_->tasks()) {
        memory_->store(task.address + offsetof(guest::task_struct, se.cfs_rq),
                       (field(task.spec.cpu, "runqueues") + offsetof(guest::rq, cfs)).value);
        if (task.spec.state == guest::TASK_RUNNING)
            run(task.spec.cpu, task.address);
    }
}

void Machine::run(unsigned cpu, VirtAddr task)
{
    const VirtAddr queue = perCpu_[cpu] + image_.symbol("runqueues").value;
    const VirtAddr idle = tasks_->idleTask(cpu);
    const auto onCpu = [&](VirtAddr which, std::int32_t value) {
        memory_->store(which + offsetof(guest::task_struct, on_cpu), value);
    };
    if (current_[cpu].value != 0) {
        onCpu(current_[cpu], 0);
        const VirtAddr switches = queue + offsetof(guest::rq, nr_switches);
        memory_->store(switches, memory_->load<std::uint64_t>(switches) + 1);
        if (current_[cpu] != idle)
            memory_->listRemove(current_[cpu] + offsetof(guest::task_struct, se.group_node));
    }
    current_[cpu] = task;
    onCpu(task, 1);
    if (task != idle)
        memory_->listAddTail(task + offsetof(guest::task_struct, se.group_node),
                             queue + offsetof(guest::rq, cfs_tasks));
    const bool busy = task != idle;
    const VirtAddr entity = busy ? task + offsetof(guest::task_struct, se) : VirtAddr(0);
    memory_->store(queue + offsetof(guest::rq, curr), task.value);
    memory_->store(queue + offsetof(guest::rq, cfs.curr), entity.value);
    memory_->store(queue + offsetof(guest::rq, nr_running), std::uint32_t{busy});
    memory_->store(queue + offsetof(guest::rq, cfs.nr_running), std::uint32_t{busy});
    memory_->store(perCpu_[cpu] + image_.symbol("current_task").value, task.value);
}

// One struct page for every page frame; what is not RAM is reserved.
void Machine::describePages()
{
    const PhysAddr imageEnd = layout().imagePhys + image_.size();
    const std::uint64_t allocatedFrom = 0x2000000;
    std::vector<guest::page> pages(kRamEnd / kPageSize);
    for (std::size_t pfn = 0; pfn < pages.size(); ++pfn) {
        const PhysAddr phys(pfn * kPageSize);
        guest::page &page = pages[pfn];
        page._mapcount.counter = -1;
        page.flags = std::uint64_t{phys.value < 0x1000000 ? guest::ZONE_DMA : guest::ZONE_DMA32}
                     << guest::ZONES_PGSHIFT;
        const bool ram = std::ranges::any_of(kRam, [&](const RamRange &r) { return phys - r.first < r.size; });
        const bool image = layout().imagePhys <= phys && phys < imageEnd;
        if (!ram || image) {
            page.flags |= std::uint64_t{1} << guest::PG_reserved;
            page._refcount.counter = 1;
        } else if (allocatedFrom <= phys.value && phys < memory_->allocatedEnd()) {
            page.flags |= std::uint64_t{1} << guest::PG_uptodate | std::uint64_t{1} << guest::PG_referenced;
            page._refcount.counter = 1;
        } else {
            page.page_type = kPageIsFree;
        }
    }
    memory_->write(layout().vmemmapBase, std::as_bytes(std::span(pages)));
}

std::vector<std::byte> Machine::notes() const
{
    VirtAddr reader = tasks_->initTask();
    for (const Task &task : tasks_->tasks()) {
        if (task.spec.comm == "kernoscope")
            reader = task.address;
    }
    const auto current = memory_->load<guest::task_struct>(reader);
    return coreNotes(std::as_bytes(std::span(&current, 1)), vmcoreInfoText(image_, layout()));
}

void Machine::writeHeader()
{
    auto segments = segments_;
    for (Elf64_Phdr &segment : segments)
        segment.p_offset = memory_->fileOffset(VirtAddr(segment.p_vaddr));
    memory_->writeHeader(coreHeader(segments, notes()));
}

} // namespace ks::demo
