// The whole demo machine as it is after boot, and what a tick of its clock changes.
#pragma once

#include "resources/demo/demo_module.h"
#include "resources/demo/task_space.h"

#include <memory>
#include <random>

namespace ks::demo {

class Machine {
public:
    static Result<std::unique_ptr<Machine>> create(std::uint64_t seed);

    GuestMemory &memory() { return *memory_; }
    const GuestMemory &memory() const { return *memory_; }
    const KernelImage &image() const { return image_; }
    const DemoModule &module() const { return *module_; }
    const TaskSpace &tasks() const { return *tasks_; }
    const Layout &layout() const { return memory_->layout(); }
    /// The PT_LOADs as kcore has them, without p_offset.
    const std::vector<Elf64_Phdr> &segments() const { return segments_; }
    std::vector<std::byte> notes() const;

    /// One jiffy passes.
    void tick();

private:
    Machine(std::uint64_t seed, KernelImage image);
    void mapRam();
    Result<void> boot();
    void setUpCpus();
    void describePages();
    void writeHeader();

    void tickCpus();
    void wakeSomebody();
    void movePackets();
    void forkOrExit();
    void log(const std::string &line);
    void run(unsigned cpu, VirtAddr task);

    std::mt19937_64 rng_;
    KernelImage image_;
    std::vector<Elf64_Phdr> segments_;
    std::unique_ptr<GuestMemory> memory_;
    std::unique_ptr<VmallocSpace> vmalloc_;
    std::unique_ptr<TaskSpace> tasks_;
    std::optional<DemoModule> module_;
    std::vector<VirtAddr> perCpu_;  ///< each CPU's area
    std::vector<VirtAddr> current_; ///< what each CPU runs
    std::vector<VirtAddr> freePackets_;
    std::vector<VirtAddr> queue_;
    std::vector<Task> jobs_;
    std::optional<Task> awake_;
    std::uint64_t ticks_ = 0;
    int nextPid_ = 600;
    unsigned nextPacket_ = 1;
    std::uint64_t logged_ = 0;
};

} // namespace ks::demo
