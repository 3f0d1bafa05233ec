// A saved core: a copy of /proc/kcore or a vmcore whose PT_LOADs carry virtual addresses.
#pragma once

#include "core/memory/core_headers.h"
#include "core/memory/memory_source.h"

#include <memory>

namespace ks {

class ElfCoreSource : public MemorySource {
public:
    /// `description` is what a person calls the file, and what errors name.
    static Result<std::unique_ptr<MemorySource>> open(std::unique_ptr<ByteFile> file, std::string description);

    std::string description() const override { return description_; }
    Machine machine() const override { return headers_.machine; }
    bool isLive() const override { return false; }
    std::vector<LoadSegment> segments() const override { return headers_.loads; }
    std::vector<Note> notes() const override { return notes_; }
    std::optional<std::string> truncation() const override { return truncation_; }
    std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override;
    void readInto(std::span<const AddrRange> ranges, std::span<std::byte> into,
                  std::vector<StatusRun> &runs) const override;
    ReadCost cost() const override { return file_->cost(); }

private:
    ElfCoreSource() = default;

    std::unique_ptr<ByteFile> file_;
    std::string description_;
    CoreHeaders headers_;
    std::vector<Note> notes_;
    std::optional<std::string> truncation_;
};

} // namespace ks
