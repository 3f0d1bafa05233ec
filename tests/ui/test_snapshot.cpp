// Snapshots and differences on the demo kernel, which moves between them: the models, and the work in the background.
#include "resources/demo/demo_kernel.h"
#include "ui/models/diff_export.h"
#include "ui/models/diff_model.h"
#include "ui/views/diff_view.h"
#include "ui/views/theme.h"
#include "ui/workers/diff_work.h"
#include "ui/workers/snapshot_work.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <set>

using namespace ks;
using namespace ks::ui;

namespace {

constexpr int kPatience = 30000;

SessionOptions optionsFor(const demo::DemoKernel &kernel)
{
    SessionOptions options;
    options.coreFd = kernel.coreFd();
    options.kallsymsFd = kernel.kallsymsFd();
    options.live = true;
    options.vmlinux = kernel.vmlinuxPath();
    options.useCache = false;
    return options;
}

std::shared_ptr<const Session> open(const SessionOptions &options)
{
    Progress progress;
    return Session::open(options, progress).value();
}

SnapshotRequest ramOf(const Session &session)
{
    return {.ranges = rangesOf(session.segments(), kRamKinds), .note = {.selection = "ram"}};
}

/// A comparison and the model that shows it.
struct Comparison {
    explicit Comparison(std::vector<DiffGroup> groups)
    {
        model.begin(std::move(groups));
        QObject::connect(&work, &DiffWork::found, &model,
                         [this](std::vector<DiffEntry> entries) { model.append(std::move(entries)); });
    }
    QModelIndex group(DiffGroup group) const
    {
        for (int row = 0; row < model.rowCount(); ++row)
            if (model.groups()[static_cast<std::size_t>(row)] == group)
                return model.index(row, 0);
        return {};
    }
    const DiffEntry *entry(DiffGroup group, const QString &name) const
    {
        for (const DiffEntry &entry : model.entries(group))
            if (entry.name == name)
                return &entry;
        return nullptr;
    }

    DiffModel model;
    QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::QtTest};
    DiffWork work;
};

DiffEntry entryWith(DiffGroup group, const QString &name, std::vector<DiffLeaf> leaves)
{
    DiffEntry entry;
    entry.group = group;
    entry.name = name;
    entry.leaves = std::move(leaves);
    return entry;
}

} // namespace

class TestSnapshot : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(*qApp); }
    void init() { QVERIFY(dir_.isValid()); }
    void theModelIsATree();
    void theFilterKeepsWhatHangsTogether();
    void exportsTellAll();
    void savingTellsTheSpaceAndWhatWasSaved();
    void anExistingFileIsKept();
    void cancellingLeavesNothing();
    void typesThatDiffer();
    void bytesThatDiffer();
    void anotherKernelIsRefused();

private:
    QString path(const char *name) const { return dir_.filePath(QString::fromLatin1(name)); }
    std::filesystem::path file(const char *name) const { return path(name).toStdString(); }

    QTemporaryDir dir_;
};

void TestSnapshot::theModelIsATree()
{
    DiffModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(model.rowCount(), 0);
    model.begin({DiffGroup::TasksChanged, DiffGroup::Variables});
    QCOMPARE(model.rowCount(), 2);
    DiffEntry task =
        entryWith(DiffGroup::TasksChanged, QStringLiteral("bash"),
                  {{QStringLiteral("utime"), QStringLiteral("1"), QStringLiteral("3"), QStringLiteral("+2")},
                   {QStringLiteral("stime"), QStringLiteral("7"), QStringLiteral("6"), QStringLiteral("-1")}});
    task.pid = 12;
    task.after = VirtAddr(0xffff888000001000);
    model.append({entryWith(DiffGroup::Variables, QStringLiteral("jiffies"),
                            {{{}, QStringLiteral("4"), QStringLiteral("5"), QStringLiteral("+1")}}),
                  task, entryWith(DiffGroup::Bytes, QStringLiteral("left out"), {})});
    QCOMPARE(model.count(), 2u);
    const QModelIndex tasks = model.index(0, DiffModel::WhatColumn);
    QVERIFY(model.isGroup(tasks));
    QCOMPARE(tasks.data().toString(), QStringLiteral("Tasks changed"));
    QCOMPARE(tasks.siblingAtColumn(DiffModel::PathColumn).data().toString(), QStringLiteral("1"));
    const QModelIndex bash = model.index(0, 0, tasks);
    QCOMPARE(bash.data().toString(), QStringLiteral("bash · 12"));
    QCOMPARE(bash.siblingAtColumn(DiffModel::PathColumn).data().toString(), QStringLiteral("2 members"));
    QCOMPARE(model.rowCount(bash), 2);
    const QModelIndex stime = model.index(1, DiffModel::DeltaColumn, bash);
    QCOMPARE(stime.data().toString(), QStringLiteral("-1"));
    QCOMPARE(stime.parent(), bash);
    QCOMPARE(model.entryAt(stime)->after, std::optional(VirtAddr(0xffff888000001000)));
    QCOMPARE(model.leafAt(stime)->path, QStringLiteral("stime"));
    // One value needs no row of its own.
    const QModelIndex jiffies = model.index(0, 0, model.index(1, 0));
    QCOMPARE(model.rowCount(jiffies), 0);
    QCOMPARE(jiffies.siblingAtColumn(DiffModel::AfterColumn).data().toString(), QStringLiteral("5"));
    QCOMPARE(diffAsText({jiffies, stime.siblingAtColumn(0)}),
             QStringLiteral("jiffies\t\t4\t5\t+1\nbash · 12\tstime\t7\t6\t-1"));
    model.begin({});
    QCOMPARE(model.rowCount(), 0);
}

void TestSnapshot::theFilterKeepsWhatHangsTogether()
{
    DiffModel model;
    DiffPanel panel(&model);
    QAbstractItemModelTester tester(panel.view()->model(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    panel.resize(600, 300);
    panel.show();
    model.begin({DiffGroup::TasksChanged, DiffGroup::Variables});
    const DiffLeaf utime{QStringLiteral("utime"), QStringLiteral("1"), QStringLiteral("2"), QStringLiteral("+1")};
    const DiffLeaf flags{QStringLiteral("flags"), QStringLiteral("3"), QStringLiteral("9"), QStringLiteral("+6")};
    panel.filter()->setText(QStringLiteral("UTIME"));
    model.append({entryWith(DiffGroup::TasksChanged, QStringLiteral("one"), {utime, flags}),
                  entryWith(DiffGroup::TasksChanged, QStringLiteral("two"), {flags}),
                  entryWith(DiffGroup::Variables, QStringLiteral("three"), {flags})});
    const QAbstractItemModel *shown = panel.view()->model();
    QCOMPARE(shown->rowCount(), 1);
    const QModelIndex tasks = shown->index(0, 0);
    QVERIFY(panel.view()->isExpanded(tasks));
    QCOMPARE(shown->rowCount(tasks), 1);
    QCOMPARE(shown->index(0, 0, tasks).data().toString(), QStringLiteral("one"));
    panel.filter()->clear();
    QCOMPARE(shown->rowCount(), 2);
    QCOMPARE(shown->rowCount(shown->index(0, 0)), 2);

    // From the line into the tree, where Return chooses and Ctrl+C copies.
    QSignalSpy chosen(panel.view(), &DiffView::entryChosen);
    panel.view()->setCurrentIndex(shown->index(1, 0, shown->index(0, 0)));
    QTest::keyClick(panel.view(), Qt::Key_Return);
    QCOMPARE(chosen.size(), 1);
    QCOMPARE(chosen[0][0].value<DiffEntry>().name, QStringLiteral("two"));
    QTest::keyClick(panel.view(), Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("two\tflags\t3\t9\t+6"));
}

void TestSnapshot::exportsTellAll()
{
    DiffModel model;
    model.begin({DiffGroup::TasksStarted, DiffGroup::Variables, DiffGroup::Bytes});
    DiffEntry task = entryWith(DiffGroup::TasksStarted, QStringLiteral("a,\"b\""), {});
    task.fate = ObjectFate::Appeared;
    task.pid = 7;
    task.after = VirtAddr(0xffff888000001000);
    DiffEntry bytes = entryWith(DiffGroup::Bytes, QStringLiteral("jiffies"),
                                {{QStringLiteral("1 byte"), QStringLiteral("00"), QStringLiteral("01"), {}}});
    bytes.size = 1;
    bytes.segment = QStringLiteral("text");
    model.append({task, bytes,
                  entryWith(DiffGroup::Variables, QStringLiteral("x"),
                            {{QStringLiteral("m"), QStringLiteral("1"), QStringLiteral("2"), QStringLiteral("+1")}})});
    const QList<QByteArray> lines = diffAsCsv(model).split('\n');
    QCOMPARE(lines.size(), 5);
    QCOMPARE(lines[1], QByteArray("Tasks started,appeared,\"a,\"\"b\"\"\",7,,,,,,0xffff888000001000,\r"));
    QCOMPARE(lines[2], QByteArray("Variables,changed,x,,m,1,2,+1,,,\r"));
    QCOMPARE(lines[3], QByteArray("Bytes,changed,jiffies,,1 byte,00,01,,,,1\r"));
    const QJsonArray json = QJsonDocument::fromJson(diffAsJson(model)).array();
    QCOMPARE(json.size(), 3);
    QCOMPARE(json[0][QLatin1String("pid")].toInt(), 7);
    QVERIFY(json[0][QLatin1String("address_before")].isNull());
    QCOMPARE(json[1][QLatin1String("changes")][0][QLatin1String("delta")].toString(), QStringLiteral("+1"));
    QCOMPARE(json[2][QLatin1String("segment")].toString(), QStringLiteral("text"));
    // What is missing is told, too.
    model.setCuts({QStringLiteral("only the first, 3 are shown")});
    QCOMPARE(diffAsCsv(model).split('\n')[4], QByteArray("cut,,\"only the first, 3 are shown\",,,,,,,,\r"));
    const QJsonArray cut = QJsonDocument::fromJson(diffAsJson(model)).array();
    QCOMPARE(cut.size(), 4);
    QCOMPARE(cut[3][QLatin1String("group")].toString(), QStringLiteral("cut"));
    QCOMPARE(cut[3][QLatin1String("name")].toString(), model.cuts().first());
    model.begin({DiffGroup::Bytes});
    QVERIFY(model.cuts().isEmpty());
}

void TestSnapshot::savingTellsTheSpaceAndWhatWasSaved()
{
    const auto kernel = demo::DemoKernel::create(3).value();
    const auto session = open(optionsFor(*kernel));
    SnapshotWork work;
    std::optional<Result<SnapshotSpace>> space;
    const auto take = [&](const Result<SnapshotSpace> &answer) { space = answer; };
    work.measure(session, ramOf(*session).ranges, file("a.core"), take);
    QTRY_VERIFY_WITH_TIMEOUT(space && space->has_value(), kPatience);
    QVERIFY(!(*space)->exists);

    QSignalSpy saved(&work, &SnapshotWork::saved);
    std::optional<SnapshotReport> report;
    connect(&work, &SnapshotWork::saved, this,
            [&](const std::filesystem::path &, const SnapshotReport &done) { report = done; });
    work.save(session, ramOf(*session), file("a.core"), NewFile::Existing::Keep);
    QVERIFY(work.isSaving());
    QTRY_VERIFY_WITH_TIMEOUT(report.has_value(), kPatience);
    QCOMPARE(saved.size(), 1);
    QVERIFY(report->bytes <= (*space)->needed);
    QVERIFY(report->bytes > 0);

    SessionOptions options = snapshotOptions(optionsFor(*kernel), file("a.core"));
    const auto back = open(options);
    QCOMPARE(back->info().buildId, session->info().buildId);
    QVERIFY(!back->memory().isLive());
    space.reset();
    work.measure(session, ramOf(*session).ranges, file("a.core"), take);
    QTRY_VERIFY_WITH_TIMEOUT(space && (*space)->exists, kPatience);
}

void TestSnapshot::anExistingFileIsKept()
{
    const auto kernel = demo::DemoKernel::create(3).value();
    const auto session = open(optionsFor(*kernel));
    QFile existing(path("b.core"));
    QVERIFY(existing.open(QIODevice::WriteOnly) && existing.write("precious") == 8);
    existing.close();
    SnapshotWork work;
    std::optional<Error> error;
    bool done = false;
    connect(&work, &SnapshotWork::failed, this, [&](const Error &why) { error = why; });
    connect(&work, &SnapshotWork::saved, this, [&] { done = true; });
    work.save(session, ramOf(*session), file("b.core"), NewFile::Existing::Keep);
    QTRY_VERIFY_WITH_TIMEOUT(error.has_value(), kPatience);
    QCOMPARE(existing.size(), 8);
    work.save(session, ramOf(*session), file("b.core"), NewFile::Existing::Replace);
    QTRY_VERIFY_WITH_TIMEOUT(done, kPatience);
    QVERIFY(QFileInfo(path("b.core")).size() > 4096);
}

void TestSnapshot::cancellingLeavesNothing()
{
    const auto kernel = demo::DemoKernel::create(3).value();
    const auto session = open(optionsFor(*kernel));
    QVERIFY(QDir(dir_.path()).mkdir(QStringLiteral("none")));
    const auto names = [this] {
        return QDir(path("none")).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
    };
    {
        SnapshotWork work;
        std::optional<Error> error;
        connect(&work, &SnapshotWork::failed, this, [&](const Error &why) { error = why; });
        work.save(session, ramOf(*session), file("none/c.core"), NewFile::Existing::Keep);
        work.cancel();
        QTRY_VERIFY_WITH_TIMEOUT(error.has_value(), kPatience);
        QCOMPARE(error->code, ErrorCode::Cancelled);
        QVERIFY(!work.isSaving());
        QCOMPARE(names(), QStringList());
        // Who goes away cancels as well.
        work.save(session, ramOf(*session), file("none/c.core"), NewFile::Existing::Keep);
    }
    QVERIFY(Worker::waitForThreads(std::chrono::seconds(30)));
    QCOMPARE(names(), QStringList());
}

void TestSnapshot::typesThatDiffer()
{
    const auto kernel = demo::DemoKernel::create(3).value();
    kernel->tickOnce(1000);
    const auto session = open(optionsFor(*kernel));
    Progress progress;
    QVERIFY(saveSnapshot(session->memory(), ramOf(*session), file("d.core"), NewFile::Existing::Keep, progress));
    std::set<int> before, after;
    for (const demo::DemoTask &task : kernel->tasks())
        if (task.pid == task.tgid)
            before.insert(task.pid);
    kernel->tickOnce(1000);
    for (const demo::DemoTask &task : kernel->tasks())
        if (task.pid == task.tgid)
            after.insert(task.pid);

    Comparison comparison({DiffGroup::TasksStarted, DiffGroup::TasksEnded, DiffGroup::TasksChanged, DiffGroup::Modules,
                           DiffGroup::Variables});
    std::optional<DiffOutcome> outcome;
    connect(&comparison.work, &DiffWork::finished, this, [&](const DiffOutcome &done) { outcome = done; });
    comparison.work.start({session, optionsFor(*kernel), file("d.core"), true, false});
    QTRY_VERIFY_WITH_TIMEOUT(outcome.has_value(), kPatience);
    // Variables of assembler have no type, and that is told.
    QCOMPARE(outcome->notes, QStringList{QStringLiteral("2 variables differ whose types are not known")});
    QVERIFY2(outcome->summary.contains(QLatin1String("1 module and")), qPrintable(outcome->summary));

    std::set<int> started, ended;
    for (const DiffEntry &entry : comparison.model.entries(DiffGroup::TasksStarted)) {
        started.insert(static_cast<int>(*entry.pid));
        QVERIFY(entry.after && !entry.before);
    }
    for (const DiffEntry &entry : comparison.model.entries(DiffGroup::TasksEnded))
        ended.insert(static_cast<int>(*entry.pid));
    std::set<int> came, went;
    std::ranges::set_difference(after, before, std::inserter(came, came.end()));
    std::ranges::set_difference(before, after, std::inserter(went, went.end()));
    QCOMPARE(started, came);
    QCOMPARE(ended, went);
    const DiffEntry *jiffies = comparison.entry(DiffGroup::Variables, QStringLiteral("jiffies_64"));
    QVERIFY(jiffies);
    QCOMPARE(jiffies->leaves[0].delta, QStringLiteral("+1000"));
    QCOMPARE(jiffies->after, kernel->symbol("jiffies_64"));
    QVERIFY(!comparison.model.entries(DiffGroup::TasksChanged).empty());
    QCOMPARE(comparison.group(DiffGroup::Variables).siblingAtColumn(DiffModel::PathColumn).data().toInt(),
             static_cast<int>(comparison.model.entries(DiffGroup::Variables).size()));
}

void TestSnapshot::bytesThatDiffer()
{
    const auto kernel = demo::DemoKernel::create(3).value();
    const auto session = open(optionsFor(*kernel));
    Progress progress;
    QVERIFY(saveSnapshot(session->memory(), ramOf(*session), file("e.core"), NewFile::Existing::Keep, progress));
    kernel->tickOnce(1);
    Comparison comparison({DiffGroup::Bytes});
    std::optional<DiffOutcome> outcome;
    connect(&comparison.work, &DiffWork::finished, this, [&](const DiffOutcome &done) { outcome = done; });
    comparison.work.start({session, optionsFor(*kernel), file("e.core"), false, true});
    QTRY_VERIFY_WITH_TIMEOUT(outcome.has_value(), kPatience);
    const auto &runs = comparison.model.entries(DiffGroup::Bytes);
    QVERIFY(!runs.empty());
    const VirtAddr jiffies = *kernel->symbol("jiffies_64");
    const auto found = std::ranges::find_if(
        runs, [&](const DiffEntry &run) { return AddrRange::sized(*run.after, run.size)->contains(jiffies); });
    QVERIFY(found != runs.end());
    QVERIFY(found->leaves[0].before != found->leaves[0].after);

    // Beyond the limit nothing is shown, and that is said.
    QVERIFY(runs.size() > 1);
    QVERIFY(outcome->cuts.isEmpty());
    outcome.reset();
    comparison.model.begin({DiffGroup::Bytes});
    comparison.work.start({session, optionsFor(*kernel), file("e.core"), false, true, 1});
    QTRY_VERIFY_WITH_TIMEOUT(outcome.has_value(), kPatience);
    QCOMPARE(comparison.model.count(), 1u);
    QCOMPARE(outcome->cuts, {QStringLiteral("only the first 1 place where bytes differ are shown")});

    // A comparison that was cancelled says nothing more.
    outcome.reset();
    comparison.model.begin({DiffGroup::Bytes});
    comparison.work.start({session, optionsFor(*kernel), file("e.core"), false, true});
    comparison.work.cancel();
    QVERIFY(!comparison.work.isBusy());
    QSignalSpy busy(&comparison.work, &DiffWork::found);
    QTest::qWait(300);
    QVERIFY(!outcome);
    QCOMPARE(busy.size(), 0);
}

void TestSnapshot::anotherKernelIsRefused()
{
    const auto kernel = demo::DemoKernel::create(3).value();
    const auto session = open(optionsFor(*kernel));
    Progress progress;
    QVERIFY(saveSnapshot(session->memory(), ramOf(*session), file("f.core"), NewFile::Existing::Keep, progress));
    // The same bytes, but they say that they are of another build: in VMCOREINFO and in the kernel's own note.
    QFile core(path("f.core"));
    QVERIFY(core.open(QIODevice::ReadWrite));
    const QByteArray all = core.readAll();
    const QByteArray text = QByteArray::fromStdString(kernel->buildId());
    const QByteArray raw = QByteArray::fromHex(text);
    int changed = 0;
    for (const QByteArray &id : {text, raw})
        for (qsizetype at = all.indexOf(id); at >= 0; at = all.indexOf(id, at + 1)) {
            core.seek(at);
            QByteArray other = id;
            other[0] = id[0] == 'a' ? 'b' : 'a';
            core.write(other);
            ++changed;
        }
    core.close();
    QVERIFY(changed >= 1);

    Comparison comparison({DiffGroup::Variables});
    std::optional<Error> error;
    connect(&comparison.work, &DiffWork::failed, this, [&](const Error &why) { error = why; });
    comparison.work.start({session, optionsFor(*kernel), file("f.core"), true, false});
    QTRY_VERIFY_WITH_TIMEOUT(error.has_value(), kPatience);
    QCOMPARE(error->code, ErrorCode::Mismatch);
    QVERIFY2(QString::fromStdString(error->message()).contains(QString::fromLatin1(text)), error->message().c_str());
    QCOMPARE(comparison.model.count(), 0u);

    error.reset();
    comparison.work.start({session, optionsFor(*kernel), file("is-not-there"), true, false});
    QTRY_VERIFY_WITH_TIMEOUT(error.has_value(), kPatience);
    QCOMPARE(error->code, ErrorCode::NotFound);
}

QTEST_MAIN(TestSnapshot)
#include "test_snapshot.moc"
