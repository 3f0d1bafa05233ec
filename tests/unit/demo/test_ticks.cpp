#include "core/memory/open_core.h"
#include "resources/demo/demo_kernel.h"
#include "resources/demo/guest.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <thread>

namespace ks::demo {
namespace {

class DemoTicks : public testing::Test {
protected:
    void SetUp() override
    {
        kernel = DemoKernel::create(3).value();
        memory = openCore(FileHandle::duplicate(kernel->coreFd()).value(), {.live = true}).value();
    }

    template <class T>
    T load(VirtAddr address) const
    {
        const MemoryBlock block = memory->read(address, sizeof(T));
        T value{};
        if (block.allPresent() && block.size() == sizeof(T))
            std::memcpy(&value, block.bytes().data(), sizeof(T));
        return value;
    }
    std::uint64_t jiffies() const { return load<std::uint64_t>(kernel->symbol("jiffies_64").value()); }
    std::set<int> pidsOnTheList() const
    {
        std::set<int> pids;
        const VirtAddr head = kernel->symbol("init_task").value() + offsetof(guest::task_struct, tasks);
        for (VirtAddr at = load<VirtAddr>(head); at != head && pids.size() < 100; at = load<VirtAddr>(at))
            pids.insert(load<guest::task_struct>(at - offsetof(guest::task_struct, tasks)).pid);
        return pids;
    }
    std::set<int> leaders() const
    {
        std::set<int> pids;
        for (const DemoTask &task : kernel->tasks()) {
            if (task.pid == task.tgid)
                pids.insert(task.pid);
        }
        return pids;
    }

    std::unique_ptr<DemoKernel> kernel;
    std::unique_ptr<MemorySource> memory;
};

TEST_F(DemoTicks, TimePassesForEverything)
{
    const auto cpu3 = load<VirtAddr>(kernel->symbol("__per_cpu_offset").value() + 24);
    const VirtAddr queue = cpu3 + kernel->symbol("runqueues").value().value;
    const auto before = jiffies();
    const auto rqBefore = load<guest::rq>(queue);
    const auto busy = VirtAddr(reinterpret_cast<std::uintptr_t>(rqBefore.curr));
    const auto taskBefore = load<guest::task_struct>(busy);
    EXPECT_STREQ(taskBefore.comm, "compute");
    kernel->tickOnce(100);
    EXPECT_EQ(jiffies(), before + 100);
    const auto passed = load<guest::rq>(queue).clock - rqBefore.clock;
    EXPECT_NEAR(static_cast<double>(passed), 400e6, 1e6);
    EXPECT_EQ(load<guest::task_struct>(busy).utime - taskBefore.utime, passed);
}

TEST_F(DemoTicks, TasksComeAndGoAndTheListsStayWhole)
{
    std::set<int> seen;
    const auto first = leaders();
    for (int i = 0; i < 60; ++i) {
        kernel->tickOnce(60);
        const auto now = pidsOnTheList();
        EXPECT_EQ(now, leaders());
        seen.insert(now.begin(), now.end());
    }
    EXPECT_GT(seen.size(), first.size() + 5);
    EXPECT_LT(leaders().size(), first.size() + 6);
}

TEST_F(DemoTicks, TheQueueOfTheModuleGrowsAndShrinks)
{
    const VirtAddr device = kernel->moduleSymbol("demo_net_device").value();
    const VirtAddr head = device + offsetof(guest::demo_net_device, queue);
    std::set<std::size_t> lengths;
    for (int i = 0; i < 50; ++i) {
        kernel->tickOnce(25);
        std::size_t length = 0;
        for (VirtAddr at = load<VirtAddr>(head); at != head && length < 100; at = load<VirtAddr>(at))
            ++length;
        EXPECT_EQ(length, load<guest::demo_net_device>(device).queue_length);
        lengths.insert(length);
    }
    EXPECT_TRUE(lengths.contains(0));
    EXPECT_GE(*lengths.rbegin(), 15u);
    const auto stats = load<guest::demo_net_device>(device).stats;
    EXPECT_EQ(stats.rx_packets - stats.tx_packets, load<guest::demo_net_device>(device).queue_length);
}

TEST_F(DemoTicks, TheThreadKeepsTheHostsTime)
{
    using namespace std::chrono;
    EXPECT_FALSE(kernel->running());
    const auto before = jiffies();
    const auto begin = steady_clock::now();
    kernel->start(100);
    EXPECT_TRUE(kernel->running());
    while (jiffies() < before + 25 && steady_clock::now() - begin < seconds(20))
        std::this_thread::sleep_for(milliseconds(5));
    kernel->stop();
    EXPECT_FALSE(kernel->running());
    const auto passed = jiffies() - before;
    const auto most = duration_cast<milliseconds>(steady_clock::now() - begin).count() / 4 + 1;
    EXPECT_GE(passed, 25u);
    EXPECT_LE(static_cast<std::int64_t>(passed), most);
    std::this_thread::sleep_for(milliseconds(30));
    EXPECT_EQ(jiffies(), before + passed);
}

} // namespace
} // namespace ks::demo
