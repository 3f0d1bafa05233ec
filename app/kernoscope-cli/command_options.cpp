#include "app/kernoscope-cli/command_options.h"

#include "core/live/subscription.h"

namespace ks::cli {

void addFormatOptions(CLI::App &command, FormatOptions &format, bool *elementsGiven, ValueStyle *style)
{
    command.add_option("--depth", format.depth, "levels of structs and arrays to open")->type_name("N");
    command
        .add_option_function<std::uint64_t>(
            "--elements",
            [&format, elementsGiven](const std::uint64_t &count) {
                format.elements = count;
                if (elementsGiven)
                    *elementsGiven = true;
            },
            "elements of an array to show")
        ->type_name("N");
    command
        .add_option_function<std::string>(
            "--format",
            [&format, style](const std::string &word) {
                format.integers = word == "hex"   ? IntegerStyle::Hex
                                  : word == "dec" ? IntegerStyle::Decimal
                                                  : IntegerStyle::C;
                if (style)
                    *style = parseValueStyle(word).value_or(ValueStyle::C);
            },
            style ? "how values look: c, hex, dec, time, flags, symbol or enum" : "how integers look: hex, dec or c")
        ->check(style ? CLI::IsMember({"hex", "dec", "c", "time", "flags", "symbol", "enum"})
                      : CLI::IsMember({"hex", "dec", "c"}));
}

namespace {

/// HEAD,TYPE,MEMBER; only HEAD may hold commas itself.
WatchCommand::List parseList(const std::string &text)
{
    const std::size_t second = text.rfind(',');
    const std::size_t first =
        second == 0 || second == std::string::npos ? std::string::npos : text.rfind(',', second - 1);
    if (first == std::string::npos || first == 0)
        throw CLI::ValidationError("--list", "not of the form HEAD,TYPE,MEMBER: " + text);
    return {text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

} // namespace

void addWatchOptions(CLI::App &app, WatchCommand &watch)
{
    app.add_option("EXPR", watch.expressions, "what to watch");
    app.add_option_function<std::vector<std::string>>(
           "--list",
           [&watch](const std::vector<std::string> &lists) {
               for (const std::string &list : lists)
                   watch.lists.push_back(parseList(list));
           },
           "the members of a list: its head, their type, and the member that links them")
        ->type_name("HEAD,TYPE,MEMBER")
        ->take_all()
        ->allow_extra_args(false);
    auto *interval = app.add_option_function<std::uint64_t>(
        "--interval", [&watch](std::uint64_t count) { watch.interval = std::chrono::milliseconds(count); },
        "milliseconds between samples");
    interval->type_name("MS")->check(CLI::Range(1, 86'400'000));
    app.add_option_function<double>(
           "--hz",
           [&watch](double hz) {
               const auto period = live::periodOfRate(hz);
               if (!period)
                   throw CLI::ValidationError("--hz", period.error().message());
               watch.interval = *period;
           },
           "samples a second, from 0.2 to 60")
        ->type_name("RATE")
        ->excludes(interval);
    app.add_option("--count", watch.count, "samples to print; without it, until interrupted")->type_name("N");
    app.add_option("--when", watch.when, "print only samples in which it holds: \"> 5\", or any expression with $value")
        ->type_name("COND");
    app.add_flag("--follow", watch.follow, "print only what has changed; wait for a target that is gone");
    app.add_flag("--cost", watch.cost, "print what each sample has cost");
    addFormatOptions(app, watch.format, nullptr, &watch.style);
}

void addCacheCommand(CLI::App &app, CacheCommand &command, bool &removeAll)
{
    app.require_subcommand(1);
    const auto add = [&](const char *name, const char *help, CacheCommand::Action action) {
        CLI::App *sub = app.add_subcommand(name, help);
        sub->fallthrough();
        sub->parse_complete_callback([&command, action] { command.action = action; });
        return sub;
    };
    const char *key = "a build-id or its beginning, or the name of a file as list shows it";
    add("list", "what there is, the one used last first", CacheCommand::List)->add_option("KEY", command.keys, key);
    add("verify", "read all of it and compare checksums", CacheCommand::Verify)->add_option("KEY", command.keys, key);
    CLI::App *remove = add("remove", "remove the files of KEY, or --all", CacheCommand::Remove);
    auto *keys = remove->add_option("KEY", command.keys, key);
    remove->add_flag("--all", removeAll, "remove every file")->excludes(keys);
}

void addSearchOptions(CLI::App &app, SearchCommand &command, std::vector<std::string> &patterns)
{
    const auto add = [&](const std::string &name, const char *help, SearchCommand::What what, unsigned width = 0) {
        return app
            .add_option_function<std::string>(
                name,
                [&command, &patterns, what, width](const std::string &text) {
                    command.what = what;
                    command.width = width != 0 ? width : command.width;
                    if (!text.empty())
                        patterns.push_back(text);
                },
                help)
            ->expected(0, 1);
    };
    std::vector<CLI::Option *> ways;
    ways.push_back(
        add("--string", "text (so is a PATTERN without any of these)", SearchCommand::Text)->type_name("TEXT"));
    ways.push_back(add("--bytes", "pairs of hex digits, ? for any digit; /MASK may follow: \"de ad ?? e?\", dead/ff0f",
                       SearchCommand::Bytes)
                       ->type_name("HEX"));
    ways.push_back(add("--strings", "all strings of at least N characters", SearchCommand::Strings)->type_name("N"));
    for (const unsigned width : {1U, 2U, 4U, 8U})
        ways.push_back(add("--u" + std::to_string(8 * width), "VALUE or LO..HI, both included; ! in front: all others",
                           SearchCommand::Values, width)
                           ->type_name("VALUE"));
    ways.push_back(add("--pointer-to", "an address, BEGIN..END, a symbol or an object: pointers to any byte of it",
                       SearchCommand::Pointers)
                       ->type_name("WHAT"));
    for (CLI::Option *one : ways)
        for (CLI::Option *other : ways)
            if (one != other)
                one->excludes(other);
    app.add_option_function<std::string>(
        "PATTERN", [&patterns](const std::string &text) { patterns.push_back(text); }, "what to look for");
    app.add_option("--encoding", command.encoding, "of text and strings: ascii, utf8, utf16le, utf16be")
        ->check(CLI::IsMember({"ascii", "utf8", "utf16le", "utf16be"}));
    app.add_flag("--ignore-case", command.ignoreCase, "text in either case");
    app.add_flag("--big-endian", command.bigEndian, "integers with the highest byte first");
    app.add_flag("--aligned", command.aligned, "integers at multiples of their size alone");
    app.add_option("--in", command.kinds, "segments of this kind; may be given several times")
        ->check(CLI::IsMember({"text", "direct-map", "vmalloc", "modules", "vmemmap", "vsyscall", "other"}))
        ->type_name("KIND")
        ->take_all()
        ->allow_extra_args(false);
    app.add_option("--range", command.ranges, "only from BEGIN to before END; may be given several times")
        ->type_name("BEGIN..END")
        ->take_all()
        ->allow_extra_args(false);
    app.add_option("--limit", command.limit, "stop after so many")->type_name("N");
    app.add_option("--context", command.context, "bytes to show before and behind each")
        ->type_name("N")
        ->check(CLI::Range(0, 4096));
    app.add_option(
           "--then", command.scans,
           "of integers: scan again, and keep those that changed, unchanged, increased, decreased, or are VALUE "
           "or LO..HI now; may be given several times. The first scan may be for `any` value")
        ->type_name("TEST")
        ->take_all()
        ->allow_extra_args(false);
    app.add_option_function<std::uint64_t>(
           "--wait", [&command](std::uint64_t count) { command.wait = std::chrono::milliseconds(count); },
           "milliseconds between two scans")
        ->type_name("MS")
        ->check(CLI::Range(0, 86'400'000));
    app.add_flag("--signed", command.isSigned, "increased and decreased compare signed integers");
}

void addSnapshotOptions(CLI::App &app, SnapshotCommand &command)
{
    app.add_option("FILE", command.file, "where to; an ELF core that drgn, crash and GDB open as well")->required();
    app.add_flag("--all", command.all, "all that is mapped");
    app.add_flag("--ram", command.ram, "all RAM, the kernel's image and modules (the default)");
    app.add_option("--in", command.kinds, "segments of these kinds")
        ->check(CLI::IsMember({"text", "direct-map", "vmalloc", "modules", "vmemmap", "vsyscall", "other"}))
        ->type_name("KIND");
    app.add_option("--range", command.ranges, "from BEGIN to before END; may be given several times")
        ->type_name("BEGIN..END")
        ->take_all()
        ->allow_extra_args(false);
    app.add_option("--expr", command.expressions, "the objects of these expressions")->type_name("EXPR");
    app.add_flag("--force", command.force, "replace FILE if it is there");
}

void addDiffOptions(CLI::App &app, DiffCommand &command)
{
    const char *target = "a snapshot or dump, /proc/kcore (or -), or `demo`";
    app.add_option("A", command.a, target)->required();
    app.add_option("B", command.b, target)->required();
    auto *byTypes = app.add_flag("--types", command.byTypes, "tasks, modules and variables instead of bytes");
    app.add_option("--only", command.only, "with --types: tasks, modules or variables; may be given several times")
        ->check(CLI::IsMember({"tasks", "modules", "variables"}))
        ->type_name("WHAT")
        ->take_all()
        ->allow_extra_args(false)
        ->needs(byTypes);
    app.add_option("--range", command.ranges,
                   "bytes from BEGIN to before END, as A has them; may be given several times")
        ->type_name("BEGIN..END")
        ->take_all()
        ->allow_extra_args(false)
        ->excludes(byTypes);
    app.add_option("--limit", command.limit, "entries to show; 0: all")->type_name("N");
}

} // namespace ks::cli
