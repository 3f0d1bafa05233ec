// As much of ELF as the demo kernel's own two files need, read with every bound checked.
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <elf.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ks::demo {

struct ElfSection {
    std::string name;
    Elf64_Shdr header;
    std::span<const std::byte> bytes; ///< empty for SHT_NOBITS
};

struct ElfSymbol {
    std::string name;
    Elf64_Sym raw;
};

/// Views into bytes that outlive it.
class ElfFile {
public:
    /// BadFormat with the offset when a header, a section or a table does not fit.
    static Result<ElfFile> parse(std::span<const std::byte> bytes, std::string name);

    const std::vector<ElfSection> &sections() const { return sections_; }
    const std::vector<ElfSymbol> &symbols() const { return symbols_; }
    const ElfSection *section(std::string_view name) const;
    const ElfSymbol *symbol(std::string_view name) const;
    /// The entries of a SHT_RELA section. BadFormat when one names a symbol that is not there.
    Result<std::vector<Elf64_Rela>> relocations(const ElfSection &rela) const;

private:
    std::string name_;
    std::vector<ElfSection> sections_;
    std::vector<ElfSymbol> symbols_;
};

} // namespace ks::demo
