#include "ui/models/change_tracker.h"

#include "core/base/addr_ranges.h"

#include <algorithm>
#include <cstring>

namespace ks::ui {

std::uint32_t ChangeTracker::sinceStart(Clock::time_point now) const
{
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now - start_).count();
    return static_cast<std::uint32_t>(std::max<std::int64_t>(ms, 0));
}

int ChangeTracker::stepOf(const Chunk &chunk, std::size_t byte, std::uint32_t now)
{
    // The difference stays right when the milliseconds run over.
    return chunk.glowing[byte] ? changeStep(std::chrono::milliseconds(now - chunk.changedAt[byte])) : 0;
}

const ChangeTracker::Chunk *ChangeTracker::find(VirtAddr address) const
{
    const auto found = chunks_.find(address.value / kChunk);
    return found == chunks_.end() ? nullptr : &found->second;
}

const ChangeTracker::Bits &ChangeTracker::markedIn(const Chunk &chunk) const
{
    switch (base_) {
    case ChangeBase::Look: return chunk.touched;
    case ChangeBase::Snapshot: return chunk.different;
    case ChangeBase::Tick: break;
    }
    return chunk.glowing;
}

std::vector<AddrRange> ChangeTracker::store(const MemoryBlock &block, Clock::time_point now)
{
    std::vector<AddrRange> changed;
    const std::uint32_t time = sinceStart(now);
    ++samples_;
    for (const StatusRun &run : block.runs()) {
        for (VirtAddr at = run.range.first;;) {
            const std::size_t begin = at.value % kChunk;
            const std::uint64_t room = std::min<std::uint64_t>(kChunk - begin - 1, run.range.last - at);
            const std::size_t end = begin + static_cast<std::size_t>(room) + 1;
            auto found = chunks_.find(at.value / kChunk);
            if (!run.state.present()) {
                if (found != chunks_.end())
                    for (std::size_t i = begin; i < end; ++i)
                        found->second.ticking[i] = found->second.glowing[i] = false;
            } else {
                if (found == chunks_.end())
                    found = chunks_.try_emplace(at.value / kChunk).first;
                Chunk &chunk = found->second;
                chunk.used = samples_;
                const std::byte *bytes = block.bytes().data() + (at - block.address());
                const bool same = std::memcmp(chunk.now.data() + begin, bytes, end - begin) == 0;
                for (std::size_t i = begin; i < end; ++i) {
                    if (same && chunk.known[i]) {
                        chunk.ticking[i] = true;
                        continue;
                    }
                    const auto value = std::to_integer<std::uint8_t>(bytes[i - begin]);
                    const bool differs = chunk.known[i] && chunk.now[i] != value;
                    if (differs && chunk.ticking[i]) {
                        chunk.glowing[i] = true;
                        chunk.changedAt[i] = time;
                        const VirtAddr address = at + (i - begin);
                        appendJoined(changed, {address, address});
                    }
                    chunk.touched[i] = chunk.touched[i] || differs;
                    if (!chunk.seenKnown[i]) {
                        // Nobody has looked at it before; so this is what was seen.
                        chunk.seen[i] = value;
                        chunk.seenKnown[i] = true;
                    }
                    chunk.now[i] = value;
                    chunk.known[i] = chunk.ticking[i] = true;
                    chunk.different[i] = chunk.keptKnown[i] && chunk.kept[i] != value;
                }
            }
            if (run.range.last - at <= room)
                break;
            at += room + 1;
        }
    }
    if (!changed.empty() && !fading_) {
        fading_ = true;
        faded_ = time;
    }
    if (chunks_.size() * kChunk > kMaxBytes)
        forgetOldest();
    return changed;
}

void ChangeTracker::forgetOldest()
{
    // Many at once, so that the next bytes that come need not ask again.
    constexpr std::size_t kKeep = kMaxBytes / kChunk * 7 / 8;
    std::vector<std::uint64_t> ages;
    for (const auto &[number, chunk] : chunks_)
        ages.push_back(chunk.used);
    const auto oldest = ages.begin() + static_cast<std::ptrdiff_t>(ages.size() - std::min(kKeep, ages.size()));
    std::ranges::nth_element(ages, oldest);
    const std::uint64_t limit = oldest == ages.end() ? samples_ : *oldest;
    std::size_t excess = chunks_.size() - std::min(kKeep, chunks_.size());
    std::erase_if(chunks_, [&](const auto &entry) {
        // One sample may hold more than there is room for; then its first bytes go.
        const bool old = entry.second.used <= limit && excess > 0;
        excess -= old ? 1 : 0;
        return old;
    });
}

void ChangeTracker::keepTicking(std::span<const AddrRange> ranges)
{
    for (auto &[number, chunk] : chunks_) {
        if (chunk.ticking.none() && chunk.glowing.none())
            continue;
        Bits inside;
        const VirtAddr first(number * kChunk);
        const AddrRange whole{first, first + (kChunk - 1)};
        for (const AddrRange &range : ranges)
            if (const auto part = range.intersect(whole))
                for (std::uint64_t i = part->first - first; i <= part->last - first; ++i)
                    inside.set(i);
        chunk.ticking &= inside;
        chunk.glowing &= inside;
    }
}

void ChangeTracker::clear()
{
    chunks_.clear();
    fading_ = false;
    hasSnapshot_ = false;
}

void ChangeTracker::markSeen()
{
    for (auto &[number, chunk] : chunks_) {
        chunk.seen = chunk.now;
        chunk.seenKnown = chunk.known;
        chunk.touched.reset();
    }
}

void ChangeTracker::keepSnapshot()
{
    hasSnapshot_ = true;
    for (auto &[number, chunk] : chunks_) {
        chunk.kept = chunk.now;
        chunk.keptKnown = chunk.known;
        chunk.different.reset();
    }
}

bool ChangeTracker::isMarked(VirtAddr address) const
{
    const Chunk *chunk = find(address);
    return chunk && markedIn(*chunk)[address.value % kChunk];
}

double ChangeTracker::heat(VirtAddr address, Clock::time_point now) const
{
    const Chunk *chunk = find(address);
    return chunk ? static_cast<double>(stepOf(*chunk, address.value % kChunk, sinceStart(now))) / kChangeSteps : 0;
}

void ChangeTracker::marks(VirtAddr first, std::span<Mark> out, Clock::time_point now) const
{
    const std::uint32_t time = sinceStart(now);
    const Chunk *chunk = nullptr;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const std::size_t byte = (first.value + i) % kChunk;
        if (i == 0 || byte == 0)
            chunk = find(first + i);
        out[i] = chunk ? Mark{markedIn(*chunk)[byte], static_cast<std::uint8_t>(stepOf(*chunk, byte, time))} : Mark{};
    }
}

std::optional<std::uint8_t> ChangeTracker::baseValue(VirtAddr address) const
{
    const Chunk *chunk = find(address);
    const std::size_t byte = address.value % kChunk;
    if (chunk && base_ == ChangeBase::Look && chunk->seenKnown[byte])
        return chunk->seen[byte];
    if (chunk && base_ == ChangeBase::Snapshot && chunk->keptKnown[byte])
        return chunk->kept[byte];
    return std::nullopt;
}

std::size_t ChangeTracker::markedBytes() const
{
    std::size_t count = 0;
    for (const auto &[number, chunk] : chunks_)
        count += markedIn(chunk).count();
    return count;
}

std::vector<AddrRange> ChangeTracker::markedRuns() const
{
    std::vector<AddrRange> runs;
    for (const auto &[number, chunk] : chunks_) {
        const Bits &marked = markedIn(chunk);
        for (std::size_t i = 0; i < kChunk && marked.any(); ++i)
            if (const VirtAddr at(number * kChunk + i); marked[i])
                appendJoined(runs, {at, at});
    }
    return runs;
}

std::optional<AddrRange> ChangeTracker::next(VirtAddr from) const
{
    const std::vector<AddrRange> runs = markedRuns();
    const auto found = std::ranges::upper_bound(runs, from, {}, &AddrRange::first);
    const auto run = found == runs.end() ? runs.begin() : found;
    return run == runs.end() || run->contains(from) ? std::nullopt : std::optional(*run);
}

std::optional<AddrRange> ChangeTracker::previous(VirtAddr from) const
{
    const std::vector<AddrRange> runs = markedRuns();
    const auto found = std::ranges::lower_bound(runs, from, {}, &AddrRange::last);
    if (runs.empty())
        return std::nullopt;
    const AddrRange &run = found == runs.begin() ? runs.back() : *std::prev(found);
    return run.contains(from) ? std::nullopt : std::optional(run);
}

std::vector<AddrRange> ChangeTracker::fade(Clock::time_point now)
{
    std::vector<AddrRange> ranges;
    const std::uint32_t time = sinceStart(now);
    fading_ = false;
    for (auto &[number, chunk] : chunks_) {
        if (chunk.glowing.none())
            continue;
        for (std::size_t i = 0; i < kChunk; ++i) {
            if (!chunk.glowing[i])
                continue;
            // It was painted at the latest when it changed.
            const std::uint32_t shown = std::max(faded_, chunk.changedAt[i]);
            const int step = stepOf(chunk, i, time);
            if (const VirtAddr at(number * kChunk + i); step != stepOf(chunk, i, shown))
                appendJoined(ranges, {at, at});
            chunk.glowing[i] = step > 0;
        }
        fading_ = fading_ || chunk.glowing.any();
    }
    faded_ = time;
    return ranges;
}

} // namespace ks::ui
