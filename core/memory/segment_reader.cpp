#include "core/memory/segment_reader.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace ks {
namespace {

using Clock = std::chrono::steady_clock;

/// One answer while it is being put together.
struct Answer {
    AddrRange range;
    std::vector<std::byte> bytes;
    std::vector<StatusRun> parts; ///< in any order
    std::optional<std::chrono::system_clock::time_point> time;
    Clock::time_point begin;
    Clock::time_point end;
};

/// A part of one answer that the file holds.
struct Piece {
    AddrRange range;
    const LoadSegment *segment = nullptr;
    std::size_t answer = 0;
};

/// Splits an answer by the segments: what the file holds becomes pieces, the rest is decided here.
void splitBySegments(std::span<const LoadSegment> segments, std::size_t index, Answer &answer,
                     std::vector<Piece> &pieces)
{
    const AddrRange &range = answer.range;
    VirtAddr next = range.first;
    auto segment =
        std::ranges::lower_bound(segments, range.first, {}, [](const LoadSegment &s) { return s.range.last; });
    for (; segment != segments.end() && segment->range.first <= range.last; ++segment) {
        const AddrRange part = *segment->range.intersect(range);
        if (next < part.first)
            answer.parts.push_back({{next, part.first - 1}, {PageStatus::Hole}});
        const auto inFile = AddrRange::sized(segment->range.first, segment->fileSize);
        const auto held = inFile ? inFile->intersect(part) : std::nullopt;
        if (held)
            pieces.push_back({*held, &*segment, index});
        if (!held || held->last < part.last)
            answer.parts.push_back({{held ? held->last + 1 : part.first, part.last}, {PageStatus::Excluded}});
        if (part.last == range.last)
            return;
        next = part.last + 1;
    }
    answer.parts.push_back({{next, range.last}, {PageStatus::Hole}});
}

/// Whether another page might still be readable after this error.
bool concernsSinglePages(int errorNumber)
{
    return errorNumber == EFAULT || errorNumber == EIO || errorNumber == ENOMEM || errorNumber == ENXIO;
}

/// Fills `bytes` with the memory at `range` and says in `states` what became of it; bytes without data become zero.
void readRun(const ByteFile &file, const LoadSegment &segment, const AddrRange &range, std::span<std::byte> bytes,
             std::vector<StatusRun> &states)
{
    const std::uint64_t toRange = range.first - segment.range.first;
    const FileOffset base = segment.offset + toRange;
    const auto mark = [&](std::size_t from, std::size_t to, PageState state) {
        if (from == to)
            return;
        appendRun(states, {range.first + from, range.first + (to - 1)}, state);
        if (!state.present())
            std::memset(bytes.data() + from, 0, to - from);
    };
    // No file holds bytes at offsets that wrap around.
    if (base < segment.offset || base + (bytes.size() - 1) < base)
        return mark(0, bytes.size(), stateOfErrno(EOVERFLOW));

    // After a failure single pages are read; while that goes well the steps grow again.
    const std::size_t allPages = bytes.size() / kPageSize + 2;
    std::size_t pages = allPages;
    std::size_t position = 0;
    const auto toPageEnd = [&] {
        return std::min<std::size_t>(kPageSize - (range.first + position).value % kPageSize, bytes.size() - position);
    };
    while (position < bytes.size()) {
        const std::size_t step = std::min(bytes.size() - position, toPageEnd() + (pages - 1) * kPageSize);
        const auto got = file.readFully(bytes.subspan(position, step), base + position);
        mark(position, position + got.count, {PageStatus::Present});
        position += got.count;
        if (got.count == step) {
            pages = std::min(pages * 2, allPages);
        } else if (got.errorNumber == 0) {
            return mark(position, bytes.size(), {PageStatus::Truncated});
        } else if (!concernsSinglePages(got.errorNumber)) {
            return mark(position, bytes.size(), stateOfErrno(got.errorNumber));
        } else {
            const std::size_t onePage = toPageEnd();
            if (step - got.count <= onePage) {
                mark(position, position + onePage, stateOfErrno(got.errorNumber));
                position += onePage;
            }
            pages = 1;
        }
    }
}

/// Hands a run's bytes and states to the pieces that lie in it.
void distribute(const AddrRange &run, std::span<const std::byte> bytes, std::span<const StatusRun> states,
                std::span<const Piece> pieces, std::vector<Answer> &answers)
{
    for (const Piece &piece : pieces) {
        Answer &answer = answers[piece.answer];
        if (!bytes.empty())
            std::memcpy(answer.bytes.data() + (piece.range.first - answer.range.first),
                        bytes.data() + (piece.range.first - run.first), piece.range.size());
        auto state =
            std::ranges::lower_bound(states, piece.range.first, {}, [](const StatusRun &s) { return s.range.last; });
        for (; state != states.end() && state->range.first <= piece.range.last; ++state)
            answer.parts.push_back({*state->range.intersect(piece.range), state->state});
    }
}

/// Reads `pieces`, which lie in one segment and belong together, with one call.
void readPieces(const ByteFile &file, std::span<const Piece> pieces, const AddrRange &run, std::vector<Answer> &answers)
{
    const auto time = std::chrono::system_clock::now();
    const auto begin = Clock::now();
    std::vector<StatusRun> states;
    if (pieces.size() == 1) {
        Answer &answer = answers[pieces[0].answer];
        const auto into = std::span(answer.bytes).subspan(run.first - answer.range.first, run.size());
        readRun(file, *pieces[0].segment, run, into, states);
        distribute(run, {}, states, pieces, answers);
    } else {
        std::vector<std::byte> bytes(run.size());
        readRun(file, *pieces[0].segment, run, bytes, states);
        distribute(run, bytes, states, pieces, answers);
    }
    const auto end = Clock::now();
    for (const Piece &piece : pieces) {
        Answer &answer = answers[piece.answer];
        if (!answer.time) {
            answer.time = time;
            answer.begin = begin;
        }
        answer.end = end;
    }
}

bool samePage(VirtAddr a, VirtAddr b) { return a.alignedDown(kPageSize) == b.alignedDown(kPageSize); }

MemoryBlock finish(Answer &answer, std::chrono::system_clock::time_point batchTime)
{
    std::ranges::sort(answer.parts, {}, [](const StatusRun &part) { return part.range.first; });
    std::vector<StatusRun> runs;
    for (const StatusRun &part : answer.parts)
        appendRun(runs, part.range, part.state);
    MemoryBlock block(answer.range.first, std::move(answer.bytes), std::move(runs));
    block.time = answer.time.value_or(batchTime);
    block.latency = answer.end - answer.begin;
    return block;
}

} // namespace

AddrRange cutToLimit(const AddrRange &range)
{
    const std::uint64_t size = range.size();
    return size == 0 || size > MemorySource::kMaxReadSize ? *AddrRange::sized(range.first, MemorySource::kMaxReadSize)
                                                          : range;
}

PageState stateOfErrno(int errorNumber)
{
    const bool denied = errorNumber == EPERM || errorNumber == EACCES;
    return {denied ? PageStatus::Denied : PageStatus::Error, errorNumber};
}

MemoryBlock uniformBlock(AddrRange range, PageState state)
{
    const AddrRange cut = cutToLimit(range);
    return {cut.first, std::vector<std::byte>(cut.size()), {{cut, state}}};
}

std::vector<MemoryBlock> readSegments(const ByteFile &file, std::span<const LoadSegment> segments,
                                      std::span<const AddrRange> ranges)
{
    const auto batchTime = std::chrono::system_clock::now();
    std::vector<Answer> answers(ranges.size());
    std::vector<Piece> pieces;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        answers[i].range = cutToLimit(ranges[i]);
        answers[i].bytes.resize(answers[i].range.size());
        splitBySegments(segments, i, answers[i], pieces);
    }
    std::ranges::sort(pieces, {}, [](const Piece &piece) { return piece.range.first; });
    for (std::size_t first = 0; first < pieces.size();) {
        AddrRange run = pieces[first].range;
        std::size_t end = first + 1;
        for (; end < pieces.size() && pieces[end].segment == pieces[first].segment; ++end) {
            const VirtAddr begin = pieces[end].range.first;
            if (begin > run.last && begin - run.last != 1 && !samePage(begin, run.last))
                break;
            run.last = std::max(run.last, pieces[end].range.last);
        }
        readPieces(file, std::span(pieces).subspan(first, end - first), run, answers);
        first = end;
    }
    std::vector<MemoryBlock> blocks;
    blocks.reserve(answers.size());
    for (Answer &answer : answers)
        blocks.push_back(finish(answer, batchTime));
    return blocks;
}

void readSegmentsInto(const ByteFile &file, std::span<const LoadSegment> segments, std::span<const AddrRange> ranges,
                      std::span<std::byte> into, std::vector<StatusRun> &runs)
{
    runs.clear();
    Answer answer;
    std::vector<Piece> pieces;
    for (const AddrRange &range : ranges) {
        const auto bytes = into.first(range.size());
        into = into.subspan(range.size());
        answer.range = range;
        answer.parts.clear();
        pieces.clear();
        splitBySegments(segments, 0, answer, pieces);
        for (const StatusRun &part : answer.parts)
            std::memset(bytes.data() + (part.range.first - range.first), 0, part.range.size());
        for (const Piece &piece : pieces)
            readRun(file, *piece.segment, piece.range,
                    bytes.subspan(piece.range.first - range.first, piece.range.size()), answer.parts);
        std::ranges::sort(answer.parts, {}, [](const StatusRun &part) { return part.range.first; });
        for (const StatusRun &part : answer.parts)
            appendRun(runs, part.range, part.state);
    }
}

} // namespace ks
