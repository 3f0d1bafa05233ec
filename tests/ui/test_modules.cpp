// The table of modules, and a session that grows behind an open window.
#include "tests/support/growing_demo.h"
#include "ui/models/modules_model.h"
#include "ui/workers/session_growth.h"
#include "ui/workers/session_worker.h"

#include <QAbstractItemModelTester>
#include <QScopeGuard>
#include <QSignalSpy>
#include <QSortFilterProxyModel>
#include <QTest>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>

using namespace ks;
using namespace ks::ui;

namespace {

constexpr int kPatience = 20000;

using SessionPtr = std::shared_ptr<const Session>;

SessionPtr openDemo(const ks::test::GrowingDemo &demo, TypesChoice types = TypesChoice::Quick)
{
    Progress progress;
    return Session::open(demo.options(types), progress).value();
}

/// Accepts connections and never says a word.
class SilentServer {
public:
    SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(socket_, reinterpret_cast<sockaddr *>(&address), size) != 0 || ::listen(socket_, 8) != 0 ||
            ::getsockname(socket_, reinterpret_cast<sockaddr *>(&address), &size) != 0)
            throw std::runtime_error("no server on the loopback device");
        port_ = ntohs(address.sin_port);
    }
    ~SilentServer() { ::close(socket_); }
    SilentServer(const SilentServer &) = delete;
    SilentServer &operator=(const SilentServer &) = delete;

    QByteArray url() const { return "http://127.0.0.1:" + QByteArray::number(port_); }

private:
    int socket_;
    int port_ = 0;
};

} // namespace

class TestModules : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { demo_ = std::make_unique<ks::test::GrowingDemo>(); }
    void cleanup() { demo_.reset(); }
    void tableShowsTheModule();
    void everyColumnSorts();
    void rowsComeAndGo();
    void typesAreToldOnceTheyAreOpened();
    void typesGrow();
    void cancelKeepsTheOldTypes();
    void aDownloadIsShownAndCancelled();
    void nothingPendingStartsNothing();
    void modulesComeAndGo();
    void aBrokenListIsNoNews();

private:
    std::unique_ptr<ks::test::GrowingDemo> demo_;
};

void TestModules::tableShowsTheModule()
{
    ModulesModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(model.rowCount(), 0);
    model.setSession(openDemo(*demo_));
    QCOMPARE(model.rowCount(), 1);
    const auto text = [&](int column) { return model.index(0, column).data().toString(); };
    QCOMPARE(text(ModulesModel::NameColumn), QStringLiteral("demo_net"));
    QCOMPARE(text(ModulesModel::BaseColumn), QString::fromStdString(hex(demo_->kernel->moduleBase())));
    QCOMPARE(text(ModulesModel::StateColumn), QStringLiteral("live"));
    QVERIFY(text(ModulesModel::SizeColumn).contains(QLatin1String("KiB")));
    QCOMPARE(text(ModulesModel::TypesColumn), QString());
    const QString details = model.index(0, 0).data(Qt::ToolTipRole).toString();
    QVERIFY2(details.contains(QString::fromStdString(hex(model.at(0).address))), qPrintable(details));
    for (int column = 0; column < model.columnCount(); ++column)
        QVERIFY(!model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString().isEmpty());
    model.setSession(nullptr);
    QCOMPARE(model.rowCount(), 0);
}

void TestModules::everyColumnSorts()
{
    ModulesModel model;
    const SessionPtr session = openDemo(*demo_);
    model.setSession(session);
    QSortFilterProxyModel sorted;
    sorted.setSourceModel(&model);
    sorted.setSortRole(ModulesModel::SortRole);
    const QAbstractItemModelTester tester(&sorted, QAbstractItemModelTester::FailureReportingMode::QtTest);
    for (int column = 0; column < model.columnCount(); ++column)
        for (const Qt::SortOrder order : {Qt::AscendingOrder, Qt::DescendingOrder}) {
            sorted.sort(column, order);
            QCOMPARE(sorted.rowCount(), 1);
            QVERIFY(model.index(0, column).data(ModulesModel::SortRole).isValid());
        }
    // By number, not by the text of numbers.
    const kernel::Module &module = session->modules().at(0);
    QCOMPARE(model.index(0, ModulesModel::BaseColumn).data(ModulesModel::SortRole).toULongLong(),
             module.layout.base.value);
    QCOMPARE(model.index(0, ModulesModel::SizeColumn).data(ModulesModel::SortRole).toULongLong(), module.layout.size);
    QCOMPARE(model.index(0, ModulesModel::UsesColumn).data(ModulesModel::SortRole).toLongLong(),
             static_cast<qlonglong>(module.refcount.value_or(-1)));
}

void TestModules::rowsComeAndGo()
{
    ModulesModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    Progress progress;
    const SessionPtr quick = openDemo(*demo_);
    model.setSession(quick);
    const QPersistentModelIndex row = model.index(0, 0);
    QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    model.setSession(quick->withAllTypes(progress).value());
    QVERIFY(row.isValid()); // what is chosen stays so
    demo_->unloadModule();
    const SessionPtr without = quick->withModulesOfNow(progress).value();
    model.setSession(without);
    QCOMPARE(model.rowCount(), 0);
    QVERIFY(!row.isValid());
    demo_->loadModule();
    model.setSession(without->withModulesOfNow(progress).value());
    QCOMPARE(model.rowCount(), 1);
    QCOMPARE(reset.count(), 0);
}

void TestModules::typesAreToldOnceTheyAreOpened()
{
    ModulesModel model;
    const SessionPtr session = openDemo(*demo_);
    model.setSession(session);
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    session->openModuleTypes("demo_net");
    model.refreshTypes();
    QCOMPARE(changed.count(), 1);
    QCOMPARE(model.index(0, ModulesModel::TypesColumn).data().toString(), QStringLiteral("DWARF"));
}

void TestModules::typesGrow()
{
    const SessionPtr quick = openDemo(*demo_);
    SessionGrowth growth(quick);
    QSignalSpy grown(&growth, &SessionGrowth::grown);
    QSignalSpy progressed(&growth, &SessionGrowth::progressed);
    QSignalSpy failed(&growth, &SessionGrowth::failed);
    growth.start();
    QVERIFY(growth.isIndexing());
    QCOMPARE(progressed.at(0).at(0).toString(),
             QStringLiteral("indexing %1").arg(QString::fromStdString(quick->info().typesPending)));
    QVERIFY(grown.wait(kPatience));
    const auto full = grown.at(0).at(0).value<SessionPtr>();
    QVERIFY(full);
    QCOMPARE(QString::fromStdString(std::string(full->types()->format())), QStringLiteral("DWARF"));
    QCOMPARE(grown.at(0).at(1).toString(),
             QStringLiteral("types now come from %1").arg(QString::fromStdString(quick->info().typesPending)));
    QVERIFY(!growth.isIndexing());
    QCOMPARE(progressed.last().at(0).toString(), QString());
    QCOMPARE(progressed.last().at(1).toInt(), -1);
    QCOMPARE(failed.count(), 0);
}

void TestModules::cancelKeepsTheOldTypes()
{
    const SessionPtr quick = openDemo(*demo_);
    SessionGrowth growth(quick);
    QSignalSpy grown(&growth, &SessionGrowth::grown);
    QSignalSpy progressed(&growth, &SessionGrowth::progressed);
    QSignalSpy failed(&growth, &SessionGrowth::failed);
    growth.start();
    growth.cancel();
    QVERIFY(!growth.isIndexing());
    QCOMPARE(progressed.last().at(0).toString(), QString());
    const auto told = progressed.count();
    QTest::qWait(500);
    QCOMPARE(grown.count(), 0);
    QCOMPARE(failed.count(), 0); // that it was cancelled is no news to who did it
    QCOMPARE(progressed.count(), told);
    QCOMPARE(QString::fromStdString(std::string(quick->types()->format())), QStringLiteral("BTF"));
    growth.start(); // another time
    QVERIFY(grown.wait(kPatience));
}

void TestModules::aDownloadIsShownAndCancelled()
{
    const SilentServer server;
    qputenv("DEBUGINFOD_URLS", server.url());
    qputenv("DEBUGINFOD_CACHE_PATH", (demo_->folder / "debuginfod").c_str());
    const auto forget = qScopeGuard([] { qunsetenv("DEBUGINFOD_URLS"); });
    std::filesystem::remove(demo_->folder / "demo_net.ko");
    const SessionPtr session = openDemo(*demo_);
    SessionGrowth growth(session);
    SessionWorker worker(session);
    growth.watch(&worker);
    QSignalSpy progressed(&growth, &SessionGrowth::progressed);
    bool done = false;
    worker.post(
        worker.newChannel(), [](const Session &opened) { opened.openModuleTypes("demo_net"); }, this,
        [&done] { done = true; });
    QTRY_VERIFY_WITH_TIMEOUT(progressed.count() > 0, kPatience);
    QCOMPARE(progressed.at(0).at(0).toString(), QStringLiteral("opening debug information of demo_net"));
    QVERIFY(!done);
    growth.cancel();
    QCOMPARE(progressed.last().at(0).toString(), QString());
    QTRY_VERIFY_WITH_TIMEOUT(done, kPatience);
    QVERIFY(!session->moduleOpening());
    QVERIFY(QString::fromStdString(session->moduleTypesFrom("demo_net")).contains(QStringLiteral("cancelled")));
}

void TestModules::nothingPendingStartsNothing()
{
    SessionGrowth growth(openDemo(*demo_, TypesChoice::Dwarf));
    QSignalSpy progressed(&growth, &SessionGrowth::progressed);
    growth.start();
    QVERIFY(!growth.isIndexing());
    QCOMPARE(progressed.count(), 0);
}

void TestModules::modulesComeAndGo()
{
    SessionGrowth growth(openDemo(*demo_));
    QSignalSpy grown(&growth, &SessionGrowth::grown);
    growth.checkModules();
    QTest::qWait(300);
    QCOMPARE(grown.count(), 0); // the same modules are no news
    demo_->unloadModule();
    growth.checkModules();
    QVERIFY(grown.wait(kPatience));
    QCOMPARE(grown.at(0).at(1).toString(), QStringLiteral("modules: demo_net unloaded"));
    QVERIFY(grown.at(0).at(0).value<SessionPtr>()->modules().empty());
    // What grows next, grows from that.
    growth.start();
    QVERIFY(grown.wait(kPatience));
    QVERIFY(grown.at(1).at(0).value<SessionPtr>()->modules().empty());
    demo_->loadModule();
    growth.checkModules();
    QVERIFY(grown.wait(kPatience));
    QCOMPARE(grown.at(2).at(1).toString(), QStringLiteral("modules: demo_net loaded"));
    QVERIFY(grown.at(2).at(0).value<SessionPtr>()->info().typesPending.empty());
}

void TestModules::aBrokenListIsNoNews()
{
    SessionGrowth growth(openDemo(*demo_));
    QSignalSpy grown(&growth, &SessionGrowth::grown);
    QSignalSpy failed(&growth, &SessionGrowth::failed);
    demo_->breakList();
    growth.checkModules();
    QTest::qWait(300);
    QCOMPARE(grown.count() + failed.count(), 0);
    demo_->unloadModule();
    growth.checkModules();
    QVERIFY(grown.wait(kPatience));
}

QTEST_GUILESS_MAIN(TestModules)
#include "test_modules.moc"
