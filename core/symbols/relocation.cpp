#include "core/symbols/relocation.h"

#include <llvm/BinaryFormat/ELF.h>
#include <llvm/Object/ELF.h>

#include <algorithm>
#include <cstring>

namespace ks {

namespace {

using Elf = llvm::object::ELF64LE;
using ElfFile = llvm::object::ELFFile<Elf>;

constexpr std::string_view kPerCpuSection = ".data..percpu"; // kernel/module/main.c, find_pcpusec

bool isRelocationOf(const ElfSection &candidate, const ElfSection &target)
{
    const bool isTable = candidate.type == llvm::ELF::SHT_RELA || candidate.type == llvm::ELF::SHT_REL;
    return isTable && candidate.info == target.index;
}

/// What a type of relocation writes: the address of the symbol plus the addend, in so many bytes.
struct Kind {
    unsigned width = 0;      ///< 0: writes nothing
    bool isRelative = false; ///< less the place that is written to
};

/// The types that debug information has (System V ABI for x86-64, table 4.10; AAELF64, "Static Data relocations"). Not
/// through llvm/Object/RelocationResolver.h: that of LLVM 14 does not compile as C++23 with clang.
std::optional<Kind> kindOf(Machine machine, std::uint32_t type)
{
    using namespace llvm::ELF;
    if (machine == Machine::X86_64) {
        switch (type) {
        case R_X86_64_NONE: return Kind{};
        case R_X86_64_64: return Kind{8};
        case R_X86_64_32:
        case R_X86_64_32S: return Kind{4};
        case R_X86_64_PC64: return Kind{8, true};
        case R_X86_64_PC32: return Kind{4, true};
        default: return std::nullopt;
        }
    }
    switch (type) {
    case R_AARCH64_NONE:
    case 0x100: return Kind{}; // its number of old, which AAELF64 still reserves
    case R_AARCH64_ABS64: return Kind{8};
    case R_AARCH64_ABS32: return Kind{4};
    case R_AARCH64_PREL64: return Kind{8, true};
    case R_AARCH64_PREL32: return Kind{4, true};
    default: return std::nullopt;
    }
}

/// Gives pages back to the system; what was decompressed does not lie in the file.
void dropPages(const ElfImage &image, std::span<const std::byte> part)
{
    const auto whole = image.file().bytes();
    if (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size())
        image.file().dropPages(part);
}

/// Applies the tables of relocations of one section.
class Relocator {
public:
    Relocator(const ElfImage &image, const std::vector<VirtAddr> &places, StringSection *strings)
        : image_(image), places_(places), strings_(strings)
    {
    }

    Result<void> open();
    Result<void> apply(const ElfSection &table, std::string &bytes) const;

private:
    std::unexpected<Error> bad(ErrorCode code, const ElfSection &table, std::size_t n, std::string why) const
    {
        return fail(code, image_.path().string() + ", " + std::string(table.name) + "+" + hex(n * sizeof(Elf::Rela)),
                    why, code == ErrorCode::Unsupported ? "" : "the file is damaged");
    }

    const ElfImage &image_;
    const std::vector<VirtAddr> &places_;
    StringSection *strings_;
    std::optional<ElfFile> elf_;
    llvm::ArrayRef<Elf::Shdr> headers_;
};

Result<void> Relocator::open()
{
    const std::string what = image_.path().string();
    const auto bytes = image_.file().bytes();
    const llvm::StringRef text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    auto elf = ElfFile::create(text);
    if (!elf)
        return fail(ErrorCode::BadFormat, what, llvm::toString(elf.takeError()));
    elf_ = std::move(*elf);
    auto headers = elf_->sections();
    if (!headers)
        return fail(ErrorCode::BadFormat, what, llvm::toString(headers.takeError()));
    headers_ = *headers;
    if (image_.machine() == Machine::Other)
        return fail(ErrorCode::Unsupported, what, "is of a processor whose relocations are not known",
                    "x86-64 and arm64 are");
    return {};
}

Result<void> Relocator::apply(const ElfSection &table, std::string &bytes) const
{
    const std::string what = image_.path().string() + ", " + std::string(table.name);
    if (table.type != llvm::ELF::SHT_RELA)
        return fail(ErrorCode::Unsupported, what, "relocations without addends are not of this processor");
    if (table.link >= headers_.size() || headers_[table.link].sh_type != llvm::ELF::SHT_SYMTAB)
        return fail(ErrorCode::BadFormat, what,
                    "names section " + std::to_string(table.link) + " as its symbol table, which is none");
    auto relocations = elf_->relas(headers_[table.index]);
    if (!relocations)
        return fail(ErrorCode::BadFormat, what, llvm::toString(relocations.takeError()));
    auto symbols = elf_->symbols(&headers_[table.link]);
    if (!symbols)
        return fail(ErrorCode::BadFormat, what, llvm::toString(symbols.takeError()));

    const Machine machine = image_.machine();
    for (std::size_t n = 0; n < relocations->size(); ++n) {
        const auto &relocation = (*relocations)[n];
        const std::uint32_t type = relocation.getType(false);
        const std::uint32_t index = relocation.getSymbol(false);
        const std::uint64_t offset = relocation.r_offset;
        const auto kind = kindOf(machine, type);
        if (!kind)
            return bad(ErrorCode::Unsupported, table, n,
                       "relocation type " + std::to_string(type) + " is none of debug information");
        const unsigned width = kind->width;
        if (width == 0)
            continue;
        if (offset > bytes.size() || width > bytes.size() - offset)
            return bad(ErrorCode::BadFormat, table, n,
                       "writes to " + hex(offset) + ", but the section has " + std::to_string(bytes.size()) + " bytes");
        if (index >= symbols->size())
            return bad(ErrorCode::BadFormat, table, n,
                       "names symbol " + std::to_string(index) + " of " + std::to_string(symbols->size()));

        const auto &symbol = (*symbols)[index];
        const std::uint32_t home = symbol.st_shndx;
        std::uint64_t value = symbol.st_value;
        if (home < places_.size() && home != llvm::ELF::SHN_UNDEF)
            value += places_[home].value; // never sh_addr as well, which modules have since 6.10
        else if (home == llvm::ELF::SHN_UNDEF && index == 0)
            value = 0;
        else if (home == llvm::ELF::SHN_UNDEF || home == llvm::ELF::SHN_COMMON)
            value = kNowhere.value; // something of the kernel or of another module
        else if (home != llvm::ELF::SHN_ABS)
            return bad(ErrorCode::BadFormat, table, n,
                       "names symbol " + std::to_string(index) + " of section " + std::to_string(home) +
                           ", which is none");

        std::uint64_t result = value + static_cast<std::uint64_t>(std::int64_t{relocation.r_addend});
        if (kind->isRelative)
            result -= offset;
        const bool fits = result <= 0xffffffff || result >= 0xffffffff80000000;
        if (width == 4 && !fits)
            return bad(ErrorCode::BadFormat, table, n, hex(result) + " does not fit into four bytes");
        if (strings_ && home == strings_->index)
            result = strings_->strings.canonical(result);
        std::memcpy(bytes.data() + offset, &result, width);
    }
    return {};
}

} // namespace

std::vector<VirtAddr> placeSections(const ElfImage &image, const SectionAddresses &addresses)
{
    std::map<std::string_view, unsigned> named;
    const auto isLoadable = [](const ElfSection &s) { return (s.flags & llvm::ELF::SHF_ALLOC) != 0 && s.size != 0; };
    for (const ElfSection &section : image.sections())
        named[section.name] += isLoadable(section);

    std::vector<VirtAddr> places;
    places.reserve(image.sections().size());
    for (const ElfSection &section : image.sections()) {
        const bool isFreed = addresses.initIsFreed && section.name.starts_with(".init");
        const auto known = addresses.byName.find(section.name);
        if ((section.flags & llvm::ELF::SHF_ALLOC) == 0)
            places.emplace_back(0);
        else if (section.name == kPerCpuSection && addresses.perCpu && named[section.name] == 1)
            places.push_back(*addresses.perCpu);
        else if (section.name != kPerCpuSection && known != addresses.byName.end() && !isFreed && isLoadable(section) &&
                 named[section.name] == 1)
            places.push_back(known->second);
        else
            places.push_back(kNowhere + (std::uint64_t{section.index & 0xffff} << 32));
    }
    return places;
}

bool needsRelocation(const ElfImage &image, const ElfSection &section)
{
    return std::ranges::any_of(image.sections(), [&](const ElfSection &s) { return isRelocationOf(s, section); });
}

Result<std::string> relocatedBytes(const ElfImage &image, const ElfSection &section,
                                   const std::vector<VirtAddr> &places, StringSection *strings)
{
    const auto original = image.bytes(section);
    if (!original)
        return std::unexpected(original.error());
    Relocator relocator(image, places, strings);
    if (auto opened = relocator.open(); !opened)
        return std::unexpected(opened.error());
    std::string bytes(reinterpret_cast<const char *>(original->data()), original->size());
    dropPages(image, *original);
    for (const ElfSection &table : image.sections()) {
        if (!isRelocationOf(table, section))
            continue;
        if (auto applied = relocator.apply(table, bytes); !applied)
            return std::unexpected(applied.error());
        // They are read once, and are larger than what they apply to.
        if (const auto read = image.bytes(table))
            dropPages(image, *read);
    }
    return bytes;
}

} // namespace ks
