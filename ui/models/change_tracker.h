// Which bytes have changed, since when, and compared with what: the last tick, the last look, or bytes that were kept.
// Remembers the bytes that were read lately, a bounded number of them. Knows nothing of pixels.
#pragma once

#include "core/memory/memory_source.h"
#include "ui/models/change_base.h"

#include <array>
#include <bitset>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace ks::ui {

class ChangeTracker {
public:
    using Clock = std::chrono::steady_clock;
    /// Bytes that are remembered; beyond, those that were read longest ago are forgotten. One costs eight bytes.
    static constexpr std::size_t kMaxBytes = std::size_t{512} << 10;

    ChangeBase base() const { return base_; }
    void setBase(ChangeBase base) { base_ = base; }

    /// Takes newly read bytes in. A byte that was in the sample before as well and has another value begins to glow at
    /// `now`. Gives those ranges.
    std::vector<AddrRange> store(const MemoryBlock &block, Clock::time_point now);
    /// What lies outside of `ranges` (sorted) is not read at the next tick: when it comes back, nobody can say that it
    /// has changed since the last tick. Since the last look, it may well have.
    void keepTicking(std::span<const AddrRange> ranges);
    void clear();

    /// What is known now has been seen: the last look is now.
    void markSeen();
    /// Keeps what is known now as the snapshot.
    void keepSnapshot();
    bool hasSnapshot() const { return hasSnapshot_; }

    /// Whether a byte is marked under the present base.
    bool isMarked(VirtAddr address) const;
    /// 1 just after a change, 0 when it has faded, in steps of 1 / kChangeSteps.
    double heat(VirtAddr address, Clock::time_point now) const;
    /// Both for each byte from `first` on.
    struct Mark {
        bool marked = false;
        std::uint8_t step = 0; ///< of kChangeSteps
    };
    void marks(VirtAddr first, std::span<Mark> out, Clock::time_point now) const;
    /// The value that the base has for a byte. Nothing under the base Tick, which keeps none.
    std::optional<std::uint8_t> baseValue(VirtAddr address) const;

    /// Bytes that are marked, of all that are remembered; and their runs, sorted.
    std::size_t markedBytes() const;
    std::vector<AddrRange> markedRuns() const;
    /// The run behind (before) the one that `from` is in, around the end of the address space. Nothing when no byte is
    /// marked elsewhere than at `from`.
    std::optional<AddrRange> next(VirtAddr from) const;
    std::optional<AddrRange> previous(VirtAddr from) const;

    /// The ranges that look different than when this was asked the last time, because they faded by a step.
    std::vector<AddrRange> fade(Clock::time_point now);
    bool isFading() const { return fading_; }
    std::size_t rememberedBytes() const { return chunks_.size() * kChunk; }

private:
    static constexpr std::size_t kChunk = 256;
    using Bits = std::bitset<kChunk>;
    struct Chunk {
        std::array<std::uint8_t, kChunk> now, seen, kept;
        std::array<std::uint32_t, kChunk> changedAt; ///< ms since start_
        Bits known;                                  ///< `now` holds a value
        Bits seenKnown;                              ///< `seen` does
        Bits keptKnown;                              ///< `kept` does
        Bits ticking;                                ///< was Present in the last sample
        Bits glowing;                                ///< changed within kChangeFade
        Bits touched;                                ///< changed since the last look
        Bits different;                              ///< from the snapshot
        std::uint64_t used = 0;
    };
    using Chunks = std::map<std::uint64_t, Chunk>; ///< by address / kChunk

    const Bits &markedIn(const Chunk &chunk) const;
    std::uint32_t sinceStart(Clock::time_point now) const;
    static int stepOf(const Chunk &chunk, std::size_t byte, std::uint32_t now);
    const Chunk *find(VirtAddr address) const;
    void forgetOldest();

    Chunks chunks_;
    ChangeBase base_ = ChangeBase::Tick;
    Clock::time_point start_ = Clock::now() - std::chrono::hours(1); ///< so that a test may begin a little earlier
    std::uint32_t faded_ = 0;                                        ///< when fade() was asked the last time
    std::uint64_t samples_ = 0;                                      ///< counts store()
    bool fading_ = false;
    bool hasSnapshot_ = false;
};

} // namespace ks::ui
