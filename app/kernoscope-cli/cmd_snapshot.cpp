#include "app/kernoscope-cli/commands.h"
#include "app/kernoscope-cli/interrupts.h"
#include "app/kernoscope-cli/queries.h"
#include "app/kernoscope-cli/snapshot_text.h"
#include "core/base/units.h"
#include "core/live/snapshot.h"
#include "core/session/saving.h"
#include "core/values/expression.h"

#include <fmt/core.h>

#include <csignal>

namespace ks::cli {
namespace {

constexpr SegmentKind kKinds[] = {SegmentKind::Text,    SegmentKind::DirectMap, SegmentKind::Vmalloc,
                                  SegmentKind::Modules, SegmentKind::Vmemmap,   SegmentKind::Vsyscall,
                                  SegmentKind::Other};

void addSelection(std::string &to, const std::string &text) { to += (to.empty() ? "" : ", ") + text; }

/// What an expression stands for in memory: its object, or of an address without a place what is there.
Result<SnapshotNote::Object> objectOf(const Run &run, const std::string &expression)
{
    const auto value = evaluate(run.context, expression);
    if (!value)
        return std::unexpected(value.error());
    Type type = value->type();
    std::optional<VirtAddr> address = value->address();
    std::uint64_t size = value->size();
    if (!address && type.stripped().kind() == TypeKind::Pointer) {
        const auto pointer = value->scalar();
        if (!pointer)
            return std::unexpected(pointer.error());
        type = type.stripped().target();
        address = VirtAddr(*pointer);
        size = type.definition().size();
    }
    const auto range = address ? AddrRange::sized(*address, size) : std::nullopt;
    if (!range)
        return fail(ErrorCode::Type, expression, "it is no object that lies in memory",
                    "give a variable, a member, *pointer, or an address with a type");
    return SnapshotNote::Object{expression, type.spelling(), range};
}

Result<SnapshotRequest> requestOf(const Run &run, const SnapshotCommand &command)
{
    const SegmentMap &segments = run.session.segments();
    SnapshotRequest request;
    SnapshotNote &note = request.note;
    note = snapshotNoteOf(run.session);
    const auto add = [&](const std::vector<AddrRange> &ranges, const std::string &name) {
        request.ranges.insert(request.ranges.end(), ranges.begin(), ranges.end());
        addSelection(note.selection, name);
    };
    if (command.all)
        add({{VirtAddr(0), VirtAddr(~std::uint64_t{0})}}, "all");
    for (const std::string &kind : command.kinds) {
        for (const SegmentKind each : kKinds)
            if (name(each) == kind)
                add(rangesOf(segments, {&each, 1}), kind);
    }
    for (const std::string &text : command.ranges) {
        const auto range = resolveRange(run, text);
        if (!range)
            return std::unexpected(range.error());
        add({*range}, toString(*range));
    }
    for (const std::string &expression : command.expressions) {
        auto object = objectOf(run, expression);
        if (!object)
            return std::unexpected(object.error());
        add({*object->range}, expression);
        note.objects.push_back(std::move(*object));
    }
    request.everyByte = !command.ranges.empty() || !command.expressions.empty();
    const bool nothingChosen = note.selection.empty();
    if (command.ram || nothingChosen)
        add(rangesOf(segments, kRamKinds), "ram");
    request.everyByte &= !command.all && !command.ram && command.kinds.empty();
    return request;
}

Result<SnapshotReport> save(const Run &run, const SnapshotCommand &command, const SnapshotRequest &request)
{
    // Over the limit of file sizes a write is to fail, not to end the program before it has cleaned up.
    std::signal(SIGXFSZ, SIG_IGN);
    Progress progress;
    const Companion companion(progress, true);
    const auto existing = command.force ? NewFile::Existing::Replace : NewFile::Existing::Keep;
    auto report = saveSnapshot(run.session.memory(), request, command.file, existing, progress);
    if (!report && !command.force && std::filesystem::exists(std::filesystem::symlink_status(command.file)))
        report.error().remedy = "choose another name, or replace it with --force";
    return report;
}

ExitCode failed(const Run &run, const SnapshotCommand &command, const Error &error, ExitCode code)
{
    if (run.out.json())
        run.out.writeJson(Json{{"file", command.file}, {"error", jsonError(error)}});
    run.out.complain(error);
    return code;
}

} // namespace

ExitCode run(const Run &run, const SnapshotCommand &command)
{
    const auto request = requestOf(run, command);
    if (!request)
        return failed(run, command, request.error(), kSomeUnanswered);
    const auto report = save(run, command, *request);
    if (!report) {
        const ErrorCode code = report.error().code;
        const bool ofMemory = code == ErrorCode::Unreadable || code == ErrorCode::Cancelled;
        return failed(run, command, report.error(), ofMemory ? kSomeUnanswered : exitCodeFor(report.error()));
    }
    const double seconds = std::chrono::duration<double>(report->end - report->begin).count();
    Json skipped = Json::array();
    for (const StatusRun &part : report->skipped)
        skipped.push_back({{"range", rangeText(part.range)}, {"status", name(part.state.status)}});
    if (run.out.json()) {
        run.out.writeJson(Json{{"file", command.file},
                               {"bytes", report->bytes},
                               {"segments", report->segments},
                               {"pages", report->pages},
                               {"file_size", report->fileSize},
                               {"used_space", report->usedSpace},
                               {"skipped", std::move(skipped)},
                               {"skipped_bytes", report->skippedBytes},
                               {"seconds", seconds}});
        return kAllAnswered;
    }
    run.out.write(fmt::format("{}: {} of memory in {} segments, {} on the disk, {:.1f} s\n", command.file,
                              sizeText(report->bytes), report->segments, sizeText(report->usedSpace), seconds));
    for (const StatusRun &part : report->skipped)
        run.out.write(fmt::format("left out {}: {}\n", rangeText(part.range), part.state.reason()));
    if (report->skipped.size() == SnapshotReport::kMaxSkipped)
        run.out.write("and more\n");
    if (report->skippedBytes != 0)
        run.out.write(fmt::format("left out altogether: {}\n", sizeText(report->skippedBytes)));
    return kAllAnswered;
}

} // namespace ks::cli
