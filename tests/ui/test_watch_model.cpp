// The watch list as a model, on a demo kernel that moves only when it is told to.
#include "core/values/expression.h"
#include "tests/ui/watch_fixture.h"
#include "ui/models/watch_subject.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QMimeData>
#include <QSignalSpy>
#include <QTest>

using namespace ks;
using namespace ks::ui;
using ks::ui::test::WatchBench;

class TestWatchModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void valuesChangeWithTheKernel();
    void everyCellSpeaks();
    void aListTellsWhoComesAndGoes();
    void whatIsWrongIsSaid();
    void aConditionLightsTheRow();
    void formatsChangeWhatIsShown();
    void whatIsFrozenStands();
    void allCanBeFrozen();
    void whatIsBeingPreparedHoldsNobodyUp();
    void aLostTargetKeepsTheLastValue();
    void nothingIsRepaintedWhenNothingChanges();
    void groupsHoldWatches();
    void rowsMove();
    void rowsAreDraggedAndTextIsDropped();
    void aListThatIsFullTakesNoMore();
    void theSessionFileIsNotTrusted();
    void listsSurviveKaslr();
    void bytesAreNamedByWhatIsThere();
};

void TestWatchModel::valuesChangeWithTheKernel()
{
    WatchBench bench;
    const QPersistentModelIndex row = bench.model.add({QStringLiteral(" jiffies ")});
    QCOMPARE(bench.text(row, WatchModel::ExpressionColumn), QStringLiteral("jiffies"));
    bench.tick();
    const QString first = bench.text(row, WatchModel::ValueColumn);
    const quint64 start = first.toULongLong();
    QVERIFY(start > 0);
    QCOMPARE(bench.text(row, WatchModel::PreviousColumn), QString());
    QCOMPARE(bench.text(row, WatchModel::ChangesColumn), QStringLiteral("0"));
    QCOMPARE(bench.model.rowAt(row)->warmth(WatchRow::Clock::now()), 0.0);

    bench.tick(250);
    QCOMPARE(bench.text(row, WatchModel::ValueColumn), QString::number(start + 250));
    QCOMPARE(bench.text(row, WatchModel::PreviousColumn), first);
    QCOMPARE(bench.text(row, WatchModel::ChangesColumn), QStringLiteral("1"));
    QCOMPARE(bench.text(row, WatchModel::RateColumn), QStringLiteral("250 /s"));
    QCOMPARE(bench.text(row, WatchModel::MinimumColumn), first);
    QCOMPARE(bench.text(row, WatchModel::MaximumColumn), QString::number(start + 250));
    QVERIFY(bench.model.rowAt(row)->warmth(WatchRow::Clock::now()) > 0.5);
    QCOMPARE(bench.model.historyAt(row).points().size(), std::size_t{2});

    bench.tick();
    QCOMPARE(bench.text(row, WatchModel::ChangesColumn), QStringLiteral("1"));
    QCOMPARE(bench.text(row, WatchModel::RateColumn), QStringLiteral("125 /s")); // over two seconds
    QVERIFY(bench.model.setData(row, QStringLiteral("init_task.comm"), Qt::EditRole));
    bench.tick();
    QCOMPARE(bench.text(row, WatchModel::ValueColumn), QStringLiteral("\"swapper/0\""));
    QCOMPARE(bench.text(row, WatchModel::RateColumn), QString());
    QCOMPARE(bench.text(row, WatchModel::PreviousColumn), QString());
    QVERIFY(!bench.model.setData(row, QStringLiteral("  "), Qt::EditRole));

    const auto copies = bench.model.duplicate({row});
    QCOMPARE(copies.size(), 1);
    QCOMPARE(copies.first().row(), row.row() + 1);
    bench.model.remove({row, copies.first()});
    QCOMPARE(bench.model.rowCount(), 0);
    QVERIFY(!bench.sampler->nextDue());
}

void TestWatchModel::everyCellSpeaks()
{
    WatchBench bench;
    const QModelIndex row = bench.model.add({QStringLiteral("jiffies")});
    bench.tick();
    bench.tick(1);
    for (int column = 0; column < WatchModel::ColumnCount; ++column) {
        QVERIFY(!bench.model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString().isEmpty());
        QVERIFY(!row.siblingAtColumn(column).data(Qt::AccessibleTextRole).toString().isEmpty());
    }
    const QString details = row.data(Qt::ToolTipRole).toString();
    const auto address = bench.session().symbols().findFirst("jiffies")->address;
    QVERIFY2(details.contains(QString::fromStdString(hex(address))), qPrintable(details));
    QVERIFY2(details.contains(QLatin1String("1 changes in 2 samples")), qPrintable(details));
}

void TestWatchModel::aListTellsWhoComesAndGoes()
{
    WatchBench bench;
    const QModelIndex row = bench.model.add({QStringLiteral("list modules, struct module, list")});
    bench.tick();
    QVERIFY2(bench.text(row, WatchModel::ValueColumn).contains(QLatin1Char('1')),
             qPrintable(bench.text(row, WatchModel::ValueColumn)));
    QCOMPARE(bench.text(row, WatchModel::StateColumn), QString());
    bench.demo.unloadModule();
    bench.tick();
    QCOMPARE(bench.text(row, WatchModel::StateColumn), QStringLiteral("+0 −1"));
    bench.demo.loadModule();
    bench.tick();
    QCOMPARE(bench.text(row, WatchModel::StateColumn), QStringLiteral("+1 −1"));
    QCOMPARE(bench.text(row, WatchModel::MinimumColumn), QStringLiteral("0"));
    QCOMPARE(bench.text(row, WatchModel::MaximumColumn), QStringLiteral("1"));
    const QString details = row.data(Qt::ToolTipRole).toString();
    const VirtAddr module = bench.session().modules().at(0).address;
    QVERIFY2(details.contains(QStringLiteral("came: ") + QString::fromStdString(hex(module))), qPrintable(details));

    // A head may have commas of its own.
    const auto subscription =
        subscriptionOf({QStringLiteral("list per_cpu(runqueues, 1).cfs_tasks, struct task_struct, se.group_node")});
    const auto &list = std::get<live::ListWatch>(subscription.what);
    QCOMPARE(list.head, std::string("per_cpu(runqueues, 1).cfs_tasks"));
    QCOMPARE(list.type, std::string("struct task_struct"));
    QCOMPARE(list.member, std::string("se.group_node"));
    const QModelIndex broken = bench.model.add({QStringLiteral("list modules")});
    bench.tick();
    QCOMPARE(bench.text(broken, WatchModel::StateColumn), QStringLiteral("error"));
}

void TestWatchModel::whatIsWrongIsSaid()
{
    WatchBench bench;
    const QModelIndex unknown = bench.model.add({QStringLiteral("no_such_thing")});
    const QModelIndex nowhere = bench.model.add({QStringLiteral("*(int *)0x10")});
    QCOMPARE(bench.text(unknown, WatchModel::StateColumn), QStringLiteral("…"));
    bench.tick();
    QCOMPARE(bench.text(unknown, WatchModel::StateColumn), QStringLiteral("error"));
    QVERIFY(!bench.text(unknown, WatchModel::ValueColumn).isEmpty());
    QVERIFY(unknown.data(Qt::ToolTipRole).toString().contains(QLatin1String("no_such_thing")));
    QCOMPARE(bench.text(nowhere, WatchModel::StateColumn), QStringLiteral("unreadable"));
    QVERIFY2(bench.text(nowhere, WatchModel::ValueColumn).startsWith(QLatin1String("??")),
             qPrintable(bench.text(nowhere, WatchModel::ValueColumn)));
    QVERIFY(bench.model.rowAt(nowhere)->isStale());
    QVERIFY(!bench.model.add({QStringLiteral("   ")}).isValid());
    QVERIFY(!bench.model.add({QString(kMaxExpression + 1, u'x')}).isValid());
}

void TestWatchModel::aConditionLightsTheRow()
{
    WatchBench bench;
    const QPersistentModelIndex row = bench.model.add({QStringLiteral("jiffies")});
    bench.tick();
    const quint64 start = bench.text(row, WatchModel::ValueColumn).toULongLong();
    WatchItem item = bench.model.rowAt(row)->item;
    item.condition = QStringLiteral("> %1").arg(start + 1);
    bench.model.change(row, item);
    bench.tick();
    QCOMPARE(bench.model.rowAt(row)->result.holds, std::optional(false));
    bench.tick(5);
    QCOMPARE(bench.model.rowAt(row)->result.holds, std::optional(true));
    item.condition = QStringLiteral("$value ==");
    bench.model.change(row, item);
    bench.tick();
    QVERIFY(!bench.model.rowAt(row)->result.holds);
    QVERIFY(row.data(Qt::ToolTipRole).toString().contains(QLatin1String("lit when $value ==: ")));
}

void TestWatchModel::formatsChangeWhatIsShown()
{
    WatchBench bench;
    const QPersistentModelIndex row = bench.model.add({QStringLiteral("jiffies")});
    bench.tick();
    const quint64 start = bench.text(row, WatchModel::ValueColumn).toULongLong();
    WatchItem item = bench.model.rowAt(row)->item;
    item.style = ValueStyle::Hex;
    bench.model.change(row, item);
    bench.tick();
    QCOMPARE(bench.text(row, WatchModel::ValueColumn), QStringLiteral("0x%1").arg(start, 0, 16));
    QCOMPARE(bench.text(row, WatchModel::MinimumColumn), QStringLiteral("0x%1").arg(start, 0, 16));
    QCOMPARE(bench.model.historyAt(row).samples(), std::uint64_t{2}); // the history goes on
    QCOMPARE(bench.text(row, WatchModel::PreviousColumn), QString());
    item.style = ValueStyle::Time;
    bench.model.change(row, item);
    bench.tick();
    QVERIFY2(bench.text(row, WatchModel::ValueColumn).contains(QLatin1String("jiffies")),
             qPrintable(bench.text(row, WatchModel::ValueColumn)));
}

void TestWatchModel::whatIsFrozenStands()
{
    WatchBench bench;
    const QPersistentModelIndex row = bench.model.add({QStringLiteral("jiffies")});
    const QPersistentModelIndex frozen = bench.model.add({.expression = QStringLiteral("jiffies"), .frozen = true});
    bench.tick();
    const QString first = bench.text(frozen, WatchModel::ValueColumn);
    QVERIFY(!first.isEmpty()); // frozen from the beginning, it still shows what it began with
    bench.tick(10);
    QVERIFY(bench.text(row, WatchModel::ValueColumn) != first);
    QCOMPARE(bench.text(frozen, WatchModel::ValueColumn), first);
    QVERIFY(bench.text(frozen, WatchModel::StateColumn).startsWith(QLatin1String("frozen")));
    WatchItem item = bench.model.rowAt(frozen)->item;
    item.frozen = false;
    bench.model.change(frozen, item);
    bench.tick();
    QCOMPARE(bench.text(frozen, WatchModel::ValueColumn), bench.text(row, WatchModel::ValueColumn));
    QCOMPARE(bench.text(frozen, WatchModel::StateColumn), QString());
}

void TestWatchModel::allCanBeFrozen()
{
    WatchBench bench;
    const QModelIndex row = bench.model.add({QStringLiteral("jiffies")});
    bench.tick();
    bench.model.setFrozen(true);
    QVERIFY(bench.text(row, WatchModel::StateColumn).startsWith(QLatin1String("frozen")));
    bench.model.setFrozen(false);
    QCOMPARE(bench.text(row, WatchModel::StateColumn), QString());
}

void TestWatchModel::whatIsBeingPreparedHoldsNobodyUp()
{
    WatchBench bench;
    std::map<std::string, std::function<void()>> waiting;
    bench.model.setSampler(bench.sampler, [&](const live::Subscription &subscription, std::function<void()> open) {
        waiting[std::get<live::ExpressionWatch>(subscription.what).expression] = std::move(open);
    });
    const QModelIndex first = bench.model.add({QStringLiteral("init_task.pid")});
    const QModelIndex second = bench.model.add({QStringLiteral("init_task.comm")});
    QCOMPARE(waiting.size(), std::size_t(2));
    waiting.at("init_task.comm")();
    bench.tick();
    QCOMPARE(bench.text(second, WatchModel::ValueColumn), QStringLiteral("\"swapper/0\""));
    QCOMPARE(bench.model.rowAt(first)->result.state, live::ResultState::Pending);
    waiting.at("init_task.pid")();
    bench.tick();
    QCOMPARE(bench.text(first, WatchModel::ValueColumn), QStringLiteral("0"));
    // What is removed in the meantime is nobody's when it is ready.
    const QModelIndex third = bench.model.add({QStringLiteral("jiffies")});
    bench.model.remove({third});
    waiting.at("jiffies")();
    bench.tick();
    QCOMPARE(bench.model.watchCount(), std::size_t(2));
}

void TestWatchModel::aLostTargetKeepsTheLastValue()
{
    WatchBench bench;
    const QModelIndex row = bench.model.add({QStringLiteral("jiffies")});
    bench.tick();
    bench.tick(3);
    const QString last = bench.text(row, WatchModel::ValueColumn);
    bench.source->isLost = true;
    bench.tick(10);
    QVERIFY(bench.model.sample()->lost);
    QVERIFY2(bench.text(row, WatchModel::StateColumn).startsWith(QStringLiteral("lost · ")),
             qPrintable(bench.text(row, WatchModel::StateColumn)));
    QCOMPARE(bench.text(row, WatchModel::ValueColumn), last);
    QVERIFY(bench.model.rowAt(row)->isStale());
    QVERIFY(row.data(Qt::ToolTipRole).toString().contains(QStringLiteral("last read at ")));
    bench.source->isLost = false;
    bench.tick();
    QCOMPARE(bench.text(row, WatchModel::StateColumn), QString());
    QCOMPARE(bench.text(row, WatchModel::ValueColumn).toULongLong(), last.toULongLong() + 10);
    QCOMPARE(bench.text(row, WatchModel::RateColumn), QString()); // not over the gap
}

void TestWatchModel::nothingIsRepaintedWhenNothingChanges()
{
    WatchBench bench;
    bench.model.add({QStringLiteral("init_task.pid")});
    const QModelIndex moving = bench.model.add({QStringLiteral("jiffies")});
    bench.tick();
    QSignalSpy changed(&bench.model, &QAbstractItemModel::dataChanged);
    bench.tick(1);
    // The course of the one that stands goes on; all of the other is new.
    QCOMPARE(changed.size(), 2);
    QCOMPARE(changed.at(0).at(0).toModelIndex().column(), int(WatchModel::ChangesColumn));
    QCOMPARE(changed.at(1).at(0).toModelIndex(), moving);
    QCOMPARE(changed.at(1).at(1).toModelIndex().column(), int(WatchModel::StateColumn));
    for (std::size_t i = 0; i <= WatchRow::kTrail; ++i)
        bench.tick();
    QTRY_COMPARE_WITH_TIMEOUT(bench.model.rowAt(moving)->changedAt.has_value(), false, 20000); // it has faded
    changed.clear();
    bench.tick();
    bench.tick();
    QCOMPARE(changed.size(), 0);
}

void TestWatchModel::groupsHoldWatches()
{
    WatchBench bench;
    const QPersistentModelIndex alone = bench.model.add({QStringLiteral("jiffies")});
    const QPersistentModelIndex group = bench.model.group(QStringLiteral("tasks"));
    QVERIFY(bench.model.isGroup(group));
    QCOMPARE(bench.model.group(QStringLiteral("tasks")), QModelIndex(group));
    QVERIFY(!bench.model.group(QStringLiteral(" ")).isValid());
    const QPersistentModelIndex inside = bench.model.add({QStringLiteral("init_task.pid")}, group);
    QCOMPARE(inside.parent(), QModelIndex(group));
    QCOMPARE(bench.model.watchCount(), std::size_t{2});
    bench.tick();
    QCOMPARE(bench.text(inside, WatchModel::ValueColumn), QStringLiteral("0"));
    bench.model.move({alone}, group, 0);
    QCOMPARE(bench.model.rowCount(), 1);
    QCOMPARE(alone.row(), 0);
    QCOMPARE(alone.parent(), QModelIndex(group));
    bench.tick(4);
    QVERIFY(!bench.text(alone, WatchModel::PreviousColumn).isEmpty());
    QVERIFY(bench.model.setData(group, QStringLiteral("kernel"), Qt::EditRole));
    QCOMPARE(bench.model.groups(), QStringList{QStringLiteral("kernel")});
    bench.model.group(QStringLiteral("other"));
    QVERIFY(!bench.model.setData(group, QStringLiteral("other"), Qt::EditRole));
    bench.model.dissolve(group);
    QCOMPARE(bench.model.groups(), QStringList{QStringLiteral("other")});
    QCOMPARE(alone.row(), 0);
    QCOMPARE(inside.row(), 1);
    QVERIFY(!alone.parent().isValid());
    bench.tick();
    QCOMPARE(bench.text(inside, WatchModel::ValueColumn), QStringLiteral("0"));
}

void TestWatchModel::rowsMove()
{
    WatchBench bench;
    const auto names = [&] {
        QStringList list;
        for (const QModelIndex &index : bench.model.watches())
            list << index.data().toString();
        return list.join(QLatin1Char(' '));
    };
    std::vector<QPersistentModelIndex> rows;
    for (const char *name : {"a", "b", "c", "d"})
        rows.emplace_back(bench.model.add({QString::fromLatin1(name)}));
    QVERIFY(bench.model.moveBy(rows[0], 1));
    QCOMPARE(names(), QStringLiteral("b a c d"));
    QVERIFY(bench.model.moveBy(rows[3], -1));
    QCOMPARE(names(), QStringLiteral("b a d c"));
    QVERIFY(!bench.model.moveBy(rows[1], -1));
    QVERIFY(!bench.model.moveBy(rows[2], 1));
    bench.model.move({rows[1], rows[3]}, {}, 4);
    QCOMPARE(names(), QStringLiteral("a c b d"));
    bench.model.move({rows[3], rows[2]}, {}, 0);
    QCOMPARE(names(), QStringLiteral("c d a b"));
    const QPersistentModelIndex group = bench.model.group(QStringLiteral("g"));
    bench.model.move({rows[0], rows[1]}, group);
    QCOMPARE(names(), QStringLiteral("c d a b"));
    bench.model.move({group}, {}, 0);
    QCOMPARE(names(), QStringLiteral("a b c d"));
    bench.model.move({group}, group, 0); // not into itself
    QCOMPARE(names(), QStringLiteral("a b c d"));
    bench.model.remove({group, rows[0]});
    QCOMPARE(names(), QStringLiteral("c d"));
}

void TestWatchModel::rowsAreDraggedAndTextIsDropped()
{
    WatchBench bench;
    const QPersistentModelIndex a = bench.model.add({QStringLiteral("a")});
    const QPersistentModelIndex b = bench.model.add({QStringLiteral("b")});
    const QPersistentModelIndex group = bench.model.group(QStringLiteral("g"));
    const std::unique_ptr<QMimeData> data(bench.model.mimeData({a, b}));
    QCOMPARE(data->text(), QStringLiteral("a\nb"));
    // False: the rows are moved, and nobody is to remove them.
    QVERIFY(!bench.model.dropMimeData(data.get(), Qt::MoveAction, -1, -1, group));
    QCOMPARE(bench.model.rowCount(group), 2);
    QCOMPARE(b.parent(), QModelIndex(group));
    const std::unique_ptr<QMimeData> one(bench.model.mimeData({a}));
    QVERIFY(!bench.model.dropMimeData(one.get(), Qt::MoveAction, -1, -1, b)); // onto a watch: behind it
    QCOMPARE(a.row(), 1);
    QMimeData text;
    text.setText(QStringLiteral("jiffies\n\ninit_task.pid\n"));
    QVERIFY(bench.model.dropMimeData(&text, Qt::CopyAction, 0, 0, {}));
    QCOMPARE(bench.model.index(0, 0).data().toString(), QStringLiteral("jiffies"));
    QCOMPARE(bench.model.index(1, 0).data().toString(), QStringLiteral("init_task.pid"));
    QCOMPARE(bench.model.watchCount(), std::size_t{4});
}

void TestWatchModel::aListThatIsFullTakesNoMore()
{
    WatchModel model;
    WatchEntry entry{true, QStringLiteral("all"), std::vector<WatchItem>(kMaxWatches, {QStringLiteral("jiffies")})};
    model.setList({entry});
    QCOMPARE(model.watchCount(), kMaxWatches);
    QVERIFY(!model.add({QStringLiteral("jiffies")}).isValid());
    QVERIFY(model.duplicate(model.watches().mid(0, 3)).isEmpty());
    entry.items.emplace_back(WatchItem{QStringLiteral("one more")});
    QCOMPARE(watchListFromJson(toJson({entry})).at(0).items.size(), kMaxWatches);
}

void TestWatchModel::theSessionFileIsNotTrusted()
{
    const WatchItem full{QStringLiteral("a, \"b\""), ValueStyle::Flags, QStringLiteral("> 5"), 0.5, true, true};
    const WatchList list{{false, {}, {full}},
                         {true, QStringLiteral("empty"), {}},
                         {true, QStringLiteral("g"), {{QStringLiteral("x")}, full}},
                         {false, {}, {{QStringLiteral("y")}}}};
    QCOMPARE(watchListFromJson(toJson(list)), list);

    const QJsonArray hostile{1,
                             QStringLiteral("x"),
                             QJsonArray{},
                             QJsonObject{},
                             QJsonObject{{"expression", 5}},
                             QJsonObject{{"group", "g"}, {"watches", "none"}},
                             QJsonObject{{"expression", "jiffies"},
                                         {"format", "upside down"},
                                         {"rate_hz", 1e9},
                                         {"condition", QJsonArray{1}},
                                         {"frozen", "yes"}},
                             QJsonObject{{"expression", QString(kMaxExpression + 1, u'x')}}};
    const WatchList read = watchListFromJson(hostile);
    QCOMPARE(read.size(), std::size_t{2});
    QVERIFY(read[0].isGroup && read[0].items.empty());
    QCOMPARE(read[1].items.at(0), WatchItem{QStringLiteral("jiffies")});
}

void TestWatchModel::listsSurviveKaslr()
{
    WatchBench bench;
    const VirtAddr pid = bench.session().symbols().findFirst("init_task")->address;
    bench.model.add({expressionFor(bench.session(), {pid, pid})});
    const QJsonArray saved = toJson(bench.model.list());
    const std::string text = QJsonDocument(saved).toJson().toStdString();
    // Not an address: another boot has others.
    QVERIFY2(text.find("ffff") == std::string::npos, text.c_str());
    WatchModel other;
    other.setList(watchListFromJson(saved));
    QCOMPARE(other.list(), bench.model.list());
}

void TestWatchModel::bytesAreNamedByWhatIsThere()
{
    WatchBench bench;
    const Session &session = bench.session();
    const auto placeOf = [&](const char *expression) { return *evaluate(session.context(), expression)->address(); };
    const auto named = [&](VirtAddr first, std::uint64_t size) {
        return expressionFor(session, *AddrRange::sized(first, size));
    };
    const auto addressOf = [&](const QString &expression) {
        const auto value = evaluate(session.context(), expression.toStdString());
        return value ? value->address() : std::nullopt;
    };
    QCOMPARE(named(placeOf("init_task.pid") + 1, 1), QStringLiteral("init_task.pid"));
    QCOMPARE(named(placeOf("init_task.comm") + 3, 2), QStringLiteral("init_task.comm"));
    QCOMPARE(named(placeOf("init_task.tasks"), 16), QStringLiteral("init_task.tasks"));
    QCOMPARE(named(placeOf("init_task.tasks.next"), 1), QStringLiteral("init_task.tasks.next"));
    // Two names for one place: either is right.
    QCOMPARE(addressOf(named(placeOf("jiffies"), 1)), std::optional(placeOf("jiffies")));

    const VirtAddr function = session.symbols().findFirst("schedule")->address;
    const QString word = named(function + 9, 1);
    QVERIFY2(word.contains(QLatin1String("&schedule + 0x8")), qPrintable(word));
    QCOMPARE(addressOf(word), std::optional(function.alignedDown(8) + 8));
    for (const std::uint64_t size : {1, 2, 3, 4, 8, 100}) {
        const VirtAddr at = bench.demo.kernel->pageOffsetBase() + 0x1002;
        const QString bytes = named(at, size);
        QCOMPARE(addressOf(bytes), std::optional(size == 1 ? at.alignedDown(8) : at));
        QCOMPARE(evaluate(session.context(), bytes.toStdString())->type().size(), size == 1 ? 8 : size);
    }
    QCOMPARE(memberOf(QStringLiteral("*(struct foo *)0x10"), QStringLiteral("a.b")),
             QStringLiteral("(*(struct foo *)0x10).a.b"));
    QCOMPARE(memberOf(QStringLiteral("array"), QStringLiteral("[3]")), QStringLiteral("array[3]"));
}

QTEST_GUILESS_MAIN(TestWatchModel)
#include "test_watch_model.moc"
