#include "core/kernel/modules.h"

namespace ks::kernel {

Result<Listing<Module>> listModules(const EvalContext &context)
{
    auto objects = readList(context, "modules", "module", "list");
    if (!objects)
        return std::unexpected(objects.error());
    std::optional<std::uint64_t> unformed;
    for (const Type &states : context.types->findTypes(NameClass::Enumerator, "MODULE_STATE_UNFORMED"))
        for (const Enumerator &state : states.node().enumerators)
            if (state.name == "MODULE_STATE_UNFORMED")
                unformed = state.value;
    Listing<Module> listing;
    listing.incomplete = std::move(objects->incomplete);
    for (const Value &object : objects->entries) {
        const auto state = integerMember(object, "state");
        if (state && unformed && static_cast<std::uint64_t>(*state) == *unformed)
            continue;
        listing.entries.push_back({object.address().value_or(VirtAddr()), textMember(object, "name")});
    }
    return listing;
}

} // namespace ks::kernel
