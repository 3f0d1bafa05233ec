#include "app/kernoscope-cli/commands.h"
#include "app/kernoscope-cli/interrupts.h"
#include "app/kernoscope-cli/queries.h"
#include "app/kernoscope-cli/snapshot_text.h"
#include "app/kernoscope-cli/value_json.h"
#include "core/base/units.h"
#include "core/live/diff_bytes.h"
#include "core/live/diff_types.h"
#include "core/session/saving.h"
#include "resources/demo/demo_session.h"

#include <fmt/core.h>

#include <algorithm>

namespace ks::cli {
namespace {

/// Leaves of one object that a line shows; JSON has more.
constexpr std::size_t kShownLeaves = 8;

Result<std::shared_ptr<const Session>> openTarget(const DiffCommand &command, const SessionOptions &base,
                                                  const std::string &target)
{
    SessionOptions options = base;
    if (!command.byTypes && command.ranges.empty())
        options.types = TypesChoice::None;
    Progress progress;
    if (target == "demo")
        return demo::openSession(options, progress);
    if (target != "-") // else /proc/kcore
        options.core = target;
    return Session::open(options, progress);
}

std::string hexText(const std::vector<std::byte> &bytes)
{
    std::string text;
    for (const std::byte byte : bytes)
        text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    return text;
}

/// Writes entries as they come, up to a limit.
class Entries {
public:
    Entries(const Output &out, std::uint64_t limit) : out_(out), limit_(limit) {}

    /// False when there are to be no more.
    bool add(const Json &entry, const std::string &text)
    {
        if (limit_ != 0 && count_ == limit_) {
            cut_ = true;
            return false;
        }
        write(entry, text, count_ == 0);
        ++count_;
        return true;
    }
    bool any() const { return count_ != 0; }
    void finish() const
    {
        if (cut_)
            write(Json{{"kind", "cut"}, {"shown", count_}, {"changes", Json::array()}},
                  fmt::format("only the first {} are shown, there are more (--limit)", count_), false);
        if (out_.json())
            out_.write(count_ == 0 ? "[]\n" : "]\n");
    }

private:
    void write(const Json &entry, const std::string &text, bool isFirst) const
    {
        if (!out_.json())
            out_.write(text + "\n");
        else
            out_.write((isFirst ? "[" : ",\n") + entry.dump(-1, ' ', false, Json::error_handler_t::replace));
    }

    const Output &out_;
    std::uint64_t limit_;
    std::uint64_t count_ = 0;
    bool cut_ = false;
};

std::string placeText(const DiffSide &side, VirtAddr address)
{
    const auto hit = side.context.symbols->lookup(address);
    if (hit)
        return toString(*hit);
    const Segment *segment = side.segments->find(address);
    return segment ? name(segment->kind) : "other";
}

bool addBytes(Entries &entries, const DiffSide &a, const ByteChange &change)
{
    const std::string before = hexText(change.before);
    const std::string after = hexText(change.after);
    const bool cut = change.length > change.before.size();
    const std::string place = placeText(a, change.addressA);
    const Segment *segment = a.segments->find(change.addressA);
    const char *kind = segment ? name(segment->kind) : "other";
    const Json leaf{{"path", ""}, {"old", before}, {"new", after}, {"delta", nullptr}};
    const Json entry{{"kind", "bytes"},
                     {"name", place},
                     {"segment", kind},
                     {"address_a", hex(change.addressA)},
                     {"address_b", hex(change.addressB)},
                     {"size", change.length},
                     {"changes", Json::array({leaf})}};
    return entries.add(entry, fmt::format("{} {} {}: {} byte{}: {}{} -> {}{}", hex(change.addressA), kind, place,
                                          change.length, change.length == 1 ? "" : "s", before, cut ? ".." : "", after,
                                          cut ? ".." : ""));
}

void addRanges(Entries &entries, const DiffSide &side, const std::vector<AddrRange> &ranges, bool isA, const char *kind,
               const char *what)
{
    for (const AddrRange &range : ranges) {
        const Json address = hex(range.first);
        const Json entry{{"kind", kind},
                         {"name", placeText(side, range.first)},
                         {"address_a", isA ? address : Json(nullptr)},
                         {"address_b", isA ? Json(nullptr) : address},
                         {"size", range.size()},
                         {"changes", Json::array()}};
        if (!entries.add(entry, fmt::format("{} {} ({}): {}", rangeText(range), placeText(side, range.first),
                                            sizeText(range.size()), what)))
            return;
    }
}

const char *fateName(ObjectFate fate)
{
    switch (fate) {
    case ObjectFate::Changed: return "changed";
    case ObjectFate::Appeared: return "appeared";
    case ObjectFate::Gone: return "gone";
    }
    return "changed";
}

std::string fateText(const ObjectChange &change)
{
    const bool task = change.kind == ObjectKind::Task;
    return change.fate == ObjectFate::Appeared ? (task ? "started" : "loaded") : (task ? "ended" : "unloaded");
}

std::string leafText(const LeafChange &leaf)
{
    const FormatOptions format;
    std::string text = leaf.path;
    text += (text.empty() ? "" : " ") + summarize(leaf.before, format) + " -> " + summarize(leaf.after, format);
    if (leaf.delta)
        text += fmt::format(" ({:+})", *leaf.delta);
    return text;
}

bool addObject(Entries &entries, const ObjectChange &change)
{
    Json leaves = Json::array();
    std::string text;
    for (const LeafChange &leaf : change.diff.changes) {
        leaves.push_back({{"path", leaf.path},
                          {"old", toJson(leaf.before)},
                          {"new", toJson(leaf.after)},
                          {"delta", leaf.delta ? jsonInteger(*leaf.delta) : Json(nullptr)}});
        if (leaves.size() <= kShownLeaves)
            text += (text.empty() ? "" : ", ") + leafText(leaf);
    }
    if (change.diff.more || leaves.size() > kShownLeaves)
        text += ", ...";
    const auto address = [](const std::optional<VirtAddr> &at) { return at ? Json(hex(*at)) : Json(nullptr); };
    Json entry{{"kind", name(change.kind)}, {"name", change.name}, {"fate", fateName(change.fate)}};
    if (change.kind == ObjectKind::Task)
        entry["pid"] = change.pid;
    entry["address_a"] = address(change.addressA);
    entry["address_b"] = address(change.addressB);
    entry["changes"] = std::move(leaves);
    entry["more"] = change.diff.more;
    const std::string title = change.kind == ObjectKind::Task ? fmt::format("task {} ({}): ", change.pid, change.name)
                              : change.kind == ObjectKind::Module ? "module " + change.name + ": "
                              : change.diff.changes.empty() || change.diff.changes[0].path.empty() ? change.name + " "
                                                                                                   : change.name + ": ";
    return entries.add(entry, title + (change.fate == ObjectFate::Changed ? text : fateText(change)));
}

struct Targets {
    DiffSide a;
    DiffSide b;
    EvalContext context; ///< A's, for ranges
    const Session *sessionA = nullptr;
};

Result<void> compareBytes(const Output &out, const DiffCommand &command, const Targets &targets, Entries &entries,
                          Progress &progress)
{
    BytesDiffOptions options;
    const Run run{*targets.sessionA, targets.context, out};
    for (const std::string &text : command.ranges) {
        const auto range = resolveRange(run, text);
        if (!range)
            return std::unexpected(range.error());
        options.ranges.push_back(*range);
    }
    const auto found = [&](const ByteChange &change) { return addBytes(entries, targets.a, change); };
    const auto diff = diffBytes(targets.a, targets.b, options, found, progress);
    if (!diff)
        return std::unexpected(diff.error());
    if (!diff->complete)
        return {};
    addRanges(entries, targets.a, diff->onlyInA, true, "only-a", "only in A");
    addRanges(entries, targets.b, diff->onlyInB, false, "only-b", "only in B");
    addRanges(entries, targets.a, diff->unplacedInA, true, "unplaced", "not compared, KASLR has moved it");
    if (diff->moreRanges)
        out.warn(fmt::format("of what only one of them has, the first {} ranges are listed", BytesDiff::kMaxRanges));
    if (!out.json())
        out.write(fmt::format("{} compared, {} bytes differ in {} places\n", sizeText(diff->compared), diff->changed,
                              diff->changes));
    return {};
}

Result<void> compareTypes(const Output &out, const DiffCommand &command, const Targets &targets, Entries &entries,
                          Progress &progress)
{
    const auto wanted = [&](const char *kind) {
        return command.only.empty() || std::ranges::find(command.only, kind) != command.only.end();
    };
    const TypesDiffOptions options{
        .tasks = wanted("tasks"), .modules = wanted("modules"), .variables = wanted("variables")};
    const auto found = [&](const ObjectChange &change) { return addObject(entries, change); };
    const auto diff = diffTypes(targets.a, targets.b, options, found, progress);
    if (!diff)
        return std::unexpected(diff.error());
    for (const std::string &problem : diff->problems)
        out.warn(problem);
    if (diff->untyped != 0)
        out.warn(fmt::format("{} variables differ whose types are not known", diff->untyped));
    if (!out.json() && diff->complete)
        out.write(fmt::format("{} tasks, {} modules and {} variables compared, {} changes\n", diff->tasks,
                              diff->modules, diff->variables, diff->changes));
    return {};
}

ExitCode failed(const Output &out, const Error &error, ExitCode code)
{
    if (out.json())
        out.writeJson(Json{{"error", jsonError(error)}});
    out.complain(error);
    return code;
}

} // namespace

ExitCode run(const Output &out, const DiffCommand &command, const SessionOptions &base)
{
    std::vector<std::shared_ptr<const Session>> sessions;
    for (const std::string &target : {command.a, command.b}) {
        auto session = openTarget(command, base, target);
        if (!session)
            return failed(out, session.error(), exitCodeFor(session.error()));
        sessions.push_back(std::move(*session));
    }
    // The debug information of one serves the other when they are one kernel: a snapshot may have outlived its package.
    for (const auto &[one, other] : {std::pair(0, 1), std::pair(1, 0)}) {
        const KernelInfo &info = sessions[one]->info();
        const KernelInfo &known = sessions[other]->info();
        if (!info.vmlinux.empty() || known.vmlinux.empty() || info.buildId.empty() || info.buildId != known.buildId)
            continue;
        SessionOptions lent = base;
        lent.vmlinux = known.vmlinux;
        if (auto session = openTarget(command, lent, one == 0 ? command.a : command.b))
            sessions[one] = std::move(*session);
    }
    for (const auto &[session, target] : {std::pair(sessions[0], command.a), std::pair(sessions[1], command.b)})
        for (const std::string &warning : session->warnings())
            out.warn(target + ": " + warning);
    const Targets targets{diffSideOf(*sessions[0]), diffSideOf(*sessions[1]), sessions[0]->context(),
                          sessions[0].get()};
    Progress progress;
    const Companion companion(progress);
    Entries entries(out, command.limit);
    const auto done = command.byTypes ? compareTypes(out, command, targets, entries, progress)
                                      : compareBytes(out, command, targets, entries, progress);
    if (!done) {
        const ErrorCode code = done.error().code;
        if (entries.any()) {
            entries.finish();
            out.complain(done.error());
            return kSomeUnanswered;
        }
        const bool unusable = code == ErrorCode::Mismatch || code == ErrorCode::NotFound;
        return failed(out, done.error(), unusable ? kTargetUnusable : kSomeUnanswered);
    }
    entries.finish();
    return kAllAnswered;
}

} // namespace ks::cli
