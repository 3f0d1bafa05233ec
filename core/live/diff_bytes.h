// What differs between two targets, byte by byte.
#pragma once

#include "core/base/progress.h"
#include "core/live/places.h"

#include <functional>
#include <vector>

namespace ks {

/// A run of bytes that differ. Few equal bytes between two such runs make one of them.
struct ByteChange {
    static constexpr std::size_t kMaxShown = 64;

    VirtAddr addressA;
    VirtAddr addressB;
    std::uint64_t length = 0;      ///< in bytes
    std::vector<std::byte> before; ///< the first kMaxShown of them
    std::vector<std::byte> after;
};

struct BytesDiffOptions {
    std::vector<AddrRange> ranges; ///< in A's addresses, without overlap; empty: all
};

struct BytesDiff {
    static constexpr std::size_t kMaxRanges = 4096;

    std::uint64_t compared = 0; ///< bytes
    std::uint64_t changed = 0;  ///< bytes that differ
    std::uint64_t changes = 0;  ///< runs
    /// What only one of them holds; the first kMaxRanges.
    std::vector<AddrRange> onlyInA;
    std::vector<AddrRange> onlyInB;
    /// What has no place that both share, because KASLR moved it on its own (vmalloc, modules).
    std::vector<AddrRange> unplacedInA;
    bool moreRanges = false; ///< one of these lists has reached its limit
    bool complete = true;    ///< false: `found` has ended it
};

/// Compares what both hold and hands out changes as they come, by their places; `found` gives false to end it. With
/// different layouts the kernel image is compared as linked, the direct map by physical address, struct pages by page
/// frame. The image is not compared once more where the direct map shows it.
/// Mismatch when the build-ids differ; Cancelled. Progress counts bytes.
Result<BytesDiff> diffBytes(const DiffSide &a, const DiffSide &b, const BytesDiffOptions &options,
                            const std::function<bool(const ByteChange &)> &found, Progress &progress);

} // namespace ks
