// Snapshots and differences in the window, which is driven by its keys, on the demo kernel.
#include "core/memory/open_core.h"
#include "resources/demo/demo_kernel.h"
#include "resources/demo/demo_session.h"
#include "ui/views/diff_dialog.h"
#include "ui/views/snapshot_dialog.h"
#include "ui/views/theme.h"
#include "ui/windows/kernel_browser.h"
#include "ui/windows/main_window.h"
#include "ui/windows/snapshot_desk.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDockWidget>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <algorithm>

using namespace ks;
using namespace ks::ui;

namespace {

constexpr int kPatience = 30000;

} // namespace

class TestSnapshotWindow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup() { window_.reset(); }
    void theWindowSavesAndCompares();
    void theDialogAsksBeforeItReplaces();
    void theSelectionIsSaved();
    void errorsAreSentences();

private:
    QString path(const char *name) const { return dir_.filePath(QString::fromLatin1(name)); }
    std::filesystem::path file(const char *name) const { return path(name).toStdString(); }
    template <class Dialog>
    Dialog *dialog()
    {
        return window_->findChild<Dialog *>();
    }

    QTemporaryDir dir_;
    std::unique_ptr<MainWindow> window_;
};

void TestSnapshotWindow::initTestCase()
{
    QVERIFY(dir_.isValid());
    // The name that the dialog offers lies in the home folder.
    qputenv("HOME", dir_.path().toUtf8());
    Theme::instance().install(*qApp);
}

void TestSnapshotWindow::init()
{
    Openers openers;
    openers.demo = [](const SessionOptions &options, Progress &progress) {
        return demo::openSession(options, progress, 1);
    };
    window_ = std::make_unique<MainWindow>(std::move(openers), QString());
    window_->show();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened);
    window_->open({TargetRequest::Kind::Demo, {}, false});
    QVERIFY(opened.wait(kPatience));
    QTRY_VERIFY_WITH_TIMEOUT(window_->browser()->inspector()->range().has_value(), kPatience);
}

void TestSnapshotWindow::theWindowSavesAndCompares()
{
    SnapshotDesk *desk = window_->snapshots();
    QTest::keyClick(window_.get(), Qt::Key_S, Qt::ControlModifier | Qt::ShiftModifier);
    QPointer<SnapshotDialog> ask = dialog<SnapshotDialog>();
    QVERIFY(ask);
    const auto name = ask->file()->path();
    QCOMPARE(QString::fromStdString(name.parent_path().string()), dir_.path());
    QVERIFY(name.filename().string().starts_with(std::string(demo::kRelease) + "-20"));
    QCOMPARE(name.extension().string(), ".core");
    QPushButton *save = ask->findChild<QDialogButtonBox *>()->button(QDialogButtonBox::Save);
    QTRY_VERIFY_WITH_TIMEOUT(save->isEnabled(), kPatience);
    QVERIFY2(ask->spaceText().contains(QLatin1String(" are free there.")), qPrintable(ask->spaceText()));
    // By keys it goes from what is chosen to the file, and from there to the buttons.
    QVERIFY(qobject_cast<QRadioButton *>(ask->focusWidget()));
    QTest::keyClick(ask->focusWidget(), Qt::Key_Tab);
    QCOMPARE(ask->focusWidget(), ask->file()->edit());
    QTest::keyClick(ask->focusWidget(), Qt::Key_Tab); // looks for a file
    QTest::keyClick(ask->focusWidget(), Qt::Key_Tab);
    QCOMPARE(ask->focusWidget(), save);
    ask->file()->setText(QStringLiteral("~/window.core"));
    QVERIFY(!save->isEnabled());
    QTRY_VERIFY_WITH_TIMEOUT(save->isEnabled(), kPatience);
    QTest::mouseClick(save, Qt::LeftButton);
    auto *status = window_->findChild<QLabel *>(QStringLiteral("snapshotStatus"));
    QTRY_VERIFY2_WITH_TIMEOUT(status->isVisible() && status->text().contains(QLatin1String("saved window.core")),
                              qPrintable(status->text()), kPatience);
    QVERIFY(status->text().contains(QLatin1String("href='open'")));
    QVERIFY(QFile::exists(path("window.core")));

    // The snapshot that was made last is offered.
    QTRY_VERIFY_WITH_TIMEOUT(!ask, kPatience);
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QTest::keyClick(window_.get(), Qt::Key_D, Qt::ControlModifier | Qt::ShiftModifier);
    QPointer<DiffDialog> how = dialog<DiffDialog>();
    QVERIFY(how);
    QCOMPARE(how->file()->path(), file("window.core"));
    how->byBytes()->setChecked(true);
    QPushButton *compare = how->findChild<QDialogButtonBox *>()->button(QDialogButtonBox::Ok);
    how->limitLine()->setText(QStringLiteral("0"));
    QVERIFY(!compare->isEnabled());
    how->limitLine()->setText(QStringLiteral("2"));
    QCOMPARE(how->limit(), 2u);
    QVERIFY(compare->isEnabled());
    QTest::mouseClick(how->findChild<QDialogButtonBox *>()->button(QDialogButtonBox::Ok), Qt::LeftButton);
    auto *dock = window_->findChild<QDockWidget *>(QStringLiteral("diffDock"));
    QTRY_VERIFY_WITH_TIMEOUT(desk->panel()->isVisible(), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(!desk->isBusy() && desk->model()->count() > 0, kPatience);
    QCOMPARE(desk->model()->rowCount(), 6);
    QCOMPARE(desk->model()->cuts().size(), 2);
    QCOMPARE(desk->model()->count(), 4u);
    auto *summary = window_->findChild<QLabel *>(QStringLiteral("diffSummary"));
    QVERIFY2(summary->text().startsWith(desk->model()->cuts().first()), qPrintable(summary->text()));
    desk->setLimit(20'000);
    desk->diffWithLast();
    QTRY_VERIFY_WITH_TIMEOUT(!desk->isBusy() && desk->model()->count() > 4, kPatience);
    QCOMPARE(desk->model()->rowCount(), 5);
    QTRY_COMPARE_WITH_TIMEOUT(dock->windowTitle(), QStringLiteral("Diff %1").arg(desk->model()->count()), kPatience);

    // A difference leads to its bytes.
    DiffView *view = desk->panel()->view();
    desk->panel()->filter()->setText(QStringLiteral("jiffies_64"));
    const QModelIndex variables = view->model()->index(0, 0);
    const QModelIndex jiffies = view->model()->index(0, 0, variables);
    QVERIFY(jiffies.isValid());
    view->setCurrentIndex(jiffies);
    view->setFocus();
    QTest::keyClick(view, Qt::Key_Return);
    const VirtAddr address = *view->entryAt(jiffies)->after;
    QCOMPARE(window_->browser()->tabs()->currentView()->cursor(), address);

    QCOMPARE(desk->exportTo(path("diff.csv")), QString());
    QCOMPARE(desk->exportTo(path("diff.json")), QString());
    QVERIFY(QFileInfo(path("diff.csv")).size() > 100);
    QFile json(path("diff.json"));
    QVERIFY(json.open(QIODevice::ReadOnly));
    QCOMPARE(static_cast<std::size_t>(QJsonDocument::fromJson(json.readAll()).array().size()), desk->model()->count());
    QVERIFY(!desk->exportTo(path("no/such/folder.csv")).isEmpty());

    // What was compared goes with the kernel that it was compared with.
    QSignalSpy opened(window_.get(), &MainWindow::kernelOpened);
    Q_EMIT status->linkActivated(QStringLiteral("open"));
    QVERIFY(opened.wait(kPatience));
    QCOMPARE(desk->model()->rowCount(), 0);
    QVERIFY(!window_->browser()->session().memory().isLive());
    QCOMPARE(findSnapshotNote(window_->browser()->session().notes())->selection, std::string("ram"));
}

void TestSnapshotWindow::theDialogAsksBeforeItReplaces()
{
    QFile existing(path("taken.core"));
    QVERIFY(existing.open(QIODevice::WriteOnly) && existing.write("x") == 1);
    existing.close();
    auto buttons = window_->findChild<QWidget *>(QStringLiteral("topBar"))->findChildren<QToolButton *>();
    const auto button = std::ranges::find(buttons, QStringLiteral("Snapshot"), &QToolButton::text);
    QVERIFY(button != buttons.end() && (*button)->isVisible());
    QTest::mouseClick(*button, Qt::LeftButton);
    QPointer<SnapshotDialog> ask = dialog<SnapshotDialog>();
    QVERIFY(ask);
    ask->file()->setText(path("taken.core"));
    QPushButton *save = ask->findChild<QDialogButtonBox *>()->button(QDialogButtonBox::Save);
    QTRY_COMPARE_WITH_TIMEOUT(save->text(), QStringLiteral("Re&place"), kPatience);
    QVERIFY(ask->spaceText().startsWith(QLatin1String("There is such a file already.")));
    ask->file()->setText(path("none/of/these"));
    QTRY_VERIFY_WITH_TIMEOUT(ask->spaceText().contains(QLatin1String("name a folder that is there")), kPatience);
    QVERIFY(!save->isEnabled());
    ask->file()->setText(path("taken.core"));
    QTRY_VERIFY_WITH_TIMEOUT(save->isEnabled(), kPatience);
    QTest::mouseClick(save, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!window_->snapshots()->isBusy(), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(existing.size() > 4096, kPatience);
}

void TestSnapshotWindow::theSelectionIsSaved()
{
    const auto choice = [this] {
        QTest::keyClick(window_.get(), Qt::Key_S, Qt::ControlModifier | Qt::ShiftModifier);
        const auto all = dialog<SnapshotDialog>()->findChildren<QRadioButton *>();
        return *std::ranges::find(all, QStringLiteral("The se&lection"), &QRadioButton::text);
    };
    HexView *view = window_->browser()->tabs()->currentView();
    const VirtAddr begin = view->cursor();
    view->select({begin, begin});
    QPointer<QRadioButton> none = choice();
    QVERIFY(!none->isEnabled());
    dialog<SnapshotDialog>()->reject();
    QTRY_VERIFY_WITH_TIMEOUT(!none, kPatience);
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    const AddrRange range{begin, begin + 299};
    view->select(range);
    choice()->click();
    SnapshotDialog *ask = dialog<SnapshotDialog>();
    ask->file()->setText(path("selection.core"));
    QPushButton *save = ask->findChild<QDialogButtonBox *>()->button(QDialogButtonBox::Save);
    QTRY_VERIFY_WITH_TIMEOUT(save->isEnabled(), kPatience);
    save->click();
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path("selection.core")), kPatience);
    const auto saved = openCore(file("selection.core"));
    QVERIFY(saved);
    const auto segments = (*saved)->segments();
    QCOMPARE(segments.size(), std::size_t(1));
    QVERIFY(segments[0].range == range);
    QVERIFY(!(*saved)->read(begin, 300).firstMissing(begin, 300));
    QCOMPARE(findSnapshotNote((*saved)->notes())->selection, toString(range));
}

void TestSnapshotWindow::errorsAreSentences()
{
    const int errors = window_->log()->errors();
    QFile text(path("text.core"));
    QVERIFY(text.open(QIODevice::WriteOnly) && text.write("this is no core") > 0);
    text.close();
    window_->snapshots()->compareWith(file("text.core"), true, false);
    QTRY_COMPARE_WITH_TIMEOUT(window_->log()->errors(), errors + 1, kPatience);
    QVERIFY(!window_->snapshots()->isBusy());
    QVERIFY(!window_->findChild<QLabel *>(QStringLiteral("diffSummary"))->text().isEmpty());
}

QTEST_MAIN(TestSnapshotWindow)
#include "test_snapshot_window.moc"
