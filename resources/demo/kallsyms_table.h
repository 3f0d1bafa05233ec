// The kernel's own symbol table, as it lies in the memory of a running kernel (kernel/kallsyms.c of Linux 6.1).
#pragma once

#include "resources/demo/kernel_image.h"

namespace ks::demo {

/// Fills the kallsyms_* variables of the image. Limit when one of them is too small.
Result<void> writeKallsyms(GuestMemory &memory, const KernelImage &image);

} // namespace ks::demo
