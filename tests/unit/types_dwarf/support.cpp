#include "support.h"

#include <cstring>
#include <elf.h>
#include <sstream>
#include <stdexcept>

namespace ks::test {

Fixture::Fixture(const std::string &path) : name_(std::filesystem::path(path).stem())
{
    file_ = MappedFile::open(path).value();
    const auto bytes = file_->bytes();
    Elf64_Ehdr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    std::vector<Elf64_Shdr> table(header.e_shnum);
    std::memcpy(table.data(), bytes.data() + header.e_shoff, table.size() * sizeof(Elf64_Shdr));
    const auto *names = reinterpret_cast<const char *>(bytes.data()) + table[header.e_shstrndx].sh_offset;
    for (const auto &section : table) {
        if (section.sh_type == SHT_NOBITS || section.sh_type == SHT_NULL)
            continue;
        const auto contents = bytes.subspan(section.sh_offset, section.sh_size);
        sections_[names + section.sh_name] = contents;
        if (section.sh_flags & SHF_ALLOC)
            areas_.push_back({section.sh_addr, contents});
    }
    Progress progress;
    auto reader = DwarfReader::open(sections(), progress);
    if (!reader)
        throw std::runtime_error(reader.error().message());
    reader_ = std::move(*reader);
}

std::span<const std::byte> Fixture::section(const std::string &name) const
{
    const auto found = sections_.find(name);
    return found == sections_.end() ? std::span<const std::byte>{} : found->second;
}

DwarfSections Fixture::sections() const
{
    DwarfSections s;
    s.info = section(".debug_info");
    s.abbrev = section(".debug_abbrev");
    s.str = section(".debug_str");
    s.lineStr = section(".debug_line_str");
    s.strOffsets = section(".debug_str_offsets");
    s.addr = section(".debug_addr");
    s.line = section(".debug_line");
    s.fileName = name_;
    s.owner = file_;
    s.mapping = file_;
    return s;
}

std::span<const std::byte> Fixture::memory(std::uint64_t address, std::size_t size) const
{
    for (const Area &area : areas_)
        if (address >= area.address && address - area.address + size <= area.bytes.size())
            return area.bytes.subspan(address - area.address, size);
    return {};
}

std::string Fixture::string(std::uint64_t address) const
{
    std::string text;
    for (;; ++address) {
        const auto byte = memory(address, 1);
        if (byte.empty() || byte[0] == std::byte{0})
            return text;
        text += static_cast<char>(byte[0]);
    }
}

std::vector<std::string> fixturePaths()
{
    std::vector<std::string> paths;
    std::istringstream list(DWARF_FIXTURES);
    for (std::string path; std::getline(list, path, '|');)
        paths.push_back(path);
    return paths;
}

} // namespace ks::test
