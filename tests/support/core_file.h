// ELF cores made by hand, files that live in memory, and files that fail.
#pragma once

#include "core/memory/byte_file.h"
#include "core/memory/memory_source.h"

#include <atomic>
#include <elf.h>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ks::test {

/// Builds the bytes of an ELF core. What is not set is as kcore has it.
class CoreBuilder {
public:
    CoreBuilder();

    /// A PT_LOAD whose bytes follow in the file, at the next page border. `memorySize` beyond the bytes is left out.
    CoreBuilder &load(std::uint64_t address, std::string_view bytes, std::uint64_t phys = ~std::uint64_t{0},
                      std::uint64_t memorySize = 0);
    /// A program header as it is; its offset is not adjusted.
    CoreBuilder &header(const Elf64_Phdr &header);
    /// A note; all of them stand in one PT_NOTE, which is the first program header.
    CoreBuilder &note(std::string_view name, std::uint32_t type, std::string_view bytes);
    CoreBuilder &machine(std::uint16_t machine);
    /// Writes the number of program headers into section header 0 instead of e_phnum (PN_XNUM).
    CoreBuilder &extendedNumbering();
    /// For what is to be wrong with the ELF header.
    Elf64_Ehdr &elfHeader() { return elf_; }

    std::string build() const;

private:
    struct Content {
        std::size_t header;
        std::string bytes;
    };
    Elf64_Ehdr elf_ = {};
    std::vector<Elf64_Phdr> headers_;
    std::vector<Content> contents_;
    std::string notes_;
    bool extended_ = false;
};

/// A file in memory. Its content may be exchanged while it is open.
class MemoryFile : public ByteFile {
public:
    explicit MemoryFile(std::string bytes) : bytes_(std::move(bytes)) {}
    PreadResult readOnce(std::span<std::byte> into, FileOffset offset) const override;
    std::optional<std::uint64_t> size() const override;
    void replace(std::string bytes);

private:
    mutable std::mutex mutex_;
    std::string bytes_;
};

/// Another file with faults.
class FaultyFile : public ByteFile {
public:
    struct Fault {
        std::uint64_t first; ///< offsets in the file
        std::uint64_t last;
        int errorNumber;
        /// Whether a call that touches the fault gives nothing at all, as EFAULT of kcore does, or the bytes before it.
        bool wholeCall = true;
    };

    explicit FaultyFile(std::shared_ptr<const ByteFile> inner) : inner_(std::move(inner)) {}

    std::size_t longestRead = ~std::size_t{0}; ///< longer reads come short
    std::vector<Fault> faults;
    /// errno of all calls that touch more than one page of the file; 0: none.
    int failAcrossPages = 0;
    /// Is called before each read with its offset; may change the file or this object.
    std::function<void(std::uint64_t offset)> beforeRead;
    mutable std::atomic<unsigned> calls{0};

    PreadResult readOnce(std::span<std::byte> into, FileOffset offset) const override;
    std::optional<std::uint64_t> size() const override { return inner_->size(); }

private:
    std::shared_ptr<const ByteFile> inner_;
};

/// Lets several owners share one file: sources take a unique_ptr, tests want to keep hold of theirs.
std::unique_ptr<ByteFile> shared(std::shared_ptr<const ByteFile> file);

} // namespace ks::test
