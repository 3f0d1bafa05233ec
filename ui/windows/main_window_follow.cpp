// Going on when the file of the target was replaced.
#include "ui/models/log_model.h"
#include "ui/views/banner.h"
#include "ui/windows/kernel_browser.h"
#include "ui/windows/live_loop.h"
#include "ui/windows/main_window.h"

namespace ks::ui {

void MainWindow::followTarget(const OpenedTarget &target)
{
    opened_ = target.request;
    opened_.isReplacement = false;
    follower_.follow(target.file);
}

void MainWindow::targetChanged(const QString &problem)
{
    if (!browser_)
        return;
    if (!problem.isEmpty())
        log_->add(LogModel::Level::Warning, problem);
    browser_->live()->setProblem(problem);
}

void MainWindow::targetSettled()
{
    if (!browser_)
        return;
    if (opener_.isBusy())
        return follower_.retry();
    // What changes by itself goes on by itself; what somebody has opened to read it stays until they want the other.
    if (browser_->session().memory().isLive())
        return goOn();
    const QString sentence = QStringLiteral("%1 is another file now. What is shown is of the one that was opened.");
    banner_->say(sentence.arg(QString::fromStdString(opened_.options.core.string())),
                 QStringLiteral("Open the new one"), [this] { goOn(); });
}

void MainWindow::goOn()
{
    TargetRequest request = opened_;
    request.isReplacement = true;
    request.demoInstead = false; // the next file may serve
    open(request);
}

bool MainWindow::goesOnWith(const OpenedTarget &target) const
{
    if (!target.request.isReplacement || !browser_)
        return false;
    const KernelInfo &was = browser_->session().info(), &is = target.session->info();
    return was.buildId == is.buildId && was.release == is.release;
}

void MainWindow::sayGoingOn(const OpenedTarget &target, bool isSameKernel)
{
    const QString path = QString::fromStdString(target.request.options.core.string());
    if (isSameKernel) {
        log_->add(LogModel::Level::Note, QStringLiteral("%1 was replaced; going on with the new file").arg(path));
        return note(QStringLiteral("Going on with the new %1").arg(path));
    }
    banner_->say(QStringLiteral("%1 was replaced by another kernel: %2")
                     .arg(path, QString::fromStdString(target.session->info().release)));
}

} // namespace ks::ui
