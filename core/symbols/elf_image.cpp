#include "core/symbols/elf_image.h"

#include "core/base/byte_reader.h"
#include "core/symbols/decompress.h"

#include <llvm/BinaryFormat/ELF.h>
#include <llvm/Object/ELF.h>

#include <algorithm>
#include <cstring>

namespace ks {

namespace {

using Elf = llvm::object::ELF64LE;
using ElfFile = llvm::object::ELFFile<Elf>;

/// A section that claims to grow larger than this is refused; .debug_info of the largest kernels is about 1 GiB.
constexpr std::uint64_t kMaxDecompressed = std::uint64_t{8} << 30;
/// zlib cannot compress better than 1032:1; zstd can, but no debug section does.
constexpr std::uint64_t kMaxRatio = 1100;
/// A compressed file may grow to this, or to so many times its size; xz makes a sixth of a module, a tenth at the best.
constexpr std::uint64_t kMaxFile = std::uint64_t{4} << 30;
constexpr std::uint64_t kSmallFile = std::uint64_t{64} << 20;
constexpr std::uint64_t kMaxFileRatio = 100;

llvm::StringRef stringRef(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

std::span<const std::byte> byteSpan(const std::string &text) { return std::as_bytes(std::span(text)); }

std::unexpected<Error> badFormat(const MappedFile &file, llvm::Error error)
{
    return fail(ErrorCode::BadFormat, file.path().string(), llvm::toString(std::move(error)));
}

/// LLVM reads its records at any alignment, and checks offsets and counts against the file.
Result<ElfFile> elfFile(const MappedFile &file)
{
    auto elf = ElfFile::create(stringRef(file.bytes()));
    if (!elf)
        return badFormat(file, elf.takeError());
    return std::move(*elf);
}

/// `offset` is that of the symbol in its section.
SymbolKind kindOf(const Elf::Sym &symbol, const ElfSection *section, std::uint64_t offset)
{
    const auto type = symbol.getType();
    if (symbol.st_shndx == llvm::ELF::SHN_ABS)
        return SymbolKind::Absolute;
    // PERCPU_SECTION of include/asm-generic/vmlinux.lds.h. __per_cpu_load bears the section, too, but lies elsewhere.
    if (section && section->name == ".data..percpu" && offset <= section->size)
        return SymbolKind::PerCpu;
    if (type == llvm::ELF::STT_FUNC || type == llvm::ELF::STT_GNU_IFUNC)
        return SymbolKind::Function;
    if (type == llvm::ELF::STT_OBJECT || type == llvm::ELF::STT_COMMON)
        return SymbolKind::Data;
    // Assembly without a type; what has a size is an object all the same.
    if (symbol.st_size != 0 && section && (section->flags & llvm::ELF::SHF_ALLOC) != 0)
        return (section->flags & llvm::ELF::SHF_EXECINSTR) != 0 ? SymbolKind::Function : SymbolKind::Data;
    return SymbolKind::Other;
}

bool isMappingSymbol(std::string_view name)
{
    return name.size() >= 2 && name[0] == '$' && (name[1] == 'x' || name[1] == 'd') &&
           (name.size() == 2 || name[2] == '.');
}

} // namespace

bool ElfSection::compressed() const { return (flags & llvm::ELF::SHF_COMPRESSED) != 0; }

bool ElfSection::hasFileContents() const { return type != llvm::ELF::SHT_NOBITS && type != llvm::ELF::SHT_NULL; }

Result<std::shared_ptr<const ElfImage>> ElfImage::open(const std::filesystem::path &path)
{
    auto file = MappedFile::open(path);
    if (!file)
        return std::unexpected(file.error());
    const auto packed = (*file)->bytes();
    if (const Compression compression = compressionOf(packed); compression != Compression::None) {
        const std::uint64_t limit =
            std::min(kMaxFile, std::max(kSmallFile, std::uint64_t{packed.size()} * kMaxFileRatio));
        auto contents = decompress(packed, compression, limit, path.string());
        if (!contents)
            return std::unexpected(contents.error());
        return load(MappedFile::fromBytes(std::move(*contents), path));
    }
    return load(std::move(*file));
}

Result<std::shared_ptr<const ElfImage>> ElfImage::load(std::shared_ptr<const MappedFile> file)
{
    const auto bytes = file->bytes();
    const std::string what = file->path().string();
    const auto ident = [&](unsigned i) { return static_cast<unsigned char>(bytes[i]); };
    if (bytes.size() < sizeof(Elf::Ehdr) || std::memcmp(bytes.data(), llvm::ELF::ElfMagic, 4) != 0)
        return fail(ErrorCode::BadFormat, what, "not an ELF file");
    if (ident(llvm::ELF::EI_CLASS) != llvm::ELF::ELFCLASS64 || ident(llvm::ELF::EI_DATA) != llvm::ELF::ELFDATA2LSB)
        return fail(ErrorCode::Unsupported, what, "not a 64-bit little-endian ELF file");

    auto elf = elfFile(*file);
    if (!elf)
        return std::unexpected(elf.error());
    const auto &header = elf->getHeader();
    auto headers = elf->sections();
    if (!headers)
        return badFormat(*file, headers.takeError());

    std::shared_ptr<ElfImage> image(new ElfImage);
    image->file_ = file;
    image->type_ = header.e_type <= 4 ? Type(std::uint16_t(header.e_type)) : Type::Other;
    image->machine_ = header.e_machine == llvm::ELF::EM_X86_64    ? Machine::X86_64
                      : header.e_machine == llvm::ELF::EM_AARCH64 ? Machine::Arm64
                                                                  : Machine::Other;
    if (headers->empty())
        return image;
    auto names = elf->getSectionStringTable(*headers);
    if (!names)
        return badFormat(*file, names.takeError());
    image->sections_.reserve(headers->size());
    for (const auto &s : *headers) {
        ElfSection section;
        section.index = static_cast<std::uint32_t>(image->sections_.size());
        if (s.sh_name < names->size()) // the table ends with a NUL, or LLVM had refused it
            section.name = names->data() + s.sh_name;
        section.type = s.sh_type;
        section.flags = s.sh_flags;
        section.address = VirtAddr(s.sh_addr);
        section.offset = FileOffset(s.sh_offset);
        section.size = s.sh_size;
        section.link = s.sh_link;
        section.info = s.sh_info;
        section.entrySize = s.sh_entsize;
        image->sections_.push_back(section);
    }
    return image;
}

const ElfSection *ElfImage::section(std::string_view name) const
{
    const auto found = std::ranges::find(sections_, name, &ElfSection::name);
    return found == sections_.end() ? nullptr : &*found;
}

Result<std::span<const std::byte>> ElfImage::bytes(std::string_view sectionName) const
{
    const ElfSection *found = section(sectionName);
    if (!found)
        return fail(ErrorCode::NotFound, path().string(), "has no section " + std::string(sectionName));
    return bytes(*found);
}

Result<std::span<const std::byte>> ElfImage::bytes(const ElfSection &section) const
{
    if (!section.hasFileContents())
        return fail(ErrorCode::NotFound, path().string(), "holds no contents of section " + std::string(section.name));
    const auto all = file_->bytes();
    if (section.offset.value > all.size() || section.size > all.size() - section.offset.value)
        return fail(ErrorCode::BadFormat, path().string(),
                    "section " + std::string(section.name) + " at offset " + hex(section.offset) + " with " +
                        std::to_string(section.size) + " bytes reaches beyond the end of the file (" +
                        std::to_string(all.size()) + " bytes)");
    if (section.compressed())
        return decompressed(section);
    return all.subspan(section.offset.value, section.size);
}

Result<std::span<const std::byte>> ElfImage::decompressed(const ElfSection &section) const
{
    const std::lock_guard lock(mutex_);
    if (const auto known = decompressed_.find(section.index); known != decompressed_.end())
        return byteSpan(known->second);

    const std::string what = path().string() + ", section " + std::string(section.name);
    const auto raw = file_->bytes().subspan(section.offset.value, section.size);
    ByteReader reader(raw);
    const auto header = reader.read<Elf::Chdr>();
    if (reader.failed())
        return fail(ErrorCode::BadFormat, what, "too small to be compressed, as it claims to be");
    const std::uint64_t size = header.ch_size;
    // These are the two that the gABI numbers.
    const Compression compression = header.ch_type == 1   ? Compression::Zlib
                                    : header.ch_type == 2 ? Compression::Zstd
                                                          : Compression::None;
    if (size > kMaxDecompressed || size / kMaxRatio > section.size)
        return fail(ErrorCode::Limit, what,
                    "claims to hold " + std::to_string(size) + " bytes in " + std::to_string(section.size));
    auto contents = decompress(raw.subspan(sizeof header), compression, size, what);
    if (!contents)
        return std::unexpected(contents.error());
    if (contents->size() != size)
        return fail(ErrorCode::BadFormat, what,
                    "holds " + std::to_string(contents->size()) + " bytes, but claims " + std::to_string(size));
    return byteSpan(decompressed_[section.index] = std::move(*contents));
}

std::optional<std::span<const std::byte>> ElfImage::bytesAt(VirtAddr address, std::uint64_t size) const
{
    for (const ElfSection &section : sections_) {
        const std::uint64_t offset = address - section.address;
        if ((section.flags & llvm::ELF::SHF_ALLOC) == 0 || !section.hasFileContents() || section.compressed() ||
            address < section.address || offset >= section.size || size > section.size - offset)
            continue;
        const auto contents = bytes(section);
        return contents ? std::optional(contents->subspan(offset, size)) : std::nullopt;
    }
    return std::nullopt;
}

std::optional<std::string> ElfImage::buildId() const
{
    // vmlinux gathers all notes in .notes (include/asm-generic/vmlinux.lds.h); modules keep their sections.
    for (const ElfSection &section : sections_) {
        if (section.type != llvm::ELF::SHT_NOTE)
            continue;
        if (const auto contents = bytes(section)) {
            if (auto id = buildIdOfNotes(*contents))
                return id;
        }
    }
    return std::nullopt;
}

bool ElfImage::hasSymbols() const
{
    return std::ranges::any_of(sections_, [](const ElfSection &s) { return s.type == llvm::ELF::SHT_SYMTAB; });
}

Result<void> ElfImage::forEachSymbol(const std::function<void(const ElfSymbol &)> &visit) const
{
    const auto table = std::ranges::find(sections_, std::uint32_t(llvm::ELF::SHT_SYMTAB), &ElfSection::type);
    if (table == sections_.end())
        return fail(ErrorCode::NotFound, path().string(), "has no symbol table (it is stripped)",
                    "install the kernel's debug symbols");
    const auto elf = elfFile(*file_);
    if (!elf)
        return std::unexpected(elf.error());
    auto headers = elf->sections();
    if (!headers)
        return badFormat(*file_, headers.takeError());
    const auto &header = (*headers)[table->index];
    auto symbols = elf->symbols(&header);
    if (!symbols)
        return badFormat(*file_, symbols.takeError());
    auto names = elf->getStringTableForSymtab(header, *headers);
    if (!names)
        return badFormat(*file_, names.takeError());

    for (const auto &s : *symbols) {
        const auto type = s.getType();
        const std::uint32_t index = s.st_shndx;
        if (type == llvm::ELF::STT_FILE || type == llvm::ELF::STT_SECTION || index == llvm::ELF::SHN_UNDEF ||
            s.st_name == 0 || s.st_name >= names->size())
            continue;
        const bool known = index < llvm::ELF::SHN_LORESERVE && index < sections_.size();
        ElfSymbol symbol;
        symbol.name = names->data() + s.st_name; // the table ends with a NUL, or LLVM had refused it
        symbol.address = VirtAddr(s.st_value);
        symbol.size = s.st_size;
        symbol.section = known || index == llvm::ELF::SHN_ABS ? index : ElfSymbol::kUnknownSection;
        const ElfSection *section = known ? &sections_[index] : nullptr;
        // Since 6.10 sections of modules may have an address, but symbols of a relocatable file count from the section.
        const std::uint64_t origin = section && type_ != Type::Relocatable ? section->address.value : 0;
        symbol.kind = kindOf(s, section, symbol.address.value - origin);
        symbol.global = s.getBinding() == llvm::ELF::STB_GLOBAL;
        if (!symbol.name.empty() && !(machine_ == Machine::Arm64 && isMappingSymbol(symbol.name)))
            visit(symbol);
    }
    return {};
}

std::optional<std::string> buildIdOfNotes(std::span<const std::byte> notes)
{
    ByteReader reader(notes);
    while (!reader.atEnd()) {
        const auto nameSize = reader.read<std::uint32_t>();
        const auto descriptorSize = reader.read<std::uint32_t>();
        const auto type = reader.read<std::uint32_t>();
        const auto padded = [](std::uint64_t n) { return (n + 3) & ~std::uint64_t{3}; };
        const auto name = reader.readBytes(padded(nameSize));
        const auto descriptor = reader.readBytes(std::min<std::uint64_t>(padded(descriptorSize), reader.remaining()));
        if (reader.failed() || descriptor.size() < descriptorSize)
            return std::nullopt;
        if (type != llvm::ELF::NT_GNU_BUILD_ID || nameSize != 4 || std::memcmp(name.data(), "GNU", 4) != 0)
            continue;
        std::string id;
        for (const std::byte b : descriptor.first(descriptorSize)) {
            constexpr char kDigits[] = "0123456789abcdef";
            id += kDigits[std::to_integer<unsigned>(b) >> 4];
            id += kDigits[std::to_integer<unsigned>(b) & 15];
        }
        return id;
    }
    return std::nullopt;
}

} // namespace ks
