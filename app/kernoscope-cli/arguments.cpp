#include "app/kernoscope-cli/arguments.h"

#include "core/live/subscription.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace ks::cli {
namespace {

void addTargetOptions(CLI::App &app, Arguments &arguments, std::string &core)
{
    const std::string target = "Target";
    app.add_option("--core", core, "/proc/kcore (the default), a dump, or `demo`")->group(target)->type_name("FILE");
    app.add_option("--core-fd", arguments.session.coreFd, "an open descriptor of a kcore or dump")
        ->group(target)
        ->type_name("N");
    app.add_option("--vmlinux", arguments.session.vmlinux,
                   "the kernel with debug information; found by build-id and release otherwise")
        ->group(target)
        ->type_name("FILE");
    app.add_option("--system-map", arguments.session.systemMap, "symbols in System.map form")
        ->group(target)
        ->type_name("FILE");
    app.add_option("--kallsyms", arguments.session.kallsyms, "symbols in /proc/kallsyms form")
        ->group(target)
        ->type_name("FILE");
    app.add_option("--btf", arguments.session.btf, "types in BTF form, raw or in an ELF file")
        ->group(target)
        ->type_name("FILE");
    app.add_option("--btf-base", arguments.session.btfBase, "the vmlinux or BTF that the --btf of a module continues")
        ->group(target)
        ->type_name("FILE");
    app.add_option_function<std::string>(
           "--types",
           [&arguments](const std::string &choice) {
               arguments.session.types = choice == "quick"   ? TypesChoice::Quick
                                         : choice == "btf"   ? TypesChoice::Btf
                                         : choice == "dwarf" ? TypesChoice::Dwarf
                                                             : TypesChoice::Best;
           },
           "best: DWARF, else BTF; quick: DWARF only if its index is in the cache; btf; dwarf")
        ->check(CLI::IsMember({"best", "quick", "btf", "dwarf"}))
        ->group(target)
        ->type_name("CHOICE");
    app.add_option("--modules-dir", arguments.session.moduleDirs, "where to look for debug files of modules")
        ->group(target)
        ->type_name("DIR")
        ->take_all()
        ->allow_extra_args(false);
    app.add_option_function<std::string>(
           "--kaslr",
           [&arguments](const std::string &text) {
               const auto value = parseNumber(text);
               if (!value)
                   throw CLI::ValidationError("--kaslr", "not a number: " + text);
               arguments.session.kaslrOffset = value;
           },
           "KASLR offset, only when it cannot be found")
        ->group(target)
        ->type_name("OFFSET");
}

void addFormatOptions(CLI::App &command, FormatOptions &format, bool *elementsGiven, ValueStyle *style = nullptr)
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

/// CLI11 reads `[...]` and leading dashes in its own way; a C expression must come through untouched, which plain
/// string positionals give as long as they do not begin with `--`.
template <class C>
CLI::App *addCommand(CLI::App &app, Arguments &arguments, const char *name, const char *help, C *&made)
{
    CLI::App *sub = app.add_subcommand(name, help);
    auto command = std::make_shared<C>();
    made = command.get();
    sub->fallthrough();
    sub->final_callback([&arguments, command] { arguments.command = *command; });
    return sub;
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

/// What is looked for is the value of the option that says how to take it, or PATTERN.
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

/// Whether a place, or one end of a range, is named by something other than a number or a plain name.
bool isExpression(std::string text)
{
    if (const auto dots = text.find(".."); dots != std::string::npos)
        text.erase(dots, 2);
    return std::ranges::any_of(text, [](unsigned char c) { return std::isalnum(c) == 0 && c != '_'; });
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

/// Whether the command has to know C types; to index those of a vmlinux costs more than all the rest.
bool needsTypes(const Arguments &arguments)
{
    if (!arguments.variables.empty())
        return true;
    if (const auto *read = std::get_if<ReadCommand>(&arguments.command))
        return !parseNumber(read->address);
    if (const auto *search = std::get_if<SearchCommand>(&arguments.command))
        return (search->what == SearchCommand::Pointers && isExpression(search->pattern)) ||
               std::ranges::any_of(search->ranges, isExpression);
    if (const auto *pages = std::get_if<PagesCommand>(&arguments.command))
        return std::ranges::any_of(pages->addresses,
                                   [](const std::string &text) { return text != "-" && !parseNumber(text); });
    if (const auto *snapshot = std::get_if<SnapshotCommand>(&arguments.command))
        return !snapshot->expressions.empty() || !snapshot->ranges.empty();
    return !std::holds_alternative<SegmentsCommand>(arguments.command) &&
           !std::holds_alternative<SymCommand>(arguments.command);
}

} // namespace

std::variant<Arguments, ExitCode> parseArguments(int argc, char **argv)
{
    Arguments arguments;
    std::string core;
    CLI::App app{"Reads the memory of a Linux kernel by name and by type.", "kernoscope-cli"};
    app.require_subcommand(1);
    app.set_version_flag("--version", "kernoscope-cli " KERNOSCOPE_VERSION);
    addTargetOptions(app, arguments, core);
    app.add_flag("--json", arguments.json, "print for programs");
    app.add_flag(
        "--no-cache", [&arguments](std::int64_t) { arguments.session.useCache = false; },
        "neither use nor keep an index of debug information");
    app.add_option("--set", arguments.variables, "let $NAME stand for an expression")
        ->type_name("NAME=EXPR")
        ->take_all()
        ->allow_extra_args(false);

    InfoCommand *info = nullptr;
    SegmentsCommand *segments = nullptr;
    NotesCommand *notes = nullptr;
    addCommand(app, arguments, "info", "what kernel this is and what serves it", info);
    addCommand(app, arguments, "segments", "the map of the address space", segments);
    addCommand(app, arguments, "notes", "the notes of the target, decoded", notes);

    SymCommand *sym = nullptr;
    CLI::App *symApp = addCommand(app, arguments, "sym", "symbols by name, and names by address", sym);
    symApp
        ->add_option("QUERY", sym->queries,
                     "a name, name+0x10, or an address; - reads them from standard input, one a line")
        ->required();
    auto *prefix = symApp->add_flag("--prefix", sym->prefix, "all names that begin with QUERY");
    symApp->add_flag("--fuzzy", sym->fuzzy, "names that have QUERY's letters in this order")->excludes(prefix);
    symApp->add_option("--limit", sym->limit, "matches for each prefix or fuzzy query")->type_name("N");

    TypeCommand *type = nullptr;
    CLI::App *typeApp = addCommand(app, arguments, "type", "the layout of types", type);
    auto *names = typeApp->add_option("NAME", type->names, "struct task_struct, list_head, \"unsigned long\"");
    auto *all = typeApp->add_flag("--all", type->all, "every named type")->excludes(names);
    typeApp->add_flag("--candidates", type->candidates, "every definition of each name, not only the best")->needs(all);
    typeApp
        ->add_option("--unit", type->unit, "of several definitions, that of this source file (a path's end is enough)")
        ->type_name("FILE");
    typeApp->add_flag("--expand", type->expand, "open the types of members");

    PrintCommand *print = nullptr;
    CLI::App *printApp = addCommand(app, arguments, "print", "values of C expressions", print);
    printApp->add_option("EXPR", print->expressions, "init_task.comm, *(struct task_struct *)0xffff...")->required();
    addFormatOptions(*printApp, print->format, &print->elementsGiven);

    ReadCommand *read = nullptr;
    CLI::App *readApp = addCommand(app, arguments, "read", "bytes, with the status of every page", read);
    readApp->add_option("ADDR", read->address, "an address, or an expression that gives one")->required();
    readApp->add_option("LEN", read->length, "how many bytes")->required();
    readApp->add_flag("--raw", read->raw, "write the bytes as they are; fail on the first that is not present");

    ModulesCommand *modules = nullptr;
    CLI::App *modulesApp = addCommand(app, arguments, "modules", "the loaded modules and where they lie", modules);
    modulesApp->add_option("NAME", modules->names, "only these");

    VmallocCommand *vmalloc = nullptr;
    addCommand(app, arguments, "vmalloc", "the areas of the vmalloc and module address space, and their owners",
               vmalloc);

    PagesCommand *pages = nullptr;
    CLI::App *pagesApp = addCommand(app, arguments, "pages", "what the page tables say of addresses", pages);
    pagesApp
        ->add_option("ADDR", pages->addresses,
                     "an address, or an expression that gives one; - reads addresses from standard input, one a line")
        ->required();

    IdentifyCommand *identify = nullptr;
    CLI::App *identifyApp = addCommand(app, arguments, "identify", "what lies at addresses", identify);
    identifyApp
        ->add_option("ADDR", identify->addresses,
                     "an address, or an expression that gives one; - reads them from standard input, one a line")
        ->required();

    WatchCommand *watch = nullptr;
    CLI::App *watchApp = addCommand(app, arguments, "watch", "values of C expressions, again and again", watch);
    addWatchOptions(*watchApp, *watch);

    SearchCommand *search = nullptr;
    std::vector<std::string> patterns;
    CLI::App *searchApp = addCommand(app, arguments, "search", "bytes, text, integers and pointers in memory", search);
    addSearchOptions(*searchApp, *search, patterns);

    SnapshotCommand *snapshot = nullptr;
    CLI::App *snapshotApp = addCommand(app, arguments, "snapshot", "save memory, to be opened with --core", snapshot);
    addSnapshotOptions(*snapshotApp, *snapshot);

    DiffCommand *diff = nullptr;
    CLI::App *diffApp = addCommand(app, arguments, "diff", "what differs between two targets", diff);
    addDiffOptions(*diffApp, *diff);

    CacheCommand *cache = nullptr;
    bool removeAll = false;
    CLI::App *cacheApp = addCommand(app, arguments, "cache", "the indexes that earlier runs have kept", cache);
    addCacheCommand(*cacheApp, *cache, removeAll);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
            app.exit(error);
            return kAllAnswered;
        }
        fmt::print(stderr, "kernoscope-cli: usage: {} (see kernoscope-cli --help)\n", error.what());
        return kWrongUsage;
    }
    if (auto *command = std::get_if<TypeCommand>(&arguments.command);
        command && command->names.empty() && !command->all) {
        fmt::print(stderr, "kernoscope-cli: usage: type wants a NAME or --all (see kernoscope-cli type --help)\n");
        return kWrongUsage;
    }
    if (auto *command = std::get_if<CacheCommand>(&arguments.command);
        command && command->action == CacheCommand::Remove && command->keys.empty() && !removeAll) {
        fmt::print(stderr,
                   "kernoscope-cli: usage: cache remove wants a KEY or --all (see kernoscope-cli cache --help)\n");
        return kWrongUsage;
    }
    if (auto *command = std::get_if<SearchCommand>(&arguments.command)) {
        if (patterns.size() != 1) {
            fmt::print(stderr, "kernoscope-cli: usage: search wants one pattern (see kernoscope-cli search --help)\n");
            return kWrongUsage;
        }
        command->pattern = patterns.front();
        if (!command->scans.empty() && command->what != SearchCommand::Values) {
            fmt::print(stderr, "kernoscope-cli: usage: --then goes with --u8, --u16, --u32 or --u64\n");
            return kWrongUsage;
        }
        if (command->scans.empty() && command->what == SearchCommand::Values && command->pattern == kAnyValue) {
            fmt::print(stderr, "kernoscope-cli: usage: any value wants a --then TEST\n");
            return kWrongUsage;
        }
    }
    if (auto *command = std::get_if<WatchCommand>(&arguments.command);
        command && command->expressions.empty() && command->lists.empty()) {
        fmt::print(stderr, "kernoscope-cli: usage: watch wants an EXPR or --list (see kernoscope-cli watch --help)\n");
        return kWrongUsage;
    }
    arguments.demo = core == "demo";
    if (!arguments.demo)
        arguments.session.core = core;
    const bool typesOnly = std::holds_alternative<TypeCommand>(arguments.command) && core.empty() &&
                           !arguments.session.coreFd &&
                           (!arguments.session.vmlinux.empty() || !arguments.session.btf.empty());
    arguments.session.useCore = arguments.session.useSymbols = !typesOnly;
    if (!needsTypes(arguments))
        arguments.session.types = TypesChoice::None;
    return arguments;
}

} // namespace ks::cli
