// The struct tree over types and memory made by hand.
#include "core/values/context.h"
#include "tests/support/fake_source.h"
#include "tests/support/fake_types.h"
#include "ui/models/struct_tree_model.h"
#include "ui/models/type_spans.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace ks;
using namespace ks::ui;

namespace {

constexpr VirtAddr kTask{0xffffffff82a00000};
constexpr VirtAddr kOther{0xffff888001000000};
constexpr VirtAddr kBig{0xffffc90000000000};

} // namespace

class TestStructTree : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void showsMembersAndOffsets();
    void opensPointersInPlace();
    void nullPointersDoNotOpen();
    void showsBitfields();
    void followsKnownLists();
    void damagedListSaysWhereItEnds();
    void countsHoles();
    void opensHugeArrays();
    void marksUnreadable();
    void refreshKeepsExpansionAndMarksChanges();
    void refreshFollowsMovedPointer();
    void listGrowsWhileItIsOpen();
    void castsInPlace();
    void givesExpressions();
    void findsRowsByAddress();
    void dropsAnswersToAnOldRoot();
    void readsNothingWhileAnotherObjectIsOnItsWay();
    void dropsWhatWasReadForOtherRows();
    void aCastIsReadThoughOtherRowsCameMeanwhile();
    void anEmptyListFillsWhileItIsOpen();
    void tornBytesMarkTheRowsThatShowThem();
    void spansOfType();

private:
    StructTreeModel &open(const QString &name, const Type &type, VirtAddr address);
    QModelIndex row(const QStringList &path) const { return model_->indexOfPath(path); }
    QModelIndex load(const QStringList &path);
    QString value(const QStringList &path) const
    {
        return row(path).siblingAtColumn(StructTreeModel::ValueColumn).data().toString();
    }
    QString offset(const QStringList &path) const
    {
        return row(path).siblingAtColumn(StructTreeModel::OffsetColumn).data().toString();
    }
    void refreshAll();
    void runJobs();
    EvalContext context() const { return {&memory_, nullptr, &types_, 0, {}}; }
    void link(VirtAddr from, VirtAddr to);

    test::FakeTypes types_;
    test::FakeSource memory_;
    Type task_;
    Type big_;
    std::vector<StructTreeModel::Job> jobs_;
    std::unique_ptr<StructTreeModel> model_;
    std::unique_ptr<QAbstractItemModelTester> tester_;
    std::uint64_t tasksOffset_ = 0;
};

void TestStructTree::initTestCase()
{
    auto list = types_.structure("list_head");
    list.member("next", types_.pointer(list)).member("prev", types_.pointer(list));
    auto entity = types_.structure("sched_entity");
    entity.member("load", types_.base("long unsigned int")).member("on_rq", types_.base("int"));
    auto task = types_.structure("task_struct");
    const TypeId charArray = types_.array(types_.base("char"), 16);
    task.member("state", types_.base("unsigned int"));
    task.bitfield("sched_reset", types_.base("unsigned int"), 1).bitfield("policy", types_.base("unsigned int"), 3);
    task.member("stack", types_.base("char")); // at 5; leaves a hole of 10 bytes before se
    task.memberAt("se", entity, 16);
    task.memberAt("wakee", types_.pointer(task), 32);
    task.memberAt("tasks", list, 40);
    task.memberAt("pid", types_.base("int"), 56);
    task.memberAt("comm", charArray, 60);
    task.size(80);
    task_ = types_.type(task);
    tasksOffset_ = 40;
    auto big = types_.structure("big");
    big.member("values", types_.array(types_.base("unsigned int"), 10'000'000));
    big_ = types_.type(big);
}

void TestStructTree::link(VirtAddr from, VirtAddr to) { memory_.set(from + tasksOffset_, (to + tasksOffset_).value); }

void TestStructTree::init()
{
    memory_.addZeros(kTask, 4096);
    memory_.addZeros(kOther, 8192);
    memory_.addZeros(kBig, 8192);
    memory_.set<std::uint32_t>(kTask, 2);
    memory_.set<std::uint32_t>(kTask + 4, 0b1011);
    memory_.set<std::uint64_t>(kTask + 16, 1048576);
    memory_.set<std::uint64_t>(kTask + 32, kOther.value);
    memory_.set<std::int32_t>(kTask + 56, 0);
    memory_.write(kTask + 60, std::as_bytes(std::span("swapper/0", 10)));
    memory_.set<std::int32_t>(kOther + 56, 1);
    memory_.write(kOther + 60, std::as_bytes(std::span("init", 5)));
    link(kTask, kOther);
    link(kOther, kTask);
    model_ = std::make_unique<StructTreeModel>(
        [this](StructTreeModel::Lane, StructTreeModel::Job job) { jobs_.push_back(std::move(job)); });
    tester_ = std::make_unique<QAbstractItemModelTester>(model_.get(),
                                                         QAbstractItemModelTester::FailureReportingMode::QtTest);
    tester_->setUseFetchMore(false);
}

void TestStructTree::cleanup()
{
    tester_.reset();
    model_.reset();
    jobs_.clear();
    memory_.mark(kTask, 4096, {PageStatus::Present});
    memory_.mark(kOther, 8192, {PageStatus::Present});
}

void TestStructTree::runJobs()
{
    while (!jobs_.empty()) {
        const StructTreeModel::Job job = std::move(jobs_.front());
        jobs_.erase(jobs_.begin());
        if (const auto deliver = job(context()))
            deliver();
    }
}

StructTreeModel &TestStructTree::open(const QString &name, const Type &type, VirtAddr address)
{
    model_->setRoot({name, type, address, {}});
    runJobs();
    return *model_;
}

QModelIndex TestStructTree::load(const QStringList &path)
{
    const QModelIndex index = row(path);
    if (model_->canFetchMore(index))
        model_->fetchMore(index);
    runJobs();
    return index;
}

void TestStructTree::refreshAll()
{
    QModelIndexList all;
    const std::function<void(const QModelIndex &)> collect = [&](const QModelIndex &index) {
        all << index;
        for (int i = 0; i < model_->rowCount(index); ++i)
            collect(model_->index(i, 0, index));
    };
    collect(model_->index(0, 0));
    QVERIFY(model_->refresh(all));
    runJobs();
}

void TestStructTree::showsMembersAndOffsets()
{
    open("init_task", task_, kTask);
    const QModelIndex top = model_->index(0, 0);
    QCOMPARE(top.data().toString(), "struct task_struct");
    QCOMPARE(top.siblingAtColumn(1).data().toString(), "init_task");
    QCOMPARE(top.siblingAtColumn(2).data().toString(), "80 B");
    QCOMPARE(value({"state"}), "2");
    QCOMPARE(offset({"pid"}), "+56");
    QCOMPARE(value({"comm"}), "\"swapper/0\"");
    QCOMPARE(row({"comm"}).data(StructTreeModel::LookRole).toInt(), static_cast<int>(RowLook::Text));
}

void TestStructTree::opensPointersInPlace()
{
    open("init_task", task_, kTask);
    QVERIFY(value({"wakee"}).endsWith("init")); // the comm of the task it points to
    QCOMPARE(model_->rowCount(row({"wakee"})), 0);
    QVERIFY(model_->hasChildren(row({"wakee"})));
    load({"wakee"});
    QCOMPARE(value({"wakee", "comm"}), "\"init\"");
    QCOMPARE(value({"wakee", "pid"}), "1");
}

void TestStructTree::nullPointersDoNotOpen()
{
    open("other", task_, kOther);
    QCOMPARE(value({"wakee"}), "NULL");
    QVERIFY(!model_->hasChildren(row({"wakee"})));
}

void TestStructTree::showsBitfields()
{
    open("init_task", task_, kTask);
    QCOMPARE(value({"sched_reset"}), "1");
    QCOMPARE(value({"policy"}), "5");
    QCOMPARE(offset({"policy"}), "+4:1");
}

void TestStructTree::followsKnownLists()
{
    open("init_task", task_, kTask);
    QCOMPARE(value({"tasks"}), "list of struct task_struct");
    load({"tasks"});
    QCOMPARE(model_->rowCount(row({"tasks"})), 1);
    QCOMPARE(value({"tasks", "0"}), "init pid 1");
    QCOMPARE(offset({"tasks", "0"}), "ffff888001000000");
    QCOMPARE(value({"tasks"}), QString::fromUtf8("1 × struct task_struct"));
    load({"tasks", "0"});
    QCOMPARE(value({"tasks", "0", "comm"}), "\"init\"");
}

void TestStructTree::damagedListSaysWhereItEnds()
{
    link(kOther, VirtAddr(0x1000));
    open("init_task", task_, kTask);
    load({"tasks"});
    const QModelIndex tasks = row({"tasks"});
    const int rows = model_->rowCount(tasks);
    QVERIFY(rows >= 2);
    const StructRow *last = model_->rowAt(model_->index(rows - 1, 0, tasks));
    QCOMPARE(last->look, RowLook::Unreadable);
    QVERIFY(!last->value.isEmpty());
}

void TestStructTree::countsHoles()
{
    open("init_task", task_, kTask);
    QVERIFY2(value({"holes"}).startsWith("1 hole, 10 B"), qPrintable(value({"holes"})));
    const LayoutGaps gaps = findGaps(task_.stripped());
    QCOMPARE(gaps.holes, 1U);        // after stack
    QCOMPARE(gaps.paddingBytes, 4U); // after comm
}

void TestStructTree::opensHugeArrays()
{
    memory_.set<std::uint32_t>(kBig + 4 * 105, 77);
    const unsigned before = memory_.batches();
    open("big", big_, kBig);
    load({"values"});
    const QModelIndex values = row({"values"});
    QCOMPARE(model_->rowCount(values), 10);
    QVERIFY2(memory_.batches() - before <= 2, "an array of 40 MB must not be read to be opened");
    const QString million = model_->index(0, 0, values).data().toString();
    load({"values", million});
    const QString tenThousand = model_->index(0, 0, row({"values", million})).data().toString();
    QCOMPARE(model_->rowCount(row({"values", million})), 100);
    load({"values", million, tenThousand});
    const QString hundred = model_->index(1, 0, row({"values", million, tenThousand})).data().toString();
    load({"values", million, tenThousand, hundred});
    QCOMPARE(model_->rowCount(row({"values", million, tenThousand, hundred})), 100);
    QCOMPARE(value({"values", million, tenThousand, hundred, "[105]"}), "77");
}

void TestStructTree::marksUnreadable()
{
    memory_.mark(kOther, 4096, {PageStatus::Unmapped});
    open("init_task", task_, kTask);
    load({"wakee"});
    QCOMPARE(value({"wakee", "pid"}), "??");
    QVERIFY(row({"wakee", "pid"}).data(Qt::ToolTipRole).toString().contains("0xffff88800100"));
    QCOMPARE(value({"pid"}), "0");
}

void TestStructTree::refreshKeepsExpansionAndMarksChanges()
{
    open("init_task", task_, kTask);
    load({"se"});
    const QPersistentModelIndex load0(row({"se", "load"}));
    QSignalSpy removed(model_.get(), &QAbstractItemModel::rowsRemoved);
    QSignalSpy reset(model_.get(), &QAbstractItemModel::modelReset);
    QSignalSpy changed(model_.get(), &QAbstractItemModel::dataChanged);
    refreshAll();
    QCOMPARE(changed.count(), 0);
    memory_.set<std::uint64_t>(kTask + 16, 15);
    refreshAll();
    QVERIFY(load0.isValid());
    QCOMPARE(value({"se", "load"}), "15");
    QVERIFY(load0.data(StructTreeModel::ChangedRole).toBool());
    QVERIFY(!row({"pid"}).data(StructTreeModel::ChangedRole).toBool());
    QCOMPARE(removed.count() + reset.count(), 0);
    QTest::qWait(static_cast<int>(kChangeFade.count()) + 50);
    refreshAll();
    QVERIFY(!load0.data(StructTreeModel::ChangedRole).toBool());
}

void TestStructTree::refreshFollowsMovedPointer()
{
    open("init_task", task_, kTask);
    load({"wakee"});
    memory_.set<std::int32_t>(kOther + 4096 + 56, 42);
    memory_.set<std::uint64_t>(kTask + 32, (kOther + 4096).value);
    refreshAll();
    QCOMPARE(value({"wakee", "pid"}), "42");
    memory_.set<std::uint64_t>(kTask + 32, 0);
    refreshAll();
    QCOMPARE(model_->rowCount(row({"wakee"})), 0);
}

void TestStructTree::listGrowsWhileItIsOpen()
{
    open("init_task", task_, kTask);
    load({"tasks"});
    link(kOther, kOther + 4096);
    link(kOther + 4096, kTask);
    refreshAll();
    QCOMPARE(model_->rowCount(row({"tasks"})), 2);
    QCOMPARE(value({"tasks"}), QString::fromUtf8("2 × struct task_struct"));
}

void TestStructTree::castsInPlace()
{
    open("init_task", task_, kTask);
    model_->setCast(row({"state"}), types_.type(types_.array(types_.base("unsigned char"), 4)));
    runJobs();
    QVERIFY(model_->hasChildren(row({"state"})));
    load({"state"});
    QCOMPARE(model_->rowCount(row({"state"})), 4);
    model_->setCast(row({"state"}), std::nullopt);
    runJobs();
    QCOMPARE(value({"state"}), "2");
    QVERIFY(!model_->hasChildren(row({"state"})));
}

void TestStructTree::givesExpressions()
{
    open("init_task", task_, kTask);
    load({"se"});
    load({"wakee"});
    load({"tasks"});
    QCOMPARE(model_->expression(row({"se", "load"})), "init_task.se.load");
    QCOMPARE(model_->expression(row({"wakee", "pid"})), "init_task.wakee->pid");
    QCOMPARE(model_->expression(row({"tasks", "0"})), "*(struct task_struct *)0xffff888001000000");
}

void TestStructTree::findsRowsByAddress()
{
    open("init_task", task_, kTask);
    QCOMPARE(model_->indexOfAddress(kTask + 18), row({"se"}));
    load({"se"});
    QCOMPARE(model_->indexOfAddress(kTask + 18), row({"se", "load"}));
    load({"wakee"}); // rows behind a pointer lie elsewhere
    QCOMPARE(model_->indexOfAddress(kTask + 57), row({"pid"}));
}

void TestStructTree::dropsAnswersToAnOldRoot()
{
    model_->setRoot({"init_task", task_, kTask, {}});
    model_->setRoot({"other", task_, kOther, {}});
    std::swap(jobs_[0], jobs_[1]); // the old one answers last
    runJobs();
    QCOMPARE(model_->index(0, 1).data().toString(), "other");
    QCOMPARE(value({"pid"}), "1");
}

void TestStructTree::readsNothingWhileAnotherObjectIsOnItsWay()
{
    open("init_task", task_, kTask);
    QVERIFY(model_->reading({row({"pid"})}));
    // The rows are still those of the first one: its members must not be looked for in the second.
    model_->setRoot({"other", task_, kOther, {}});
    QVERIFY(!model_->reading({row({"pid"})}));
    QVERIFY(!model_->refresh({row({"pid"})}));
    runJobs();
    QVERIFY(model_->reading({row({"pid"})}));
}

// A tick that began before a choice was made answers after it.
void TestStructTree::dropsWhatWasReadForOtherRows()
{
    open("init_task", task_, kTask);
    const auto before = model_->reading({row({"state"})});
    model_->setCast(row({"state"}), types_.type(types_.base("unsigned char")));
    runJobs();
    model_->take(*before->make(context()));
    QCOMPARE(model_->rowAt(row({"state"}))->typeName, "unsigned char");
    const auto cast = model_->reading({row({"state"})});
    QVERIFY(cast->key != before->key);
    model_->setCast(row({"state"}), types_.type(types_.base("unsigned int")));
    runJobs();
    model_->take(*cast->make(context()));
    QCOMPARE(model_->rowAt(row({"state"}))->typeName, "unsigned int");
    const auto now = model_->reading({row({"state"})});
    QVERIFY(now->key == model_->reading({row({"state"})})->key);
    memory_.set<std::uint32_t>(kTask, 3);
    model_->take(*now->make(context()));
    QCOMPARE(value({"state"}), "3");
}

// Nobody reads a dump again by itself.
void TestStructTree::aCastIsReadThoughOtherRowsCameMeanwhile()
{
    open("init_task", task_, kTask);
    model_->fetchMore(row({"se"}));
    model_->setCast(row({"state"}), types_.type(types_.base("unsigned char")));
    runJobs();
    QVERIFY(model_->rowCount(row({"se"})) > 0);
    QCOMPARE(model_->rowAt(row({"state"}))->typeName, "unsigned char");
}

void TestStructTree::anEmptyListFillsWhileItIsOpen()
{
    link(kTask, kTask);
    open("init_task", task_, kTask);
    const auto closed = model_->reading({row({"tasks"})});
    load({"tasks"});
    QCOMPARE(model_->rowCount(row({"tasks"})), 0);
    const auto opened = model_->reading({row({"tasks"})});
    QVERIFY(opened->key != closed->key);
    link(kTask, kOther);
    model_->take(*opened->make(context()));
    QCOMPARE(model_->rowCount(row({"tasks"})), 1);
    QCOMPARE(value({"tasks", "0"}), "init pid 1");
    QVERIFY(model_->reading({row({"tasks"})})->key != opened->key);
}

void TestStructTree::tornBytesMarkTheRowsThatShowThem()
{
    open("init_task", task_, kTask);
    load({"se"});
    const auto torn = [&](const QModelIndex &index) { return index.data(StructTreeModel::TornRole).toBool(); };
    const auto take = [&](std::vector<AddrRange> parts) {
        model_->take(*model_->reading({row({"se", "load"}), row({"pid"}), row({"comm"})})->make(context()), parts);
    };
    take({{kTask + 17, kTask + 17}, {kTask + 59, kTask + 60}});
    QVERIFY(torn(row({"se", "load"})) && torn(row({"pid"})) && torn(row({"comm"})));
    QVERIFY(!torn(row({"state"})) && !torn(model_->index(0, 0)));
    take({{kTask + 59, kTask + 59}});
    QVERIFY(!torn(row({"se", "load"})) && torn(row({"pid"})) && !torn(row({"comm"})));
    take({});
    QVERIFY(!torn(row({"pid"})));
    // The name of a page of an array is made of none of its bytes.
    open("big", big_, kBig);
    load({"values"});
    const QModelIndex page = model_->index(0, 0, row({"values"}));
    model_->take(*model_->reading({page})->make(context()), {{kBig, kBig + 3}});
    QVERIFY(!torn(page));
}

void TestStructTree::spansOfType()
{
    const StructOverlay overlay(kTask, typeSpans(task_));
    const auto nameAt = [&](std::uint64_t offset) {
        const int index = overlay.memberAt(kTask + offset);
        return index < 0 ? QString() : overlay.spans()[static_cast<std::size_t>(index)].name;
    };
    QCOMPARE(nameAt(16), "se.load");
    QCOMPARE(nameAt(45), "tasks");
    QCOMPARE(nameAt(61), "comm");
    QCOMPARE(nameAt(10), QString());
}

QTEST_GUILESS_MAIN(TestStructTree)
#include "test_struct_tree.moc"
