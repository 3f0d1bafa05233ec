// The running kernel's memory through /proc/kcore, or anything in its format that changes while it is open.
#pragma once

#include "core/memory/core_headers.h"
#include "core/memory/memory_source.h"

#include <memory>
#include <mutex>

namespace ks {

class KcoreSource : public MemorySource {
public:
    /// `description` is what a person calls the target, and what errors name.
    static Result<std::unique_ptr<MemorySource>> open(std::unique_ptr<ByteFile> file, std::string description);

    std::string description() const override { return description_; }
    Machine machine() const override { return machine_; }
    bool isLive() const override { return true; }
    /// As they stood at the last read.
    std::vector<LoadSegment> segments() const override { return headers()->loads; }
    /// As they stood when the target was opened.
    std::vector<Note> notes() const override { return notes_; }
    /// Compares the headers after the batch, because memory hotplug moves the offsets under an open descriptor, and
    /// reads again when they changed. Bytes that could not be read under one set of headers are Error(EAGAIN).
    std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override;
    void readInto(std::span<const AddrRange> ranges, std::span<std::byte> into,
                  std::vector<StatusRun> &runs) const override;
    ReadCost cost() const override { return file_->cost(); }

private:
    KcoreSource() = default;
    std::shared_ptr<const CoreHeaders> headers() const;
    /// The headers that are in the file now; null when they are no headers, as while they are being changed.
    std::shared_ptr<const CoreHeaders> readHeadersAgain() const;
    /// `read` is given segments and may be called several times; what it read last counts unless there is a failure.
    template <class Read>
    std::optional<PageState> readUnderOneSetOfHeaders(Read read) const;

    std::unique_ptr<ByteFile> file_;
    std::string description_;
    Machine machine_ = Machine::Other;
    std::vector<Note> notes_;
    mutable std::mutex mutex_; ///< guards headers_
    mutable std::shared_ptr<const CoreHeaders> headers_;
};

} // namespace ks
