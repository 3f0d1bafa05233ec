// What the palette finds, and in which order.
#include "core/symbols/name_match.h"
#include "resources/demo/demo_session.h"
#include "ui/models/palette_search.h"

#include <QTest>

#include <algorithm>

using ks::ui::PaletteItem;
using Kind = ks::ui::PaletteItem::Kind;

class TestPaletteSearch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void exactNamesOfAnyKindComeFirst();
    void aClassInFrontGivesTypes_data();
    void aClassInFrontGivesTypes();
    void modulesAndTheirSymbolsAreFound();
    void commandsAreFoundAndListed();
    void namesComeByMatchAndLength();
    void everyPrefixOfANameLeadsToIt();
    void theLimitIsKept();
    void nonsenseIsExplained();

private:
    std::vector<PaletteItem> ask(const QString &text, std::size_t limit = 50) const
    {
        return ks::ui::searchPalette(*session_, names_.get(), {text, {"New tab", "Go to address"}, limit}, progress_);
    }
    static QStringList titles(const std::vector<PaletteItem> &items)
    {
        QStringList result;
        for (const PaletteItem &item : items)
            result << item.title;
        return result;
    }

    std::shared_ptr<const ks::Session> session_;
    std::shared_ptr<const ks::ui::PaletteNames> names_;
    mutable ks::Progress progress_;
};

void TestPaletteSearch::initTestCase()
{
    auto opened = ks::demo::openSession({}, progress_);
    QVERIFY2(opened, opened ? "" : opened.error().message().c_str());
    session_ = *opened;
    names_ = ks::ui::PaletteNames::build(*session_, progress_);
    QVERIFY(names_->types().size() > 20);
    QVERIFY(!names_->modules().empty());
}

void TestPaletteSearch::exactNamesOfAnyKindComeFirst()
{
    QCOMPARE(ask("task_struct").at(0).title, "struct task_struct");
    QCOMPARE(ask("task_struct").at(0).kind, Kind::Type);
    QCOMPARE(ask("init_task").at(0).kind, Kind::Value);
    QVERIFY(!titles(ask("init_task")).mid(1).contains("init_task"));
    QCOMPARE(ask("start_kernel").at(0).title, "start_kernel");
}

void TestPaletteSearch::aClassInFrontGivesTypes_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("prefix");
    QTest::newRow("struct") << "struct task" << "struct ";
    QTest::newRow("struct, initials") << "struct tst" << "struct ";
    QTest::newRow("enum") << "enum e" << "enum ";
}

void TestPaletteSearch::aClassInFrontGivesTypes()
{
    QFETCH(QString, text);
    QFETCH(QString, prefix);
    const auto items = ask(text);
    for (const PaletteItem &item : items) {
        QCOMPARE(item.kind, Kind::Type);
        QVERIFY2(item.title.startsWith(prefix), qPrintable(item.title));
    }
    if (prefix == "struct ")
        QCOMPARE(items.at(0).title, "struct task_struct");
}

void TestPaletteSearch::modulesAndTheirSymbolsAreFound()
{
    const auto module = ask("demo_net");
    QVERIFY(std::ranges::any_of(module, [](const PaletteItem &i) { return i.kind == Kind::Module; }));
    const auto all = ask("demo_net::", 1000);
    QVERIFY(!all.empty());
    for (const PaletteItem &item : all)
        QVERIFY2(item.kind == Kind::Symbol && item.title.startsWith("demo_net::"), qPrintable(item.title));
    // A part of a symbol's name finds it behind the name of its module.
    const QString name = all.front().title.mid(10);
    QVERIFY(titles(ask("demo_net::" + name.left(name.size() - 1))).contains(all.front().title));
    QVERIFY(titles(ask("demo-net::" + name.left(name.size() - 1))).contains(all.front().title));
}

void TestPaletteSearch::commandsAreFoundAndListed()
{
    QCOMPARE(titles(ask("")), QStringList({"New tab", "Go to address"}));
    QCOMPARE(ask("new tab").at(0).command, 0);
    QCOMPARE(ask("gta").at(0).command, 1);
}

void TestPaletteSearch::namesComeByMatchAndLength()
{
    for (const QString text : {"task", "ini", "s", "e_e", "list"}) {
        const ks::NamePattern pattern(text.toStdString());
        std::pair<ks::NameMatch, qsizetype> last{};
        for (const PaletteItem &item : ask(text)) {
            if (item.kind == Kind::Value)
                continue;
            QString name = item.title;
            for (const QString tag : {"struct ", "union ", "enum "})
                if (item.kind == Kind::Type && name.startsWith(tag))
                    name.remove(0, tag.size());
            if (item.kind == Kind::Symbol)
                name = name.section("::", -1);
            const std::pair now(pattern.match(name.toStdString()), name.size());
            QVERIFY2(now.first != ks::NameMatch::None, qPrintable(item.title));
            QVERIFY2(last <= now, qPrintable(text + ": " + item.title));
            last = now;
        }
    }
}

void TestPaletteSearch::everyPrefixOfANameLeadsToIt()
{
    const QString name = "start_kernel";
    for (qsizetype n = 5; n <= name.size(); ++n)
        QVERIFY2(titles(ask(name.left(n))).contains(name), qPrintable(name.left(n)));
}

void TestPaletteSearch::theLimitIsKept()
{
    QCOMPARE(ask("s", 7).size(), std::size_t{7});
    QVERIFY(ask("init_task", 5).size() <= 6); // and the value
}

void TestPaletteSearch::nonsenseIsExplained()
{
    const auto items = ask("zq(xj");
    QCOMPARE(items.size(), std::size_t{1});
    QCOMPARE(items.at(0).kind, Kind::Error);
    QVERIFY(!items.at(0).title.isEmpty());
}

QTEST_GUILESS_MAIN(TestPaletteSearch)
#include "test_palette_search.moc"
