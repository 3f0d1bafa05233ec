#include "core/session/layout.h"

#include <cstring>

namespace ks {
namespace {

template <class T>
std::optional<T> readVariable(const MemorySource &memory, const SymbolTable &symbols, std::string_view variable)
{
    const auto symbol = symbols.findFirst(variable);
    if (!symbol || symbol->kind == SymbolKind::PerCpu || symbol->kind == SymbolKind::Absolute)
        return std::nullopt;
    const MemoryBlock block = memory.read(symbol->address, sizeof(T));
    const auto bytes = block.present(symbol->address, sizeof(T));
    if (!bytes)
        return std::nullopt;
    T value{};
    std::memcpy(&value, bytes->data(), sizeof value);
    return value;
}

std::optional<VirtAddr> asAddress(std::optional<std::uint64_t> value)
{
    // A base of zero is a variable that is not set up, which no layout has.
    return value && *value != 0 ? std::optional(VirtAddr(*value)) : std::nullopt;
}

std::optional<VirtAddr> addressOf(const SymbolTable &symbols, std::string_view name)
{
    const auto symbol = symbols.findFirst(name);
    return symbol ? std::optional(symbol->address) : std::nullopt;
}

std::optional<bool> fiveLevels(const MemorySource &memory, const SymbolTable &symbols,
                               const std::optional<VmcoreInfo> &notes)
{
    if (notes)
        if (const auto enabled = notes->number("pgtable_l5_enabled"))
            return *enabled != 0;
    if (const auto enabled = readVariable<std::uint32_t>(memory, symbols, "__pgtable_l5_enabled"))
        return *enabled != 0;
    return std::nullopt;
}

} // namespace

std::optional<std::uint64_t> readWord(const MemorySource &memory, const SymbolTable &symbols, std::string_view variable)
{
    return readVariable<std::uint64_t>(memory, symbols, variable);
}

LayoutHints findLayout(const MemorySource &memory, const SymbolTable &symbols, const std::optional<VmcoreInfo> &notes,
                       std::optional<std::uint64_t> kaslrOffset)
{
    LayoutHints hints;
    hints.text = addressOf(symbols, "_text");
    hints.end = addressOf(symbols, "_end");
    hints.kaslrOffset = kaslrOffset;
    hints.fiveLevels = fiveLevels(memory, symbols, notes);
    hints.pageOffsetBase = asAddress(readWord(memory, symbols, "page_offset_base"));
    hints.vmallocBase = asAddress(readWord(memory, symbols, "vmalloc_base"));
    hints.vmemmapBase = asAddress(readWord(memory, symbols, "vmemmap_base"));
    if (notes) {
        const auto number = [&](std::string_view name) {
            const auto value = notes->number(name);
            return asAddress(value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt);
        };
        if (!hints.vmallocBase)
            hints.vmallocBase = number("VMALLOC_START");
        if (!hints.vmemmapBase)
            hints.vmemmapBase = number("VMEMMAP_START");
        hints.modulesBase = number("MODULES_VADDR");
    }
    return hints;
}

std::optional<unsigned> findPageLevels(const MemorySource &memory, const SymbolTable &symbols,
                                       const std::optional<VmcoreInfo> &notes)
{
    switch (memory.machine()) {
    case Machine::X86_64: {
        const auto five = fiveLevels(memory, symbols, notes);
        // Kernels before 4.14 know no fifth level and no variable that says so (commit 77ef56e4f0fb).
        return five.value_or(false) ? 5 : 4;
    }
    case Machine::Arm64: {
        const auto bits = notes ? notes->number("VA_BITS") : std::nullopt;
        const auto pageSize = notes ? notes->get("PAGESIZE") : std::nullopt;
        const std::uint64_t page = pageSize ? parseNumber(*pageSize).value_or(0) : 0;
        if (!bits || *bits < 16 || *bits > 64 || page < 4096 || (page & (page - 1)) != 0)
            return std::nullopt;
        unsigned pageBits = 12;
        while ((std::uint64_t{1} << pageBits) < page && pageBits < 20)
            ++pageBits;
        // A table of 8-byte entries resolves pageBits - 3 bits (ARM64_HW_PGTABLE_LEVELS).
        return static_cast<unsigned>((*bits - 4) / (pageBits - 3));
    }
    case Machine::Other: break;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> findPhysBase(const MemorySource &memory, const SymbolTable &symbols,
                                          const std::optional<VmcoreInfo> &notes)
{
    if (notes)
        if (const auto value = notes->number("phys_base"))
            return static_cast<std::uint64_t>(*value);
    if (memory.machine() == Machine::X86_64)
        return readWord(memory, symbols, "phys_base");
    return std::nullopt;
}

} // namespace ks
