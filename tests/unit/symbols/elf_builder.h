// Makes small ELF files for tests: sections with bytes, a symbol table, a build-id.
#pragma once

#include <cstdint>
#include <cstring>
#include <elf.h>
#include <string>
#include <string_view>
#include <vector>

namespace ks::test {

class ElfBuilder {
public:
    explicit ElfBuilder(std::uint16_t type = ET_EXEC, std::uint16_t machine = EM_X86_64)
        : type_(type), machine_(machine)
    {
    }

    /// The index of the new section; the first is 1.
    std::uint16_t section(std::string_view name, std::uint32_t type, std::uint64_t flags, std::uint64_t address,
                          std::string bytes, std::uint64_t size = 0)
    {
        sections_.push_back({std::string(name), type, flags, address, std::move(bytes), size, 0, 0});
        return static_cast<std::uint16_t>(sections_.size());
    }

    void symbol(std::string_view name, std::uint64_t value, std::uint64_t size, unsigned char type, unsigned char bind,
                std::uint16_t section)
    {
        symbols_.push_back({static_cast<Elf64_Word>(name.empty() ? 0 : strings_.size()),
                            static_cast<unsigned char>(ELF64_ST_INFO(bind, type)), 0, section, value, size});
        if (!name.empty())
            strings_.append(name).push_back('\0');
    }

    void buildId(std::string_view bytes, std::uint64_t address = 0)
    {
        section(".notes", SHT_NOTE, SHF_ALLOC, address, note(bytes));
    }

    static std::string note(std::string_view buildId)
    {
        const Elf64_Nhdr header{4, static_cast<Elf64_Word>(buildId.size()), NT_GNU_BUILD_ID};
        std::string result = raw(header) + std::string("GNU\0", 4) + std::string(buildId);
        result.resize((result.size() + 3) / 4 * 4);
        return result;
    }

    std::string build()
    {
        if (!symbols_.empty()) {
            const auto strings = section(".strtab", SHT_STRTAB, 0, 0, strings_);
            std::string table = raw(Elf64_Sym{});
            for (const Elf64_Sym &s : symbols_)
                table += raw(s);
            section(".symtab", SHT_SYMTAB, 0, 0, table);
            sections_.back().link = strings;
            sections_.back().entrySize = sizeof(Elf64_Sym);
        }
        std::string names(1, '\0');
        const auto namesIndex = section(".shstrtab", SHT_STRTAB, 0, 0, {});
        std::vector<Elf64_Word> nameOffsets;
        for (const Section &s : sections_) {
            nameOffsets.push_back(static_cast<Elf64_Word>(names.size()));
            names.append(s.name).push_back('\0');
        }
        sections_.back().bytes = names;

        std::string body;
        std::string headers = raw(Elf64_Shdr{});
        for (std::size_t i = 0; i < sections_.size(); ++i) {
            const Section &s = sections_[i];
            body.resize((body.size() + 7) / 8 * 8);
            Elf64_Shdr header{};
            header.sh_name = nameOffsets[i];
            header.sh_type = s.type;
            header.sh_flags = s.flags;
            header.sh_addr = s.address;
            header.sh_offset = sizeof(Elf64_Ehdr) + body.size();
            header.sh_size = s.size != 0 ? s.size : s.bytes.size();
            header.sh_link = s.link;
            header.sh_entsize = s.entrySize;
            headers += raw(header);
            body += s.bytes;
        }
        body.resize((body.size() + 7) / 8 * 8);

        Elf64_Ehdr header{};
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_ident[EI_VERSION] = EV_CURRENT;
        header.e_type = type_;
        header.e_machine = machine_;
        header.e_version = EV_CURRENT;
        header.e_shoff = sizeof(Elf64_Ehdr) + body.size();
        header.e_ehsize = sizeof(Elf64_Ehdr);
        header.e_shentsize = sizeof(Elf64_Shdr);
        header.e_shnum = static_cast<Elf64_Half>(sections_.size() + 1);
        header.e_shstrndx = namesIndex;
        return raw(header) + body + headers;
    }

    template <class T>
    static std::string raw(const T &value)
    {
        return {reinterpret_cast<const char *>(&value), sizeof value};
    }

private:
    struct Section {
        std::string name;
        std::uint32_t type;
        std::uint64_t flags;
        std::uint64_t address;
        std::string bytes;
        std::uint64_t size; ///< when it is not that of the bytes
        std::uint32_t link;
        std::uint64_t entrySize;
    };
    std::uint16_t type_;
    std::uint16_t machine_;
    std::vector<Section> sections_;
    std::vector<Elf64_Sym> symbols_;
    std::string strings_ = std::string(1, '\0');
};

/// A vmlinux in little: text at kText, a banner, a build-id of 20 times `id`.
inline constexpr std::uint64_t kText = 0xffffffff81000000;

inline std::string smallVmlinux(char id, std::string_view release)
{
    ElfBuilder elf;
    const auto text = elf.section(".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, kText, std::string(0x100, '\x90'));
    const std::string banner = "Linux version " + std::string(release) + " (a test)\n";
    const auto rodata = elf.section(".rodata", SHT_PROGBITS, SHF_ALLOC, kText + 0x1000, banner + std::string(1, '\0'));
    if (id != 0)
        elf.buildId(std::string(20, id), kText + 0x2000);
    elf.symbol("_text", kText, 0, STT_NOTYPE, STB_GLOBAL, text);
    elf.symbol("linux_banner", kText + 0x1000, banner.size() + 1, STT_OBJECT, STB_GLOBAL, rodata);
    elf.symbol("_end", kText + 0x3000, 0, STT_NOTYPE, STB_GLOBAL, rodata);
    return elf.build();
}

} // namespace ks::test
