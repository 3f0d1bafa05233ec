#include "core/search/search.h"

#include "core/search/chunks.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace ks {
namespace {

/// Hits that are handed over at once, so that memory that is full of them takes no more of ours.
constexpr std::size_t kHitsAtOnce = 8192;
/// Chunks that may be searched while the first of them was not yet handed over.
constexpr std::size_t kAhead = 8;

/// Hits of one chunk, or of a part of it, with the bytes that they refer to.
struct Found {
    std::vector<SearchHit> hits;
    std::vector<std::unique_ptr<std::byte[]>> bytes;

    void add(const Stretch &in, std::span<const Match> matches, std::size_t context);
};

void Found::add(const Stretch &in, std::span<const Match> matches, std::size_t context)
{
    if (matches.empty())
        return;
    const auto around = [&](const Match &match) {
        const std::size_t before = std::min(context, match.offset);
        const std::size_t behind = std::min(context, in.bytes.size() - match.offset - match.size);
        return in.bytes.subspan(match.offset - before, before + match.size + behind);
    };
    std::size_t size = 0;
    for (const Match &match : matches)
        size += around(match).size();
    auto copy = std::make_unique_for_overwrite<std::byte[]>(size);
    std::byte *next = copy.get();
    for (const Match &match : matches) {
        const auto part = around(match);
        std::memcpy(next, part.data(), part.size());
        hits.push_back({in.address + match.offset, match.size, {next, part.size()}, std::min(context, match.offset)});
        next += part.size();
    }
    bytes.push_back(std::move(copy));
}

void count(std::vector<UnreadBytes> &unread, PageState state, const AddrRange &range)
{
    const auto same = std::ranges::find(unread, state, &UnreadBytes::state);
    if (same == unread.end()) {
        unread.push_back({state, range.size(), range.first});
        return;
    }
    same->bytes += range.size();
    same->first = std::min(same->first, range.first);
}

/// What is read is still in the processor's cache when it is looked at; of a live kernel each read looks at its headers
/// and page tables, too, which is to cost little beside it.
std::size_t chunkFor(const MemorySource &memory) { return std::size_t{memory.isLive() ? 2U : 1U} << 20; }

/// What a dump leaves out is not in mappedRanges(), but somebody may think that it was searched.
void countExcluded(const MemorySource &memory, std::span<const AddrRange> where, std::vector<UnreadBytes> &unread)
{
    for (const LoadSegment &load : memory.segments()) {
        if (load.fileSize >= load.range.size() && load.range.size() != 0)
            continue;
        const AddrRange excluded{load.range.first + load.fileSize, load.range.last};
        for (const AddrRange &range : where)
            if (const auto part = excluded.intersect(range))
                count(unread, {PageStatus::Excluded}, *part);
    }
}

/// The work of all threads: who takes which chunk, and the hits in the order of the chunks.
class Job {
public:
    Job(const MemorySource &memory, const Matcher &matcher, const SearchOptions &options, ChunkPlan plan,
        Progress &progress)
        : memory_(memory),
          matcher_(matcher),
          options_(options),
          context_(std::min(options.context, SearchOptions::kMaxContext)),
          plan_(std::move(plan)),
          progress_(progress)
    {
    }

    /// Searches chunks until there are no more. May be run by several threads at once.
    void work();
    /// Gives the hits of all chunks to the sink. Ends when the threads have nothing more to do, or nobody wants more.
    void deliver(const SearchSink &sink, SearchSummary &summary);
    /// After all threads have ended.
    void sum(SearchSummary &summary) const;
    void workerEnds();
    void workerBegins() { ++workers_; }

private:
    /// What one thread keeps from chunk to chunk.
    struct Desk {
        std::vector<std::byte> buffer;
        std::vector<AddrRange> ranges;
        std::vector<StatusRun> runs;
        std::vector<Match> matches;
        Found found;
        std::uint64_t searched = 0;
        std::vector<UnreadBytes> unread;
    };

    bool takeChunk(std::size_t &index, std::vector<Piece> &pieces);
    void searchChunk(std::size_t index, const std::vector<Piece> &pieces, Desk &desk);
    bool searchStretch(std::size_t index, const Stretch &in, std::size_t from, std::size_t to, Desk &desk);
    /// False when the search is to end.
    bool handOver(std::size_t index, Found &&found, bool isLast);
    /// Takes away chunks in which nothing was found. Most are such, and nobody has to be woken for each.
    void passEmpty();
    bool wanted() const { return !stopped_ && !progress_.cancelled(); }

    const MemorySource &memory_;
    const Matcher &matcher_;
    const SearchOptions &options_;
    const std::size_t context_;

    std::mutex mutex_; ///< guards all below
    std::condition_variable changed_;
    ChunkPlan plan_;
    Progress &progress_;
    struct Slot {
        std::optional<Found> found;
        bool isComplete = false;
    };
    std::map<std::size_t, Slot> slots_; ///< of the chunks that were not handed over as a whole
    std::size_t taken_ = 0;
    std::size_t delivered_ = 0; ///< chunks
    std::size_t workers_ = 0;
    std::size_t waiting_ = 0; ///< workers, until there is room for one more chunk
    bool stopped_ = false;
    std::uint64_t searched_ = 0;
    std::vector<UnreadBytes> unread_;
};

bool Job::takeChunk(std::size_t &index, std::vector<Piece> &pieces)
{
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.wait(lock, [&] { return !wanted() || taken_ < delivered_ + kAhead; });
    --waiting_;
    if (!wanted())
        return false;
    pieces = plan_.next();
    if (pieces.empty())
        return false;
    index = taken_++;
    slots_.try_emplace(index);
    return true;
}

bool Job::handOver(std::size_t index, Found &&found, bool isLast)
{
    std::unique_lock lock(mutex_);
    Slot &slot = slots_[index];
    // Only one part waits for each chunk: who finds more waits until the chunk's turn has come.
    changed_.wait(lock, [&] { return !wanted() || !slot.found; });
    if (!wanted())
        return false;
    slot.found = std::move(found);
    slot.isComplete = isLast;
    if (index != delivered_)
        return true;
    passEmpty();
    const auto next = slots_.find(delivered_);
    if (waiting_ != 0 || (next != slots_.end() && next->second.found))
        changed_.notify_all();
    return true;
}

void Job::passEmpty()
{
    for (auto slot = slots_.find(delivered_);
         slot != slots_.end() && slot->second.isComplete && slot->second.found && slot->second.found->hits.empty();
         slot = slots_.find(delivered_)) {
        slots_.erase(slot);
        ++delivered_;
    }
}

bool Job::searchStretch(std::size_t index, const Stretch &in, std::size_t from, std::size_t to, Desk &desk)
{
    // No more than the limit can ever be handed over.
    const std::size_t atOnce = options_.limit != 0 ? std::min<std::uint64_t>(options_.limit, kHitsAtOnce) : kHitsAtOnce;
    while (from < to) {
        desk.matches.clear();
        from = matcher_.find(in, from, to, atOnce - desk.found.hits.size(), desk.matches);
        desk.found.add(in, desk.matches, context_);
        if (desk.found.hits.size() >= atOnce && !handOver(index, std::exchange(desk.found, {}), false))
            return false;
        if (progress_.cancelled())
            return false;
    }
    return true;
}

void Job::searchChunk(std::size_t index, const std::vector<Piece> &pieces, Desk &desk)
{
    std::uint64_t own = 0;
    std::size_t size = 0;
    desk.ranges.clear();
    for (const Piece &piece : pieces) {
        desk.ranges.push_back(piece.read);
        size += piece.read.size();
        own += piece.own.size();
    }
    if (desk.buffer.size() < size)
        desk.buffer.resize(size);
    memory_.readInto(desk.ranges, std::span(desk.buffer).first(size), desk.runs);

    auto run = desk.runs.begin();
    const std::byte *bytes = desk.buffer.data();
    for (const Piece &piece : pieces) {
        for (; run != desk.runs.end() && run->range.first <= piece.read.last; ++run) {
            const auto mine = run->range.intersect(piece.own);
            if (!mine)
                continue;
            if (!run->state.present()) {
                count(desk.unread, run->state, *mine);
                continue;
            }
            const Stretch stretch{run->range.first, {bytes + (run->range.first - piece.read.first), run->range.size()}};
            desk.searched += mine->size();
            if (!searchStretch(index, stretch, mine->first - run->range.first, mine->last - run->range.first + 1, desk))
                return;
        }
        bytes += piece.read.size();
    }
    progress_.advance(own);
    handOver(index, std::exchange(desk.found, {}), true);
}

void Job::work()
{
    Desk desk;
    std::size_t index = 0;
    std::vector<Piece> pieces;
    while (takeChunk(index, pieces))
        searchChunk(index, pieces, desk);
    const std::lock_guard lock(mutex_);
    searched_ += desk.searched;
    for (const UnreadBytes &unread : desk.unread) {
        count(unread_, unread.state, {unread.first, unread.first + (unread.bytes - 1)});
    }
}

void Job::workerEnds()
{
    const std::lock_guard lock(mutex_);
    --workers_;
    changed_.notify_all();
}

void Job::deliver(const SearchSink &sink, SearchSummary &summary)
{
    using namespace std::chrono_literals;
    std::unique_lock lock(mutex_);
    while (wanted()) {
        const auto slot = slots_.find(delivered_);
        if (slot == slots_.end() || !slot->second.found) {
            if (slot == slots_.end() && workers_ == 0)
                return;
            // Cancelling notifies nobody, so look after it now and then.
            changed_.wait_for(lock, 50ms);
            continue;
        }
        const Found found = std::move(*slot->second.found);
        slot->second.found.reset();
        if (slot->second.isComplete) {
            slots_.erase(slot);
            ++delivered_;
        }
        changed_.notify_all();
        if (found.hits.empty())
            continue;
        lock.unlock();
        std::span<const SearchHit> hits = found.hits;
        if (options_.limit != 0 && hits.size() > options_.limit - summary.hits)
            hits = hits.first(options_.limit - summary.hits);
        summary.hits += hits.size();
        const bool goesOn = sink(hits) && (options_.limit == 0 || summary.hits < options_.limit);
        lock.lock();
        if (!goesOn)
            summary.limited = stopped_ = true;
    }
    changed_.notify_all();
}

void Job::sum(SearchSummary &summary) const
{
    summary.searched = searched_;
    for (const UnreadBytes &unread : unread_)
        summary.unread.push_back(unread);
}

} // namespace

SearchSummary search(const MemorySource &memory, std::span<const AddrRange> where, const Matcher &matcher,
                     const SearchOptions &options, const SearchSink &sink, Progress &progress)
{
    const auto begin = std::chrono::steady_clock::now();
    SearchSummary summary;
    progress.begin("looking for what is mapped");
    const std::size_t context = std::min(options.context, SearchOptions::kMaxContext);
    ChunkPlan plan(mappedParts(memory, where), options.chunk != 0 ? options.chunk : chunkFor(memory),
                   std::max(context, matcher.lookBehind()), matcher.longest() - 1 + context);
    progress.begin("searching", plan.totalBytes());
    countExcluded(memory, joined({where.begin(), where.end()}), summary.unread);

    Job job(memory, matcher, options, std::move(plan), progress);
    {
        const unsigned threads =
            options.threads != 0 ? options.threads : std::clamp(std::thread::hardware_concurrency(), 1U, 2U);
        std::vector<std::jthread> workers;
        for (unsigned i = 0; i < threads; ++i)
            job.workerBegins();
        for (unsigned i = 0; i < threads; ++i)
            workers.emplace_back([&job] {
                job.work();
                job.workerEnds();
            });
        job.deliver(sink, summary);
    }
    job.sum(summary);
    summary.cancelled = progress.cancelled() && !summary.limited;
    summary.time = std::chrono::steady_clock::now() - begin;
    return summary;
}

} // namespace ks
