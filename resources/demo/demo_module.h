// Loads demo_net.ko into the demo kernel's module area, as kernel/module/main.c of Linux 6.1 does.
#pragma once

#include "resources/demo/vmalloc_space.h"

namespace ks::demo {

class DemoModule {
public:
    static Result<DemoModule> load(GuestMemory &memory, const KernelImage &image, VmallocSpace &vmalloc,
                                   VirtAddr perCpuOffset);

    struct Section {
        std::string name;
        VirtAddr address;
    };
    const std::vector<Section> &sections() const { return sections_; }
    VirtAddr base() const { return base_; }
    std::uint64_t size() const { return size_; }
    /// Nothing when the module has no such symbol.
    std::optional<VirtAddr> symbol(std::string_view name) const;
    /// /proc/kallsyms lines with "[demo_net]".
    std::string kallsyms() const;

private:
    DemoModule() = default;
    Result<void> layOut(std::uint64_t &textSize, std::uint64_t &readOnlySize);
    Result<void> relocate(const KernelImage &image);
    void publish(GuestMemory &memory, const KernelImage &image, std::uint64_t textSize, std::uint64_t readOnlySize);
    std::optional<VirtAddr> resolve(const ElfSymbol &symbol, const KernelImage &image) const;

    ElfFile elf_;
    VirtAddr base_;
    std::uint64_t size_ = 0;
    VirtAddr perCpu_; ///< offset of its per-CPU variables in every CPU's area
    std::vector<Section> sections_;
    std::vector<std::optional<VirtAddr>> addresses_; ///< by section index
    std::vector<std::byte> bytes_;
};

} // namespace ks::demo
