#include "app/kernoscope-cli/commands.h"
#include "core/values/expression.h"
#include "resources/demo/demo_session.h"

#include <clocale>
#include <cstdio>
#include <unistd.h>

namespace ks::cli {
namespace {

ExitCode fatal(const Output &out, const Error &error)
{
    if (out.json())
        out.writeJson(Json{{"error", jsonError(error)}});
    out.complain(error);
    return exitCodeFor(error);
}

Result<void> addVariables(EvalContext &context, const std::vector<std::string> &definitions)
{
    for (const std::string &definition : definitions) {
        const auto equals = definition.find('=');
        if (equals == 0 || equals == std::string::npos)
            return fail(ErrorCode::Syntax, "--set " + definition, "not of the form NAME=EXPR");
        auto value = evaluate(context, std::string_view(definition).substr(equals + 1));
        if (!value)
            return std::unexpected(value.error());
        const auto nameStart = definition[0] == '$' ? 1 : 0;
        context.variables.insert_or_assign(definition.substr(nameStart, equals - nameStart), *value);
    }
    return {};
}

/// Whether the named files answer by themselves where the system offers no memory at all.
bool filesSuffice(const Arguments &arguments, const Error &error)
{
    const SessionOptions &options = arguments.session;
    return std::holds_alternative<SymCommand>(arguments.command) && error.code != ErrorCode::Permission &&
           options.useCore && options.core.empty() && !options.coreFd &&
           (!options.vmlinux.empty() || !options.systemMap.empty() || !options.kallsyms.empty());
}

ExitCode execute(const Arguments &arguments)
{
    const Output out(arguments.json);
    if (const auto *cache = std::get_if<CacheCommand>(&arguments.command))
        return run(out, *cache, arguments.session.cacheDir);
    if (const auto *diff = std::get_if<DiffCommand>(&arguments.command))
        return run(out, *diff, arguments.session);
    Progress progress;
    auto session =
        arguments.demo ? demo::openSession(arguments.session, progress) : Session::open(arguments.session, progress);
    if (!session && filesSuffice(arguments, session.error())) {
        out.warn(session.error().what + ": " + session.error().why + "; addresses are as linked");
        SessionOptions filesAlone = arguments.session;
        filesAlone.useCore = false;
        session = Session::open(filesAlone, progress);
    }
    if (!session) {
        Error error = session.error();
        if (arguments.session.core.empty() && !arguments.session.coreFd && arguments.session.useCore)
            error.remedy += (error.remedy.empty() ? "" : "; ") + std::string("to look around: --core demo");
        return fatal(out, error);
    }
    for (const std::string &warning : (*session)->warnings())
        out.warn(warning);
    const auto contextOf = [&](const Session &one) -> Result<EvalContext> {
        EvalContext made = one.context();
        auto added = addVariables(made, arguments.variables);
        if (!added)
            return std::unexpected(added.error());
        return made;
    };
    const auto context = contextOf(**session);
    if (!context) {
        out.complain(context.error());
        return kWrongUsage;
    }
    const auto debugFile = [&](const kernel::Module &module) -> std::optional<std::filesystem::path> {
        const auto file = (*session)->moduleFile(module);
        return file ? std::optional(*file) : std::nullopt;
    };
    const auto reopen = [&] { return Session::open(arguments.session, progress); };
    const Run environment{.session = **session,
                          .context = *context,
                          .out = out,
                          .moduleDebugFile = debugFile,
                          .sharedSession = *session,
                          .target = arguments.session.core,
                          .reopen = reopen,
                          .contextOf = contextOf};
    const auto perform = [&]<class C>(const C &command) {
        if constexpr (std::is_same_v<C, CacheCommand> || std::is_same_v<C, DiffCommand>)
            return kWrongUsage; // was done above
        else
            return run(environment, command);
    };
    const ExitCode code = std::visit(perform, arguments.command);
    if (std::fflush(stdout) != 0 || std::ferror(stdout))
        return kTargetUnusable;
    return code;
}

} // namespace
} // namespace ks::cli

int main(int argc, char **argv)
{
    std::setlocale(LC_ALL, "C.UTF-8");
    const auto parsed = ks::cli::parseArguments(argc, argv);
    if (const auto *code = std::get_if<ks::cli::ExitCode>(&parsed))
        return *code;
    const ks::cli::ExitCode code = ks::cli::execute(std::get<ks::cli::Arguments>(parsed));
    std::fflush(nullptr);
    // The address space of a large vmlinux takes milliseconds to tear down; the system does it as well.
    _exit(code);
}
