// Writes an ELF core (ELF gABI chapters 4 and 5) of memory as it is read, in the form of a kdump, which our own reader,
// drgn, GDB and crash take.
#pragma once

#include "core/base/new_file.h"
#include "core/memory/memory_source.h"

#include <elf.h>

#include <vector>

namespace ks {

/// A part of memory that is to be in the file, if it can be read.
struct PlannedPart {
    AddrRange range;
    std::optional<PhysAddr> phys; ///< of the first byte
};

/// The program headers and the notes stand before the memory, the PT_NOTE first, because crash reads them there alone.
/// How many PT_LOADs there will be is known when all is read: for each part room for one is kept, and for as many more
/// as its unreadable pages may ask for. Should that not do, the headers stand behind the memory.
///
/// RAM that is to be in the file under two addresses, as the kernel's image is in the text segment and in the direct
/// map, is written once, and the PT_LOADs of both lead there: read at two times, it would be two truths.
class CoreWriter {
public:
    /// `noteRoom`: the bytes that the notes given to finish() will take at most, see notesSize().
    CoreWriter(NewFile &file, std::vector<PlannedPart> parts, Machine machine, std::uint64_t noteRoom);

    /// Of the finished file, holes included.
    std::uint64_t fileSize() const { return end_; }

    /// Whether another part holds all that this one does, so that it is not to be written.
    bool isAlias(std::size_t part) const { return aliasOf_[part] != part; }
    /// Writes what is Present of a block that lies in the part of this index. Blocks come in the order of addresses.
    /// Pages of zeros stay holes of the file.
    Result<void> write(std::size_t part, const MemoryBlock &block);
    /// Writes headers and notes.
    Result<void> finish(std::span<const Note> notes);

    std::uint64_t bytes() const { return bytes_; }         ///< of memory, zeros included; complete when finished
    std::uint64_t zeroBytes() const { return zeroBytes_; } ///< of those in pages of zeros
    std::size_t segments() const { return loads_.size(); }
    std::uint64_t pages() const; ///< that are in the file, whole or in part

    static std::uint64_t notesSize(std::span<const Note> notes);

private:
    void findAliases();
    void addAliasLoads();
    void addLoad(std::size_t part, const AddrRange &range);
    Result<void> writeBytes(std::span<const std::byte> bytes, std::uint64_t offset);

    NewFile &file_;
    std::vector<PlannedPart> parts_;
    std::vector<std::uint64_t> offsets_; ///< of each part in the file; congruent to its address modulo the page size
    std::vector<std::size_t> aliasOf_;   ///< the part whose bytes serve a part; usually itself
    std::vector<Elf64_Phdr> loads_;
    Machine machine_;
    std::size_t lastPart_ = 0; ///< that loads_.back() is of
    std::uint64_t headerRoom_ = 0;
    std::uint64_t end_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t zeroBytes_ = 0;
};

} // namespace ks
