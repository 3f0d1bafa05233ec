#include "core/live/snapshot.h"

#include "core/base/addr_ranges.h"
#include "core/base/units.h"
#include "core/live/core_writer.h"

#include <algorithm>
#include <cerrno>

namespace ks {
namespace {

constexpr std::uint64_t kBatchBytes = std::uint64_t{4} << 20;
constexpr std::size_t kBatchRanges = 4096;
/// A file has no more bytes than off_t counts.
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 62;
constexpr AddrRange kEverything{VirtAddr(0), VirtAddr(~std::uint64_t{0})};

/// Cuts ranges at the borders of segments, so that each part has one physical address. `segments` are sorted.
std::vector<PlannedPart> partsOf(std::span<const AddrRange> ranges, std::span<const LoadSegment> segments)
{
    std::vector<PlannedPart> parts;
    for (const AddrRange &range : ranges) {
        VirtAddr next = range.first;
        auto segment =
            std::ranges::lower_bound(segments, range.first, {}, [](const LoadSegment &s) { return s.range.last; });
        bool atEnd = false;
        for (; segment != segments.end() && segment->range.first <= range.last; ++segment) {
            const AddrRange part = *segment->range.intersect(range);
            if (next < part.first)
                parts.push_back({{next, part.first - 1}, {}});
            PlannedPart &added = parts.emplace_back(PlannedPart{part, {}});
            if (segment->phys)
                added.phys = *segment->phys + (part.first - segment->range.first);
            atEnd = part.last == range.last;
            next = part.last + 1;
        }
        if (!atEnd)
            parts.push_back({{next, range.last}, {}});
    }
    return parts;
}

/// In bytes; kMaxBytes stands for that many and more.
std::uint64_t totalSize(std::span<const PlannedPart> parts)
{
    std::uint64_t total = 0;
    for (const PlannedPart &part : parts) {
        const std::uint64_t size = part.range.size();
        if (size == 0 || size > kMaxBytes - total)
            return kMaxBytes;
        total += size;
    }
    return total;
}

/// What lies in `ranges` but not in `mapped`; both are sorted and joined.
std::vector<AddrRange> gaps(std::span<const AddrRange> ranges, std::span<const AddrRange> mapped)
{
    std::vector<AddrRange> result;
    for (const AddrRange &range : ranges) {
        VirtAddr next = range.first;
        auto part = std::ranges::lower_bound(mapped, range.first, {}, &AddrRange::last);
        bool atEnd = false;
        for (; part != mapped.end() && part->first <= range.last && !atEnd; ++part) {
            if (next < part->first)
                result.push_back({next, part->first - 1});
            atEnd = part->last >= range.last;
            next = part->last + 1;
        }
        if (!atEnd)
            result.push_back({next, range.last});
    }
    return result;
}

/// Whether there are bytes that a dump could hold, but this one does not.
bool isLeftOut(PageStatus status)
{
    switch (status) {
    case PageStatus::Excluded:
    case PageStatus::Truncated:
    case PageStatus::Denied:
    case PageStatus::Error: return true;
    case PageStatus::Present:
    case PageStatus::Hole:
    case PageStatus::Unmapped:
    case PageStatus::Mmio: break;
    }
    return false;
}

class Saver {
public:
    Saver(const MemorySource &memory, CoreWriter &writer, Progress &progress)
        : memory_(memory), writer_(writer), progress_(progress)
    {
    }

    Result<void> save(std::span<const PlannedPart> parts)
    {
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const AddrRange &range = parts[i].range;
            if (writer_.isAlias(i)) {
                progress_.advance(range.size());
                continue;
            }
            for (VirtAddr at = range.first;;) {
                const VirtAddr last = endOfRead(at, range.last);
                pending_.push_back({at, last});
                pendingParts_.push_back(i);
                pendingBytes_ += last - at + 1;
                if (pendingBytes_ + kPageSize > kBatchBytes || pending_.size() == kBatchRanges)
                    if (auto done = flush(); !done)
                        return done;
                if (last == range.last)
                    break;
                at = last + 1;
            }
        }
        return flush();
    }

    void skip(const AddrRange &range, PageState state)
    {
        skippedBytes_ += range.size();
        if (isLeftOut(state.status)) {
            leftOutBytes_ += range.size();
            if (!leftOut_.empty() && leftOut_.back().last + 1 == range.first)
                leftOut_.back().last = range.last;
            else if (leftOut_.size() < SnapshotNote::kMaxLeftOut)
                leftOut_.push_back(range);
        }
        if (!skipped_.empty() && skipped_.back().state == state && skipped_.back().range.last + 1 == range.first)
            skipped_.back().range.last = range.last;
        else if (skipped_.size() < SnapshotReport::kMaxSkipped)
            skipped_.push_back({range, state});
    }

    /// Says what became of ranges that are not mapped, and reads no more than one byte of a very long one.
    void skipUnmapped(std::span<const AddrRange> ranges)
    {
        for (const AddrRange &range : ranges) {
            if (range.size() == 0 || range.size() > kBatchBytes) {
                skip(range, memory_.read(range.first, 1).stateAt(range.first));
                continue;
            }
            const MemoryBlock block = memory_.read(range.first, range.size());
            for (const StatusRun &run : block.runs())
                skip(run.range, run.state);
        }
    }

    std::vector<StatusRun> skipped_;
    std::uint64_t skippedBytes_ = 0;
    std::vector<AddrRange> leftOut_;
    std::uint64_t leftOutBytes_ = 0;

private:
    /// As much as the batch has room for, in whole pages: half a page would be read at two times.
    VirtAddr endOfRead(VirtAddr at, VirtAddr last) const
    {
        const std::uint64_t room = kBatchBytes - pendingBytes_;
        return last - at < room ? last : (at + room).alignedDown(kPageSize) - 1;
    }

    Result<void> flush()
    {
        if (pending_.empty())
            return {};
        if (progress_.cancelled())
            return fail(ErrorCode::Cancelled, "snapshot", "cancelled, nothing was kept");
        const auto blocks = memory_.readBatch(pending_);
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            if (auto done = writer_.write(pendingParts_[i], blocks[i]); !done)
                return done;
            for (const StatusRun &run : blocks[i].runs()) {
                if (!run.state.present())
                    skip(run.range, run.state);
            }
            progress_.advance(blocks[i].size());
        }
        pending_.clear();
        pendingParts_.clear();
        pendingBytes_ = 0;
        return {};
    }

    const MemorySource &memory_;
    CoreWriter &writer_;
    Progress &progress_;
    std::vector<AddrRange> pending_;
    std::vector<std::size_t> pendingParts_;
    std::uint64_t pendingBytes_ = 0;
};

/// What of it may hold bytes; sorted and joined.
std::vector<AddrRange> mappedOf(const MemorySource &memory, std::span<const AddrRange> ranges)
{
    std::vector<AddrRange> mapped;
    for (const AddrRange &range : ranges) {
        const auto part = memory.mappedRanges(range);
        mapped.insert(mapped.end(), part.begin(), part.end());
    }
    return joined(std::move(mapped));
}

/// What the note will take at most.
std::uint64_t roomForNotes(std::vector<Note> notes, SnapshotNote own)
{
    own.leftOut.assign(SnapshotNote::kMaxLeftOut, kEverything);
    own.leftOutBytes = ~std::uint64_t{0};
    own.begin = own.end = std::chrono::system_clock::time_point::max();
    notes.push_back(toNote(own));
    return CoreWriter::notesSize(notes);
}

Result<void> checkSpace(const NewFile &file, std::uint64_t wanted)
{
    const auto available = file.freeSpace();
    if (!available)
        return std::unexpected(available.error());
    if (wanted <= *available)
        return {};
    const std::string size = wanted >= kMaxBytes ? "more than any disk holds" : "up to " + sizeText(wanted);
    return fail(ErrorCode::Limit, file.path().string(),
                "it would take " + size + ", and " + sizeText(*available) + " are free there",
                "save less, or write to another file system");
}

} // namespace

std::vector<AddrRange> rangesOf(const SegmentMap &segments, std::span<const SegmentKind> kinds)
{
    std::vector<AddrRange> ranges;
    for (const Segment &segment : segments.all())
        if (std::ranges::find(kinds, segment.kind) != kinds.end())
            ranges.push_back(segment.range());
    return ranges;
}

Result<SnapshotSpace> snapshotSpace(const MemorySource &memory, std::span<const AddrRange> ranges,
                                    const std::filesystem::path &file)
{
    if (!file.has_filename())
        return failErrno(file.string(), EISDIR, "name a file");
    const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    std::error_code problem;
    const auto info = std::filesystem::space(folder, problem); // statvfs(3)
    if (problem)
        return failErrno(folder.string(), problem.value(), "name a folder that is there");
    const auto mapped = mappedOf(memory, joined({ranges.begin(), ranges.end()}));
    return SnapshotSpace{.needed = totalSize(partsOf(mapped, memory.segments())),
                         .available = info.available,
                         .exists = std::filesystem::exists(std::filesystem::symlink_status(file, problem))};
}

Result<SnapshotReport> saveSnapshot(const MemorySource &memory, const SnapshotRequest &request,
                                    const std::filesystem::path &path, NewFile::Existing existing, Progress &progress)
{
    progress.begin("planning");
    auto file = NewFile::create(path, existing);
    if (!file)
        return std::unexpected(file.error());
    const auto ranges = joined(request.ranges);
    const auto mapped = mappedOf(memory, ranges);
    const auto parts = partsOf(mapped, memory.segments());
    const std::uint64_t total = totalSize(parts);
    if (auto fits = checkSpace(*file, total); !fits)
        return std::unexpected(fits.error());

    // Else a snapshot of this machine would be full of itself.
    if (memory.isLive())
        file->avoidPageCache();

    SnapshotNote note = request.note;
    // An earlier snapshot's note tells of that one.
    auto notes = memory.notes();
    std::erase_if(notes, [](const Note &each) { return each.name == kSnapshotNoteName; });
    CoreWriter writer(*file, parts, memory.machine(), roomForNotes(notes, note));
    Saver saver(memory, writer, progress);
    progress.begin("saving", total);
    note.begin = std::chrono::system_clock::now();
    if (auto saved = saver.save(parts); !saved)
        return std::unexpected(saved.error());
    note.end = std::chrono::system_clock::now();
    if (request.everyByte)
        saver.skipUnmapped(gaps(ranges, mapped));
    if (writer.bytes() == 0) {
        const auto &skipped = saver.skipped_;
        return fail(ErrorCode::Unreadable, skipped.empty() ? path.string() : hex(skipped.front().range.first),
                    skipped.empty() ? "the target has no such memory" : skipped.front().state.reason(),
                    "nothing was saved");
    }

    note.leftOut = saver.leftOut_;
    note.leftOutBytes = saver.leftOutBytes_;
    notes.push_back(toNote(note));
    progress.begin("bringing it to the disk");
    if (auto finished = writer.finish(notes); !finished)
        return std::unexpected(finished.error());
    const auto used = file->usedSpace();
    if (auto committed = file->commit(); !committed)
        return std::unexpected(committed.error());
    return SnapshotReport{.bytes = writer.bytes(),
                          .zeroBytes = writer.zeroBytes(),
                          .pages = writer.pages(),
                          .segments = writer.segments(),
                          .fileSize = writer.fileSize(),
                          .usedSpace = used.value_or(0),
                          .skipped = std::move(saver.skipped_),
                          .skippedBytes = saver.skippedBytes_,
                          .begin = note.begin,
                          .end = note.end};
}

} // namespace ks
