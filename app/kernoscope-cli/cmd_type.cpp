#include "app/kernoscope-cli/commands.h"
#include "core/types/type_format.h"
#include "core/types/type_layout.h"
#include "core/values/identifiers.h"

#include <algorithm>
#include <optional>
#include <set>

#include <algorithm>
#include <span>

namespace ks::cli {
namespace {

Json enumeratorsJson(const std::vector<Enumerator> &enumerators, bool isSigned)
{
    Json list = Json::array();
    for (const Enumerator &enumerator : enumerators)
        list.push_back({{"name", enumerator.name},
                        {"value", isSigned ? jsonInteger(static_cast<std::int64_t>(enumerator.value))
                                           : jsonInteger(enumerator.value)}});
    return list;
}

Json membersJson(const std::vector<MemberLayout> &members)
{
    Json list = Json::array();
    for (const MemberLayout &member : members) {
        Json entry{{"name", member.name},
                   {"type", member.typeName},
                   {"bit_offset", member.bitOffset},
                   {"bit_size", member.bitSize},
                   {"byte_size", member.byteSize}};
        if (member.isOpened && !member.members.empty())
            entry["members"] = membersJson(member.members);
        if (!member.enumerators.empty())
            entry["enumerators"] = enumeratorsJson(member.enumerators, member.type.stripped().node().isSigned);
        list.push_back(std::move(entry));
    }
    return list;
}

Json toJson(const Type &type, bool expand)
{
    const TypeLayout layout = describe(type, expand ? Opened::All : Opened::Unnamed);
    Json entry{{"name", layout.name}, {"kind", layout.kind}, {"size", layout.byteSize}};
    if (layout.isDeclaration)
        entry["declaration"] = true;
    if (layout.kind == "struct" || layout.kind == "union")
        entry["members"] = membersJson(layout.members);
    if (layout.kind == "enum") {
        entry["enumerators"] = enumeratorsJson(layout.enumerators, layout.isSigned);
    }
    if (layout.kind == "typedef")
        entry["target"] = layout.target;
    return entry;
}

/// Written type by type: all of them at once would be hundreds of megabytes.
ExitCode printAll(const Run &run, const TypeSource &types, const TypeCommand &command)
{
    bool first = true;
    if (run.out.json())
        run.out.write("[");
    types.forEachTypeName([&](NameClass nameClass, std::string_view name) {
        const auto found = types.findTypes(nameClass, name);
        const std::size_t wanted = command.candidates ? found.size() : std::min<std::size_t>(found.size(), 1);
        for (const Type &type : std::span(found).first(wanted)) {
            if (run.out.json()) {
                run.out.write(first ? "\n" : ",\n");
                run.out.write(toJson(type, command.expand).dump(-1, ' ', false, Json::error_handler_t::replace));
            } else {
                run.out.write((first ? "" : "\n") + formatType(type, {.expand = command.expand}));
            }
            first = false;
        }
        return true;
    });
    if (run.out.json())
        run.out.write("\n]\n");
    return kAllAnswered;
}

struct Candidate {
    Type type;
    std::string unit;
};

/// All that is defined under the name of a type, the type itself first; nothing for types without a name.
std::vector<Candidate> candidatesOf(const TypeSource &types, const Type &type)
{
    std::vector<Candidate> candidates;
    const auto nameClass = nameClassOf(type.kind());
    if (!nameClass || nameClass == NameClass::Base || type.name().empty())
        return candidates;
    auto found = types.findTypes(*nameClass, type.name());
    std::ranges::stable_partition(found, [&](const Type &other) { return other == type; });
    std::set<std::string> seen; // the same text in two files is one definition to a reader
    for (const Type &other : found)
        if (!other.node().isDeclaration && other.source() &&
            (found.size() == 1 || seen.insert(formatType(other, {})).second))
            candidates.push_back({other, other.source()->compileUnitOf(other.id())});
    return candidates;
}

/// The type that was asked for, with what else has its name.
Result<std::vector<Candidate>> find(const TypeSource &types, const TypeCommand &command, const std::string &name)
{
    const auto type = parseTypeName(types, name);
    if (!type)
        return std::unexpected(type.error());
    auto candidates = candidatesOf(types, *type);
    if (!command.unit.empty()) {
        const auto chosen =
            std::ranges::find_if(candidates, [&](const Candidate &c) { return expr::isOfFile(c.unit, command.unit); });
        if (chosen == candidates.end())
            return fail(ErrorCode::NotFound, name, "is not defined in " + command.unit,
                        "without --unit it is told which files have it");
        std::rotate(candidates.begin(), chosen, chosen + 1);
    }
    if (candidates.empty())
        candidates.push_back({*type, {}});
    return candidates;
}

/// "a.c, b.c, c.c and 4 more"
std::string listOthers(const std::vector<Candidate> &candidates)
{
    constexpr std::size_t kNamed = 4;
    std::string list;
    for (std::size_t i = 1; i < candidates.size() && i <= kNamed; ++i)
        list += (list.empty() ? "" : ", ") + candidates[i].unit;
    if (candidates.size() > kNamed + 1)
        list += " and " + std::to_string(candidates.size() - kNamed - 1) + " more";
    return list;
}

} // namespace

ExitCode run(const Run &run, const TypeCommand &command)
{
    const TypeSource *types = run.session.types();
    if (!types) {
        const Error error{ErrorCode::NotFound, "types", "no debug information was found for this kernel",
                          "give --vmlinux with DWARF, or --btf"};
        if (run.out.json())
            run.out.writeJson(Json{{"error", jsonError(error)}});
        run.out.complain(error);
        return kTargetUnusable;
    }
    if (command.all)
        return printAll(run, *types, command);
    Answers answers;
    Json document = Json::array();
    bool first = true;
    for (const std::string &name : command.names) {
        const auto found = find(*types, command, name);
        if (!found) {
            run.out.complain(found.error());
            document.push_back({{"name", name}, {"error", jsonError(found.error())}});
            answers.missed();
            continue;
        }
        const Candidate &best = found->front();
        if (run.out.json()) {
            Json entry = toJson(best.type, command.expand);
            if (!best.unit.empty())
                entry["unit"] = best.unit;
            if (found->size() > 1) {
                entry["other_units"] = Json::array();
                for (const Candidate &other : std::span(*found).subspan(1))
                    entry["other_units"].push_back(other.unit);
            }
            document.push_back(std::move(entry));
            continue;
        }
        run.out.write((first ? "" : "\n") + formatType(best.type, {.expand = command.expand}));
        first = false;
        if (found->size() > 1)
            run.out.warn(name + ": this is the one of " + best.unit + "; others are in " + listOthers(*found) +
                         " (--unit FILE chooses)");
    }
    if (run.out.json())
        run.out.writeJson(document);
    return answers.code();
}

} // namespace ks::cli
