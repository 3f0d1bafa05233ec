#include "app/kernoscope-cli/commands.h"
#include "core/types/type_format.h"
#include "core/types/type_layout.h"

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
        const auto type = parseTypeName(*types, name);
        if (!type) {
            run.out.complain(type.error());
            document.push_back({{"name", name}, {"error", jsonError(type.error())}});
            answers.missed();
        } else if (run.out.json()) {
            document.push_back(toJson(*type, command.expand));
        } else {
            run.out.write((first ? "" : "\n") + formatType(*type, {.expand = command.expand}));
            first = false;
        }
    }
    if (run.out.json())
        run.out.writeJson(document);
    return answers.code();
}

} // namespace ks::cli
