#include "core/session/page_tables.h"

#include "core/session/layout.h"

#include <bit>

namespace ks {
namespace {

constexpr VirtAddr kStartKernelMap{0xffffffff80000000}; // __START_KERNEL_map, arch/x86/include/asm/page_64_types.h
constexpr const char *kWhat = "page tables";

std::optional<VirtAddr> findRoot(const SymbolTable &symbols, const std::optional<VmcoreInfo> &notes)
{
    if (notes)
        if (const auto root = notes->symbol("swapper_pg_dir"))
            return VirtAddr(*root);
    for (const char *name : {"init_top_pgt", "init_level4_pgt", "swapper_pg_dir"})
        if (const auto symbol = symbols.findFirst(name))
            return symbol->address;
    return std::nullopt;
}

std::optional<VirtAddr> findText(const SymbolTable &symbols, const std::optional<VmcoreInfo> &notes)
{
    if (const auto text = symbols.findFirst("_text"))
        return text->address;
    if (const auto text = notes ? notes->symbol("_stext") : std::nullopt)
        return VirtAddr(*text);
    return std::nullopt;
}

/// Where the image has an address in RAM, without page tables.
std::optional<PhysAddr> physOfImage(const PageTables::Layout &layout, std::optional<std::uint64_t> physBase,
                                    VirtAddr address)
{
    const Segment *segment = layout.map.find(address);
    if (segment && segment->load.phys)
        return *segment->load.phys + (address - segment->range().first);
    if (!physBase || address < kStartKernelMap)
        return std::nullopt;
    return PhysAddr(address - kStartKernelMap + *physBase);
}

/// The one bit of an address that says whether a page is encrypted: AMD's, or Intel's of a guest
/// (arch/x86/coco/core.c).
std::uint64_t findEncryption(const MemorySource &memory, const SymbolTable &symbols,
                             const std::optional<VmcoreInfo> &notes)
{
    std::uint64_t mask = 0;
    if (const auto number = notes ? notes->number("sme_mask") : std::nullopt)
        mask = static_cast<std::uint64_t>(*number);
    for (const char *name : {"sme_me_mask", "cc_mask"})
        if (mask == 0)
            mask = readWord(memory, symbols, name).value_or(0);
    return std::has_single_bit(mask) && (mask & pte::kFrame) ? mask : 0;
}

} // namespace

Result<std::shared_ptr<const PageTables>> findPageTables(std::shared_ptr<const MemorySource> memory,
                                                         const SymbolTable &symbols,
                                                         const std::optional<VmcoreInfo> &notes,
                                                         std::optional<std::uint64_t> kaslrOffset)
{
    if (memory->machine() != Machine::X86_64)
        return fail(ErrorCode::Unsupported, kWhat, "only those of x86-64 are known");
    const auto root = findRoot(symbols, notes);
    const auto text = findText(symbols, notes);
    if (!root || !text)
        return fail(ErrorCode::NotFound, kWhat, "neither VMCOREINFO nor a symbol says where they are",
                    "give --vmlinux or --system-map");
    const auto physBase = findPhysBase(*memory, symbols, notes);
    PageTables::Root where{.levels = findPageLevels(*memory, symbols, notes).value_or(4),
                           .encryption = findEncryption(*memory, symbols, notes)};
    const LayoutHints hints = findLayout(*memory, symbols, notes, kaslrOffset);
    // A layout has nothing to do with the root, but needs an object to be asked.
    const auto layout = PageTables(memory, where, hints).layout();
    const auto rootPhys = physOfImage(*layout, physBase, *root);
    const auto textPhys = physOfImage(*layout, physBase, *text);
    if (!rootPhys || !textPhys)
        return fail(ErrorCode::NotFound, kWhat, "it is not known where the kernel's image is in RAM");
    const auto rootAddress = layout->ram.addressOf(*rootPhys);
    const Segment *rootSegment = rootAddress ? layout->map.find(*rootAddress) : nullptr;
    if (!memory->isLive() && (!rootSegment || rootSegment->kind != SegmentKind::DirectMap))
        return fail(ErrorCode::NotFound, kWhat, "the dump does not have the RAM that they lie in");
    where.table = *rootPhys;
    auto tables = std::make_shared<const PageTables>(std::move(memory), where, hints);
    const Translation found = tables->translate(*text);
    if (found.state.status == PageStatus::Error)
        return fail(ErrorCode::Unreadable, kWhat, "the way to " + hex(*text) + ": " + found.state.reason());
    if (found.phys != textPhys)
        return fail(ErrorCode::Mismatch, kWhat,
                    "those at " + hex(*root) + " do not map the kernel's text to " + hex(*textPhys));
    return tables;
}

} // namespace ks
