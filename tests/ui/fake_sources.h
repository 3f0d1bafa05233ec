// Memory that tests make up: a sparse map of bytes, and one that takes its time.
#pragma once

#include "core/memory/memory_source.h"

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <thread>
#include <vector>

namespace ks::ui::test {

/// Bytes in segments; pages may carry another state than Present. Bytes that were not set are 0.
class FakeSource : public MemorySource {
public:
    std::string description() const override { return "fake"; }
    Machine machine() const override { return Machine::X86_64; }
    bool isLive() const override { return true; }
    std::vector<LoadSegment> segments() const override { return loads; }
    std::vector<Note> notes() const override { return {}; }
    std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override
    {
        std::vector<MemoryBlock> blocks;
        for (const AddrRange &range : ranges) {
            std::vector<std::byte> bytes(range.size());
            std::vector<StatusRun> runs;
            for (std::uint64_t i = 0; i < bytes.size(); ++i) {
                const VirtAddr at = range.first + i;
                const PageState state = stateOf(at);
                if (state.present())
                    if (const auto found = data.find(at); found != data.end())
                        bytes[i] = found->second;
                if (!runs.empty() && runs.back().state == state)
                    runs.back().range.last = at;
                else
                    runs.push_back({{at, at}, state});
            }
            blocks.emplace_back(range.first, std::move(bytes), std::move(runs));
            blocks.back().time = std::chrono::system_clock::now();
        }
        return blocks;
    }

    PageState stateOf(VirtAddr at) const
    {
        for (const LoadSegment &load : loads)
            if (load.range.contains(at)) {
                const auto page = pages.find(at.alignedDown(kPageSize));
                return page == pages.end() ? PageState{PageStatus::Present} : page->second;
            }
        return {PageStatus::Hole};
    }

    void put(VirtAddr at, std::uint64_t value, unsigned size = 8)
    {
        for (unsigned i = 0; i < size; ++i)
            data[at + i] = std::byte(value >> (8 * i));
    }

    std::vector<LoadSegment> loads;
    std::map<VirtAddr, std::byte> data;
    std::map<VirtAddr, PageState> pages;
};

/// Every batch takes `delay`.
class SlowSource : public FakeSource {
public:
    explicit SlowSource(std::chrono::milliseconds wait) : delay(wait) {}
    std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override
    {
        ++reads;
        std::this_thread::sleep_for(delay);
        return FakeSource::readBatch(ranges);
    }

    std::chrono::milliseconds delay;
    mutable std::atomic<int> reads{0};
};

} // namespace ks::ui::test
