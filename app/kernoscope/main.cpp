// The desktop program: parses, wires, and turns errors into messages and exit codes. All else is in ui/ and core/.
#include "app/kernoscope/arguments.h"
#include "app/kernoscope/privileged.h"
#include "resources/demo/demo_session.h"
#include "ui/views/theme.h"
#include "ui/windows/kernel_browser.h"
#include "ui/windows/main_window.h"
#include "ui/workers/worker.h"

#include <QApplication>
#include <QIcon>
#include <QTimer>

#include <csignal>
#include <cstdio>
#include <unistd.h>

namespace {

constexpr int kTargetUnusable = 3;
constexpr int kNotPermitted = 4;

using namespace ks;

/// Writes the picture once the kernel is open and shows what it was asked for.
void takeScreenshot(ui::MainWindow &window, const QString &file)
{
    QObject::connect(&window, &ui::MainWindow::openFailed, &window, [](const Error &error) {
        std::fprintf(stderr, "kernoscope: %s\n", error.message().c_str());
        QCoreApplication::exit(kTargetUnusable);
    });
    const auto write = [&window, file] {
        const bool saved = window.grab().save(file);
        if (!saved)
            std::fprintf(stderr, "kernoscope: %s: cannot be written\n", qPrintable(file));
        QCoreApplication::exit(saved ? 0 : 1);
    };
    QObject::connect(&window, &ui::MainWindow::kernelOpened, &window, [&window, write] {
        constexpr int kPollMs = 250;
        constexpr int kSettleMs = 1500; // a few ticks, so that what changes is seen to change
        auto *poll = new QTimer(&window);
        QObject::connect(poll, &QTimer::timeout, &window, [&window, poll, write] {
            if (!window.browser() || !window.browser()->isSettled())
                return;
            poll->stop();
            QTimer::singleShot(kSettleMs, &window, write);
        });
        poll->start(kPollMs);
    });
}

} // namespace

int main(int argc, char **argv)
{
    // The files that root alone may open come from a helper; a desktop program has no use for more rights.
    if (geteuid() == 0) {
        std::fputs("kernoscope: will not run as root: start it as yourself; it asks for the right to read /proc/kcore "
                   "when it needs it (kernoscope-cli may run as root)\n",
                   stderr);
        return kNotPermitted;
    }
    // Over the limit of file sizes a snapshot is to fail, not the program.
    std::signal(SIGXFSZ, SIG_IGN);
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("kernoscope"));
    QApplication::setApplicationDisplayName(QStringLiteral("Kernoscope"));
    QApplication::setApplicationVersion(QStringLiteral(KERNOSCOPE_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("org.kernoscope.Kernoscope"));
    QApplication::setWindowIcon(QIcon::fromTheme(QStringLiteral("org.kernoscope.Kernoscope")));
    const app::Arguments arguments = app::parseArguments(application);
    ui::Theme::instance().install(application);

    int code = 0;
    {
        ui::Openers openers;
        openers.demo = [](const SessionOptions &options, Progress &progress) {
            return demo::openSession(options, progress);
        };
        openers.privileged = app::openPrivilegedSession;
        // A picture is of the window as it is made, not as somebody left it.
        ui::MainWindow window(std::move(openers), arguments.screenshot.isEmpty() ? ui::savedStatePath() : QString());
        if (!arguments.theme.isEmpty())
            window.setTheme(arguments.theme == QLatin1String("dark") ? ui::ThemeMode::Dark : ui::ThemeMode::Light);
        if (arguments.size)
            window.resize(*arguments.size);
        window.goToWhenOpen(arguments.goTo);
        if (!arguments.screenshot.isEmpty())
            takeScreenshot(window, arguments.screenshot);
        window.show();
        using Kind = ui::TargetRequest::Kind;
        if (arguments.targetGiven)
            window.open({arguments.demo ? Kind::Demo : Kind::Kernel, arguments.session, false});
        else
            window.openRemembered(arguments.session);
        code = QApplication::exec();
    }
    // A source that does not answer must not keep the program from ending.
    ui::Worker::waitForThreads(std::chrono::milliseconds(2000));
    std::fflush(nullptr);
    _exit(code);
}
