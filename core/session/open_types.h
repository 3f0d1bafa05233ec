// Which types serve a session.
#pragma once

#include "core/base/progress.h"
#include "core/session/session.h"
#include "core/symbols/elf_image.h"

#include <functional>

namespace ks {

inline constexpr const char *kSystemBtfPath = "/sys/kernel/btf/vmlinux";

struct OpenedTypes {
    std::shared_ptr<const TypeSource> types; ///< null: none were found
    std::string from;                        ///< for a person: "DWARF of /usr/lib/debug/boot/vmlinux-6.1"
    /// What is better and takes long, and its name; empty when there is nothing better.
    std::function<Result<std::shared_ptr<const TypeSource>>(Progress &)> openRest;
    std::string restFrom;
};

/// Where types can be found.
struct TypesAtHand {
    std::shared_ptr<const ElfImage> vmlinux; ///< may be null
    bool isRunningKernel = false;            ///< /sys of this machine speaks of the target
    const MemorySource *memory = nullptr;    ///< may be null
    const SymbolTable *symbols = nullptr;
};

/// BTF from wherever there is some: vmlinux, /sys, the kernel's own memory. Nothing when there is none.
Result<OpenedTypes> openAnyBtf(const TypesAtHand &atHand);

/// --btf when it was given; else the DWARF of vmlinux, else its .BTF; else, for the running kernel, what /sys offers;
/// else the BTF in the kernel's own memory. SessionOptions::types limits that, or turns the order round. A file that
/// was named and cannot be read is an error.
Result<OpenedTypes> openTypes(const SessionOptions &options, const TypesAtHand &atHand,
                              std::vector<std::string> &warnings, Progress &progress);

} // namespace ks
