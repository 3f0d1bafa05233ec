// Bytes of the target as text for a person: nothing gets through that would act on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace ks {

/// Whether all of it can be shown without numeric escapes: printable ASCII, white space, well-formed UTF-8. Also the
/// SOH with which the kernel begins a log level (include/linux/kern_levels.h).
bool isText(std::string_view bytes);

/// In quotes, with C's escapes for the quote and for everything that isText() would not take.
std::string quoteText(std::string_view text, char quote = '"');

} // namespace ks
