// The command line, parsed: which target, which command, how to print.
#pragma once

#include "core/base/error.h"
#include "core/session/session.h"
#include "core/values/format.h"
#include "core/values/value_style.h"

#include <chrono>
#include <string>
#include <variant>
#include <vector>

namespace ks::cli {

struct InfoCommand {};
struct SegmentsCommand {};
struct NotesCommand {};
struct SymCommand {
    std::vector<std::string> queries;
    bool prefix = false;
    bool fuzzy = false;
    std::size_t limit = 50; ///< of matches for each prefix or fuzzy query
};
struct TypeCommand {
    std::vector<std::string> names;
    bool all = false;
    bool candidates = false; ///< with `all`: every definition of a name, not only the best
    bool expand = false;
    std::string unit; ///< the source file whose definition is wanted; empty: the best
};
struct PrintCommand {
    std::vector<std::string> expressions;
    FormatOptions format;
    bool elementsGiven = false;
};
struct ReadCommand {
    std::string address;
    std::string length;
    bool raw = false;
};
struct ModulesCommand {
    std::vector<std::string> names; ///< empty: all
};
struct VmallocCommand {};
struct PagesCommand {
    std::vector<std::string> addresses;
};
struct IdentifyCommand {
    std::vector<std::string> addresses;
};
struct WatchCommand {
    struct List {
        std::string head;
        std::string type;
        std::string member;
    };
    std::vector<std::string> expressions;
    std::vector<List> lists;
    FormatOptions format;
    ValueStyle style = ValueStyle::C;
    std::chrono::nanoseconds interval = std::chrono::seconds(1);
    std::uint64_t count = 0; ///< of samples to print; 0: until interrupted
    std::string when;        ///< a condition; samples in which it does not hold are not printed
    bool follow = false;     ///< print only what has changed, and wait for a target that is gone
    bool cost = false;
};

struct SnapshotCommand {
    std::string file;
    bool all = false;
    bool ram = false; ///< also when nothing is chosen
    std::vector<std::string> kinds;
    std::vector<std::string> ranges; ///< BEGIN..END
    std::vector<std::string> expressions;
    bool force = false; ///< replace a file that is there
};

/// Opens its two targets itself.
struct DiffCommand {
    std::string a;
    std::string b;
    bool byTypes = false;
    std::vector<std::string> ranges; ///< BEGIN..END
    std::vector<std::string> only;   ///< "tasks", "modules", "variables"; empty: all
    std::uint64_t limit = 1000;      ///< entries; 0: all
};

struct CacheCommand {
    enum Action { List, Verify, Remove };
    Action action = List;
    std::vector<std::string> keys; ///< names of files, build-ids or their beginnings; empty: all
};

struct SearchCommand {
    enum What { Text, Bytes, Strings, Values, Pointers };
    What what = Text;
    std::string pattern;
    std::string encoding; ///< empty: utf8 for Text, ascii for Strings
    bool ignoreCase = false;
    unsigned width = 8; ///< of Values, in bytes
    bool bigEndian = false;
    bool aligned = false;
    std::vector<std::string> kinds;       ///< of segments; empty: all
    std::vector<std::string> ranges;      ///< BEGIN..END; empty: everything
    std::uint64_t limit = 0;              ///< 0: none
    std::size_t context = 8;              ///< bytes before and behind each match
    std::vector<std::string> scans;       ///< of Values: what the values must do from scan to scan
    std::chrono::milliseconds wait{1000}; ///< between two scans
    bool isSigned = false;                ///< how scans compare values
};
/// In place of a value: every one, until a scan tells them apart.
inline constexpr const char *kAnyValue = "any";

using Command = std::variant<InfoCommand, SegmentsCommand, NotesCommand, SymCommand, TypeCommand, PrintCommand,
                             ReadCommand, ModulesCommand, VmallocCommand, PagesCommand, IdentifyCommand, WatchCommand,
                             SearchCommand, SnapshotCommand, DiffCommand, CacheCommand>;

struct Arguments {
    SessionOptions session;
    bool demo = false;
    bool json = false;
    std::vector<std::string> variables; ///< NAME=EXPR, what $NAME stands for
    Command command;
};

/// Exit codes that scripts rely on.
enum ExitCode : int {
    kAllAnswered = 0,
    kSomeUnanswered = 1,
    kWrongUsage = 2,
    kTargetUnusable = 3,
    kNotPermitted = 4,
};

/// Either arguments to run with, or the exit code of a run that has ended (help was printed, or the usage was wrong).
std::variant<Arguments, ExitCode> parseArguments(int argc, char **argv);

} // namespace ks::cli
