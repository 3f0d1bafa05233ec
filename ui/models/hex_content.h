// The bytes that a hex view has: the last sample of every visible range, what changed since the sample before, and
// whether all this is stale. Knows nothing of pixels.
#pragma once

#include "core/memory/memory_source.h"

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace ks::ui {

/// An immutable sample: what one batch of reads gave.
using Blocks = std::shared_ptr<const std::vector<MemoryBlock>>;

class HexContent {
public:
    using Clock = std::chrono::steady_clock;
    /// How long a changed byte stays coloured.
    static constexpr std::chrono::milliseconds kFade{1600};

    struct Byte {
        std::uint8_t value = 0;
        bool read = false; ///< false: nobody has asked for it yet
        PageState state;   ///< meaningful when read
        bool present() const { return read && state.present(); }
    };

    /// Takes a sample in. Bytes that were Present before and are Present now with another value begin to fade at `now`.
    /// Gives the ranges whose look changed.
    std::vector<AddrRange> store(const Blocks &blocks, Clock::time_point now);
    /// Forgets samples and changes that lie outside of all `ranges`, so that what scrolls back in is not called
    /// changed.
    void keepOnly(std::span<const AddrRange> ranges);
    void clear();

    Byte at(VirtAddr address) const;
    /// 8 bytes as a little-endian number when all are Present.
    std::optional<std::uint64_t> word(VirtAddr address) const;
    /// The bytes when the newest samples hold all of `range`, joined, with their states.
    std::optional<MemoryBlock> copy(const AddrRange &range) const;

    /// 1 just after the change, 0 when nothing is to be seen.
    double heat(VirtAddr address, Clock::time_point now) const;
    /// The ranges that still fade; those that are done are forgotten.
    std::vector<AddrRange> fading(Clock::time_point now);
    bool isFading() const { return !changes_.empty(); }

    /// The last sample is old and no new one comes: everything is dimmed until the next store().
    void setStale(bool stale) { stale_ = stale; }
    bool isStale() const { return stale_; }
    /// The block that holds an address, for its time and latency.
    const MemoryBlock *blockOf(VirtAddr address) const;

private:
    struct Held {
        Blocks owner;
        const MemoryBlock *block = nullptr;
        AddrRange range;
    };
    struct Change {
        AddrRange range;
        Clock::time_point time;
    };

    std::vector<Held> held_; ///< newest first; older ones may be covered in part
    std::vector<Change> changes_;
    bool stale_ = false;
};

} // namespace ks::ui
