// One search or scan, as it runs on a worker: what it finds is handed over while it goes on.
#pragma once

#include "ui/models/search_model.h"

#include <memory>
#include <mutex>

namespace ks::ui {

/// Between the thread that searches and the one that shows.
class SearchStream {
public:
    struct Batch {
        std::vector<SearchRow> rows;
        std::uint64_t found = 0; ///< in all, of which kLimit have a row
        bool isAccepted = false; ///< what was typed has been understood, and the search goes on
    };

    // The thread that searches.
    void accept();
    /// False when nobody listens any more. `entries` are the numbers among the hits.
    bool put(std::vector<SearchRow> rows, std::vector<ScanSet::Entry> entries, std::uint64_t found);
    /// All numbers that were put, once nothing is put any more.
    std::vector<ScanSet::Entry> takeEntries();
    /// As takeEntries(), at the end of the search; none when it was closed.
    std::vector<ScanSet::Entry> end();

    // The thread that shows.
    Batch take();
    /// Nothing can be put any more. False when the search has ended and is about to say so itself.
    bool close();

private:
    std::mutex mutex_;
    Batch batch_;
    std::vector<ScanSet::Entry> entries_;
    bool closed_ = false;
    bool ended_ = false;
};

struct SearchOutcome {
    SearchSummary summary;
    std::shared_ptr<const ScanSet> set; ///< of searches for numbers: all of them, also those that are not listed
    std::vector<SearchRow> rows;        ///< of scans; those of searches come through the stream
    bool isScan = false;                ///< `summary` says nothing
};

/// How many numbers a search keeps to be scanned again, and how many bytes an unknown value may take.
inline constexpr std::uint64_t kMostCandidates = std::uint64_t{1} << 23;
inline constexpr std::uint64_t kMostScanBytes = std::uint64_t{512} << 20;

/// Searches to the end. Errors as of makeSearchQuery; Limit when an unknown value is looked for in too large a place.
Result<SearchOutcome> runSearch(const Session &session, const SearchForm &form, VirtAddr cursor, SearchStream &stream,
                                Progress &progress);
/// Scans all of `set` again. Errors as of ScanSet::next, and Syntax of `values` for ScanTest::Matching.
Result<SearchOutcome> runScan(const Session &session, const ScanSet &set, ScanTest test, const QString &values,
                              Progress &progress);
/// The first SearchModel::kLimit of a set. Reads memory, to say what they lie in.
std::vector<SearchRow> rowsOf(const Session &session, const ScanSet &set);

} // namespace ks::ui
