#include "core/types/dwarf_sections.h"

#include <deque>

namespace ks {

namespace {

/// Keeps alive what the sections are views of.
struct Owner {
    std::shared_ptr<const ElfImage> image;
    std::deque<std::string> relocated;
};

} // namespace

void DwarfSections::release(std::span<const std::byte> part) const
{
    if (!mapping || part.empty())
        return;
    const auto whole = mapping->bytes();
    const bool inside = part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
    if (inside)
        mapping->dropPages(part);
}

Result<DwarfSections> dwarfSectionsOf(const std::shared_ptr<const ElfImage> &image, const SectionAddresses &addresses)
{
    DwarfSections sections;
    sections.fileName = image->path().string();
    sections.mapping = std::shared_ptr<const MappedFile>(image, &image->file());
    const ElfSection *info = image->section(".debug_info");
    if (!info || !info->hasFileContents())
        return fail(ErrorCode::NotFound, sections.fileName, "has no .debug_info",
                    "give a file with debug information, as the package of debug symbols has it");
    const bool isRelocatable = image->type() == ElfImage::Type::Relocatable;
    sections.isRelocated = isRelocatable;
    const auto places = isRelocatable ? placeSections(*image, addresses) : std::vector<VirtAddr>();
    const auto owner = std::make_shared<Owner>(image);
    std::optional<StringSection> strings;
    if (const ElfSection *section = image->section(".debug_str"); section && isRelocatable) {
        if (const auto bytes = image->bytes(*section))
            strings.emplace(section->index, MergedStrings(*bytes));
    }
    // What types are made of; locations take as long again. Lines tell which types are a source file's own.
    const std::pair<const char *, std::span<const std::byte> DwarfSections::*> wanted[] = {
        {".debug_info", &DwarfSections::info},
        {".debug_abbrev", &DwarfSections::abbrev},
        {".debug_str", &DwarfSections::str},
        {".debug_line_str", &DwarfSections::lineStr},
        {".debug_str_offsets", &DwarfSections::strOffsets},
        {".debug_addr", &DwarfSections::addr},
        {".debug_line", &DwarfSections::line},
    };
    for (const auto &[name, field] : wanted) {
        const ElfSection *section = image->section(name);
        if (!section)
            continue;
        if (isRelocatable && needsRelocation(*image, *section)) {
            auto bytes = relocatedBytes(*image, *section, places, strings ? &*strings : nullptr);
            if (!bytes)
                return std::unexpected(bytes.error());
            sections.*field = std::as_bytes(std::span(owner->relocated.emplace_back(std::move(*bytes))));
            continue;
        }
        const auto bytes = image->bytes(*section);
        if (!bytes)
            return std::unexpected(bytes.error());
        sections.*field = *bytes;
    }
    sections.owner = owner;
    return sections;
}

} // namespace ks
