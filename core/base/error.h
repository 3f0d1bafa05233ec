// Errors are values. Every fallible call in core/ gives a Result; no exception crosses core's border.
#pragma once

#include <expected>
#include <string>

namespace ks {

enum class ErrorCode {
    NotFound,    ///< a name, file, address or member that is not there
    Permission,  ///< the system refuses; the remedy says what to do
    Io,          ///< the system failed while reading
    BadFormat,   ///< the input is not what it claims to be, or is damaged or truncated
    Mismatch,    ///< two inputs do not belong together (vmlinux of another kernel)
    Unsupported, ///< well-formed, but of a kind that is not handled
    Unreadable,  ///< memory that is needed for the answer could not be read
    Syntax,      ///< an expression that does not parse
    Type,        ///< an expression whose types do not fit
    Limit,       ///< a bound on untrusted input was reached
    Cancelled,   ///< the person cancelled
};

/// Stable identifier of a code, as JSON shows it: "not_found", "permission", ...
const char *name(ErrorCode code);

/// One sentence for a person, in three parts: `what` (the file, address or name, with the offset where there is one),
/// `why`, and the `remedy` (may be empty).
struct Error {
    ErrorCode code = ErrorCode::Io;
    std::string what;
    std::string why;
    std::string remedy = {};

    /// "what: why (remedy)"
    std::string message() const;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string what, std::string why, std::string remedy = {})
{
    return std::unexpected(Error{code, std::move(what), std::move(why), std::move(remedy)});
}

/// The error of a system call on `what`: EACCES and EPERM become Permission, ENOENT NotFound, all others Io.
std::unexpected<Error> failErrno(std::string what, int errorNumber, std::string remedy = {});

} // namespace ks
