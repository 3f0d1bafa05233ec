// Searching memory: everything that a matcher matches in any parts of the address space, in the order of addresses.
#pragma once

#include "core/base/progress.h"
#include "core/memory/memory_source.h"
#include "core/search/matcher.h"

#include <chrono>
#include <functional>
#include <span>
#include <vector>

namespace ks {

struct SearchOptions {
    std::uint64_t limit = 0; ///< stop after so many matches; 0: find all
    std::size_t context = 0; ///< bytes to give before and behind each match; cut at kMaxContext
    unsigned threads = 0;    ///< that read and match; 0: two, where there are two processors
    std::size_t chunk = 0;   ///< bytes that are read at once; 0: as many as are fast

    static constexpr std::size_t kMaxContext = 4096;
};

/// One match. Its bytes and those around it come from one read.
struct SearchHit {
    VirtAddr address;
    std::uint64_t size = 0;
    /// The match and what was read around it, less than the context asked for where that was not read.
    std::span<const std::byte> bytes;
    std::size_t before = 0; ///< how many of `bytes` stand before the match

    std::span<const std::byte> match() const { return bytes.subspan(before, size); }
};

/// Bytes that were to be searched and are not there.
struct UnreadBytes {
    PageState state;
    std::uint64_t bytes = 0;
    VirtAddr first; ///< the first of them
};

struct SearchSummary {
    std::uint64_t hits = 0;     ///< given to the sink
    std::uint64_t searched = 0; ///< bytes that were read and searched
    /// By state: what could not be read, and what a dump leaves out. Where nothing is mapped nothing is missing.
    std::vector<UnreadBytes> unread;
    bool limited = false;   ///< the limit was reached, or the sink wanted no more
    bool cancelled = false; ///< by the Progress; what was found before was given
    std::chrono::nanoseconds time{0};
};

/// Takes hits as they are found, in the order of addresses, always on the thread that called search(). The bytes are
/// valid during the call. False ends the search.
using SearchSink = std::function<bool(std::span<const SearchHit>)>;

/// Searches the mapped parts of `where` (in any order, may overlap). A match lies in them as a whole, and all of its
/// bytes were read. `progress` counts bytes.
SearchSummary search(const MemorySource &memory, std::span<const AddrRange> where, const Matcher &matcher,
                     const SearchOptions &options, const SearchSink &sink, Progress &progress);

} // namespace ks
