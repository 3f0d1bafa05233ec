// How long the table of what a search has found keeps the window from its next frame: 100,000 rows come, are sorted by
// every column, and are scanned again. Of each event the time of this thread's processor counts.
#include "resources/demo/demo_session.h"
#include "ui/views/theme.h"
#include "ui/windows/main_window.h"
#include "ui/windows/search_desk.h"

#include <QApplication>
#include <QElapsedTimer>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>

namespace {

using namespace ks;
using namespace ks::ui;

double milliseconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

/// Measures what it delivers, events within events as one.
class Application : public QApplication {
public:
    using QApplication::QApplication;
    bool notify(QObject *receiver, QEvent *event) override
    {
        if (depth_++ > 0) {
            const bool inner = QApplication::notify(receiver, event);
            --depth_;
            return inner;
        }
        const double begin = milliseconds();
        const bool done = QApplication::notify(receiver, event);
        worst = std::max(worst, milliseconds() - begin);
        --depth_;
        return done;
    }
    double worst = 0;

private:
    int depth_ = 0;
};

void report(Application &app, const char *what, const std::function<void()> &begin, const std::function<bool()> &done)
{
    constexpr qint64 kPatienceMs = 60000;
    constexpr qint64 kAfterMs = 300; // some frames more, for what comes of it
    app.worst = 0;
    QElapsedTimer timer;
    timer.start();
    const double from = milliseconds();
    begin();
    app.worst = std::max(app.worst, milliseconds() - from);
    QElapsedTimer after;
    while (timer.elapsed() < kPatienceMs && (!after.isValid() || after.elapsed() < kAfterMs)) {
        app.processEvents(QEventLoop::WaitForMoreEvents, 10);
        if (!done())
            after.invalidate();
        else if (!after.isValid())
            after.start();
    }
    std::printf("%-24s worst event %6.1f ms\n", what, app.worst);
}

} // namespace

int main(int argc, char **argv)
{
    Application app(argc, argv);
    Theme::instance().install(app);
    Openers openers;
    openers.demo = [](const SessionOptions &options, Progress &progress) {
        return demo::openSession(options, progress, 1);
    };
    MainWindow window(std::move(openers), QString());
    window.show();
    bool isOpen = false;
    QObject::connect(&window, &MainWindow::kernelOpened, &app, [&] { isOpen = true; });
    window.open({TargetRequest::Kind::Demo, {}, false});
    while (!isOpen)
        app.processEvents(QEventLoop::WaitForMoreEvents);
    SearchDesk &desk = *window.search();
    SearchModel &model = *desk.model();
    window.findChild<QWidget *>(QStringLiteral("searchDock"))->raise();

    const auto search = [&](const char *what, SearchKind kind, const char *text) {
        SearchForm form;
        form.kind = kind;
        form.text = QString::fromLatin1(text);
        form.width = 1;
        desk.panel()->setForm(form);
        report(app, what, [&] { desk.start(); }, [&] { return !desk.isRunning(); });
        std::printf("%d rows\n", model.rowCount());
    };
    const auto sortAll = [&] {
        static constexpr const char *kNames[] = {"address", "segment", "place", "value", "found", "bytes"};
        for (int column = SearchModel::ColumnCount - 1; column >= 0; --column)
            for (const Qt::SortOrder order : {Qt::DescendingOrder, Qt::AscendingOrder}) {
                const std::string name = std::string("sort by ") + kNames[column];
                const quint64 before = model.order();
                report(
                    app, name.c_str(), [&] { desk.panel()->view()->sortByColumn(column, order); },
                    [&] { return model.order() != before; });
            }
    };
    search("bytes: rows come", SearchKind::Bytes, "00");
    sortAll();
    search("strings: rows come", SearchKind::Strings, "1");
    sortAll();
    search("numbers: rows come", SearchKind::Integer, "0..200");
    sortAll();
    const auto idle = [&] { return !desk.isRunning(); };
    report(app, "scan: rows come", [&] { desk.scan({ScanTest::Unchanged, {}}); }, idle);
    report(app, "undo: rows come", [&] { desk.undo(); }, idle);
    return 0;
}
