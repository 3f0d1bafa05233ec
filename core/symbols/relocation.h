// Modules are relocatable files: their symbols and debug sections say "so far into that section". Here they get the
// addresses that the sections have in the running kernel.
#pragma once

#include "core/symbols/elf_image.h"
#include "core/symbols/merged_strings.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ks {

/// Where the kernel has put the sections of a module.
struct SectionAddresses {
    /// By name, as /sys/module/NAME/sections tells them.
    std::map<std::string, VirtAddr, std::less<>> byName;
    /// Of .data..percpu, which is in no such list: the offset in each CPU's area (struct module, percpu).
    std::optional<VirtAddr> perCpu;
    /// The kernel frees the sections named .init* when the module has come up (kernel/module/main.c, do_init_module),
    /// but goes on to tell where they were.
    bool initIsFreed = true;
};

/// What is not in memory gets an address that is none: not canonical on x86-64 (four and five levels, LAM or not) nor
/// on arm64 (TBI or not). Each section has 4 GiB of them, the same at every start.
inline constexpr VirtAddr kNowhere{std::uint64_t{0x4b53} << 48};
constexpr bool isNowhere(VirtAddr address) { return address.value >> 48 == kNowhere.value >> 48; }

/// The runtime address of every section of a relocatable file, by index: in kNowhere when it is not loaded (or when two
/// have the same name, so that it cannot be told which of them is where), 0 for those that are never loaded, like debug
/// sections.
std::vector<VirtAddr> placeSections(const ElfImage &image, const SectionAddresses &addresses);

/// Whether relocations have to be applied to a section before it can be read.
bool needsRelocation(const ElfImage &image, const ElfSection &section);

/// References into this section are to be merged.
struct StringSection {
    std::uint32_t index = 0;
    MergedStrings strings;
};

/// A copy of the bytes of a section that is not loaded, decompressed, with its relocations applied. `places` is what
/// placeSections() gave; `strings` may be null. x86-64 and arm64. BadFormat, with the place of the relocation, for one
/// that reaches outside the section, names a symbol that there is not, or does not fit; Unsupported for one of a kind
/// that no debug information has.
Result<std::string> relocatedBytes(const ElfImage &image, const ElfSection &section,
                                   const std::vector<VirtAddr> &places, StringSection *strings = nullptr);

} // namespace ks
