// The vmlinux, moved by the KASLR offset and laid into memory.
#pragma once

#include "resources/demo/elf_file.h"
#include "resources/demo/guest_memory.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ks::demo {

/// A symbol as the kernel itself knows it.
struct KernelSymbol {
    VirtAddr address; ///< runtime; an offset for per-CPU variables
    char letter;      ///< as nm's
    std::string name;
    bool absolute; ///< KASLR does not move it
};

class KernelImage {
public:
    static Result<KernelImage> load(const Layout &layout);

    /// Maps the image and writes it: text in a 2 MiB page, the rest in 4 KiB pages with their rights.
    void place(GuestMemory &memory) const;
    /// Runtime address (of a per-CPU symbol: its offset). A name that is not there is remembered in missing().
    VirtAddr symbol(std::string_view name) const;
    const std::set<std::string> &missing() const { return *missing_; }

    const ElfFile &elf() const { return elf_; }
    /// `_end - _text`, as kcore's text segment has it.
    std::uint64_t size() const { return bytes_.size(); }
    std::span<const std::byte> perCpuTemplate() const { return perCpu_; }
    std::string buildId() const;
    /// Sorted by address.
    std::vector<KernelSymbol> symbols() const;
    /// One line for a symbol, as /proc/kallsyms has them.
    std::string kallsyms() const;

private:
    KernelImage() = default;
    Result<void> relocate();
    Result<void> checkLayouts() const;
    bool isPerCpu(const ElfSymbol &symbol) const;

    Layout layout_;
    ElfFile elf_;
    std::vector<std::byte> bytes_;  ///< from _text to _end
    std::vector<std::byte> perCpu_; ///< .data..percpu
    std::shared_ptr<std::set<std::string>> missing_ = std::make_shared<std::set<std::string>>();
};

/// The letter that nm and kallsyms give a symbol.
char symbolLetter(const ElfFile &elf, const Elf64_Sym &symbol);
/// The build-id of a .note.gnu.build-id section, in hex; empty when there is none.
std::string buildIdOf(std::span<const std::byte> note);

} // namespace ks::demo
