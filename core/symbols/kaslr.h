// How far the kernel was moved from where it was linked. Applied in core/symbols alone: a SymbolTable places its
// layers.
#pragma once

#include "core/base/error.h"
#include "core/memory/notes.h"
#include "core/symbols/symbol_table.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ks {

struct KaslrOffset {
    std::uint64_t value = 0; ///< runtime address - linked address, modulo 2^64
    std::string from;        ///< where it comes from, for a person: "KERNELOFFSET of VMCOREINFO"
};

/// All that may tell the offset; what is missing stays empty.
struct KaslrEvidence {
    const VmcoreInfo *vmcoreInfo = nullptr;
    std::span<const Symbol> linked;     ///< of vmlinux or System.map
    std::span<const Symbol> runtime;    ///< of kallsyms
    std::optional<std::uint64_t> given; ///< by the person; asked last
};

/// Names of the symbols that are compared: enough to give as `linked` or `runtime`.
std::span<const std::string_view> kaslrAnchors();

/// KERNELOFFSET, else the distance between linked and runtime symbols (of kallsyms, then of VMCOREINFO's SYMBOL
/// entries), else what was given, else nothing. Mismatch when the witnesses contradict each other: then the linked
/// symbols belong to another kernel.
Result<std::optional<KaslrOffset>> findKaslrOffset(const KaslrEvidence &evidence);

} // namespace ks
