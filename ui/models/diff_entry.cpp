#include "ui/models/diff_entry.h"

namespace ks::ui {

namespace {

DiffGroup groupOf(const ObjectChange &change)
{
    switch (change.kind) {
    case ObjectKind::Module: return DiffGroup::Modules;
    case ObjectKind::Variable: return DiffGroup::Variables;
    case ObjectKind::Task: break;
    }
    switch (change.fate) {
    case ObjectFate::Appeared: return DiffGroup::TasksStarted;
    case ObjectFate::Gone: return DiffGroup::TasksEnded;
    case ObjectFate::Changed: break;
    }
    return DiffGroup::TasksChanged;
}

QString bytesText(const std::vector<std::byte> &bytes, std::uint64_t length)
{
    QString text;
    for (const std::byte byte : bytes)
        text += QStringLiteral("%1 ").arg(std::to_integer<unsigned>(byte), 2, 16, QLatin1Char('0'));
    text.chop(1);
    return length > bytes.size() ? text + QStringLiteral(" …") : text;
}

QString deltaText(std::int64_t delta) { return delta > 0 ? QStringLiteral("+%1").arg(delta) : QString::number(delta); }

} // namespace

QString title(DiffGroup group)
{
    switch (group) {
    case DiffGroup::TasksStarted: return QStringLiteral("Tasks started");
    case DiffGroup::TasksEnded: return QStringLiteral("Tasks ended");
    case DiffGroup::TasksChanged: return QStringLiteral("Tasks changed");
    case DiffGroup::Modules: return QStringLiteral("Modules");
    case DiffGroup::Variables: return QStringLiteral("Variables");
    case DiffGroup::Bytes: return QStringLiteral("Bytes");
    }
    return {};
}

DiffEntry entryOf(const ObjectChange &change)
{
    DiffEntry entry;
    entry.group = groupOf(change);
    entry.fate = change.fate;
    entry.name = QString::fromStdString(change.name);
    if (change.kind == ObjectKind::Task)
        entry.pid = change.pid;
    entry.before = change.addressA;
    entry.after = change.addressB;
    entry.more = change.diff.more;
    entry.leaves.reserve(change.diff.changes.size());
    for (const LeafChange &leaf : change.diff.changes)
        entry.leaves.push_back({QString::fromStdString(leaf.path), QString::fromStdString(summarize(leaf.before)),
                                QString::fromStdString(summarize(leaf.after)),
                                leaf.delta ? deltaText(*leaf.delta) : QString()});
    return entry;
}

DiffEntry entryOf(const ByteChange &change, const DiffSide &after)
{
    DiffEntry entry;
    entry.group = DiffGroup::Bytes;
    const auto hit = after.context.symbols->lookup(change.addressB);
    entry.name = QString::fromStdString(hit ? toString(*hit) : hex(change.addressB));
    const Segment *segment = after.segments->find(change.addressB);
    entry.segment = QLatin1String(name(segment ? segment->kind : SegmentKind::Other));
    entry.size = change.length;
    entry.before = change.addressA;
    entry.after = change.addressB;
    entry.leaves.push_back({QStringLiteral("%1 %2 · %3")
                                .arg(change.length)
                                .arg(QLatin1String(change.length == 1 ? "byte" : "bytes"), entry.segment),
                            bytesText(change.before, change.length),
                            bytesText(change.after, change.length),
                            {}});
    return entry;
}

} // namespace ks::ui
