#include "core/kernel/modules.h"

#include "core/kernel/module_refcount.h"
#include "core/kernel/module_sections.h"

#include <algorithm>
#include <unordered_map>

namespace ks::kernel {
namespace {

constexpr std::size_t kMaxVersion = 256;
constexpr std::size_t kMaxModules = 1 << 14;

/// What the numbers of enum module_state mean to this kernel.
class States {
public:
    explicit States(const TypeSource &types)
    {
        for (const Type &type : types.findTypes(NameClass::Enumerator, "MODULE_STATE_LIVE"))
            for (const Enumerator &one : type.node().enumerators)
                names_.emplace(one.value, one.name);
    }
    ModuleState of(const Value &module) const
    {
        const auto number = integerMember(module, "state");
        return number ? ofNumber(static_cast<std::uint64_t>(*number)) : ModuleState::Unknown;
    }
    ModuleState ofNumber(std::uint64_t number) const
    {
        constexpr std::pair<std::string_view, ModuleState> kStates[] = {
            {"MODULE_STATE_LIVE", ModuleState::Live},
            {"MODULE_STATE_COMING", ModuleState::Coming},
            {"MODULE_STATE_GOING", ModuleState::Going},
            {"MODULE_STATE_UNFORMED", ModuleState::Unformed},
        };
        const auto name = names_.find(number);
        if (name != names_.end())
            for (const auto &[enumerator, state] : kStates)
                if (name->second == enumerator)
                    return state;
        return ModuleState::Unknown;
    }

private:
    std::unordered_map<std::uint64_t, std::string> names_;
};

/// module.build_id, which is there since 5.14 (9294523e3768) under CONFIG_STACKTRACE_BUILD_ID. Shorter ones are
/// filled up with zeros.
std::string buildIdMember(const Value &module)
{
    const auto member = memberOf(module, "build_id");
    const auto bytes = member ? member->bytes() : std::nullopt;
    if (!bytes || std::ranges::all_of(*bytes, [](std::byte b) { return b == std::byte{0}; }))
        return {};
    constexpr std::size_t kMd5 = 16;
    const bool isShort = bytes->size() > kMd5 &&
                         std::ranges::all_of(bytes->subspan(kMd5), [](std::byte b) { return b == std::byte{0}; });
    std::string id;
    for (const std::byte b : isShort ? bytes->first(kMd5) : *bytes) {
        constexpr char kDigits[] = "0123456789abcdef";
        id += kDigits[std::to_integer<unsigned>(b) >> 4];
        id += kDigits[std::to_integer<unsigned>(b) & 15];
    }
    return id;
}

Module toModule(const EvalContext &context, const States &states, const Value &object)
{
    Module module;
    module.address = object.address().value_or(VirtAddr());
    module.name = textMember(object, "name");
    module.state = states.of(object);
    module.layout = moduleLayout(context, object);
    module.refcount = moduleRefcount(context, object);
    module.taints = static_cast<std::uint64_t>(integerMember(object, "taints").value_or(0));
    module.perCpu = pointerMember(object, "percpu").value_or(VirtAddr());
    module.perCpuSize = static_cast<std::uint32_t>(integerMember(object, "percpu_size").value_or(0));
    const VirtAddr texts[] = {pointerMember(object, "version").value_or(VirtAddr()),
                              pointerMember(object, "srcversion").value_or(VirtAddr())};
    const auto read = readTexts(context, texts, kMaxVersion);
    module.version = read[0].value_or("");
    module.srcVersion = read[1].value_or("");
    module.buildId = buildIdMember(object);
    if (module.buildId.empty())
        module.buildId = readModuleBuildId(context, module.address).value_or("");
    return module;
}

} // namespace

const char *name(ModuleState state)
{
    switch (state) {
    case ModuleState::Live: return "live";
    case ModuleState::Coming: return "coming";
    case ModuleState::Going: return "going";
    case ModuleState::Unformed: return "unformed";
    case ModuleState::Unknown: break;
    }
    return "unknown";
}

Result<Listing<Module>> listModules(const EvalContext &context, Progress *progress)
{
    auto objects = readList(context, "modules", "module", "list", kMaxModules);
    if (!objects)
        return std::unexpected(objects.error());
    const States states(*context.types);
    Listing<Module> listing;
    listing.incomplete = std::move(objects->incomplete);
    std::vector<std::vector<VirtAddr>> users;
    if (progress)
        progress->begin("reading modules", objects->entries.size());
    for (const Value &object : objects->entries) {
        if (progress && progress->cancelled())
            return fail(ErrorCode::Cancelled, "reading modules", "cancelled");
        if (progress)
            progress->advance();
        if (states.of(object) == ModuleState::Unformed)
            continue;
        listing.entries.push_back(toModule(context, states, object));
        users.push_back(moduleUsers(context, object));
    }
    std::unordered_map<VirtAddr, const Module *> byAddress;
    for (const Module &module : listing.entries)
        byAddress.emplace(module.address, &module);
    for (std::size_t i = 0; i < users.size(); ++i)
        for (const VirtAddr user : users[i])
            if (const auto found = byAddress.find(user); found != byAddress.end())
                listing.entries[i].users.push_back(found->second->name);
    return listing;
}

Result<Listing<LoadedModule>> listLoadedModules(const EvalContext &context)
{
    const auto type = structType(context, "module");
    if (!type)
        return std::unexpected(type.error());
    const auto head = context.symbols ? context.symbols->findFirst("modules") : std::nullopt;
    if (!head)
        return fail(ErrorCode::NotFound, "modules", "not among the kernel's symbols");
    const auto walk = walkList(context, head->address, *type, "list", kMaxModules);
    if (!walk)
        return std::unexpected(walk.error());
    const States states(*context.types);
    Listing<LoadedModule> listing;
    listing.incomplete = walk->reason();
    for (const WalkEntry &entry : walk->entries) {
        // Only these two members are read: the others change while the module is at work.
        const Value object = Value::inMemory(*type, entry.object, nullptr);
        const auto state = memberOf(object, "state");
        const auto title = memberOf(object, "name");
        const auto number = state ? readValue(context, *state).scalar() : Result<std::uint64_t>(0);
        if (!title || (number && states.ofNumber(*number) == ModuleState::Unformed))
            continue;
        const Value read = readValue(context, *title);
        const auto bytes = read.bytes();
        if (!bytes) {
            listing.incomplete = "the name of the module at " + hex(entry.object) + " could not be read";
            continue;
        }
        const auto end = std::ranges::find(*bytes, std::byte{0});
        listing.entries.push_back(
            {entry.object,
             {reinterpret_cast<const char *>(bytes->data()), static_cast<std::size_t>(end - bytes->begin())}});
    }
    return listing;
}

} // namespace ks::kernel
