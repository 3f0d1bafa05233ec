#include "core/memory/mapped_batch.h"

#include "core/memory/segment_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ks {
namespace {

/// Reads of so many bytes go straight to where they belong, each with a call of its own.
constexpr std::uint64_t kInPlace = std::uint64_t{1} << 16;

/// The first of the runs that reaches to `address` or beyond it.
std::span<const PageRun> from(std::span<const PageRun> runs, VirtAddr address)
{
    const auto first = std::ranges::lower_bound(runs, address, {}, [](const PageRun &run) { return run.range.last; });
    return runs.subspan(static_cast<std::size_t>(first - runs.begin()));
}

bool isUnknown(const PageRun &run) { return run.state == PageState{PageStatus::Error, EAGAIN}; }

/// What a segment says of the RAM at an address of it.
std::optional<PhysAddr> physOf(const LoadSegment *segment, VirtAddr address)
{
    if (!segment || !segment->phys)
        return std::nullopt;
    return *segment->phys + (address - segment->range.first);
}

} // namespace

void markDevices(std::vector<PageRun> &runs, std::span<const AddrRange> ranges)
{
    if (ranges.empty())
        return;
    std::vector<PageRun> marked;
    marked.reserve(runs.size());
    for (const PageRun &run : runs) {
        auto device = std::ranges::lower_bound(ranges, run.range.first, {}, &AddrRange::last);
        if (!run.state.present() || device == ranges.end() || !device->overlaps(run.range)) {
            marked.push_back(run);
            continue;
        }
        const auto add = [&](const AddrRange &part, PageStatus status) {
            const std::uint64_t skipped = part.first - run.range.first;
            marked.push_back({part, {status}, run.phys + skipped, run.ram + skipped});
        };
        VirtAddr next = run.range.first;
        bool isRest = true;
        for (; isRest && device != ranges.end(); ++device) {
            const auto part = device->intersect({next, run.range.last});
            if (!part)
                break;
            if (next < part->first)
                add({next, part->first - 1}, PageStatus::Present);
            add(*part, PageStatus::Mmio);
            isRest = part->last != run.range.last;
            next = part->last + 1;
        }
        if (isRest)
            add({next, run.range.last}, PageStatus::Present);
    }
    runs = std::move(marked);
}

MappedBatch::MappedBatch(std::span<const AddrRange> ranges, std::span<const LoadSegment> segments, bool isLive,
                         bool asTheyAre, std::span<std::byte> into)
    : time_(std::chrono::system_clock::now()), answers_(ranges.size())
{
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        Answer &answer = answers_[i];
        answer.range = cutToLimit(ranges[i]);
        if (into.empty()) {
            answer.owned.resize(answer.range.size());
            answer.bytes = answer.owned;
        } else {
            answer.bytes = into.first(answer.range.size());
            into = into.subspan(answer.range.size());
        }
        split(i, segments, isLive, asTheyAre);
    }
}

void MappedBatch::split(std::size_t answer, std::span<const LoadSegment> segments, bool isLive, bool asTheyAre)
{
    const AddrRange &range = answers_[answer].range;
    const auto outside = [&](const AddrRange &part) {
        if (isLive)
            answers_[answer].parts.push_back({part, {PageStatus::Hole}});
        else
            pending_.push_back({part, answer, nullptr});
    };
    VirtAddr next = range.first;
    auto segment =
        std::ranges::lower_bound(segments, range.first, {}, [](const LoadSegment &s) { return s.range.last; });
    for (; segment != segments.end() && segment->range.first <= range.last; ++segment) {
        const AddrRange part = *segment->range.intersect(range);
        if (next < part.first)
            outside({next, part.first - 1});
        (asTheyAre ? asTheyAre_ : pending_).push_back({part, answer, &*segment});
        if (part.last == range.last)
            return;
        next = part.last + 1;
    }
    outside({next, range.last});
}

std::vector<AddrRange> MappedBatch::pendingPages() const
{
    std::vector<AddrRange> ranges;
    ranges.reserve(pending_.size());
    for (const Piece &piece : pending_)
        ranges.push_back(piece.range);
    return wholePages(ranges);
}

void MappedBatch::planReads(Piece &piece, std::span<const PageRun> guess)
{
    piece.firstRead = reads_.size();
    for (const PageRun &run : from(guess, piece.range.first)) {
        const auto part = run.range.intersect(piece.range);
        if (!part)
            break;
        const auto own = physOf(piece.segment, part->first);
        const std::uint64_t skipped = part->first - run.range.first;
        if (run.state.present()) {
            // In the segment's own place where that is the same RAM: there the whole segment lies in one piece.
            const PhysAddr phys = run.phys + skipped;
            const VirtAddr at = own == phys ? part->first : run.ram + skipped;
            reads_.push_back({*part, phys, *AddrRange::sized(at, part->size())});
        } else if (own && isUnknown(run)) {
            reads_.push_back({*part, *own, *part});
        }
    }
    piece.endOfReads = reads_.size();
}

void MappedBatch::read(const MemorySource &memory, std::span<const PageRun> guess)
{
    reads_.clear();
    for (Piece &piece : pending_)
        planReads(piece, guess);
    for (Piece &piece : asTheyAre_) {
        piece.firstRead = reads_.size();
        reads_.push_back({piece.range, physOf(piece.segment, piece.range.first).value_or(PhysAddr()), piece.range});
        piece.endOfReads = reads_.size();
    }
    for (const Piece &piece : pending_)
        readInPlace(memory, piece);
    for (const Piece &piece : asTheyAre_)
        readInPlace(memory, piece);
    std::vector<AddrRange> ranges;
    std::vector<Read *> wanted;
    for (Read &read : reads_)
        if (!read.isInPlace) {
            ranges.push_back(read.from);
            wanted.push_back(&read);
        }
    if (!ranges.empty()) {
        auto blocks = memory.readBatch(ranges);
        for (std::size_t i = 0; i < blocks.size() && i < wanted.size(); ++i)
            wanted[i]->block = std::move(blocks[i]);
    }
    for (const Piece &piece : asTheyAre_)
        take(piece, reads_[piece.firstRead], piece.range);
    asTheyAre_.clear();
}

/// Reads what is so large that a copy would cost more than a call of its own.
void MappedBatch::readInPlace(const MemorySource &memory, const Piece &piece)
{
    const Answer &answer = answers_[piece.answer];
    for (std::size_t i = piece.firstRead; i < piece.endOfReads; ++i) {
        Read &read = reads_[i];
        if (read.from.size() < kInPlace)
            continue;
        read.isInPlace = true;
        read.begin = std::chrono::system_clock::now();
        memory.readInto({&read.from, 1}, answer.bytes.subspan(read.range.first - answer.range.first, read.from.size()),
                        read.runs);
        read.end = std::chrono::system_clock::now();
    }
}

/// A part of what was read, with the states that the source gave it.
void MappedBatch::take(const Piece &piece, const Read &read, const AddrRange &part)
{
    Answer &answer = answers_[piece.answer];
    const VirtAddr source = read.from.first + (part.first - read.range.first);
    if (!read.isInPlace) {
        const std::uint64_t offset = source - read.block.address();
        if (offset > read.block.size() || part.size() > read.block.size() - offset) {
            answer.parts.push_back({part, {PageStatus::Error, EIO}});
            return;
        }
        std::memcpy(answer.bytes.data() + (part.first - answer.range.first), read.block.bytes().data() + offset,
                    part.size());
    }
    const AddrRange taken = *AddrRange::sized(source, part.size());
    for (const StatusRun &run : read.isInPlace ? std::span<const StatusRun>(read.runs) : read.block.runs())
        if (const auto same = run.range.intersect(taken))
            answer.parts.push_back({*AddrRange::sized(part.first + (same->first - source), same->size()), run.state});
    const auto begin = read.isInPlace ? read.begin : read.block.time;
    const auto took = std::chrono::duration_cast<std::chrono::system_clock::duration>(read.block.latency);
    answer.begin = answer.begin ? std::min(*answer.begin, begin) : begin;
    answer.end = std::max(answer.end, read.isInPlace ? read.end : begin + took);
}

void MappedBatch::settlePiece(const Piece &piece, const PageRun &run, const AddrRange &part,
                              std::vector<Piece> &pending)
{
    if (!run.state.present()) {
        const bool isHole = !piece.segment && run.state.status == PageStatus::Unmapped;
        answers_[piece.answer].parts.push_back({part, isHole ? PageState{PageStatus::Hole} : run.state});
        return;
    }
    const auto pend = [&](const AddrRange &rest) { pending.push_back({rest, piece.answer, piece.segment}); };
    VirtAddr next = part.first;
    const auto reads = std::span(reads_).subspan(piece.firstRead, piece.endOfReads - piece.firstRead);
    auto read = std::ranges::lower_bound(reads, part.first, {}, [](const Read &r) { return r.range.last; });
    for (; read != reads.end(); ++read) {
        const auto both = read->range.intersect({next, part.last});
        if (!both)
            break;
        if (next < both->first)
            pend({next, both->first - 1});
        if (read->phys + (both->first - read->range.first) == run.phys + (both->first - run.range.first))
            take(piece, *read, *both);
        else
            pend(*both);
        if (both->last == part.last)
            return;
        next = both->last + 1;
    }
    pend({next, part.last});
}

void MappedBatch::settle(std::span<const PageRun> now)
{
    std::vector<Piece> pending;
    for (const Piece &piece : pending_) {
        for (const PageRun &run : from(now, piece.range.first)) {
            const auto part = run.range.intersect(piece.range);
            if (!part)
                break;
            settlePiece(piece, run, *part, pending);
        }
    }
    pending_ = std::move(pending);
}

void MappedBatch::closePending()
{
    for (const Piece &piece : pending_)
        answers_[piece.answer].parts.push_back({piece.range, {PageStatus::Error, EAGAIN}});
    pending_.clear();
}

std::vector<StatusRun> MappedBatch::statesOf(Answer &answer)
{
    std::ranges::sort(answer.parts, {}, [](const StatusRun &part) { return part.range.first; });
    std::vector<StatusRun> runs;
    for (const StatusRun &part : answer.parts) {
        appendRun(runs, part.range, part.state);
        // What was read in its place may have been refused since, and the caller's memory may have held anything.
        if (!part.state.present())
            std::memset(answer.bytes.data() + (part.range.first - answer.range.first), 0, part.range.size());
    }
    return runs;
}

std::vector<MemoryBlock> MappedBatch::finish()
{
    closePending();
    std::vector<MemoryBlock> blocks;
    blocks.reserve(answers_.size());
    for (Answer &answer : answers_) {
        auto runs = statesOf(answer);
        MemoryBlock block(answer.range.first, std::move(answer.owned), std::move(runs));
        block.time = answer.begin.value_or(time_);
        if (answer.begin)
            block.latency = answer.end - *answer.begin;
        blocks.push_back(std::move(block));
    }
    return blocks;
}

void MappedBatch::finish(std::vector<StatusRun> &runs)
{
    closePending();
    runs.clear();
    for (Answer &answer : answers_)
        for (const StatusRun &run : statesOf(answer))
            appendRun(runs, run.range, run.state);
}

} // namespace ks
