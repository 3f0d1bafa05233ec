#include "core/base/error.h"

#include <cerrno>
#include <system_error>

namespace ks {

const char *name(ErrorCode code)
{
    switch (code) {
    case ErrorCode::NotFound: return "not_found";
    case ErrorCode::Permission: return "permission";
    case ErrorCode::Io: return "io";
    case ErrorCode::BadFormat: return "bad_format";
    case ErrorCode::Mismatch: return "mismatch";
    case ErrorCode::Unsupported: return "unsupported";
    case ErrorCode::Unreadable: return "unreadable";
    case ErrorCode::Syntax: return "syntax";
    case ErrorCode::Type: return "type";
    case ErrorCode::Limit: return "limit";
    case ErrorCode::Cancelled: return "cancelled";
    }
    return "unknown";
}

std::string Error::message() const
{
    std::string text = what.empty() ? why : what + ": " + why;
    if (!remedy.empty())
        text += " (" + remedy + ")";
    return text;
}

std::unexpected<Error> failErrno(std::string what, int errorNumber, std::string remedy)
{
    ErrorCode code = ErrorCode::Io;
    if (errorNumber == EACCES || errorNumber == EPERM)
        code = ErrorCode::Permission;
    else if (errorNumber == ENOENT || errorNumber == ENOTDIR)
        code = ErrorCode::NotFound;
    return fail(code, std::move(what), std::generic_category().message(errorNumber), std::move(remedy));
}

} // namespace ks
