// Finds the kernel's own symbol tables where nothing tells where they lie: before 6.0 VMCOREINFO does not, and a dump
// may have lost it.
#pragma once

#include "core/base/progress.h"
#include "core/symbols/kallsyms_memory.h"

#include <span>

namespace ks {

struct FoundKallsyms {
    KallsymsTables tables;
    OwnedSymbols symbols; ///< as readKallsyms gives them
};

/// Where the image of the kernel may lie: on x86-64 the segments of the upper 2 GiB, elsewhere all of them.
std::vector<AddrRange> kernelImageCandidates(const MemorySource &memory);

/// Looks for the tables that scripts/kallsyms.c writes, by their shape: 256 growing indices, 256 tokens that end where
/// those say, names of as many symbols as are counted, markers that agree with the names, and addresses. The orders:
///   offsets, relative_base (or addresses), num_syms, names, markers, [seqs_of_names,] token_table, token_index
///   num_syms, names, markers, token_table, token_index, offsets, relative_base (or addresses)
///                                                                         since 6.4 (404bad70fcf7)
///   the same without relative_base, each offset from where it lies itself                       the newest
/// What is found is believed when it decodes, is sorted, and has `_text` or `_stext` begin a page before it.
/// NotFound when there are none, Limit when more than 1 GiB would have to be searched, Cancelled.
Result<FoundKallsyms> scanKallsyms(const MemorySource &memory, std::span<const AddrRange> image,
                                   Progress *progress = nullptr);

} // namespace ks
