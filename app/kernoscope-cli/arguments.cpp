#include "app/kernoscope-cli/arguments.h"

#include "app/kernoscope-cli/command_options.h"

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

/// Whether a place, or one end of a range, is named by something other than a number or a plain name.
bool isExpression(std::string text)
{
    if (const auto dots = text.find(".."); dots != std::string::npos)
        text.erase(dots, 2);
    return std::ranges::any_of(text, [](unsigned char c) { return std::isalnum(c) == 0 && c != '_'; });
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
    if (!needsTypes(arguments)) {
        TypesChoice &types = arguments.session.types;
        // To say which object something was found in, types are wanted that cost next to nothing.
        if (!std::holds_alternative<SearchCommand>(arguments.command))
            types = TypesChoice::None;
        else if (types == TypesChoice::Best)
            types = TypesChoice::Quick;
    }
    return arguments;
}

} // namespace ks::cli
