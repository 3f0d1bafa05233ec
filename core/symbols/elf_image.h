// An ELF file with symbols or debug information: vmlinux, a module, a separate debug file. 64-bit little-endian only.
#pragma once

#include "core/base/address.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/memory/memory_source.h"
#include "core/symbols/symbol_table.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ks {

/// One section header (ELF gABI "Sections").
struct ElfSection {
    std::string_view name; ///< view into the file
    std::uint32_t index = 0;
    std::uint32_t type = 0;  ///< SHT_*
    std::uint64_t flags = 0; ///< SHF_*
    VirtAddr address;        ///< sh_addr, as linked
    FileOffset offset;
    std::uint64_t size = 0; ///< sh_size; of compressed sections the compressed size
    std::uint32_t link = 0;
    std::uint32_t info = 0;
    std::uint64_t entrySize = 0;

    bool compressed() const;      ///< SHF_COMPRESSED
    bool hasFileContents() const; ///< not SHT_NOBITS
};

/// One entry of .symtab that names something; file names, section symbols, undefined ones and the mapping symbols of
/// arm64 ($x, $d: AAELF64, "Mapping symbols") are not.
struct ElfSymbol {
    std::string_view name; ///< view into the file
    VirtAddr address;      ///< st_value: as linked; in a relocatable file the offset in its section
    std::uint64_t size = 0;
    std::uint32_t section = 0; ///< index; kAbsoluteSection, kUnknownSection
    SymbolKind kind = SymbolKind::Other;
    bool global = false;

    static constexpr std::uint32_t kAbsoluteSection = 0xfff1; ///< SHN_ABS
    static constexpr std::uint32_t kUnknownSection = 0xffffffff;
};

/// Immutable, safe to use from any thread. Views stay valid as long as the image lives.
class ElfImage {
public:
    enum class Type : std::uint16_t { Relocatable = 1, Executable = 2, Shared = 3, Core = 4, Other = 0 };

    /// The file may be compressed as a whole with gzip, xz or zstd, as modules are; that is seen by its contents. Limit
    /// if it grows beyond all measure.
    static Result<std::shared_ptr<const ElfImage>> open(const std::filesystem::path &path);
    /// BadFormat if the file is no ELF file or its section headers are damaged, Unsupported for 32-bit or big-endian.
    static Result<std::shared_ptr<const ElfImage>> load(std::shared_ptr<const MappedFile> file);

    const std::filesystem::path &path() const { return file_->path(); }
    const MappedFile &file() const { return *file_; }
    Type type() const { return type_; }
    Machine machine() const { return machine_; }

    /// By index; [0] is the null section.
    const std::vector<ElfSection> &sections() const { return sections_; }
    /// The first section of that name, or null.
    const ElfSection *section(std::string_view name) const;
    /// The contents, decompressed if need be (and then kept). NotFound if the file holds none.
    Result<std::span<const std::byte>> bytes(const ElfSection &section) const;
    Result<std::span<const std::byte>> bytes(std::string_view sectionName) const;
    /// The initial contents of [address, address + size) as linked, if an allocated section with file contents holds
    /// them whole. Not for relocatable files.
    std::optional<std::span<const std::byte>> bytesAt(VirtAddr address, std::uint64_t size) const;

    /// NT_GNU_BUILD_ID of .notes or .note.gnu.build-id, lower-case hex.
    std::optional<std::string> buildId() const;

    bool hasSymbols() const;
    /// Calls `visit` for every symbol in the order of the file.
    Result<void> forEachSymbol(const std::function<void(const ElfSymbol &)> &visit) const;

private:
    ElfImage() = default;
    Result<std::span<const std::byte>> decompressed(const ElfSection &section) const;

    std::shared_ptr<const MappedFile> file_;
    Type type_ = Type::Other;
    Machine machine_ = Machine::Other;
    std::vector<ElfSection> sections_;
    mutable std::mutex mutex_;
    mutable std::map<std::uint32_t, std::string> decompressed_; ///< by section index
};

/// The description of the NT_GNU_BUILD_ID note among ELF notes, lower-case hex.
std::optional<std::string> buildIdOfNotes(std::span<const std::byte> notes);

} // namespace ks
