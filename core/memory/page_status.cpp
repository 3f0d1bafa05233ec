#include "core/memory/page_status.h"

#include <system_error>

namespace ks {

const char *name(PageStatus status)
{
    switch (status) {
    case PageStatus::Present: return "present";
    case PageStatus::Hole: return "hole";
    case PageStatus::Unmapped: return "unmapped";
    case PageStatus::Mmio: return "mmio";
    case PageStatus::Excluded: return "excluded";
    case PageStatus::Truncated: return "truncated";
    case PageStatus::Denied: return "denied";
    case PageStatus::Error: return "error";
    }
    return "unknown";
}

std::string PageState::reason() const
{
    switch (status) {
    case PageStatus::Present: return "present";
    case PageStatus::Hole: return "in no segment of the target";
    case PageStatus::Unmapped: return "no page is mapped there";
    case PageStatus::Mmio: return "device memory, which is never read";
    case PageStatus::Excluded: return "left out of the dump";
    case PageStatus::Truncated: return "the dump ends before these bytes";
    case PageStatus::Denied: return "the system refused the read: " + std::generic_category().message(errorNumber);
    case PageStatus::Error: return "the read failed: " + std::generic_category().message(errorNumber);
    }
    return {};
}

} // namespace ks
