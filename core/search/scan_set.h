// Finding a variable by how its value behaves: a first scan takes candidates, each further one keeps those whose value
// has done what is asked for since the scan before.
#pragma once

#include "core/base/error.h"
#include "core/base/progress.h"
#include "core/memory/memory_source.h"
#include "core/search/pattern.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ks {

/// How the candidates are read.
struct ScanType {
    unsigned width = 8; ///< 1 to 8 bytes
    bool bigEndian = false;
    bool isSigned = false; ///< for Increased and Decreased
    bool aligned = true;   ///< only at multiples of `width`, if it is a power of two
};

enum class ScanTest : std::uint8_t { Changed, Unchanged, Increased, Decreased, Matching };

/// Immutable, so that a step can be taken back by keeping the set before.
class ScanSet {
public:
    struct Entry {
        VirtAddr address;
        std::uint64_t value = 0; ///< as it was at the last scan, zero-extended
    };

    /// Candidates are all integers in the mapped parts of `where` that `values` matches; every one when there are none.
    /// Limit when they would take more than `maxBytes` of memory, with what to do; Cancelled.
    static Result<ScanSet> first(const MemorySource &memory, std::span<const AddrRange> where, const ScanType &type,
                                 const std::optional<ValuePattern> &values, std::uint64_t maxBytes, Progress &progress);
    /// Candidates that a search has found, in the order of addresses, with their values as they were found.
    static ScanSet of(const ScanType &type, std::vector<Entry> found);
    /// Those candidates whose value, read again, passes the test; `values` is what Matching means. Candidates that
    /// cannot be read any more are left out and counted in lost(). Cancelled.
    Result<ScanSet> next(const MemorySource &memory, ScanTest test, const std::optional<ValuePattern> &values,
                         Progress &progress) const;

    const ScanType &type() const { return type_; }
    std::uint64_t size() const { return size_; }
    /// Candidates that the last scan could not read.
    std::uint64_t lost() const { return lost_; }
    /// Up to `count` candidates from the `from`-th on, in the order of addresses.
    std::vector<Entry> entries(std::uint64_t from, std::size_t count) const;
    /// What the set takes, in bytes.
    std::uint64_t memoryUsage() const;

private:
    /// Memory of which most integers are candidates: the bytes as they were, and one bit for each place.
    struct Region {
        VirtAddr first;
        std::vector<std::byte> bytes;
        std::vector<std::uint64_t> alive;
        std::uint64_t count = 0;
    };

    explicit ScanSet(const ScanType &type);
    void addRegion(VirtAddr first, std::span<const std::byte> bytes);
    Result<ScanSet> nextOfRegions(const MemorySource &memory, ScanTest test, const ValuePattern &values,
                                  Progress &progress) const;
    Result<ScanSet> nextOfEntries(const MemorySource &memory, ScanTest test, const ValuePattern &values,
                                  Progress &progress) const;
    bool passes(ScanTest test, const ValuePattern &values, std::uint64_t before, std::uint64_t now) const;
    /// Entries take the place of regions when they are smaller.
    void shrink();

    ScanType type_;
    std::size_t step_ = 1;
    std::uint64_t size_ = 0;
    std::uint64_t lost_ = 0;
    std::vector<Region> regions_; ///< either these or the entries
    std::vector<Entry> entries_;
};

} // namespace ks
