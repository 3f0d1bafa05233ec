// Snapshots and differences in the window: the dock, the commands, and where a difference leads.
#include "ui/windows/kernel_browser.h"
#include "ui/windows/main_window.h"
#include "ui/windows/snapshot_desk.h"

#include <QDockWidget>
#include <QFileDialog>
#include <QLineEdit>
#include <QMenu>

namespace ks::ui {

void MainWindow::createSnapshotMenu()
{
    QMenu *menu = menu_->addMenu(QStringLiteral("&Snapshots"));
    QAction *snapshot = addAction(QStringLiteral("&Snapshot…"), {{Qt::CTRL | Qt::SHIFT | Qt::Key_S}},
                                  [this] { snapshots_->askSnapshot(); });
    QAction *diff = addAction(QStringLiteral("&Diff with a snapshot…"), {{Qt::CTRL | Qt::SHIFT | Qt::Key_D}},
                              [this] { snapshots_->askDiff(); });
    menu->addAction(snapshot);
    menu->addAction(diff);
    snapshotButtons_ = {snapshot, diff};
    menu->addAction(addAction(QStringLiteral("Diff with the &last snapshot"), {{Qt::CTRL | Qt::ALT | Qt::Key_D}},
                              [this] { snapshots_->diffWithLast(); }));
    menu->addAction(addAction(QStringLiteral("&Cancel the snapshot or diff"), {{Qt::CTRL | Qt::ALT | Qt::Key_C}},
                              [this] { snapshots_->cancel(); }));
    menu->addSeparator();
    menu->addAction(addAction(QStringLiteral("&Filter the differences"), {{Qt::CTRL | Qt::ALT | Qt::Key_F}}, [this] {
        diffDock_->show();
        diffDock_->raise();
        snapshots_->panel()->filter()->setFocus(Qt::ShortcutFocusReason);
    }));
    menu->addAction(
        addAction(QStringLiteral("Export differences as CS&V…"), {}, [this] { exportDiff(QStringLiteral("csv")); }));
    menu->addAction(
        addAction(QStringLiteral("Export differences as &JSON…"), {}, [this] { exportDiff(QStringLiteral("json")); }));
}

void MainWindow::createSnapshotDock()
{
    snapshots_ = new SnapshotDesk(this);
    diffDock_ = addBottomDock(QStringLiteral("diffDock"), QStringLiteral("Diff"), snapshots_->panel());
    connect(snapshots_, &SnapshotDesk::titleChanged, diffDock_, &QWidget::setWindowTitle);
    connect(snapshots_, &SnapshotDesk::message, this, &MainWindow::note);
    connect(snapshots_, &SnapshotDesk::logged, log_, &LogModel::add);
    connect(snapshots_, &SnapshotDesk::failed, this, &MainWindow::complain);
    connect(snapshots_, &SnapshotDesk::diffRequested, this, [this] {
        diffDock_->show();
        diffDock_->raise();
    });
    connect(snapshots_, &SnapshotDesk::openRequested, this,
            [this](const SessionOptions &options) { open({TargetRequest::Kind::Kernel, options, false}); });
    connect(snapshots_->panel()->view(), &DiffView::entryChosen, this, &MainWindow::goToDifference);
}

void MainWindow::goToDifference(const DiffEntry &entry)
{
    if (!browser_)
        return;
    if (!entry.after)
        return note(QStringLiteral("%1 is only in the snapshot").arg(entry.name));
    const QString address = QString::fromStdString(hex(*entry.after));
    if (entry.pid)
        return browser_->goToExpression(QStringLiteral("*(struct task_struct *)%1").arg(address));
    if (entry.group == DiffGroup::Modules)
        return browser_->goToExpression(QStringLiteral("*(struct module *)%1").arg(address));
    browser_->goTo(*entry.after);
    browser_->inspector()->follow(*entry.after);
}

void MainWindow::exportDiff(const QString &suffix)
{
    auto *dialog = new QFileDialog(this, QStringLiteral("Export the differences"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(suffix);
    dialog->selectFile(QStringLiteral("diff.") + suffix);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &file) {
        if (const QString problem = snapshots_->exportTo(file); !problem.isEmpty())
            complain({ErrorCode::Io, file.toStdString(), problem.toStdString(), {}});
        else
            note(QStringLiteral("Exported %1").arg(file));
    });
    dialog->open();
}

} // namespace ks::ui
