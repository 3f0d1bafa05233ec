#include "core/types/dwarf_sections.h"

#include "core/symbols/elf_image.h"

namespace ks {

void DwarfSections::release(std::span<const std::byte> part) const
{
    if (!mapping || part.empty())
        return;
    const auto whole = mapping->bytes();
    const bool inside = part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
    if (inside)
        mapping->dropPages(part);
}

Result<DwarfSections> dwarfSectionsOf(const std::shared_ptr<const ElfImage> &image)
{
    DwarfSections sections;
    sections.fileName = image->path().string();
    sections.owner = image;
    sections.mapping = std::shared_ptr<const MappedFile>(image, &image->file());
    if (!image->section(".debug_info"))
        return fail(ErrorCode::NotFound, sections.fileName, "has no .debug_info",
                    "give a vmlinux with debug information, as the package of debug symbols has it");
    if (image->type() == ElfImage::Type::Relocatable)
        return fail(ErrorCode::Unsupported, sections.fileName,
                    "its debug information has not been relocated, because it is no linked program");
    const std::pair<const char *, std::span<const std::byte> DwarfSections::*> wanted[] = {
        {".debug_info", &DwarfSections::info},
        {".debug_abbrev", &DwarfSections::abbrev},
        {".debug_str", &DwarfSections::str},
        {".debug_line_str", &DwarfSections::lineStr},
        {".debug_str_offsets", &DwarfSections::strOffsets},
        {".debug_addr", &DwarfSections::addr},
    };
    for (const auto &[name, field] : wanted) {
        const ElfSection *section = image->section(name);
        if (!section)
            continue;
        const auto bytes = image->bytes(*section);
        if (!bytes)
            return std::unexpected(bytes.error());
        sections.*field = *bytes;
    }
    return sections;
}

} // namespace ks
