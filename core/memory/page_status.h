// What became of each byte that was asked for. Validity travels with the bytes: nothing in Kernoscope hands out memory
// without it.
#pragma once

#include "core/base/address.h"

#include <cstdint>
#include <string>

namespace ks {

enum class PageStatus : std::uint8_t {
    Present,   ///< the bytes are the target's
    Hole,      ///< the address is in no segment
    Unmapped,  ///< in a segment, but the page tables map nothing there
    Mmio,      ///< device memory; never read
    Excluded,  ///< left out of the dump when it was made (p_filesz < p_memsz)
    Truncated, ///< the dump says it holds these bytes, but the file ends before them
    Denied,    ///< the system refused the read
    Error,     ///< the read failed; the errno says how
};

/// "present", "hole", ... as JSON shows it.
const char *name(PageStatus status);

struct PageState {
    PageStatus status = PageStatus::Hole;
    int errorNumber = 0; ///< for Error and Denied

    bool present() const { return status == PageStatus::Present; }
    /// One sentence for a person: "in no segment of the target", "read failed: Input/output error".
    std::string reason() const;
    friend bool operator==(const PageState &, const PageState &) = default;
};

} // namespace ks
