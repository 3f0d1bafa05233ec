// The ELF header, program headers and notes of the demo kernel's core, as fs/proc/kcore.c writes them.
#pragma once

#include "resources/demo/kernel_image.h"

#include <elf.h>

namespace ks::demo {

inline constexpr std::string_view kCommandLine =
    "BOOT_IMAGE=/boot/vmlinuz-6.1.0-kernoscope-demo root=/dev/demo0 ro quiet";

/// The PT_LOADs in the kernel's order; p_offset is not yet set.
std::vector<Elf64_Phdr> coreSegments(const Layout &layout, std::uint64_t imageSize);
/// The text of the VMCOREINFO note (kernel/crash_core.c and arch/x86/kernel/machine_kexec_64.c of Linux 6.1).
std::string vmcoreInfoText(const KernelImage &image, const Layout &layout);
/// PRSTATUS, PRPSINFO, TASKSTRUCT and VMCOREINFO.
std::vector<std::byte> coreNotes(std::span<const std::byte> taskStruct, std::string_view vmcoreInfo);
/// Everything before the first byte of memory, padded to whole pages. The segments have their p_offset.
std::vector<std::byte> coreHeader(std::span<const Elf64_Phdr> segments, std::span<const std::byte> notes);
/// The size of coreHeader()'s answer.
std::uint64_t coreHeaderSize(std::size_t segments, std::size_t notesSize);

} // namespace ks::demo
