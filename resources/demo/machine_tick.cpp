// What a running kernel would change, one jiffy at a time. Everything follows from the seed and the number of ticks.
#include "resources/demo/guest.h"
#include "resources/demo/machine.h"

#include <algorithm>
#include <cstdio>

namespace ks::demo {
namespace {

constexpr std::uint64_t kJiffy = 1'000'000'000 / guest::HZ; ///< in nanoseconds
constexpr std::uint64_t kPacketsPerWave = 20;               ///< below the number of packets there are

void add(GuestMemory &memory, VirtAddr counter, std::uint64_t by)
{
    memory.store(counter, memory.load<std::uint64_t>(counter) + by);
}

} // namespace

void Machine::tick()
{
    ++ticks_;
    add(*memory_, image_.symbol("jiffies_64"), 1);
    tickCpus();
    if (ticks_ % 5 == 0)
        wakeSomebody();
    if (ticks_ % 25 == 0)
        movePackets();
    if (ticks_ % 125 == 0)
        forkOrExit();
}

void Machine::tickCpus()
{
    const VirtAddr queues = image_.symbol("runqueues");
    const VirtAddr stats = image_.symbol("kernel_cpustat");
    for (unsigned cpu = 0; cpu < kCpuCount; ++cpu) {
        const VirtAddr queue = perCpu_[cpu] + queues.value;
        const std::uint64_t passed = kJiffy + rng_() % 2000 - 1000;
        add(*memory_, queue + offsetof(guest::rq, clock), passed);
        add(*memory_, queue + offsetof(guest::rq, clock_task), passed);
        const VirtAddr task = current_[cpu];
        const bool idle = task == tasks_->idleTask(cpu);
        const unsigned kind = idle ? guest::CPUTIME_IDLE : guest::CPUTIME_USER;
        add(*memory_, perCpu_[cpu] + stats.value + 8 * kind, kJiffy);
        if (idle)
            continue;
        const auto user = memory_->load<std::uint64_t>(task + offsetof(guest::task_struct, mm)) != 0;
        add(*memory_, task + (user ? offsetof(guest::task_struct, utime) : offsetof(guest::task_struct, stime)),
            passed);
        add(*memory_, task + offsetof(guest::task_struct, se.sum_exec_runtime), passed);
        add(*memory_, task + offsetof(guest::task_struct, se.vruntime), passed);
        add(*memory_, queue + offsetof(guest::rq, cfs.min_vruntime), passed);
    }
}

// One sleeping task at a time runs for five jiffies on CPU 0 or 1; the others have their own work.
void Machine::wakeSomebody()
{
    if (awake_) {
        const VirtAddr task = awake_->address;
        memory_->store(task + offsetof(guest::task_struct, __state), std::uint32_t{awake_->spec.state});
        memory_->store(task + offsetof(guest::task_struct, on_rq), std::uint32_t{0});
        add(*memory_, task + offsetof(guest::task_struct, nvcsw), 1);
        run(awake_->spec.cpu, tasks_->idleTask(awake_->spec.cpu));
        awake_.reset();
    }
    std::vector<Task> sleeping;
    std::ranges::copy_if(tasks_->tasks(), std::back_inserter(sleeping),
                         [](const Task &task) { return task.spec.state != guest::TASK_RUNNING && task.spec.cpu < 2; });
    if (sleeping.empty())
        return;
    awake_ = sleeping[rng_() % sleeping.size()];
    memory_->store(awake_->address + offsetof(guest::task_struct, __state), std::uint32_t{guest::TASK_RUNNING});
    memory_->store(awake_->address + offsetof(guest::task_struct, on_rq), std::uint32_t{1});
    run(awake_->spec.cpu, awake_->address);
}

// Packets come in for a while, then go out: the list grows and shrinks.
void Machine::movePackets()
{
    const auto device = module_->symbol("demo_net_device");
    if (!device)
        return;
    const VirtAddr stats = *device + offsetof(guest::demo_net_device, stats);
    const bool filling = ticks_ / 25 / kPacketsPerWave % 2 == 0;
    if (filling && !freePackets_.empty()) {
        const VirtAddr packet = freePackets_.back();
        freePackets_.pop_back();
        guest::demo_packet record;
        clear(record);
        record.id = nextPacket_++;
        record.length = static_cast<guest::u16>(64 + rng_() % 1400);
        record.protocol = record.id % 6;
        record.urgent = record.id % 7 == 0;
        record.stamp = memory_->load<std::uint64_t>(image_.symbol("jiffies_64"));
        std::snprintf(reinterpret_cast<char *>(record.data), sizeof record.data, "packet %u of the demo", record.id);
        memory_->store(packet, record);
        memory_->listAddTail(packet, *device + offsetof(guest::demo_net_device, queue));
        queue_.push_back(packet);
        add(*memory_, stats + offsetof(guest::demo_net_stats, rx_packets), 1);
        add(*memory_, stats + offsetof(guest::demo_net_stats, rx_bytes), record.length);
    } else if (!filling && !queue_.empty()) {
        const VirtAddr packet = queue_.front();
        queue_.erase(queue_.begin());
        memory_->listRemove(packet);
        const auto record = memory_->load<guest::demo_packet>(packet);
        add(*memory_, stats + offsetof(guest::demo_net_stats, tx_packets), 1);
        add(*memory_, stats + offsetof(guest::demo_net_stats, tx_bytes), record.length);
        freePackets_.push_back(packet);
    }
    memory_->store(*device + offsetof(guest::demo_net_device, queue_length), static_cast<std::uint32_t>(queue_.size()));
    if (const auto interrupts = module_->symbol("demo_net_interrupts"))
        add(*memory_, perCpu_[1] + interrupts->value, 1);
}

// Short-lived processes of the shell.
void Machine::forkOrExit()
{
    if (jobs_.size() < 3 || (jobs_.size() < 5 && rng_() % 2 == 0)) {
        const TaskSpec spec{.pid = nextPid_,
                            .tgid = nextPid_,
                            .parent = 411,
                            .comm = "job-" + std::to_string(nextPid_),
                            .state = guest::TASK_INTERRUPTIBLE,
                            .flags = guest::PF_RANDOMIZE,
                            .uid = 1000,
                            .cpu = 2,
                            .sleepsIn = "do_nanosleep"};
        nextPid_ = nextPid_ < 1999 ? nextPid_ + 1 : 600;
        jobs_.push_back(tasks_->fork(spec));
        log(spec.comm + " started\n");
    } else {
        log(jobs_.front().spec.comm + " ended\n");
        tasks_->release(jobs_.front());
        jobs_.erase(jobs_.begin());
    }
}

void Machine::log(const std::string &line)
{
    constexpr std::uint64_t kLogSize = 4096;
    constexpr std::uint64_t kFirst = 256; // what was logged at boot stays
    char stamp[32];
    std::snprintf(stamp, sizeof stamp, "[%5llu.%03llu000] ", static_cast<unsigned long long>(ticks_ / guest::HZ),
                  static_cast<unsigned long long>(ticks_ % guest::HZ * 4));
    const std::string text = stamp + line;
    if (logged_ + text.size() > kLogSize - kFirst)
        logged_ = 0;
    memory_->write(image_.symbol("__log_buf") + kFirst + logged_, std::as_bytes(std::span(text)));
    logged_ += text.size();
    memory_->store(image_.symbol("log_end"), static_cast<std::uint32_t>(kFirst + logged_));
}

} // namespace ks::demo
