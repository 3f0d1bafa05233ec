#include "resources/demo/elf_file.h"

#include "core/base/address.h"
#include "core/base/byte_reader.h"

#include <algorithm>
#include <cstring>

namespace ks::demo {
namespace {

std::string textAt(std::span<const std::byte> table, std::uint64_t offset)
{
    ByteReader reader(table, std::min<std::uint64_t>(offset, table.size()));
    return std::string(reader.readCString());
}

} // namespace

Result<ElfFile> ElfFile::parse(std::span<const std::byte> bytes, std::string name)
{
    const auto broken = [&](std::uint64_t offset, const char *why) {
        return fail(ErrorCode::BadFormat, name + " at offset " + hex(offset), why);
    };
    ByteReader reader(bytes);
    const auto header = reader.read<Elf64_Ehdr>();
    if (reader.failed() || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        header.e_machine != EM_X86_64)
        return broken(0, "not a 64-bit x86 ELF file");

    ElfFile file;
    file.name_ = std::move(name);
    reader.seek(header.e_shoff);
    for (unsigned i = 0; i < header.e_shnum; ++i) {
        ElfSection section;
        section.header = reader.read<Elf64_Shdr>();
        if (reader.failed())
            return fail(ErrorCode::BadFormat, file.name_, "the section table does not fit");
        if (section.header.sh_type != SHT_NOBITS && section.header.sh_type != SHT_NULL) {
            ByteReader contents(bytes);
            contents.seek(section.header.sh_offset);
            section.bytes = contents.readBytes(section.header.sh_size);
            if (contents.failed())
                return fail(ErrorCode::BadFormat, file.name_ + " at offset " + hex(section.header.sh_offset),
                            "a section does not fit");
        }
        file.sections_.push_back(std::move(section));
    }
    if (header.e_shstrndx >= file.sections_.size())
        return fail(ErrorCode::BadFormat, file.name_, "no section names");
    for (ElfSection &section : file.sections_)
        section.name = textAt(file.sections_[header.e_shstrndx].bytes, section.header.sh_name);

    for (const ElfSection &section : file.sections_) {
        if (section.header.sh_type != SHT_SYMTAB)
            continue;
        if (section.header.sh_link >= file.sections_.size())
            return fail(ErrorCode::BadFormat, file.name_, "no symbol names");
        const auto names = file.sections_[section.header.sh_link].bytes;
        ByteReader entries(section.bytes);
        while (entries.remaining() >= sizeof(Elf64_Sym)) {
            const auto raw = entries.read<Elf64_Sym>();
            std::string symbolName = textAt(names, raw.st_name);
            if (ELF64_ST_TYPE(raw.st_info) == STT_SECTION && raw.st_shndx < file.sections_.size())
                symbolName = file.sections_[raw.st_shndx].name;
            file.symbols_.push_back({std::move(symbolName), raw});
        }
    }
    return file;
}

const ElfSection *ElfFile::section(std::string_view wanted) const
{
    const auto it = std::ranges::find(sections_, wanted, &ElfSection::name);
    return it == sections_.end() ? nullptr : &*it;
}

const ElfSymbol *ElfFile::symbol(std::string_view wanted) const
{
    const auto it = std::ranges::find_if(symbols_, [&](const ElfSymbol &symbol) {
        return symbol.name == wanted && ELF64_ST_TYPE(symbol.raw.st_info) != STT_SECTION &&
               ELF64_ST_TYPE(symbol.raw.st_info) != STT_FILE;
    });
    return it == symbols_.end() ? nullptr : &*it;
}

Result<std::vector<Elf64_Rela>> ElfFile::relocations(const ElfSection &rela) const
{
    std::vector<Elf64_Rela> result;
    ByteReader reader(rela.bytes);
    while (reader.remaining() >= sizeof(Elf64_Rela)) {
        result.push_back(reader.read<Elf64_Rela>());
        if (ELF64_R_SYM(result.back().r_info) >= symbols_.size())
            return fail(ErrorCode::BadFormat, name_ + " section " + rela.name, "a relocation names no symbol");
    }
    return result;
}

} // namespace ks::demo
