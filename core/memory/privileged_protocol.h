// What kernoscope and its privileged helper, kernoscope-open, say to each other over a SOCK_SEQPACKET socket pair. The
// helper's end is its standard input, because pkexec and sudo close all descriptors above 2.
//
// Request:  kPrivilegedRequest
// Answer:   one packet; the first line is the request, then one line per file, in this order:
//             kcore ok | kcore PROBLEM ERRNO     (PROBLEM: name(KcoreProblem))
//             kallsyms ok | kallsyms ERRNO
//             sections ok | sections ERRNO
//           with one descriptor (SCM_RIGHTS) for every "ok", in the order of the lines.
#pragma once

#include <cstddef>
#include <string_view>

namespace ks {

inline constexpr std::string_view kPrivilegedRequest = "kernoscope-open 1";
inline constexpr std::size_t kPrivilegedFiles = 3;
inline constexpr std::size_t kMaxPrivilegedAnswer = 1024;

} // namespace ks
