#include "resources/demo/core_header.h"

#include "resources/demo/guest.h"

#include <cstdio>

namespace ks::demo {
namespace {

constexpr PhysAddr kNoPhys{~std::uint64_t{0}};
constexpr std::uint32_t kNoteTask = 4; ///< NT_TASKSTRUCT

void append(std::vector<std::byte> &to, std::span<const std::byte> bytes)
{
    to.insert(to.end(), bytes.begin(), bytes.end());
    to.resize((to.size() + 3) & ~std::size_t{3});
}

void appendNote(std::vector<std::byte> &to, std::string_view name, std::uint32_t type, std::span<const std::byte> body)
{
    const Elf64_Nhdr header{static_cast<Elf64_Word>(name.size() + 1), static_cast<Elf64_Word>(body.size()), type};
    append(to, std::as_bytes(std::span(&header, 1)));
    append(to, std::as_bytes(std::span(std::string(name).c_str(), name.size() + 1)));
    append(to, body);
}

std::string plainHex(std::uint64_t value) { return hex(value).substr(2); }

} // namespace

std::vector<Elf64_Phdr> coreSegments(const Layout &layout, std::uint64_t imageSize)
{
    std::vector<Elf64_Phdr> result;
    const auto add = [&](VirtAddr address, std::uint64_t size, PhysAddr phys) {
        Elf64_Phdr header{};
        header.p_type = PT_LOAD;
        header.p_flags = PF_R | PF_W | PF_X;
        header.p_vaddr = address.value;
        header.p_paddr = phys.value;
        header.p_filesz = header.p_memsz = size;
        header.p_align = kPageSize;
        result.push_back(header);
    };
    add(kVsyscall, kPageSize, kNoPhys);
    add(layout.text(), imageSize, layout.imagePhys);
    add(layout.vmallocBase, 32 * kTiB - 1, kNoPhys); // VMALLOC_END is the last byte, not the one behind it
    add(kModulesStart, kModulesEnd - kModulesStart, kNoPhys);
    for (const RamRange &ram : kRam) {
        add(layout.directMap(ram.first), ram.size, ram.first);
        const VirtAddr first = layout.pageStruct(ram.first).alignedDown(kPageSize);
        const VirtAddr end = (layout.pageStruct(ram.first + ram.size) + (kPageSize - 1)).alignedDown(kPageSize);
        add(first, end - first, kNoPhys);
    }
    return result;
}

std::string vmcoreInfoText(const KernelImage &image, const Layout &layout)
{
    std::string text;
    const auto line = [&](std::string_view key, const std::string &value) {
        text.append(key).append("=").append(value).append("\n");
    };
    const auto symbol = [&](std::string_view name, std::string_view as = {}) {
        line("SYMBOL(" + std::string(as.empty() ? name : as) + ")", plainHex(image.symbol(name).value));
    };
    line("OSRELEASE", UTS_RELEASE);
    line("BUILD-ID", image.buildId());
    line("PAGESIZE", "4096");
    symbol("init_uts_ns");
    line("OFFSET(uts_namespace.name)", std::to_string(offsetof(guest::uts_namespace, name)));
    symbol("init_top_pgt", "swapper_pg_dir");
    symbol("_stext");
    symbol("vmap_area_list");
    symbol("contig_page_data");

#define DEMO_SIZE(type) line("SIZE(" #type ")", std::to_string(sizeof(guest::type)))
#define DEMO_OFFSET(type, member) line("OFFSET(" #type "." #member ")", std::to_string(offsetof(guest::type, member)))
#define DEMO_NUMBER(name) line("NUMBER(" #name ")", std::to_string(guest::name))
    DEMO_SIZE(page);
    line("SIZE(pglist_data)", std::to_string(sizeof(struct guest::pglist_data)));
    DEMO_SIZE(zone);
    DEMO_SIZE(free_area);
    DEMO_SIZE(list_head);
    DEMO_OFFSET(page, flags);
    DEMO_OFFSET(page, _refcount);
    DEMO_OFFSET(page, mapping);
    DEMO_OFFSET(page, lru);
    DEMO_OFFSET(page, _mapcount);
    line("OFFSET(page.private)", std::to_string(offsetof(guest::page, private_)));
    DEMO_OFFSET(page, compound_head);
    DEMO_OFFSET(page, compound_order);
    DEMO_OFFSET(zone, free_area);
    DEMO_OFFSET(zone, vm_stat);
    DEMO_OFFSET(zone, spanned_pages);
    DEMO_OFFSET(free_area, free_list);
    DEMO_OFFSET(list_head, next);
    DEMO_OFFSET(list_head, prev);
    DEMO_OFFSET(vmap_area, va_start);
    DEMO_OFFSET(vmap_area, list);
    line("LENGTH(zone.free_area)", std::to_string(guest::MAX_ORDER));
    DEMO_NUMBER(NR_FREE_PAGES);
    DEMO_NUMBER(PG_lru);
    DEMO_NUMBER(PG_private);
    DEMO_NUMBER(PG_swapbacked);
    DEMO_NUMBER(PG_slab);
    DEMO_NUMBER(PG_hwpoison);
    line("NUMBER(PG_head_mask)", std::to_string(std::uint64_t{1} << guest::PG_head));
#undef DEMO_SIZE
#undef DEMO_OFFSET
#undef DEMO_NUMBER

    for (const char *table : {"kallsyms_names", "kallsyms_num_syms", "kallsyms_token_table", "kallsyms_token_index",
                              "kallsyms_offsets", "kallsyms_relative_base"})
        symbol(table);
    line("NUMBER(phys_base)", std::to_string(static_cast<std::int64_t>(layout.physBase())));
    symbol("init_top_pgt");
    line("NUMBER(pgtable_l5_enabled)", "0");
    line("KERNELOFFSET", plainHex(layout.kaslrOffset));
    line("NUMBER(KERNEL_IMAGE_SIZE)", std::to_string(kGiB));
    line("NUMBER(sme_mask)", "0");
    return text;
}

std::vector<std::byte> coreNotes(std::span<const std::byte> taskStruct, std::string_view vmcoreInfo)
{
    // x86-64's struct elf_prstatus and elf_prpsinfo (include/linux/elfcore.h), written field by field so that no host
    // header decides about them.
    const std::vector<std::byte> status(336);
    std::vector<std::byte> info(136);
    info[1] = std::byte{'R'};
    std::memcpy(info.data() + 40, "vmlinux", 7);
    std::memcpy(info.data() + 56, kCommandLine.data(), std::min<std::size_t>(kCommandLine.size(), 79));

    std::vector<std::byte> notes;
    appendNote(notes, "CORE", NT_PRSTATUS, status);
    appendNote(notes, "CORE", NT_PRPSINFO, info);
    appendNote(notes, "CORE", kNoteTask, taskStruct);
    appendNote(notes, "VMCOREINFO", 0, std::as_bytes(std::span(vmcoreInfo)));
    return notes;
}

std::uint64_t coreHeaderSize(std::size_t segments, std::size_t notesSize)
{
    const std::uint64_t size = sizeof(Elf64_Ehdr) + (segments + 1) * sizeof(Elf64_Phdr) + notesSize;
    return (size + kPageSize - 1) & ~(kPageSize - 1);
}

std::vector<std::byte> coreHeader(std::span<const Elf64_Phdr> segments, std::span<const std::byte> notes)
{
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_CORE;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_phoff = sizeof(Elf64_Ehdr);
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = static_cast<Elf64_Half>(segments.size() + 1);

    Elf64_Phdr note{};
    note.p_type = PT_NOTE;
    note.p_offset = sizeof(Elf64_Ehdr) + (segments.size() + 1) * sizeof(Elf64_Phdr);
    note.p_filesz = notes.size();

    std::vector<std::byte> result;
    append(result, std::as_bytes(std::span(&header, 1)));
    append(result, std::as_bytes(std::span(&note, 1)));
    append(result, std::as_bytes(segments));
    append(result, notes);
    result.resize(coreHeaderSize(segments.size(), notes.size()));
    return result;
}

} // namespace ks::demo
