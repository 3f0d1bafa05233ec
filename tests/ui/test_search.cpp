// The search dock on the demo kernel, which ticks, driven by keys.
#include "core/values/expression.h"
#include "resources/demo/demo_session.h"
#include "tests/support/growing_demo.h"
#include "ui/models/search_text.h"
#include "ui/models/watch_model.h"
#include "ui/views/choice_button.h"
#include "ui/views/theme.h"
#include "ui/windows/kernel_browser.h"
#include "ui/windows/main_window.h"
#include "ui/windows/search_desk.h"
#include "ui/windows/watch_desk.h"
#include "ui/workers/session_growth.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QDockWidget>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cstring>

using namespace ks;
using namespace ks::ui;

namespace {

constexpr int kPatience = 20000;

SearchForm formOf(SearchKind kind, const QString &text)
{
    SearchForm form;
    form.kind = kind;
    form.text = text;
    return form;
}

/// An integer of 8 bytes in the data of the kernel, or another place.
SearchForm numbers(const QString &text, SearchScope scope = SearchScope::Text, const QString &range = {})
{
    SearchForm form = formOf(SearchKind::Integer, text);
    form.width = 8;
    form.scope = scope;
    form.range = range;
    return form;
}

} // namespace

class TestSearch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(*qApp); }
    void init();
    void cleanup() { window_.reset(); }
    void aFormSurvivesTheSessionFile();
    void whatIsTypedIsJudged();
    void placesBoundTheSearch();
    void oneKeySearchesForText();
    void pointersSayWhatTheyPointTo();
    void wrongInputKeepsWhatIsListed();
    void rowsKeepTheirPlaceWhenSorted();
    void longResultsAreCutAndSaySo();
    void valuesInSightAreLive();
    void scansNarrowAndAreTakenBack();
    void unknownValuesCanBeNarrowed();
    void cancelKeepsWhatWasFound();
    void keysWatchBookmarkAndCopy();
    void exportsHoldEveryRow();
    void whatWasFoundIsDimmedWhenItMayBeWrong();
    void whatWasFoundStaysWhenModulesGo();

private:
    void open();
    void focus(QWidget *widget);
    void searchFor(const SearchForm &form);
    SearchDesk *desk() const { return window_->search(); }
    SearchModel *model() const { return desk()->model(); }
    SearchView *view() const { return desk()->panel()->view(); }
    const Session &session() const { return window_->browser()->session(); }
    QString text(int row, int column) const { return model()->index(row, column).data().toString(); }
    QString status() const { return window_->findChild<QLabel *>(QStringLiteral("searchStatus"))->text(); }
    VirtAddr symbol(const char *name) const { return session().symbols().findFirst(name)->address; }
    int rowAt(VirtAddr address) const;

    QTemporaryDir dir_;
    QString state_;
    std::unique_ptr<MainWindow> window_;
    std::unique_ptr<QAbstractItemModelTester> tester_;
};

void TestSearch::init()
{
    QVERIFY(dir_.isValid());
    state_ = dir_.filePath(QStringLiteral("session.json"));
    QFile::remove(state_);
    open();
}

void TestSearch::open()
{
    tester_.reset();
    Openers openers;
    openers.kernel = [](const SessionOptions &options, Progress &progress) { return Session::open(options, progress); };
    openers.demo = [](const SessionOptions &options, Progress &progress) {
        return demo::openSession(options, progress, 1);
    };
    window_ = std::make_unique<MainWindow>(std::move(openers), state_);
    tester_ =
        std::make_unique<QAbstractItemModelTester>(model(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    window_->show();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened);
    window_->open({TargetRequest::Kind::Demo, {}, false});
    QVERIFY(opened.wait(kPatience));
}

void TestSearch::focus(QWidget *widget)
{
    widget->setFocus();
    QTRY_VERIFY_WITH_TIMEOUT(widget->hasFocus(), kPatience);
}

void TestSearch::searchFor(const SearchForm &form)
{
    QTest::keyClick(window_.get(), Qt::Key_F, Qt::ControlModifier);
    desk()->panel()->setForm(form);
    desk()->start();
    QTRY_VERIFY_WITH_TIMEOUT(!desk()->isRunning(), kPatience);
}

int TestSearch::rowAt(VirtAddr address) const
{
    for (int row = 0; row < model()->rowCount(); ++row)
        if (model()->at(row).address == address)
            return row;
    return -1;
}

void TestSearch::aFormSurvivesTheSessionFile()
{
    SearchForm form = numbers(QStringLiteral("!0..7"), SearchScope::Range, QStringLiteral("init_task"));
    form.encoding = TextEncoding::Utf16Be;
    form.isSigned = form.bigEndian = form.ignoreCase = true;
    form.aligned = false;
    QCOMPARE(searchFormFromJson(toJson(form)), form);
    QCOMPARE(searchFormFromJson({{QStringLiteral("width"), 3}, {QStringLiteral("kind"), 7}}), SearchForm());
    desk()->panel()->setForm(form);
    QVERIFY(window_->save());
    open();
    QCOMPARE(desk()->panel()->form(), form);
}

void TestSearch::whatIsTypedIsJudged()
{
    const auto codeOf = [this](const SearchForm &form) {
        const auto query = makeSearchQuery(session(), form, VirtAddr(0));
        return query ? std::optional<ErrorCode>() : query.error().code;
    };
    QCOMPARE(codeOf(formOf(SearchKind::Text, {})), std::optional(ErrorCode::Syntax));
    QCOMPARE(codeOf(formOf(SearchKind::Bytes, QStringLiteral("xy"))), std::optional(ErrorCode::Syntax));
    QCOMPARE(codeOf(formOf(SearchKind::Strings, QStringLiteral("0"))), std::optional(ErrorCode::Syntax));
    QCOMPARE(codeOf(formOf(SearchKind::Integer, QStringLiteral("9..3"))), std::optional(ErrorCode::Syntax));
    QCOMPARE(codeOf(formOf(SearchKind::Integer, QStringLiteral("-1"))), std::optional<ErrorCode>());
    QVERIFY(codeOf(formOf(SearchKind::Pointer, QStringLiteral("no_such_thing"))));
    SearchForm form = formOf(SearchKind::Text, QStringLiteral("a"));
    form.scope = SearchScope::Segment; // address 0 lies in none
    QCOMPARE(codeOf(form), std::optional(ErrorCode::NotFound));
    form.scope = SearchScope::Range;
    form.range = QStringLiteral("init_task.comm..init_task");
    QCOMPARE(codeOf(form), std::optional(ErrorCode::Syntax));
}

void TestSearch::placesBoundTheSearch()
{
    const VirtAddr task = symbol("init_task");
    const auto where = [&](SearchScope scope, const char *range = "") {
        SearchForm form = formOf(SearchKind::Text, QStringLiteral("a"));
        form.scope = scope;
        form.range = QString::fromLatin1(range);
        return makeSearchQuery(session(), form, task).value().where;
    };
    QCOMPARE(where(SearchScope::All).size(), session().segments().all().size());
    const AddrRange segment = session().segments().find(task)->range();
    QCOMPARE(where(SearchScope::Segment), std::vector<AddrRange>{segment});
    const auto object = where(SearchScope::Range, "init_task");
    QCOMPARE(object.size(), std::size_t{1});
    QCOMPARE(object[0].first, task);
    QCOMPARE(object[0].size(), evaluate(session().context(), "sizeof(init_task)").value().scalar().value());
    QCOMPARE(where(SearchScope::Range, "init_task..init_task.comm").at(0).last + 1,
             *evaluate(session().context(), "init_task.comm").value().address());
    for (const AddrRange &range : where(SearchScope::DirectMap))
        QCOMPARE(session().segments().find(range.first)->kind, SegmentKind::DirectMap);
    const auto around = where(SearchScope::Around);
    QVERIFY(std::ranges::any_of(around, [&](const AddrRange &range) { return range.contains(task); }));
    QVERIFY(around.front().first >= task - (1 << 20) && around.back().last <= task + (1 << 20));
}

void TestSearch::oneKeySearchesForText()
{
    QTest::keyClick(window_.get(), Qt::Key_F, Qt::ControlModifier);
    auto *edit = window_->findChild<QLineEdit *>(QStringLiteral("searchText"));
    QTRY_VERIFY_WITH_TIMEOUT(edit->hasFocus(), kPatience);
    QVERIFY(view()->isVisible());
    QTest::keyClicks(edit, QStringLiteral("swapper/0"));
    QTest::keyClick(edit, Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(!desk()->isRunning() && model()->isSearched(), kPatience);
    const VirtAddr comm = *evaluate(session().context(), "init_task.comm").value().address();
    const int row = rowAt(comm);
    QVERIFY(row >= 0);
    QCOMPARE(text(row, SearchModel::SegmentColumn), QStringLiteral("text"));
    QVERIFY(text(row, SearchModel::PlaceColumn).startsWith(QLatin1String("init_task+0x")));
    QVERIFY(text(row, SearchModel::ValueColumn).contains(QLatin1String("swapper/0")));
    const QPoint lit = model()->index(row, SearchModel::BytesColumn).data(SearchModel::MatchRole).toPoint();
    QCOMPARE(text(row, SearchModel::BytesColumn).mid(lit.x(), lit.y()), QStringLiteral("73 77 61 70 70 65 72 2f 30"));
    QVERIFY2(status().contains(QLatin1String("found in")), qPrintable(status()));
    QCOMPARE(window_->findChild<QDockWidget *>(QStringLiteral("searchDock"))->windowTitle(),
             QStringLiteral("Search %1").arg(model()->rowCount()));
    // From the line into the table, and from there to the bytes.
    QTest::keyClick(edit, Qt::Key_Down);
    QTRY_VERIFY_WITH_TIMEOUT(view()->hasFocus(), kPatience);
    view()->setCurrentIndex(model()->index(row, 0));
    QTest::keyClick(view(), Qt::Key_Return);
    QCOMPARE(window_->browser()->tabs()->currentView()->cursor(), comm);
    QTest::keyClick(view(), Qt::Key_Escape);
    QTRY_VERIFY_WITH_TIMEOUT(edit->hasFocus(), kPatience);
}

void TestSearch::pointersSayWhatTheyPointTo()
{
    searchFor(formOf(SearchKind::Pointer, QStringLiteral("init_task")));
    QVERIFY(model()->rowCount() > 0);
    const AddrRange task = *AddrRange::sized(
        symbol("init_task"), evaluate(session().context(), "sizeof(init_task)").value().scalar().value());
    for (int row = 0; row < model()->rowCount(); ++row) {
        QVERIFY(task.contains(VirtAddr(model()->at(row).found)));
        QVERIFY(text(row, SearchModel::ValueColumn).contains(QStringLiteral(" → init_task")));
    }
}

void TestSearch::wrongInputKeepsWhatIsListed()
{
    searchFor(formOf(SearchKind::Text, QStringLiteral("swapper/0")));
    const int before = model()->rowCount();
    QVERIFY(before > 0);
    searchFor(formOf(SearchKind::Bytes, QStringLiteral("zz")));
    QCOMPARE(model()->rowCount(), before);
    QCOMPARE(model()->form().kind, SearchKind::Text);
    QVERIFY2(status().contains(QLatin1String("zz")), qPrintable(status()));
    searchFor(formOf(SearchKind::Text, QStringLiteral("nowhere in this kernel")));
    QCOMPARE(model()->rowCount(), 0);
    QVERIFY2(status().startsWith(QLatin1String("0 found")), qPrintable(status()));
}

void TestSearch::rowsKeepTheirPlaceWhenSorted()
{
    searchFor(numbers(QStringLiteral("1..1000")));
    const int rows = model()->rowCount();
    QVERIFY(rows > 10);
    window_->browser()->live()->setFrozen(true); // values stand while they are compared
    QTest::qWait(300);
    const QPersistentModelIndex kept = model()->index(rows / 2, 0);
    const VirtAddr address = model()->at(kept.row()).address;
    for (const int column : {SearchModel::ValueColumn, SearchModel::PlaceColumn, SearchModel::SegmentColumn,
                             SearchModel::BytesColumn, SearchModel::FoundColumn}) {
        view()->sortByColumn(column, Qt::DescendingOrder);
        QTRY_VERIFY_WITH_TIMEOUT(model()->isArranged(), kPatience);
        QCOMPARE(model()->rowCount(), rows);
        QCOMPARE(model()->at(kept.row()).address, address);
    }
    QVERIFY(std::ranges::is_sorted(model()->rows(), std::ranges::greater{}, &SearchRow::found));
    view()->sortByColumn(SearchModel::AddressColumn, Qt::DescendingOrder);
    QTRY_VERIFY_WITH_TIMEOUT(model()->isArranged(), kPatience);
    QVERIFY(std::ranges::is_sorted(model()->rows(), std::ranges::greater{}, &SearchRow::address));
    // Names are ordered as they read, and where they are the same, by address.
    view()->sortByColumn(SearchModel::PlaceColumn, Qt::AscendingOrder);
    QTRY_VERIFY_WITH_TIMEOUT(model()->isArranged(), kPatience);
    for (int row = 1; row < rows; ++row) {
        const QString above = text(row - 1, SearchModel::PlaceColumn);
        const QString here = text(row, SearchModel::PlaceColumn);
        QVERIFY2(above < here || (above == here && model()->at(row - 1).address < model()->at(row).address),
                 qPrintable(above + QStringLiteral(" / ") + here));
    }
    // An order of rows that are others by now changes nothing.
    const quint64 order = model()->order();
    std::vector<std::uint32_t> late(static_cast<std::size_t>(rows));
    model()->setOrder(order - 1, late);
    QCOMPARE(model()->order(), order);
    QCOMPARE(model()->at(kept.row()).address, address);
    view()->sortByColumn(SearchModel::AddressColumn, Qt::DescendingOrder);
    QTRY_VERIFY_WITH_TIMEOUT(model()->isArranged(), kPatience);
    // The order holds for what is found next.
    searchFor(numbers(QStringLiteral("1..2000")));
    QTRY_VERIFY_WITH_TIMEOUT(model()->isArranged(), kPatience);
    QVERIFY(std::ranges::is_sorted(model()->rows(), std::ranges::greater{}, &SearchRow::address));
}

void TestSearch::longResultsAreCutAndSaySo()
{
    tester_.reset(); // it asks about every row at every change, which takes minutes of so many
    searchFor(formOf(SearchKind::Bytes, QStringLiteral("00")));
    QCOMPARE(model()->rowCount(), static_cast<int>(SearchModel::kLimit));
    QVERIFY2(status().contains(QLatin1String("there may be more")), qPrintable(status()));
    // Of numbers all are kept to be scanned, and as many as that are listed.
    SearchForm form = formOf(SearchKind::Integer, QStringLiteral("0"));
    form.width = 1;
    searchFor(form);
    QCOMPARE(model()->rowCount(), static_cast<int>(SearchModel::kLimit));
    QVERIFY2(status().contains(QLatin1String("are listed")), qPrintable(status()));
}

void TestSearch::valuesInSightAreLive()
{
    const VirtAddr jiffies = symbol("jiffies_64");
    searchFor(numbers(QStringLiteral("!0"), SearchScope::Range, QStringLiteral("jiffies_64")));
    const int row = rowAt(jiffies);
    QVERIFY(row >= 0);
    QTRY_VERIFY_WITH_TIMEOUT(model()->at(row).value > model()->at(row).found, kPatience);
    QVERIFY(model()->at(row).changed != SearchRow::Clock::time_point{});
    QVERIFY(!text(row, SearchModel::FoundColumn).isEmpty());
    window_->browser()->live()->setFrozen(true);
    QTest::qWait(300); // what was on its way
    const std::uint64_t frozen = model()->at(row).value;
    QTest::qWait(400);
    QCOMPARE(model()->at(row).value, frozen);
    // A number that changed during every read says so, until it does not.
    const AddrRange range = model()->at(row).range();
    const MemoryBlock block = session().memory().read(range.first, range.size());
    const auto take = [&](const std::vector<AddrRange> &torn) {
        model()->take(std::span(&row, 1), std::span(&block, 1), torn);
        return text(row, SearchModel::ValueColumn).endsWith(QLatin1String("torn"));
    };
    QVERIFY(take({{jiffies, jiffies}}));
    QVERIFY(!take({{range.first, jiffies - 1}}));
    QVERIFY(!take({}));
}

void TestSearch::scansNarrowAndAreTakenBack()
{
    const VirtAddr jiffies = symbol("jiffies_64");
    searchFor(numbers(QStringLiteral("!0")));
    const int all = model()->rowCount();
    QVERIFY(all > 10 && rowAt(jiffies) >= 0);
    auto *test = window_->findChild<ChoiceButton *>(QStringLiteral("searchTest"));
    QVERIFY(test->isVisible());
    const auto scan = [this](ScanTest what, const QString &values = {}) {
        desk()->scan({what, values});
        QTRY_VERIFY_WITH_TIMEOUT(!desk()->isRunning(), kPatience);
    };
    QTest::qWait(200);
    scan(ScanTest::Increased);
    const int grown = model()->rowCount();
    QVERIFY(grown > 0 && grown < all);
    QVERIFY(rowAt(jiffies) >= 0);
    QVERIFY2(status().contains(QLatin1String(" left")), qPrintable(status()));
    QTest::qWait(200);
    scan(ScanTest::Unchanged);
    QCOMPARE(rowAt(jiffies), -1);
    // What was typed is judged, and what is left stays.
    const int still = model()->rowCount();
    scan(ScanTest::Matching, QStringLiteral("many"));
    QCOMPARE(model()->rowCount(), still);
    desk()->undo();
    QTRY_VERIFY_WITH_TIMEOUT(!desk()->isRunning(), kPatience);
    QCOMPARE(model()->rowCount(), grown);
    scan(ScanTest::Matching, QString::number(model()->at(rowAt(jiffies)).found) + QStringLiteral("..") +
                                 QString::number(model()->at(rowAt(jiffies)).found + 1000000));
    QVERIFY(rowAt(jiffies) >= 0);
    // Rows of a scan get their bytes when they are seen.
    QTRY_VERIFY_WITH_TIMEOUT(!text(0, SearchModel::BytesColumn).isEmpty(), kPatience);
}

void TestSearch::unknownValuesCanBeNarrowed()
{
    SearchForm form = numbers({}, SearchScope::Range, QStringLiteral("jiffies_64"));
    form.kind = SearchKind::AnyValue;
    searchFor(form);
    QCOMPARE(model()->rowCount(), 1);
    QTest::qWait(200);
    desk()->scan({ScanTest::Changed, {}});
    QTRY_VERIFY_WITH_TIMEOUT(!desk()->isRunning(), kPatience);
    QCOMPARE(model()->rowCount(), 1);
    QTest::qWait(200);
    desk()->scan({ScanTest::Decreased, {}});
    QTRY_VERIFY_WITH_TIMEOUT(!desk()->isRunning(), kPatience);
    QCOMPARE(model()->rowCount(), 0);
}

void TestSearch::cancelKeepsWhatWasFound()
{
    QTest::keyClick(window_.get(), Qt::Key_F, Qt::ControlModifier);
    desk()->panel()->setForm(numbers(QStringLiteral("0"), SearchScope::All));
    desk()->start();
    QVERIFY(desk()->isRunning());
    desk()->cancel();
    QTRY_VERIFY_WITH_TIMEOUT(!desk()->isRunning(), kPatience);
    QVERIFY2(status().contains(QLatin1String("ancelled")), qPrintable(status()));
    // Another one can begin at once.
    searchFor(formOf(SearchKind::Text, QStringLiteral("swapper/0")));
    QVERIFY(model()->rowCount() > 0);
}

void TestSearch::keysWatchBookmarkAndCopy()
{
    searchFor(formOf(SearchKind::Text, QStringLiteral("swapper/0")));
    const int row = rowAt(*evaluate(session().context(), "init_task.comm").value().address());
    QVERIFY(row >= 0);
    focus(view());
    view()->setCurrentIndex(model()->index(row, 0));
    QTest::keyClick(view(), Qt::Key_B);
    QCOMPARE(window_->bookmarks()->rowCount(), 1);
    QCOMPARE(window_->bookmarks()->addressAt(0), std::optional(model()->at(row).address));
    QTest::keyClick(view(), Qt::Key_C, Qt::ControlModifier);
    QVERIFY(QGuiApplication::clipboard()->text().startsWith(text(row, SearchModel::AddressColumn)));
    QTest::keyClick(view(), Qt::Key_W);
    QTRY_COMPARE_WITH_TIMEOUT(window_->watches()->model()->rowCount(), 1, kPatience);
    QCOMPARE(window_->watches()->model()->index(0, WatchModel::ExpressionColumn).data().toString(),
             QStringLiteral("init_task.comm"));
}

void TestSearch::exportsHoldEveryRow()
{
    searchFor(numbers(QStringLiteral("1..5")));
    const auto rows = model()->rowCount();
    QVERIFY(rows > 0);
    QSignalSpy said(desk(), &SearchDesk::message);
    QSignalSpy failed(desk(), &SearchDesk::failed);
    const QString csv = dir_.filePath(QStringLiteral("found.csv"));
    desk()->exportTo(csv);
    QTRY_COMPARE_WITH_TIMEOUT(said.size(), 1, kPatience);
    QFile file(csv);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray text = file.readAll();
    QVERIFY(text.startsWith("address,segment,place,value,found,bytes\r\n"));
    QCOMPARE(text.count('\n'), rows + 1);
    desk()->exportTo(dir_.filePath(QStringLiteral("found.json")));
    QTRY_COMPARE_WITH_TIMEOUT(said.size(), 2, kPatience);
    QFile json(dir_.filePath(QStringLiteral("found.json")));
    QVERIFY(json.open(QIODevice::ReadOnly));
    const QJsonArray array = QJsonDocument::fromJson(json.readAll()).array();
    QCOMPARE(array.size(), rows);
    QCOMPARE(array[0].toObject()[QStringLiteral("address")].toString(),
             QString::fromStdString(hex(model()->at(0).address)));
    desk()->exportTo(QStringLiteral("/nonexistent/found.csv"));
    QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, kPatience);
}

void TestSearch::whatWasFoundIsDimmedWhenItMayBeWrong()
{
    searchFor(formOf(SearchKind::Text, QStringLiteral("swapper/0")));
    const int rows = model()->rowCount();
    QSignalSpy changed(model(), &QAbstractItemModel::dataChanged);
    model()->setStale(QStringLiteral("gone"));
    QCOMPARE(changed.size(), 1);
    QCOMPARE(model()->rowCount(), rows);
    QVERIFY(model()->index(0, 0).data(Qt::ToolTipRole).toString().endsWith(QLatin1String("gone")));
    // A row whose memory is refused says so and keeps its bytes.
    const SearchRow row = model()->at(0);
    const AddrRange range = row.range();
    const MemoryBlock refused(range.first, std::vector<std::byte>(range.size()), {{range, {PageStatus::Error, 5}}});
    const int first = 0;
    model()->take(std::span(&first, 1), std::span(&refused, 1));
    QCOMPARE(text(0, SearchModel::ValueColumn), QStringLiteral("??"));
    QCOMPARE(model()->at(0).bytes, row.bytes);
}

void TestSearch::whatWasFoundStaysWhenModulesGo()
{
    ks::test::GrowingDemo growing;
    tester_.reset();
    Openers openers;
    openers.kernel = [](const SessionOptions &options, Progress &progress) { return Session::open(options, progress); };
    window_ = std::make_unique<MainWindow>(std::move(openers), QString());
    window_->show();
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened);
    window_->open({TargetRequest::Kind::Kernel, growing.options(), false});
    QVERIFY(opened.wait(kPatience));
    QTRY_VERIFY_WITH_TIMEOUT(!window_->browser()->growth()->isIndexing(), kPatience);
    searchFor(formOf(SearchKind::Text, QStringLiteral("swapper/0")));
    const int rows = model()->rowCount();
    QVERIFY(rows > 0);
    // Other types of the same kernel change nothing.
    QCOMPARE(model()->staleReason(), QString());
    // What failed since has no result, but what is listed has.
    searchFor(formOf(SearchKind::Bytes, QStringLiteral("zz")));
    growing.unloadModule();
    window_->browser()->growth()->checkModules();
    QTRY_VERIFY2_WITH_TIMEOUT(model()->staleReason().contains(QLatin1String("odules")), qPrintable(status()),
                              kPatience);
    QCOMPARE(model()->rowCount(), rows);
    QVERIFY2(status().contains(QLatin1String("search again")), qPrintable(status()));
    QVERIFY2(status().contains(QStringLiteral("%1 found").arg(rows)), qPrintable(status()));
    searchFor(formOf(SearchKind::Text, QStringLiteral("swapper/0")));
    QCOMPARE(model()->staleReason(), QString());
}

QTEST_MAIN(TestSearch)
#include "test_search.moc"
