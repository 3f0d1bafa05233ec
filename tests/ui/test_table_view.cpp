// The columns of a table fit its view until the person gives them widths of their own, which are then kept.
#include "ui/views/search_view.h"
#include "ui/views/theme.h"
#include "ui/windows/main_window.h"

#include <QAction>
#include <QApplication>
#include <QHeaderView>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "resources/demo/demo_session.h"

using namespace ks;
using namespace ks::ui;

class TestTableView : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(*qApp); }
    void columnsFitTheView();
    void ownWidthsStay();
    void aSessionKeepsWhatWasChosen();

private:
    SearchModel model_;
};

namespace {

std::unique_ptr<MainWindow> openWindow(const QString &state)
{
    Openers openers;
    openers.demo = [](const SessionOptions &options, Progress &progress) {
        return demo::openSession(options, progress, 1);
    };
    auto window = std::make_unique<MainWindow>(std::move(openers), state);
    window->show();
    QSignalSpy opened(window.get(), &MainWindow::kernelOpened);
    window->open({TargetRequest::Kind::Demo, {}, false});
    return opened.wait(20000) ? std::move(window) : nullptr;
}

/// The border on the right of a column, by the mouse.
void drag(QHeaderView *header, int column, int by)
{
    const QPoint border(header->sectionViewportPosition(column) + header->sectionSize(column) - 1,
                        header->height() / 2);
    QTest::mousePress(header->viewport(), Qt::LeftButton, {}, border);
    QMouseEvent move(QEvent::MouseMove, border + QPoint(by, 0), header->viewport()->mapToGlobal(border + QPoint(by, 0)),
                     Qt::LeftButton, Qt::LeftButton, {});
    QApplication::sendEvent(header->viewport(), &move);
    QTest::mouseRelease(header->viewport(), Qt::LeftButton, {}, border + QPoint(by, 0));
}

} // namespace

void TestTableView::columnsFitTheView()
{
    SearchView view(&model_);
    view.resize(900, 200);
    view.show();
    const int fitting = view.header()->sectionSize(SearchModel::PlaceColumn);
    view.resize(1200, 200);
    QVERIFY(view.saveColumns().isEmpty()); // nobody has moved any
    QCOMPARE(view.header()->sectionSize(SearchModel::PlaceColumn), fitting);
}

void TestTableView::ownWidthsStay()
{
    SearchView view(&model_);
    view.resize(900, 200);
    view.show();
    const int fitting = view.header()->sectionSize(SearchModel::PlaceColumn);
    drag(view.header(), SearchModel::PlaceColumn, 77);
    view.resize(1200, 200);
    QCOMPARE(view.header()->sectionSize(SearchModel::PlaceColumn), fitting + 77);

    SearchView next(&model_);
    next.restoreColumns(view.saveColumns());
    next.resize(1000, 200);
    next.show();
    QCOMPARE(next.header()->sectionSize(SearchModel::PlaceColumn), fitting + 77);
    next.header()->actions().first()->trigger(); // "fit the columns"
    QCOMPARE(next.header()->sectionSize(SearchModel::PlaceColumn), fitting);
    QVERIFY(next.saveColumns().isEmpty());
    next.restoreColumns("no widths at all");
    QVERIFY(next.saveColumns().isEmpty());
}

void TestTableView::aSessionKeepsWhatWasChosen()
{
    QTemporaryDir dir;
    const QString state = dir.filePath(QStringLiteral("session.json"));
    const auto columns = [](const MainWindow &window) { return window.findChild<SearchView *>()->header(); };
    const auto base = [](const MainWindow &window) {
        for (const QAction *action : window.findChildren<QAction *>())
            if (action->isCheckable() && action->isChecked() &&
                action->text().contains(QLatin1String("since the last")))
                return action->text();
        return QString();
    };
    auto window = openWindow(state);
    QVERIFY(window);
    const QString tick = base(*window);
    const int fitting = columns(*window)->sectionSize(SearchModel::PlaceColumn);
    drag(columns(*window), SearchModel::PlaceColumn, 30);
    QTest::keyClick(window.get(), Qt::Key_2, Qt::AltModifier);
    QVERIFY(base(*window) != tick);
    QVERIFY(window->save());
    const QString chosen = base(*window);
    window = openWindow(state);
    QVERIFY(window);
    QCOMPARE(columns(*window)->sectionSize(SearchModel::PlaceColumn), fitting + 30);
    QCOMPARE(base(*window), chosen);
}

QTEST_MAIN(TestTableView)
#include "test_table_view.moc"
