// A source that knows the kernel's page tables. /proc/kcore, and a copy of it, read as zeros where nothing is mapped;
// here those bytes are Unmapped or Mmio.
#pragma once

#include "core/memory/page_tables.h"

#include <memory>
#include <mutex>

namespace ks {

class MappedBatch;

/// What is mapped is read from the RAM that the tables name, wherever the other source shows it: so areas are there
/// that kcore leaves out (vm_map_ram before 6.3), and those that a dump has no segment for. Never read is what the
/// tables lead to that is no RAM of the target, and what the kernel has entered as device memory.
///
/// On a live target the tables are asked after the bytes were read, and only bytes that came from where the tables then
/// lead are Present. Where the bytes are to be read is known from the time before; what changes again and again is
/// Error(EAGAIN). If a table cannot be read, so cannot what it maps: that is Error.
///
/// In a dump, addresses in no segment are looked up as well. What its segments hold is taken as it is in a dump of
/// physical memory (/proc/vmcore), whose bytes were saved whether or not they were mapped, and in a snapshot of ours,
/// which holds only bytes that were there, but maybe not the RAM that they came from.
class MappedSource : public MemorySource {
public:
    /// `tables` are those of the source that is to be decorated.
    explicit MappedSource(std::shared_ptr<const PageTables> tables);

    const PageTables &tables() const { return *tables_; }
    /// What the kernel has mapped as device memory (VM_IOREMAP), in place of what was set before. May be called while
    /// others read.
    void setDeviceMemory(std::vector<AddrRange> ranges);

    std::string description() const override { return inner().description(); }
    Machine machine() const override { return inner().machine(); }
    bool isLive() const override { return inner().isLive(); }
    std::vector<LoadSegment> segments() const override { return inner().segments(); }
    std::vector<Note> notes() const override { return inner().notes(); }
    std::optional<std::string> truncation() const override { return inner().truncation(); }
    std::vector<AddrRange> mappedRanges(const AddrRange &within) const override;
    ReadCost cost() const override { return inner().cost(); }
    std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override;
    void readInto(std::span<const AddrRange> ranges, std::span<std::byte> into,
                  std::vector<StatusRun> &runs) const override;

private:
    using Devices = std::shared_ptr<const std::vector<AddrRange>>;

    const MemorySource &inner() const { return tables_->memory(); }
    Devices devices() const;
    void complete(MappedBatch &batch, const PageTables::Layout &layout) const;
    std::vector<AddrRange> areasOfDump() const;

    std::shared_ptr<const PageTables> tables_;
    bool takesSegmentsAsTheyAre_ = false;
    mutable std::mutex mutex_; ///< guards devices_ and remembered_
    Devices devices_;
    mutable TableEntries remembered_; ///< what the tables said last, which may be wrong by now
};

} // namespace ks
