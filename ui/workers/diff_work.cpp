#include "ui/workers/diff_work.h"

#include "core/base/units.h"
#include "core/session/saving.h"

#include <mutex>

namespace ks::ui {

namespace {

constexpr int kPollMs = 100;

QString counted(std::uint64_t count, const char *what)
{
    return QStringLiteral("%1 %2%3").arg(count).arg(QLatin1String(what), QLatin1String(count == 1 ? "" : "s"));
}

QString sizeOf(std::span<const AddrRange> ranges)
{
    std::uint64_t size = 0;
    for (const AddrRange &range : ranges)
        size += range.size();
    return QString::fromStdString(sizeText(size));
}

void append(QString &list, const QString &item) { list += (list.isEmpty() ? QString() : QStringLiteral(" · ")) + item; }

Result<std::shared_ptr<const Session>> openSnapshot(const DiffRequest &request, Progress &progress)
{
    SessionOptions options = snapshotOptions(request.options, request.snapshot);
    if (options.vmlinux.empty())
        options.vmlinux = request.session->info().vmlinux;
    // Values are compared by the names of their members: both sides have them from the same.
    const TypeSource *types = request.session->types();
    const bool isDwarf = types && types->format() == "DWARF";
    options.types = !request.byTypes ? TypesChoice::None : isDwarf ? TypesChoice::Dwarf : TypesChoice::Quick;
    auto snapshot = Session::open(options, progress);
    const std::string file = request.snapshot.string();
    const char *remedy = "choose a snapshot of the kernel that is open, or of another boot of it";
    if (!snapshot && snapshot.error().code == ErrorCode::Mismatch)
        return fail(ErrorCode::Mismatch, file,
                    "it is of another kernel than the one that is open: " + snapshot.error().why, remedy);
    if (!snapshot)
        return snapshot;
    const std::string &theirs = (*snapshot)->info().buildId;
    const std::string &ours = request.session->info().buildId;
    if (!theirs.empty() && !ours.empty() && theirs != ours)
        return fail(ErrorCode::Mismatch, file,
                    "it is of another kernel: its build-id is " + theirs + ", that of the open one " + ours, remedy);
    return snapshot;
}

} // namespace

SessionOptions snapshotOptions(SessionOptions options, const std::filesystem::path &snapshot)
{
    options.core = snapshot;
    options.coreFd.reset();
    options.live.reset();
    options.description.clear();
    options.owner.reset();
    // A snapshot has notes and tables of its own.
    options.kallsyms.clear();
    options.kallsymsFd.reset();
    options.kaslrOffset.reset();
    return options;
}

/// Where the worker leaves what it has found until the window takes it.
struct DiffWork::Feed {
    std::mutex mutex;
    std::vector<DiffEntry> entries;
    std::size_t handedOut = 0; ///< of the comparison that runs: tasks and so on, or bytes
    std::size_t limit = 0;     ///< of each comparison

    bool add(DiffEntry entry)
    {
        if (handedOut == limit)
            return false;
        ++handedOut;
        const std::lock_guard lock(mutex);
        entries.push_back(std::move(entry));
        return true;
    }
    std::vector<DiffEntry> take()
    {
        const std::lock_guard lock(mutex);
        return std::exchange(entries, {});
    }

    Result<DiffOutcome> run(const DiffRequest &request, Progress &progress);
    Result<void> byTypes(const DiffSide &before, const DiffSide &after, DiffOutcome &outcome, Progress &progress);
    Result<void> byBytes(const DiffSide &before, const DiffSide &after, DiffOutcome &outcome, Progress &progress);
};

Result<void> DiffWork::Feed::byTypes(const DiffSide &before, const DiffSide &after, DiffOutcome &outcome,
                                     Progress &progress)
{
    const auto found = [&](const ObjectChange &change) { return add(entryOf(change)); };
    handedOut = 0;
    const auto diff = diffTypes(before, after, {}, found, progress);
    if (!diff)
        return std::unexpected(diff.error());
    append(outcome.summary, QStringLiteral("%1, %2 and %3 compared")
                                .arg(counted(diff->tasks, "task"), counted(diff->modules, "module"),
                                     counted(diff->variables, "variable")));
    for (const std::string &problem : diff->problems)
        outcome.notes << QString::fromStdString(problem);
    if (diff->untyped)
        outcome.notes << QStringLiteral("%1 differ whose types are not known").arg(counted(diff->untyped, "variable"));
    if (!diff->complete)
        outcome.cuts << QStringLiteral("only the first %1 that differ are shown").arg(counted(limit, "object"));
    return {};
}

Result<void> DiffWork::Feed::byBytes(const DiffSide &before, const DiffSide &after, DiffOutcome &outcome,
                                     Progress &progress)
{
    const auto found = [&](const ByteChange &change) { return add(entryOf(change, after)); };
    handedOut = 0;
    const auto diff = diffBytes(before, after, {}, found, progress);
    if (!diff)
        return std::unexpected(diff.error());
    append(outcome.summary, QStringLiteral("%1 compared, %2 differ in %3")
                                .arg(QString::fromStdString(sizeText(diff->compared)), counted(diff->changed, "byte"),
                                     counted(diff->changes, "place")));
    if (!diff->complete)
        outcome.cuts << QStringLiteral("only the first %1 where bytes differ are shown").arg(counted(limit, "place"));
    const auto tell = [&](const std::vector<AddrRange> &ranges, const char *what) {
        if (!ranges.empty())
            outcome.notes << QStringLiteral("%1 (%2) %3")
                                 .arg(counted(ranges.size(), "range"), sizeOf(ranges), QLatin1String(what));
    };
    tell(diff->onlyInA, "of memory only in the snapshot");
    tell(diff->onlyInB, "of memory not in the snapshot");
    tell(diff->unplacedInA, "not compared: KASLR has moved them on their own");
    if (diff->moreRanges)
        outcome.notes << QStringLiteral("there are more such ranges");
    return {};
}

Result<DiffOutcome> DiffWork::Feed::run(const DiffRequest &request, Progress &progress)
{
    const auto snapshot = openSnapshot(request, progress);
    if (!snapshot)
        return std::unexpected(snapshot.error());
    limit = request.limit;
    const DiffSide before = diffSideOf(**snapshot);
    const DiffSide after = diffSideOf(*request.session);
    DiffOutcome outcome;
    if (request.byTypes)
        if (const auto done = byTypes(before, after, outcome, progress); !done)
            return std::unexpected(done.error());
    if (request.byBytes)
        if (const auto done = byBytes(before, after, outcome, progress); !done)
            return std::unexpected(done.error());
    return outcome;
}

DiffWork::DiffWork(QObject *parent) : QObject(parent), channel_(worker_.newChannel())
{
    poll_.setInterval(kPollMs);
    connect(&poll_, &QTimer::timeout, this, [this] {
        if (const auto state = worker_.progress(channel_))
            Q_EMIT progressed(QString::fromStdString(state->stage), percentOf(*state));
        handOut();
    });
}

void DiffWork::handOut()
{
    if (auto entries = feed_->take(); !entries.empty())
        Q_EMIT found(std::move(entries));
}

void DiffWork::start(DiffRequest request)
{
    feed_ = std::make_shared<Feed>();
    poll_.start();
    worker_.post(
        channel_,
        [feed = feed_, request = std::move(request)](Progress &progress) { return feed->run(request, progress); }, this,
        [this](const Result<DiffOutcome> &outcome) {
            poll_.stop();
            handOut();
            if (outcome)
                Q_EMIT finished(*outcome);
            else
                Q_EMIT failed(outcome.error());
        });
}

void DiffWork::cancel()
{
    worker_.cancel(channel_);
    poll_.stop();
}

} // namespace ks::ui
