#include "resources/demo/kernel_image.h"

#include "core/base/byte_reader.h"
#include "resources/demo/embedded.h"
#include "resources/demo/guest.h"
#include "resources/demo/kernel/layouts.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace ks::demo {
namespace {

constexpr std::uint64_t kImageLimit = 4 * kTwoMiB;

} // namespace

Result<KernelImage> KernelImage::load(const Layout &layout)
{
    KernelImage image;
    image.layout_ = layout;
    auto elf = ElfFile::parse(embeddedVmlinux(), "demo vmlinux");
    if (!elf)
        return std::unexpected(elf.error());
    image.elf_ = std::move(*elf);

    const std::uint64_t size = image.symbol("_end") - layout.text();
    if (size == 0 || size > kImageLimit)
        return fail(ErrorCode::BadFormat, "demo vmlinux", "its size is " + hex(size));
    image.bytes_.resize(size);
    for (const ElfSection &section : image.elf_.sections()) {
        if (!(section.header.sh_flags & SHF_ALLOC) || section.bytes.empty())
            continue;
        if (section.name == ".data..percpu") {
            image.perCpu_.assign(section.bytes.begin(), section.bytes.end());
            continue;
        }
        const std::uint64_t start = section.header.sh_addr - kLinkedText.value;
        if (start > size || section.bytes.size() > size - start)
            return fail(ErrorCode::BadFormat, "demo vmlinux section " + section.name, "is not inside of the image");
        std::ranges::copy(section.bytes, image.bytes_.begin() + static_cast<std::ptrdiff_t>(start));
    }
    if (auto moved = image.relocate(); !moved)
        return std::unexpected(moved.error());
    if (auto agreed = image.checkLayouts(); !agreed)
        return std::unexpected(agreed.error());
    return image;
}

bool KernelImage::isPerCpu(const ElfSymbol &symbol) const
{
    return symbol.raw.st_shndx < elf_.sections().size() && elf_.sections()[symbol.raw.st_shndx].name == ".data..percpu";
}

// What arch/x86/boot/compressed/misc.c does at boot with the table that arch/x86/tools/relocs.c made: add the offset to
// every absolute field; relative ones stay, because the image moves as a whole, and so do per-CPU offsets.
Result<void> KernelImage::relocate()
{
    for (const ElfSection &rela : elf_.sections()) {
        if (rela.header.sh_type != SHT_RELA || rela.header.sh_info >= elf_.sections().size())
            continue;
        const ElfSection &target = elf_.sections()[rela.header.sh_info];
        if (!(target.header.sh_flags & SHF_ALLOC))
            continue;
        const bool perCpuTarget = target.name == ".data..percpu";
        std::vector<std::byte> &bytes = perCpuTarget ? perCpu_ : bytes_;
        auto entries = elf_.relocations(rela);
        if (!entries)
            return std::unexpected(entries.error());
        for (const Elf64_Rela &entry : *entries) {
            const ElfSymbol &symbol = elf_.symbols()[ELF64_R_SYM(entry.r_info)];
            const auto type = ELF64_R_TYPE(entry.r_info);
            std::size_t width = 0;
            switch (type) {
            case R_X86_64_64: width = 8; break;
            case R_X86_64_32:
            case R_X86_64_32S: width = 4; break;
            case R_X86_64_NONE: continue;
            case R_X86_64_PC32:
            case R_X86_64_PLT32:
                if (!perCpuTarget && !isPerCpu(symbol))
                    continue;
                [[fallthrough]];
            default:
                return fail(ErrorCode::Unsupported, "demo vmlinux section " + rela.name,
                            "relocation type " + std::to_string(type) + " to " + symbol.name);
            }
            if (isPerCpu(symbol) || symbol.raw.st_shndx == SHN_ABS)
                continue;
            const std::uint64_t at = perCpuTarget ? entry.r_offset : entry.r_offset - kLinkedText.value;
            if (at > bytes.size() || width > bytes.size() - at)
                return fail(ErrorCode::BadFormat, "demo vmlinux section " + rela.name, "a relocation lies outside");
            std::uint64_t value = 0;
            std::memcpy(&value, bytes.data() + at, width);
            value += layout_.kaslrOffset;
            std::memcpy(bytes.data() + at, &value, width);
        }
    }
    return {};
}

void KernelImage::place(GuestMemory &memory) const
{
    constexpr std::uint64_t kData = kPteWrite | kPteAccessed | kPteDirty | kPteGlobal | kPteNoExecute;
    constexpr std::uint64_t kReadOnly = kPteAccessed | kPteDirty | kPteGlobal | kPteNoExecute;
    constexpr std::uint64_t kText = kPteAccessed | kPteDirty | kPteGlobal;
    const VirtAddr end = layout_.text() + size();
    const VirtAddr writable = symbol("_sdata");
    const VirtAddr initBegin = symbol("__init_begin");
    const VirtAddr initEnd = symbol("__init_end");

    memory.map(layout_.text(), layout_.imagePhys, 1, kText);
    for (VirtAddr page = layout_.text() + kTwoMiB; page < end; page += kPageSize) {
        const bool init = initBegin <= page && page < initEnd;
        memory.map(page, layout_.imagePhys + (page - layout_.text()), 0,
                   init              ? kText
                   : page < writable ? kReadOnly
                                     : kData);
    }
    // Only what is not zero: the file stays sparse. The top page table is not overwritten with the image's empty one.
    const VirtAddr root = symbol("init_top_pgt");
    for (std::uint64_t at = 0; at < size(); at += kPageSize) {
        const auto page = std::span(bytes_).subspan(at, std::min<std::uint64_t>(kPageSize, size() - at));
        if (layout_.text() + at != root && std::ranges::any_of(page, [](std::byte b) { return b != std::byte{0}; }))
            memory.writePhys(layout_.imagePhys + at, page);
    }
}

VirtAddr KernelImage::symbol(std::string_view name) const
{
    const ElfSymbol *found = elf_.symbol(name);
    if (!found) {
        missing_->emplace(name);
        return VirtAddr(0);
    }
    return VirtAddr(found->raw.st_value) + (isPerCpu(*found) ? 0 : layout_.kaslrOffset);
}

std::string buildIdOf(std::span<const std::byte> note)
{
    ByteReader reader(note);
    const auto header = reader.read<Elf64_Nhdr>();
    reader.skip((header.n_namesz + 3ull) & ~3ull);
    std::string result;
    for (const std::byte b : reader.readBytes(header.n_descsz)) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(b));
        result += digits;
    }
    return result;
}

std::string KernelImage::buildId() const
{
    const ElfSection *notes = elf_.section(".notes");
    return notes ? buildIdOf(notes->bytes) : std::string();
}

char symbolLetter(const ElfFile &elf, const Elf64_Sym &symbol)
{
    char letter = 'A';
    if (symbol.st_shndx < elf.sections().size()) {
        const Elf64_Shdr &section = elf.sections()[symbol.st_shndx].header;
        letter = section.sh_flags & SHF_EXECINSTR ? 'T'
                 : section.sh_type == SHT_NOBITS  ? 'B'
                 : section.sh_flags & SHF_WRITE   ? 'D'
                                                  : 'R';
    }
    const bool local = ELF64_ST_BIND(symbol.st_info) == STB_LOCAL;
    return static_cast<char>(local ? std::tolower(letter) : letter);
}

std::vector<KernelSymbol> KernelImage::symbols() const
{
    std::vector<KernelSymbol> result;
    for (const ElfSymbol &symbol : elf_.symbols()) {
        const auto type = ELF64_ST_TYPE(symbol.raw.st_info);
        if (symbol.name.empty() || type == STT_SECTION || type == STT_FILE || symbol.raw.st_shndx == SHN_UNDEF)
            continue;
        // kallsyms shows per-CPU symbols as absolute ones.
        const bool perCpu = isPerCpu(symbol);
        result.push_back({VirtAddr(symbol.raw.st_value) + (perCpu ? 0 : layout_.kaslrOffset),
                          perCpu ? 'A' : symbolLetter(elf_, symbol.raw), symbol.name, perCpu});
    }
    std::ranges::stable_sort(result, {}, &KernelSymbol::address);
    return result;
}

std::string KernelImage::kallsyms() const
{
    std::string text;
    for (const KernelSymbol &symbol : symbols()) {
        char start[24];
        std::snprintf(start, sizeof start, "%016llx %c ", static_cast<unsigned long long>(symbol.address.value),
                      symbol.letter);
        text.append(start).append(symbol.name).append("\n");
    }
    return text;
}

Result<void> KernelImage::checkLayouts() const
{
    struct Layouts {
        const char *member;
        std::uint64_t size;
        std::uint64_t offset;
    };
#define SIZE_AND_OFFSET(type, member)                                                                                  \
    {#type "." #member, sizeof(struct guest::type), offsetof(struct guest::type, member)},
    static const Layouts expected[] = {DEMO_LAYOUTS(SIZE_AND_OFFSET)};
#undef SIZE_AND_OFFSET
    ByteReader image(bytes_, symbol("demo_layouts") - layout_.text());
    for (const Layouts &layout : expected) {
        const auto size = image.read<std::uint64_t>();
        const auto offset = image.read<std::uint64_t>();
        if (image.failed() || size != layout.size || offset != layout.offset)
            return fail(ErrorCode::Mismatch, "demo vmlinux", std::string(layout.member) + " is laid out differently",
                        "build the image and this program for the same C ABI");
    }
    return {};
}

} // namespace ks::demo
