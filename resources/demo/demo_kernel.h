// The demo kernel: a small kernel of our own, laid out in memory as a running Linux on x86-64 is, that can be read as
// /proc/kcore is. It is what is shown when there is nothing else to show, and the fixture of tests. Nothing of it runs:
// a clock plays the machine and changes what a running kernel would change.
#pragma once

#include "core/base/address.h"
#include "core/base/error.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ks::demo {

/// For a person.
inline constexpr std::string_view kDescription = "demo kernel";
inline constexpr std::string_view kRelease = "6.1.0-kernoscope-demo";

/// One task as the generator made it; what a walk of the lists must find.
struct DemoTask {
    int pid;
    int tgid;
    int parent; ///< pid; 0 is init_task
    std::string comm;
    VirtAddr address; ///< of its task_struct
};

/// A section of the module and where it was loaded.
struct DemoSection {
    std::string name;
    VirtAddr address;
};

/// How a saved core is laid out.
enum class CoreForm {
    Kcore,  ///< as /proc/kcore: same p_offset, a sparse file of 128 TiB; only for file systems that allow it (tmpfs)
    Vmcore, ///< as /proc/vmcore: text and RAM only, everything else through the page tables; 64 MiB, sparse
};

class DemoKernel {
public:
    /// Equal seeds give equal bytes, KASLR and all.
    static Result<std::unique_ptr<DemoKernel>> create(std::uint64_t seed = 1);
    ~DemoKernel();
    DemoKernel(const DemoKernel &) = delete;
    DemoKernel &operator=(const DemoKernel &) = delete;

    /// A file in memory in the format of /proc/kcore. It changes with every tick. Not to be written to.
    int coreFd() const;
    /// The vmlinux, with symbols and DWARF, linked at 0xffffffff81000000.
    int vmlinuxFd() const;
    /// demo_net.ko with its symbols and DWARF.
    int moduleFd() const;
    /// "/proc/self/fd/N": the descriptors as paths, for what opens files by name.
    std::filesystem::path vmlinuxPath() const;
    std::filesystem::path modulePath() const;
    /// The text of /proc/kallsyms, module symbols included.
    std::string kallsyms() const;
    /// The same as a file.
    int kallsymsFd() const;

    /// What is true of this kernel.
    std::uint64_t kaslrOffset() const;
    std::uint64_t physBase() const;
    std::string buildId() const;
    VirtAddr pageOffsetBase() const;
    VirtAddr vmallocBase() const;
    VirtAddr vmemmapBase() const;
    /// Runtime address of a symbol of the image (of a per-CPU one: its offset).
    std::optional<VirtAddr> symbol(std::string_view name) const;
    std::optional<VirtAddr> moduleSymbol(std::string_view name) const;
    VirtAddr moduleBase() const;
    std::vector<DemoSection> moduleSections() const;
    /// Without the idle tasks.
    std::vector<DemoTask> tasks() const;
    /// By the page tables; nothing where nothing is mapped.
    std::optional<PhysAddr> translate(VirtAddr address) const;

    /// Lets time pass by `ticks` of 1/250 s. The same ticks from the same seed lead to the same bytes.
    void tickOnce(std::uint64_t ticks = 1);
    /// Lets time pass as the host's does, from a thread of its own that wakes `rate` times a second.
    void start(unsigned rate = 50);
    void stop();
    bool running() const;

    /// Saves the core as it is now.
    Result<void> saveCore(const std::filesystem::path &file, CoreForm form = CoreForm::Vmcore) const;
    /// Saves vmcore, vmlinux, demo_net.ko and kallsyms into a directory, which is made.
    Result<void> writeTo(const std::filesystem::path &directory) const;

private:
    struct Parts;
    explicit DemoKernel(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

} // namespace ks::demo
