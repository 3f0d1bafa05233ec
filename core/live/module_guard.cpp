#include "core/live/module_guard.h"

#include "core/values/identifiers.h"

#include <algorithm>

namespace ks::live {

void ModuleGuard::restart()
{
    bound_ = std::nullopt;
    now_.clear();
    forget();
}

void ModuleGuard::evaluate(const EvalContext &context)
{
    auto listing = kernel::listLoadedModules(context);
    // A list that is read while it changes has not lost its modules.
    if (!listing || !listing->incomplete.empty())
        return;
    now_ = std::move(listing->entries);
    if (!bound_)
        bound_ = now_;
}

std::optional<ks::Error> ModuleGuard::problem(std::string_view module) const
{
    if (!bound_)
        return std::nullopt;
    const auto loaded = std::ranges::find(now_, module, &kernel::LoadedModule::name);
    const std::string what = "module " + std::string(module);
    if (loaded == now_.end())
        return ks::Error{ErrorCode::NotFound, what, "it is not loaded"};
    if (std::ranges::find(*bound_, *loaded) == bound_->end())
        return ks::Error{ErrorCode::NotFound, what, "it was loaded anew, elsewhere"};
    return std::nullopt;
}

std::vector<std::string> modulesOf(const EvalContext &context, std::string_view identifier)
{
    if (const std::size_t colons = identifier.rfind("::"); colons != std::string_view::npos && identifier[0] != '"') {
        std::string module(identifier.substr(0, colons));
        std::ranges::replace(module, '-', '_');
        return {module};
    }
    const auto found = expr::resolveIdentifier(context, identifier);
    if (!found || found->kind == expr::Identifier::Kind::Enumerator || !context.symbols)
        return {};
    std::vector<std::string> modules;
    for (const Symbol &symbol : context.symbols->symbolsAt(found->address))
        if (!symbol.module.empty() && std::ranges::find(modules, symbol.module) == modules.end())
            modules.emplace_back(symbol.module);
    return modules;
}

} // namespace ks::live
