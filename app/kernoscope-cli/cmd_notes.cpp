#include "app/kernoscope-cli/commands.h"
#include "app/kernoscope-cli/snapshot_text.h"
#include "app/kernoscope-cli/value_json.h"
#include "core/kernel/records.h"
#include "core/values/value.h"

#include <fmt/core.h>

namespace ks::cli {
namespace {

/// NT_TASKSTRUCT holds the raw task_struct of whoever opened the kcore (fs/proc/kcore.c), so it decodes like memory.
Json decodeTask(const Run &run, const Note &note)
{
    const TypeSource *types = run.session.types();
    if (!types)
        return nullptr;
    const auto found = types->findTypes(NameClass::Struct, "task_struct");
    if (found.empty())
        return nullptr;
    const VirtAddr nowhere(0);
    const auto range = AddrRange::sized(nowhere, note.bytes.size());
    if (!range)
        return nullptr;
    auto block =
        std::make_shared<MemoryBlock>(nowhere, note.bytes, std::vector<StatusRun>{{*range, {PageStatus::Present, 0}}});
    const Value task = Value::inMemory(found.front(), nowhere, block);
    Json fields = Json::object();
    for (const char *member : {"comm", "pid", "tgid", "__state", "state", "flags", "prio", "on_cpu", "utime", "stime",
                               "nvcsw", "nivcsw", "mm"}) {
        if (const auto value = kernel::memberOf(task, member))
            fields[member] = toJson(decode(run.context, *value));
    }
    return fields;
}

Json decodeNote(const Run &run, const Note &note)
{
    if (note.name == "VMCOREINFO") {
        Json keys = Json::object();
        const std::string_view text(reinterpret_cast<const char *>(note.bytes.data()), note.bytes.size());
        const VmcoreInfo info = VmcoreInfo::parse(text);
        for (const auto &[key, value] : info.entries())
            keys[key] = value;
        return keys;
    }
    if (note.name == "CORE" && note.type == kNotePrpsinfo) {
        const auto line = findCommandLine({&note, 1});
        return {{"command_line", line ? Json(*line) : Json(nullptr)}};
    }
    if (note.name == "CORE" && note.type == kNoteTaskstruct)
        return decodeTask(run, note);
    if (const auto snapshot = findSnapshotNote({&note, 1}))
        return toJson(*snapshot);
    return nullptr;
}

std::string plain(const Json &value)
{
    return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace

ExitCode run(const Run &run, const NotesCommand &)
{
    Json document = Json::array();
    for (const Note &note : run.session.notes()) {
        const Json decoded = decodeNote(run, note);
        if (run.out.json()) {
            document.push_back({{"name", note.name},
                                {"type", note.type},
                                {"type_name", noteTypeName(note)},
                                {"size", note.bytes.size()},
                                {"decoded", decoded}});
            continue;
        }
        run.out.write(fmt::format("{:<11} {:<16} {} bytes\n", note.name, noteTypeName(note), note.bytes.size()));
        if (decoded.is_object())
            for (const auto &[key, value] : decoded.items())
                run.out.write(fmt::format("    {} = {}\n", key, plain(value)));
    }
    if (run.out.json())
        run.out.writeJson(document);
    return kAllAnswered;
}

} // namespace ks::cli
