#include "app/kernoscope-cli/output.h"

#include <fmt/core.h>

#include <cstdio>

namespace ks::cli {
namespace {
constexpr std::uint64_t kExactInDouble = std::uint64_t{1} << 53;
}

Json jsonInteger(std::uint64_t value)
{
    if (value <= kExactInDouble)
        return value;
    return hex(value);
}

Json jsonInteger(std::int64_t value)
{
    if (value >= 0)
        return jsonInteger(static_cast<std::uint64_t>(value));
    const std::uint64_t magnitude = std::uint64_t{0} - static_cast<std::uint64_t>(value);
    if (magnitude <= kExactInDouble)
        return value;
    return "-" + hex(magnitude);
}

Json jsonHex(std::optional<std::uint64_t> value) { return value ? Json(hex(*value)) : Json(nullptr); }

Json jsonError(const Error &error) { return {{"code", name(error.code)}, {"message", error.message()}}; }

void Output::write(std::string_view text) const { std::fwrite(text.data(), 1, text.size(), stdout); }

void Output::writeJson(const Json &document) const
{
    write(document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void Output::complain(const Error &error) const
{
    std::fflush(stdout);
    fmt::print(stderr, "kernoscope-cli: {}\n", error.message());
}

void Output::warn(std::string_view message) const
{
    std::fflush(stdout);
    fmt::print(stderr, "kernoscope-cli: note: {}\n", message);
}

ExitCode exitCodeFor(const Error &error)
{
    return error.code == ErrorCode::Permission ? kNotPermitted : kTargetUnusable;
}

ExitCode refuseList(const Output &out, const Error &error)
{
    if (out.json())
        out.writeJson(Json::array({Json{{"error", jsonError(error)}}}));
    out.complain(error);
    return kSomeUnanswered;
}

} // namespace ks::cli
