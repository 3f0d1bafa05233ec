// Memory made by hand, and a source that takes its time.
//
//   FakeSource memory;
//   memory.add(VirtAddr(0xffffffff82000000), bytes);
//   memory.set<std::uint64_t>(VirtAddr(0xffffffff82000010), 42);
//   memory.mark(VirtAddr(0xffffffff82001000), 4096, {PageStatus::Unmapped});
#pragma once

#include "core/memory/memory_source.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ks::test {

/// Every add() is one segment. May be changed while others read it.
class FakeSource : public MemorySource {
public:
    /// A segment with these bytes, cut at 2^64; where it overlaps earlier ones it takes their place. Without `phys` it
    /// has no physical address.
    void add(VirtAddr address, std::span<const std::byte> bytes, std::optional<PhysAddr> phys = {});
    void add(VirtAddr address, std::string_view bytes);
    /// A segment of zeros.
    void addZeros(VirtAddr address, std::size_t size);
    /// Overwrites bytes; those that are in no segment are ignored.
    void write(VirtAddr address, std::span<const std::byte> bytes);
    template <class T>
    void set(VirtAddr address, const T &value)
    {
        static_assert(std::is_trivially_copyable_v<T>);
        write(address, std::as_bytes(std::span(&value, 1)));
    }
    /// Makes a part of the segments unreadable (or, with Present, readable again).
    void mark(VirtAddr address, std::uint64_t size, PageState state);

    void setLive(bool live) { live_ = live; }
    void setMachine(Machine machine) { machine_ = machine; }
    void setNotes(std::vector<Note> notes) { notes_ = std::move(notes); }
    /// How many calls of readBatch there were.
    unsigned batches() const { return batches_; }

    std::string description() const override { return "memory made by a test"; }
    Machine machine() const override { return machine_; }
    bool isLive() const override { return live_; }
    std::vector<LoadSegment> segments() const override;
    std::vector<Note> notes() const override { return notes_; }
    std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override;

private:
    struct Region {
        std::vector<std::byte> bytes;
        std::optional<PhysAddr> phys;
    };
    void remove(const AddrRange &range);
    MemoryBlock readOne(const AddrRange &range) const;

    mutable std::mutex mutex_; ///< guards regions_ and marks_
    std::map<VirtAddr, Region> regions_;
    std::vector<StatusRun> marks_; ///< the last one that holds an address decides
    std::vector<Note> notes_;
    Machine machine_ = Machine::X86_64;
    std::atomic<bool> live_{true};
    mutable std::atomic<unsigned> batches_{0};
};

/// Another source, but each batch takes at least this long. For what must not wait for memory.
class SlowSource : public MemorySource {
public:
    explicit SlowSource(std::shared_ptr<const MemorySource> inner,
                        std::chrono::milliseconds delay = std::chrono::milliseconds(500))
        : inner_(std::move(inner)), delay_(delay)
    {
    }

    std::string description() const override { return inner_->description(); }
    Machine machine() const override { return inner_->machine(); }
    bool isLive() const override { return inner_->isLive(); }
    std::vector<LoadSegment> segments() const override { return inner_->segments(); }
    std::vector<Note> notes() const override { return inner_->notes(); }
    std::optional<std::string> truncation() const override { return inner_->truncation(); }
    std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override;

private:
    std::shared_ptr<const MemorySource> inner_;
    std::chrono::milliseconds delay_;
};

} // namespace ks::test
