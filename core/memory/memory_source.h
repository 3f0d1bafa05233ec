// Where bytes come from.
#pragma once

#include "core/base/address.h"
#include "core/base/error.h"
#include "core/memory/byte_file.h"
#include "core/memory/page_status.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ks {

/// A run of bytes with one state. Runs are cut at page borders only where the state changes.
struct StatusRun {
    AddrRange range;
    PageState state;
};

/// Adds a run behind the last one; runs of one state that touch become one.
void appendRun(std::vector<StatusRun> &runs, AddrRange range, PageState state);

/// The answer to one read: as many bytes as were asked for, and for every byte what became of it. Bytes whose state is
/// not Present are zero and mean nothing.
class MemoryBlock {
public:
    MemoryBlock() = default;
    MemoryBlock(VirtAddr address, std::vector<std::byte> bytes, std::vector<StatusRun> runs);

    VirtAddr address() const { return address_; }
    std::size_t size() const { return bytes_.size(); }
    std::span<const std::byte> bytes() const { return bytes_; }
    /// Sorted, adjacent, covering the whole block; neighbours differ in state.
    std::span<const StatusRun> runs() const { return runs_; }

    /// Of one byte. Addresses outside of the block are Holes.
    PageState stateAt(VirtAddr address) const;
    bool allPresent() const { return bytes_.empty() || (runs_.size() == 1 && runs_[0].state.present()); }
    /// The bytes [address, address+size) if the block holds them and all are Present.
    std::optional<std::span<const std::byte>> present(VirtAddr address, std::uint64_t size) const;
    /// The state of the first byte in [address, address+size) that is not Present (Hole where the block ends).
    std::optional<StatusRun> firstMissing(VirtAddr address, std::uint64_t size) const;

    std::chrono::system_clock::time_point time; ///< when the read began
    std::chrono::nanoseconds latency{0};        ///< how long it took

private:
    VirtAddr address_;
    std::vector<std::byte> bytes_;
    std::vector<StatusRun> runs_;
};

/// One program header of the target as it stands in the file (PT_LOAD, ELF gABI "Program Header").
struct LoadSegment {
    AddrRange range;              ///< p_vaddr, p_memsz
    FileOffset offset;            ///< p_offset
    std::uint64_t fileSize = 0;   ///< p_filesz
    std::optional<PhysAddr> phys; ///< p_paddr; nothing when it is all ones, or when no header of the file has one
};

/// One ELF note of the target, undecoded.
struct Note {
    std::string name;
    std::uint32_t type = 0;
    std::vector<std::byte> bytes;
};

enum class Machine { X86_64, Arm64, Other };

/// A target's memory. Reads may be called from any thread at once.
class MemorySource {
public:
    virtual ~MemorySource() = default;

    /// For a person: "/proc/kcore", "vmcore.elf", "demo kernel".
    virtual std::string description() const = 0;
    virtual Machine machine() const = 0;
    /// Whether two reads of one address may differ.
    virtual bool isLive() const = 0;
    /// Sorted by address, not overlapping. A copy, because a live target's list may change (memory hotplug).
    virtual std::vector<LoadSegment> segments() const = 0;
    virtual std::vector<Note> notes() const = 0;
    /// One sentence when the file is shorter than its headers say, with the offset where it ends.
    virtual std::optional<std::string> truncation() const { return std::nullopt; }
    /// The parts of `within` that may hold bytes, sorted, joined where they touch: holes, parts left out of a dump and,
    /// where the page tables are known, what they do not map and device memory are taken out. None of the bytes are
    /// read.
    virtual std::vector<AddrRange> mappedRanges(const AddrRange &within) const;
    /// What all reads have cost so far.
    virtual ReadCost cost() const { return {}; }

    /// Never fails as a whole: what could not be read says so in the block's runs. `size` is cut at 2^64 and at
    /// kMaxReadSize.
    MemoryBlock read(VirtAddr address, std::size_t size) const;
    /// Several reads as one batch (one look at the headers of a live target). Blocks come in the order of the ranges.
    virtual std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const = 0;
    /// A batch into memory of the caller, for who reads a lot and keeps nothing: the bytes of `ranges` (sorted, not
    /// overlapping, each of at most kMaxReadSize) one behind the other. `into` has room for all of them. `runs`, whose
    /// old content is dropped, says what became of them, in their order; runs of one state whose addresses touch are
    /// joined. Bytes that are not Present are zero.
    virtual void readInto(std::span<const AddrRange> ranges, std::span<std::byte> into,
                          std::vector<StatusRun> &runs) const;

    static constexpr std::size_t kMaxReadSize = std::size_t{1} << 30;
};

} // namespace ks
