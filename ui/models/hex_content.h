// The bytes that a hex view has: the last sample of every visible range, what of it has changed, and whether all this
// is stale. Knows nothing of pixels.
#pragma once

#include "core/memory/memory_source.h"
#include "ui/models/change_tracker.h"

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace ks::ui {

/// An immutable sample: what one batch of reads gave.
using Blocks = std::shared_ptr<const std::vector<MemoryBlock>>;

class HexContent {
public:
    using Clock = ChangeTracker::Clock;

    struct Byte {
        std::uint8_t value = 0;
        bool read = false; ///< false: nobody has asked for it yet
        PageState state;   ///< meaningful when read
        bool present() const { return read && state.present(); }
    };

    /// What a sample brought: ranges that look different now, and those of them whose bytes changed their value.
    struct News {
        std::vector<AddrRange> dirty;
        std::vector<AddrRange> changed;
    };
    /// Takes a sample in. Bytes that were Present before and are Present now with another value begin to glow at `now`.
    News store(const Blocks &blocks, Clock::time_point now);
    /// Forgets samples that lie outside of all `ranges`, and what changed there at the last tick, so that what scrolls
    /// back in is not called changed.
    void keepOnly(std::span<const AddrRange> ranges);
    void clear();

    Byte at(VirtAddr address) const;
    /// The bytes from `first` on.
    void fetch(VirtAddr first, std::span<Byte> out) const;
    /// 8 bytes as a little-endian number when all are Present.
    std::optional<std::uint64_t> word(VirtAddr address) const;
    /// The bytes when the newest samples hold all of `range`, joined, with their states.
    std::optional<MemoryBlock> copy(const AddrRange &range) const;

    /// The bytes, sorted, that changed during every read of the last sample: a number made of them may mix two moments.
    void setTorn(std::vector<AddrRange> torn) { torn_ = std::move(torn); }
    bool isTorn(const AddrRange &range) const;

    const ChangeTracker &changes() const { return changes_; }
    ChangeTracker &changes() { return changes_; }

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
    /// The newest sample of a range when it alone holds all of it, and all of it is Present.
    const MemoryBlock *uniform(const AddrRange &range) const;

    std::vector<Held> held_; ///< newest first; older ones may be covered in part
    std::vector<AddrRange> torn_;
    ChangeTracker changes_;
    bool stale_ = false;
};

} // namespace ks::ui
