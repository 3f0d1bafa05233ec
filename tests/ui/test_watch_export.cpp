// The watch list as other programs get it.
#include "tests/ui/watch_fixture.h"
#include "ui/models/place.h"
#include "ui/models/watch_export.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace ks;
using namespace ks::ui;
using ks::ui::test::WatchBench;

class TestWatchExport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void jsonHasAllThatIsRemembered();
    void csvHasALineASample();
    void textIsForPeople();
};

void TestWatchExport::jsonHasAllThatIsRemembered()
{
    WatchBench bench;
    const QModelIndex group = bench.model.group(QStringLiteral("time"));
    bench.model.add({.expression = QStringLiteral("jiffies"), .condition = QStringLiteral("> 1")}, group);
    bench.model.add({QStringLiteral("init_task.comm")});
    bench.model.add({QStringLiteral("no_such_thing")});
    for (int i = 0; i < 3; ++i)
        bench.tick(250);
    const QJsonArray array = QJsonDocument::fromJson(watchesAsJson(bench.model)).array();
    QCOMPARE(array.size(), 3);
    const QJsonObject jiffies = array[0].toObject();
    QCOMPARE(jiffies[QStringLiteral("group")].toString(), QStringLiteral("time"));
    QCOMPARE(jiffies[QStringLiteral("expression")].toString(), QStringLiteral("jiffies"));
    QCOMPARE(jiffies[QStringLiteral("state")].toString(), QStringLiteral("value"));
    QCOMPARE(jiffies[QStringLiteral("changes")].toInt(), 2);
    QCOMPARE(jiffies[QStringLiteral("holds")].toBool(), true);
    QCOMPARE(addressFromJson(jiffies[QStringLiteral("address")]),
             std::optional(bench.session().symbols().findFirst("jiffies")->address.value));
    const QJsonArray history = jiffies[QStringLiteral("history")].toArray();
    QCOMPARE(history.size(), 3);
    const auto at = [&](int i) { return history[i].toObject(); };
    QCOMPARE(*addressFromJson(at(2)[QStringLiteral("number")]) - *addressFromJson(at(0)[QStringLiteral("number")]),
             std::uint64_t{500});
    QVERIFY(!at(0)[QStringLiteral("changed")].toBool() && at(1)[QStringLiteral("changed")].toBool());
    QVERIFY(QDateTime::fromString(at(2)[QStringLiteral("time")].toString(), Qt::ISODateWithMs).isValid());
    QCOMPARE(jiffies[QStringLiteral("value")].toString().toULongLong(),
             *addressFromJson(at(2)[QStringLiteral("number")]));
    const QJsonObject comm = array[1].toObject();
    QCOMPARE(comm[QStringLiteral("value")].toString(), QStringLiteral("\"swapper/0\""));
    QVERIFY(comm[QStringLiteral("minimum")].isNull());
    QVERIFY(comm[QStringLiteral("history")].toArray()[0].toObject()[QStringLiteral("number")].isNull());
    const QJsonObject unknown = array[2].toObject();
    QCOMPARE(unknown[QStringLiteral("state")].toString(), QStringLiteral("error"));
    QVERIFY(unknown[QStringLiteral("error")].toString().contains(QLatin1String("no_such_thing")));
    QVERIFY(!unknown.contains(QStringLiteral("value")));
}

void TestWatchExport::csvHasALineASample()
{
    WatchBench bench;
    bench.model.add({QStringLiteral("jiffies")});
    bench.model.add({QStringLiteral("list modules, struct module, list")},
                    bench.model.group(QStringLiteral("a \"b\"")));
    bench.model.add({QStringLiteral("init_task.comm")});
    bench.tick();
    bench.tick(1);
    const QStringList lines = QString::fromUtf8(watchesAsCsv(bench.model)).split(QStringLiteral("\r\n"));
    QCOMPARE(lines.size(), 1 + 3 * 2 + 1); // the head, two samples of each, and the end of the last line
    QCOMPARE(lines[0], QStringLiteral("group,expression,time,number,changed,gap,state,text"));
    const QString value = bench.text(bench.model.index(0, 0), WatchModel::ValueColumn);
    const QStringList cells = lines[2].split(QLatin1Char(','));
    QCOMPARE(cells.size(), 8);
    QCOMPARE(cells[1], QStringLiteral("jiffies"));
    QVERIFY(QDateTime::fromString(cells[2], Qt::ISODateWithMs).isValid());
    QCOMPARE(cells[3], value);
    QCOMPARE(cells[4], QStringLiteral("1"));
    QCOMPARE(cells[6], QStringLiteral("value"));
    QCOMPARE(cells[7], value);
    QCOMPARE(lines[1].split(QLatin1Char(','))[7], QString());
    // Commas and quotes are kept from being taken for those of the format.
    QVERIFY2(lines[4].startsWith(QLatin1String("\"a \"\"b\"\"\",\"list modules, struct module, list\",")),
             qPrintable(lines[4]));
    QVERIFY2(lines[6].endsWith(QLatin1String("\"\"\"swapper/0\"\"\"")), qPrintable(lines[6]));
}

void TestWatchExport::textIsForPeople()
{
    WatchBench bench;
    bench.model.add({QStringLiteral("init_task.comm")});
    bench.model.add({QStringLiteral("init_task.pid")});
    bench.tick();
    QCOMPARE(watchesAsText(bench.model, bench.model.watches()),
             QStringLiteral("init_task.comm\t\"swapper/0\"\ninit_task.pid\t0"));
}

QTEST_GUILESS_MAIN(TestWatchExport)
#include "test_watch_export.moc"
