// Which types serve a session.
#pragma once

#include "core/base/progress.h"
#include "core/session/session.h"
#include "core/symbols/elf_image.h"

#include <thread>

namespace ks {

inline constexpr const char *kSystemBtfPath = "/sys/kernel/btf/vmlinux";

struct OpenedTypes {
    std::shared_ptr<const TypeSource> types; ///< null: none were found
    std::string from;                        ///< for a person: "DWARF of /usr/lib/debug/boot/vmlinux-6.1"
    std::jthread cacheWriter;                ///< may still write to the cache; whoever drops it waits for it
};

/// --btf when it was given; else the DWARF of `vmlinux`, else its .BTF; else, for the running kernel, what /sys offers.
/// `vmlinux` may be null. A file that was named and cannot be read is an error.
Result<OpenedTypes> openTypes(const SessionOptions &options, const std::shared_ptr<const ElfImage> &vmlinux,
                              bool isRunningKernel, std::vector<std::string> &warnings, Progress &progress);

} // namespace ks
