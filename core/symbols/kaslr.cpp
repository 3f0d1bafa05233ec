#include "core/symbols/kaslr.h"

#include <algorithm>
#include <array>

namespace ks {

namespace {

/// Unique names that every kernel has, from one end of the image to the other. VMCOREINFO has some of them
/// (kernel/vmcore_info.c).
constexpr std::array<std::string_view, 6> kAnchors = {"_stext",         "_text",     "init_uts_ns",
                                                      "swapper_pg_dir", "init_task", "_end"};
using Anchors = std::array<std::optional<std::uint64_t>, kAnchors.size()>;

Anchors anchorsOf(std::span<const Symbol> symbols)
{
    Anchors result;
    for (const Symbol &symbol : symbols) {
        if (!symbol.module.empty())
            continue;
        if (const auto anchor = std::ranges::find(kAnchors, symbol.name); anchor != kAnchors.end())
            result[std::size_t(anchor - kAnchors.begin())] = symbol.address.value;
    }
    return result;
}

Anchors anchorsOf(const VmcoreInfo &info)
{
    Anchors result;
    for (std::size_t i = 0; i < kAnchors.size(); ++i)
        result[i] = info.symbol(kAnchors[i]);
    return result;
}

std::string contradiction(std::string_view name, std::uint64_t distance, std::uint64_t expected)
{
    return std::string(name) + " was moved by " + hex(distance) + ", but the kernel by " + hex(expected);
}

} // namespace

std::span<const std::string_view> kaslrAnchors() { return kAnchors; }

Result<std::optional<KaslrOffset>> findKaslrOffset(const KaslrEvidence &evidence)
{
    std::optional<KaslrOffset> found;
    if (evidence.vmcoreInfo) {
        if (const auto offset = evidence.vmcoreInfo->kernelOffset())
            found = KaslrOffset{*offset, "KERNELOFFSET of VMCOREINFO"};
    }

    const Anchors linked = anchorsOf(evidence.linked);
    const auto compare = [&](const Anchors &runtime, const char *from) -> Result<void> {
        for (std::size_t i = 0; i < kAnchors.size(); ++i) {
            if (!linked[i] || !runtime[i])
                continue;
            const std::uint64_t distance = *runtime[i] - *linked[i];
            if (!found)
                found = KaslrOffset{distance, std::string(kAnchors[i]) + " of " + from};
            else if (found->value != distance)
                return fail(ErrorCode::Mismatch, "the symbols", contradiction(kAnchors[i], distance, found->value),
                            "they belong to another kernel; give the vmlinux or System.map of this one");
        }
        return {};
    };
    if (auto done = compare(anchorsOf(evidence.runtime), "kallsyms"); !done)
        return std::unexpected(done.error());
    if (evidence.vmcoreInfo) {
        if (auto done = compare(anchorsOf(*evidence.vmcoreInfo), "VMCOREINFO"); !done)
            return std::unexpected(done.error());
    }
    if (!found && evidence.given)
        found = KaslrOffset{*evidence.given, "given"};
    return found;
}

} // namespace ks
