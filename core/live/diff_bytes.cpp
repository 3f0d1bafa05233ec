#include "core/live/diff_bytes.h"

#include <algorithm>
#include <cstring>

namespace ks {
namespace {

constexpr std::uint64_t kBatchBytes = std::uint64_t{1} << 20;
constexpr std::size_t kBatchRanges = 4096;
/// Fewer equal bytes than these do not part two changes.
constexpr std::uint64_t kJoin = 8;
constexpr AddrRange kEverything{VirtAddr(0), VirtAddr(~std::uint64_t{0})};

/// A part of one side's memory and its place in both.
struct Placed {
    Place::Space space = Place::Space::Virtual;
    std::uint64_t first = 0; ///< offset in the space
    std::uint64_t last = 0;
    VirtAddr address; ///< of `first`
};

/// The same place in both.
struct Pair {
    AddrRange a;
    VirtAddr b;
};

void addRange(std::vector<AddrRange> &to, const AddrRange &range)
{
    if (!to.empty() && to.back().last + 1 == range.first && range.first.value != 0)
        to.back().last = range.last;
    else if (to.size() <= BytesDiff::kMaxRanges) // one more tells that there are more
        to.push_back(range);
}

/// Takes back what is beyond the limit; whether there was any.
bool cutToLimit(std::vector<AddrRange> &ranges)
{
    if (ranges.size() <= BytesDiff::kMaxRanges)
        return false;
    ranges.resize(BytesDiff::kMaxRanges);
    return true;
}

/// The direct map shows the image a second time: where, if it is known.
std::vector<AddrRange> imageInDirectMap(const SegmentMap &segments)
{
    std::vector<AddrRange> result;
    for (const Segment &text : segments.all()) {
        if (text.kind != SegmentKind::Text || !text.load.phys)
            continue;
        for (const Segment &direct : segments.all()) {
            if (direct.kind != SegmentKind::DirectMap || !direct.load.phys)
                continue;
            const VirtAddr base = direct.range().first - direct.load.phys->value;
            const auto alias = AddrRange::sized(base + text.load.phys->value, text.range().size());
            if (const auto part = alias ? alias->intersect(direct.range()) : std::nullopt)
                result.push_back(*part);
        }
    }
    std::ranges::sort(result, {}, &AddrRange::first);
    return result;
}

/// `range` without the sorted `holes`.
std::vector<AddrRange> without(const AddrRange &range, const std::vector<AddrRange> &holes)
{
    std::vector<AddrRange> result;
    VirtAddr next = range.first;
    for (const AddrRange &hole : holes) {
        if (!hole.overlaps(range) || hole.last < next)
            continue;
        if (next < hole.first)
            result.push_back({next, hole.first - 1});
        if (hole.last >= range.last)
            return result;
        next = hole.last + 1;
    }
    result.push_back({next, range.last});
    return result;
}

/// What a side holds within `ranges`, by place.
std::vector<Placed> placedParts(const DiffSide &side, bool same, const std::vector<AddrRange> &ranges,
                                std::vector<AddrRange> *unplaced)
{
    const PlaceMap places(side, same);
    const auto aliases = imageInDirectMap(*side.segments);
    std::vector<Placed> result;
    for (const Segment &segment : side.segments->all()) {
        for (const AddrRange &range : ranges) {
            const auto within = segment.range().intersect(range);
            if (!within)
                continue;
            for (const AddrRange &mapped : side.context.memory->mappedRanges(*within)) {
                const auto place = places.placeOf(mapped.first);
                // Areas of vmalloc lie where they were allocated, which is another place in each run.
                if (!place || place->space == Place::Space::Vmalloc) {
                    if (unplaced)
                        addRange(*unplaced, mapped);
                    continue;
                }
                for (const AddrRange &part : without(mapped, aliases)) {
                    const std::uint64_t first = place->offset + (part.first - mapped.first);
                    result.push_back({place->space, first, first + (part.last - part.first), part.first});
                }
            }
        }
    }
    std::ranges::sort(result, {}, [](const Placed &part) { return std::pair(part.space, part.first); });
    return result;
}

/// The parts of `mine` that `other` does not have.
void addUnshared(const std::vector<Placed> &mine, const std::vector<Placed> &other, std::vector<AddrRange> &to)
{
    std::size_t at = 0;
    for (const Placed &part : mine) {
        std::uint64_t next = part.first;
        bool covered = false;
        while (at < other.size() && std::pair(other[at].space, other[at].last) < std::pair(part.space, part.first))
            ++at;
        for (std::size_t i = at; i < other.size() && other[i].space == part.space && other[i].first <= part.last; ++i) {
            if (next < other[i].first)
                addRange(to, {part.address + (next - part.first), part.address + (other[i].first - 1 - part.first)});
            covered = other[i].last >= part.last;
            if (covered)
                break;
            next = other[i].last + 1;
        }
        if (!covered)
            addRange(to, {part.address + (next - part.first), part.address + (part.last - part.first)});
    }
}

std::vector<Pair> shared(const std::vector<Placed> &a, const std::vector<Placed> &b)
{
    std::vector<Pair> pairs;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        const std::uint64_t first = std::max(a[i].first, b[j].first);
        const std::uint64_t last = std::min(a[i].last, b[j].last);
        if (a[i].space == b[j].space && first <= last) {
            const VirtAddr begin = a[i].address + (first - a[i].first);
            pairs.push_back({{begin, begin + (last - first)}, b[j].address + (first - b[j].first)});
        }
        if (std::pair(a[i].space, a[i].last) <= std::pair(b[j].space, b[j].last))
            ++i;
        else
            ++j;
    }
    return pairs;
}

class Comparison {
public:
    Comparison(const DiffSide &a, const DiffSide &b, BytesDiff &result,
               const std::function<bool(const ByteChange &)> &found, Progress &progress)
        : a_(a), b_(b), result_(result), found_(found), progress_(progress)
    {
    }

    /// False when it was cancelled.
    bool compare(const std::vector<Pair> &pairs)
    {
        std::vector<AddrRange> batchA;
        std::vector<AddrRange> batchB;
        std::uint64_t bytes = 0;
        const auto flush = [&] {
            const bool goOn = compareBatch(batchA, batchB);
            batchA.clear();
            batchB.clear();
            bytes = 0;
            return goOn;
        };
        for (const Pair &pair : pairs) {
            for (std::uint64_t done = 0;;) {
                const std::uint64_t left = pair.a.last - pair.a.first - done;
                const std::uint64_t last = done + std::min(left, kBatchBytes - bytes - 1);
                batchA.push_back({pair.a.first + done, pair.a.first + last});
                batchB.push_back({pair.b + done, pair.b + last});
                bytes += last - done + 1;
                if ((bytes == kBatchBytes || batchA.size() == kBatchRanges) && !flush())
                    return !progress_.cancelled();
                if (last == pair.a.last - pair.a.first)
                    break;
                done = last + 1;
            }
        }
        if (flush())
            emit();
        return !progress_.cancelled();
    }

private:
    /// False to end.
    bool compareBatch(std::span<const AddrRange> rangesA, std::span<const AddrRange> rangesB)
    {
        if (progress_.cancelled())
            return false;
        const auto blocksA = a_.context.memory->readBatch(rangesA);
        const auto blocksB = b_.context.memory->readBatch(rangesB);
        for (std::size_t i = 0; i < blocksA.size() && result_.complete; ++i) {
            compareBlocks(blocksA[i], blocksB[i]);
            progress_.advance(blocksA[i].size());
        }
        return result_.complete;
    }

    /// Walks the runs of one state each; only what both have is compared.
    void compareBlocks(const MemoryBlock &a, const MemoryBlock &b)
    {
        std::size_t i = 0;
        std::size_t j = 0;
        std::uint64_t at = 0;
        while (at < a.size() && i < a.runs().size() && j < b.runs().size() && result_.complete) {
            const StatusRun &runA = a.runs()[i];
            const StatusRun &runB = b.runs()[j];
            const std::uint64_t endA = runA.range.last - a.address() + 1;
            const std::uint64_t endB = runB.range.last - b.address() + 1;
            const std::uint64_t end = std::min(endA, endB);
            if (runA.state.present() && runB.state.present())
                compareBytes(a, b, at, end);
            else if (runA.state.present())
                addRange(result_.onlyInA, {a.address() + at, a.address() + (end - 1)});
            else if (runB.state.present())
                addRange(result_.onlyInB, {b.address() + at, b.address() + (end - 1)});
            i += endA == end ? 1 : 0;
            j += endB == end ? 1 : 0;
            at = end;
        }
    }

    void compareBytes(const MemoryBlock &a, const MemoryBlock &b, std::uint64_t begin, std::uint64_t end)
    {
        result_.compared += end - begin;
        const std::byte *const bytesA = a.bytes().data();
        const std::byte *const bytesB = b.bytes().data();
        constexpr std::uint64_t kStride = 256;
        for (std::uint64_t at = begin; at < end;) {
            const std::uint64_t step = std::min(kStride, end - at);
            if (std::memcmp(bytesA + at, bytesB + at, step) == 0) {
                at += step;
                continue;
            }
            for (const std::uint64_t stop = at + step; at < stop; ++at)
                if (bytesA[at] != bytesB[at])
                    addByte(a, b, at);
        }
    }

    void addByte(const MemoryBlock &a, const MemoryBlock &b, std::uint64_t at)
    {
        ++result_.changed;
        const VirtAddr addressA = a.address() + at;
        const VirtAddr addressB = b.address() + at;
        const std::uint64_t gap = addressA - (pending_.addressA + pending_.length);
        // The bytes between are taken along, if this block has them.
        const bool joins = pending_.length != 0 && gap < kJoin && gap <= at &&
                           addressB - pending_.addressB == addressA - pending_.addressA;
        if (!joins) {
            emit();
            pending_ = {addressA, addressB, 0, {}, {}};
        }
        const std::uint64_t from = joins ? at - gap : at;
        for (std::uint64_t i = from; i <= at && pending_.before.size() < ByteChange::kMaxShown; ++i) {
            pending_.before.push_back(a.bytes()[i]);
            pending_.after.push_back(b.bytes()[i]);
        }
        pending_.length += at - from + 1;
    }

    void emit()
    {
        if (pending_.length == 0 || !result_.complete)
            return;
        ++result_.changes;
        result_.complete = found_(pending_);
        pending_ = {};
    }

    const DiffSide &a_;
    const DiffSide &b_;
    BytesDiff &result_;
    const std::function<bool(const ByteChange &)> &found_;
    Progress &progress_;
    ByteChange pending_;
};

} // namespace

Result<BytesDiff> diffBytes(const DiffSide &a, const DiffSide &b, const BytesDiffOptions &options,
                            const std::function<bool(const ByteChange &)> &found, Progress &progress)
{
    if (!a.buildId.empty() && !b.buildId.empty() && a.buildId != b.buildId)
        return fail(ErrorCode::Mismatch, "build-id " + b.buildId,
                    "another kernel than " + a.buildId + ", whose bytes mean other things",
                    "compare snapshots of one kernel, or by types");
    const bool same = sameLayout(a, b);
    const std::vector<AddrRange> everything{kEverything};
    const bool chosen = !options.ranges.empty();
    BytesDiff result;
    const auto partsA = placedParts(a, same, chosen ? options.ranges : everything, &result.unplacedInA);
    // With ranges, which are A's, what B has elsewhere is nobody's concern.
    const auto partsB = placedParts(b, same, everything, nullptr);
    addUnshared(partsA, partsB, result.onlyInA);
    if (!chosen)
        addUnshared(partsB, partsA, result.onlyInB);
    const auto pairs = shared(partsA, partsB);
    std::uint64_t total = 0;
    for (const Pair &pair : pairs)
        total += pair.a.size();
    progress.begin("comparing bytes", total);
    if (!Comparison(a, b, result, found, progress).compare(pairs))
        return fail(ErrorCode::Cancelled, "diff", "cancelled");
    for (std::vector<AddrRange> *ranges : {&result.onlyInA, &result.onlyInB, &result.unplacedInA})
        result.moreRanges |= cutToLimit(*ranges);
    return result;
}

} // namespace ks
