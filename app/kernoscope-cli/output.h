// Where answers go: text or JSON on stdout, errors on stderr, and what that means for the exit code.
#pragma once

#include "app/kernoscope-cli/arguments.h"
#include "core/base/address.h"
#include "core/base/error.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace ks::cli {

using Json = nlohmann::ordered_json;

/// Numbers that a program's 53-bit floats hold exactly are numbers, all others "0x..." strings.
Json jsonInteger(std::uint64_t value);
Json jsonInteger(std::int64_t value);
/// `value` as "0x..."; null when there is none.
Json jsonHex(std::optional<std::uint64_t> value);
Json jsonError(const Error &error);

class Output {
public:
    explicit Output(bool json) : json_(json) {}

    bool json() const { return json_; }
    void write(std::string_view text) const;
    /// One JSON document and a newline. Bytes that are no UTF-8 are replaced.
    void writeJson(const Json &document) const;
    /// "kernoscope-cli: what: why (what to do)" on stderr.
    void complain(const Error &error) const;
    void warn(std::string_view message) const;

private:
    bool json_;
};

/// The exit code for an error that ended the run before any query was tried.
ExitCode exitCodeFor(const Error &error);

/// A whole list that could not be had: the error stands for its entries.
ExitCode refuseList(const Output &out, const Error &error);

/// Remembers whether every query had an answer.
class Answers {
public:
    void missed() { code_ = kSomeUnanswered; }
    ExitCode code() const { return code_; }

private:
    ExitCode code_ = kAllAnswered;
};

} // namespace ks::cli
