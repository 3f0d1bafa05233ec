// Reading what several results need, and reading it again until each of them is sure to be of one moment.
#pragma once

#include "core/live/footprint.h"
#include "core/values/context.h"

#include <chrono>
#include <span>

namespace ks::live {

/// A result that is made of memory, and what it was made of.
class Tracked {
public:
    virtual ~Tracked() = default;
    /// Makes the result anew. `context.memory` remembers what is read through it.
    virtual void evaluate(const EvalContext &context) = 0;
    /// It would take more memory than one evaluation may read: the result is that.
    virtual void tooLarge() = 0;
    /// Whether its bytes must be of one moment. If not, one read is enough.
    virtual bool isConfirmed() const { return true; }

    const Footprint &footprint() const { return footprint_; }
    /// What it will read, as far as that is known before it was made.
    void expect(std::vector<AddrRange> ranges) { footprint_ = Footprint(std::move(ranges)); }
    /// The context has changed: the result counts for nothing, whatever the memory says.
    void forget() { isKnown_ = false; }
    bool wasEvaluated() const { return wasEvaluated_; }          ///< in the last round
    bool isTorn() const { return isTorn_; }                      ///< no two reads in a row agreed in the last round
    const std::vector<AddrRange> &torn() const { return torn_; } ///< the bytes in which the last two did not
    std::chrono::system_clock::time_point readTime() const { return readTime_; }
    std::chrono::nanoseconds confirmedAfter() const { return confirmedAfter_; }

private:
    friend class Confirmer;
    Footprint footprint_;
    bool isKnown_ = false;
    bool wasEvaluated_ = false;
    bool isTorn_ = false;
    std::vector<AddrRange> torn_;
    std::chrono::system_clock::time_point readTime_;
    std::chrono::nanoseconds confirmedAfter_{0};
};

/// A result counts when one read gave all of its bytes and the next read gave the same ones: no byte can then have been
/// other between the end of the first read and the beginning of the second, so the bytes belong together. (A byte that
/// changed and changed back is not seen; no reader could.) Targets that never change are read once.
///
/// What a result needs is known from the last time. So the reads follow each other at once, until two agree, and only
/// then is anything evaluated: that takes its time, in which memory goes on. A result that turns out to need other
/// memory (a pointer has moved) goes into another round, in which that is known too.
class Confirmer {
public:
    struct Options {
        /// Between two reads, so that a writer on the same processor gets to run.
        std::chrono::nanoseconds nap = std::chrono::microseconds(200);
        unsigned passes = 4; ///< reads in a round at most; at least 2
        /// What is made of more pages than these is read twice at most: somewhere in it something always changes.
        std::size_t largePages = 64;
    };
    struct Outcome {
        unsigned passes = 0;   ///< of all rounds
        std::size_t pages = 0; ///< different ones, on demand or not, of the round that had most
        TickCost cost;         ///< `cpu` stays 0
        bool anyPresent = false;
        std::optional<PageState> failure; ///< of the first page that the target refused or had lost
    };

    Confirmer(std::shared_ptr<const MemorySource> source, Options options);
    /// Results of which no byte has changed are not made again.
    Outcome run(std::span<Tracked *const> items, const EvalContext &context);

private:
    struct Item {
        Tracked *tracked;
        std::optional<unsigned> read = {}; ///< the first of the two that agreed
        unsigned last = 0;                 ///< that it had part in
    };
    void evaluate(Tracked &item, const TickMemory &memory);
    void fetch(unsigned read, std::span<const Item> items);
    std::vector<Item> round(std::vector<Item> items, bool isLast, Outcome &outcome);
    TickCost spent() const;

    Options options_;
    std::shared_ptr<const MemorySource> source_;
    std::vector<std::unique_ptr<TickMemory>> reads_; ///< of one round, one after the other
    RecordingMemory recorder_;
    EvalContext context_;
};

} // namespace ks::live
