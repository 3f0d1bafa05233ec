#include "resources/demo/embedded.h"

asm(R"(
    .pushsection .rodata
    .balign 64
demo_vmlinux_begin:
    .incbin ")" DEMO_IMAGE_DIR R"(/vmlinux"
demo_vmlinux_end:
    .balign 64
demo_module_begin:
    .incbin ")" DEMO_IMAGE_DIR R"(/demo_net.ko"
demo_module_end:
    .global demo_vmlinux_begin, demo_vmlinux_end, demo_module_begin, demo_module_end
    .hidden demo_vmlinux_begin, demo_vmlinux_end, demo_module_begin, demo_module_end
    .popsection
)");

extern "C" {
extern const std::byte demo_vmlinux_begin[] __attribute__((visibility("hidden")));
extern const std::byte demo_vmlinux_end[] __attribute__((visibility("hidden")));
extern const std::byte demo_module_begin[] __attribute__((visibility("hidden")));
extern const std::byte demo_module_end[] __attribute__((visibility("hidden")));
}

namespace ks::demo {

std::span<const std::byte> embeddedVmlinux() { return {demo_vmlinux_begin, demo_vmlinux_end}; }

std::span<const std::byte> embeddedModule() { return {demo_module_begin, demo_module_end}; }

} // namespace ks::demo
